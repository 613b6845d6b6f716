//! The same work on many things, on as many threads as there are cores, with the results in order.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

thread_local! {
    /// Whether this thread is one of several that share a work already.
    static SHARED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// While it lives, its thread shares a work.
struct Share;

impl Share {
    fn begin() -> Self {
        SHARED.set(true);
        Self
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        SHARED.set(false);
    }
}

/// How many cores there are.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Does the work on every item. Work within such work stays on its thread: the cores are busy then.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = cores().min(items.len());
    if threads < 2 || SHARED.get() {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let _share = Share::begin();
        let mut done = Vec::new();
        while let Some((index, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, items.get(i)?))) {
            done.push((index, work(item)));
        }
        done
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        done.extend(workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))));
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Does the work on every item, each of which is gone as soon as it is done.
pub fn consume<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let cells: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    let taken = |cell: &Mutex<Option<T>>| cell.lock().unwrap_or_else(PoisonError::into_inner).take();
    map(&cells, |cell| taken(cell).map(&work)).into_iter().flatten().collect()
}

/// Does two works at once, where this thread does not share one already.
pub fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    if SHARED.get() {
        return (one(), other());
    }
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| resume_unwind(panic)), other)
    })
}

#[cfg(test)]
mod tests {
    use super::{both, consume, cores, map};

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        assert_eq!(map(&items, |n| n * 2), (0..100).map(|n| n * 2).collect::<Vec<_>>());
        assert!(map(&[] as &[u8], |n| *n).is_empty());
    }

    #[test]
    fn every_item_is_consumed_once() {
        let items: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        assert_eq!(consume(items.clone(), |text| text), items);
    }

    #[test]
    fn two_works_are_both_done() {
        assert_eq!(both(|| 1, || "two"), (1, "two"));
        assert_eq!(map(&[1, 2], |n| both(|| n + 1, || n + 2)), [(2, 3), (3, 4)]);
    }

    #[test]
    fn work_within_work_stays_on_its_thread() {
        let here = map(&[0, 1, 2, 3], |_| {
            let outer = std::thread::current().id();
            map(&[0, 1, 2, 3], |_| std::thread::current().id()).into_iter().all(|inner| inner == outer)
        });
        assert!(here.into_iter().all(|same| same) || cores() < 2);
    }
}
