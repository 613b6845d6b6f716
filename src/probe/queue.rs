//! Whose turn it is: so many at a time of one host, so many a second of all, and who was put off until later.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, Instant};

/// What is next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This one, now.
    Now(usize),
    /// Somebody, but not before this.
    At(Instant),
    /// Nobody, until one that is being made has ended.
    Nobody,
}

/// Those that wait, by number.
#[derive(Debug)]
pub(super) struct Queue {
    /// The host that each asks.
    host_of: Vec<usize>,
    hosts: Vec<Host>,
    ready: VecDeque<usize>,
    later: BinaryHeap<Reverse<(Instant, usize)>>,
    per_host: usize,
    /// Between two starts.
    distance: Duration,
    /// Not before this does another one start.
    open: Option<Instant>,
}

/// How many are asking a host, and who waits for them.
#[derive(Clone, Debug, Default)]
struct Host {
    asking: usize,
    #[expect(clippy::box_collection, reason = "most hosts have one check, and nobody who waits: there may be thousands")]
    waiting: Option<Box<VecDeque<usize>>>,
}

impl Queue {
    /// Everybody, each with the host that it asks.
    pub(super) fn new(hosts: impl Iterator<Item = String>, per_host: usize, per_second: Option<u32>) -> Self {
        let mut known: HashMap<String, usize> = HashMap::new();
        let host_of: Vec<usize> = hosts
            .map(|host| {
                let next = known.len();
                *known.entry(host).or_insert(next)
            })
            .collect();
        Self {
            hosts: vec![Host::default(); known.len()],
            ready: (0..host_of.len()).collect(),
            host_of,
            later: BinaryHeap::new(),
            per_host: per_host.max(1),
            distance: per_second.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1)),
            open: None,
        }
    }

    /// Who is next. Whoever is named is asking from then on.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        while self.later.peek().is_some_and(|Reverse((when, _))| *when <= now) {
            self.ready.extend(self.later.pop().map(|Reverse((_, one))| one));
        }
        if let Some(open) = self.open.filter(|open| *open > now && !self.ready.is_empty()) {
            return Next::At(open);
        }
        while let Some(one) = self.ready.pop_front() {
            let host = &mut self.hosts[self.host_of[one]];
            if host.asking >= self.per_host {
                host.waiting.get_or_insert_default().push_back(one);
                continue;
            }
            host.asking += 1;
            self.open = (!self.distance.is_zero()).then(|| now + self.distance);
            return Next::Now(one);
        }
        self.later.peek().map_or(Next::Nobody, |Reverse((when, _))| Next::At(*when))
    }

    /// One has ended, so that another one may ask its host.
    pub(super) fn ended(&mut self, one: usize) {
        let host = &mut self.hosts[self.host_of[one]];
        host.asking -= 1;
        if let Some(next) = host.waiting.as_mut().and_then(|waiting| waiting.pop_front()) {
            self.ready.push_front(next);
        }
    }

    /// One comes again, but not before a moment.
    pub(super) fn put_off(&mut self, one: usize, until: Instant) {
        self.later.push(Reverse((until, one)));
    }

    /// Nobody comes again. Those whose first turn it is stay.
    pub(super) fn forget_later(&mut self) {
        self.later.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(hosts: &[&str], per_host: usize, per_second: Option<u32>) -> Queue {
        Queue::new(hosts.iter().map(|&host| host.to_owned()), per_host, per_second)
    }

    #[test]
    fn a_host_is_asked_by_so_many_at_a_time_and_others_are_not_held_up() {
        let now = Instant::now();
        let mut queue = queue(&["a", "a", "a", "b"], 2, None);
        assert_eq!([0, 1, 3].map(|_| queue.next(now)), [Next::Now(0), Next::Now(1), Next::Now(3)]);
        assert_eq!(queue.next(now), Next::Nobody);
        queue.ended(3);
        assert_eq!(queue.next(now), Next::Nobody);
        queue.ended(0);
        assert_eq!((queue.next(now), queue.next(now)), (Next::Now(2), Next::Nobody));
    }

    #[test]
    fn starts_are_so_far_apart() {
        let now = Instant::now();
        let mut queue = queue(&["a", "b"], 8, Some(10));
        assert_eq!(queue.next(now), Next::Now(0));
        let later = now + Duration::from_millis(100);
        assert_eq!((queue.next(now), queue.next(later)), (Next::At(later), Next::Now(1)));
        assert_eq!(queue.next(later), Next::Nobody, "nobody waits for a moment at which nobody comes");
    }

    #[test]
    fn who_is_put_off_comes_later_or_never() {
        let now = Instant::now();
        let mut queue = queue(&["a"], 1, None);
        assert_eq!(queue.next(now), Next::Now(0));
        queue.ended(0);
        let later = now + Duration::from_secs(1);
        queue.put_off(0, later);
        assert_eq!((queue.next(now), queue.next(later)), (Next::At(later), Next::Now(0)));
        queue.ended(0);
        queue.put_off(0, later);
        queue.forget_later();
        assert_eq!(queue.next(later), Next::Nobody);
    }
}
