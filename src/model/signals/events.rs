//! Events of which some are bad: what an error ratio and an availability objective have in common.

use std::sync::Arc;

use regex::Regex;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::manifest::scalars::Duration;
use crate::model::catalogue::Metric;
use crate::model::query::{self, Matcher, Scope};
use crate::model::synthetic::{Identity, Labels, Samples, Series, Stretch, labels};
use crate::promql::ast::{BinaryOp, Expr, MatchOp};

/// A counter, the job that exposes it, and which of its events are bad.
#[derive(Clone, Debug)]
pub struct Events {
    /// The counter.
    pub metric: Arc<Metric>,
    /// The job.
    pub job: String,
    /// What makes an event bad: all of these.
    pub bad: Vec<Bad>,
}

/// A label and the values that make an event bad.
#[derive(Clone, Debug)]
pub struct Bad {
    /// The label.
    pub label: String,
    /// An anchored regular expression, as written.
    pub text: String,
    /// The same, ready to match.
    pub regex: Arc<Regex>,
}

/// Increments per step of a story's good and bad events.
#[derive(Clone, Debug)]
pub struct Pace {
    /// All good events together.
    pub good: Vec<Stretch>,
    /// All bad events together.
    pub bad: Vec<Stretch>,
}

impl Pace {
    /// Even traffic.
    pub fn even(good: f64, bad: f64) -> Self {
        Self { good: vec![Stretch { level: good, until: None }], bad: vec![Stretch { level: bad, until: None }] }
    }

    /// Nothing but bad events until a time, and nothing but good ones from then on.
    pub fn recovering(level: f64, until: Duration) -> Self {
        let turn = |before, after| vec![Stretch { level: before, until: Some(until) }, Stretch { level: after, until: None }];
        Self { good: turn(0.0, level), bad: turn(level, 0.0) }
    }
}

/// Series of good and of bad events, on two instances and with more than one kind of each, so that neither a forgotten
/// sum nor a matcher for only one bad value can pass.
pub struct EventSeries {
    good: Vec<Arc<Identity>>,
    bad: Vec<Arc<Identity>>,
}

impl EventSeries {
    /// Series with so many good and bad events per step.
    pub fn series(&self, pace: &Pace) -> Vec<Series> {
        shared(&self.good, &pace.good).chain(shared(&self.bad, &pace.bad)).collect()
    }

    /// Nothing but good events, and no series of bad ones.
    pub fn only_good(&self, level: f64) -> Vec<Series> {
        shared(&self.good, &[Stretch { level, until: None }]).collect()
    }
}

/// A pace that is shared out among series.
fn shared(identities: &[Arc<Identity>], stretches: &[Stretch]) -> impl Iterator<Item = Series> {
    let count = identities.len() as f64;
    let share = |stretch: &Stretch, first: bool| {
        // Whole increments wherever the level is whole: the first series takes what does not divide.
        let even = if stretch.level >= count { (stretch.level / count).floor() } else { stretch.level / count };
        let level = if first { stretch.level - even * (count - 1.0) } else { even };
        Stretch { level, until: stretch.until }
    };
    let samples = |first: bool| Arc::new(Samples::Counter(stretches.iter().map(|s| share(s, first)).collect()));
    let (first, others) = (samples(true), samples(false));
    let series = move |(at, identity): (usize, &Arc<Identity>)| {
        let samples = if at == 0 { &first } else { &others };
        Series { identity: Arc::clone(identity), samples: Arc::clone(samples) }
    };
    identities.iter().enumerate().map(series)
}

impl Events {
    /// `sum by (job) (rate(metric[window]))`
    pub fn total(&self, scope: &Scope, window: Duration) -> Expr {
        query::sum_by(&["job"], query::rate(query::select(&self.metric.name, scope, &[]), window))
    }

    /// The same, of bad events only.
    pub fn bad(&self, scope: &Scope, window: Duration) -> Expr {
        query::sum_by(&["job"], query::rate(query::select(&self.metric.name, scope, &self.matchers()), window))
    }

    /// The bad events or, as long as there is no series of them, zero for every job that has events at all.
    pub fn bad_or_zero(&self, scope: &Scope, window: Duration) -> Expr {
        let zero = query::binary(BinaryOp::Mul, query::number(Decimal::ZERO), self.total(scope, window));
        query::or(self.bad(scope, window), zero)
    }

    /// The share of bad events; nothing at all where there is no traffic.
    pub fn share(&self, scope: &Scope, window: Duration) -> Expr {
        let traffic = query::above(self.total(scope, window), Decimal::ZERO);
        query::divide(self.bad_or_zero(scope, window), traffic)
    }

    /// How many bad events the window holds.
    pub fn bad_count(&self, scope: &Scope, window: Duration) -> Expr {
        query::sum_by(&["job"], query::increase(query::select(&self.metric.name, scope, &self.matchers()), window))
    }

    fn matchers(&self) -> Vec<Matcher> {
        self.bad.iter().map(Bad::matcher).collect()
    }

    /// What is bad, in words: `status=~"5.."`.
    pub fn bad_in_words(&self) -> String {
        let word = |bad: &Bad| match bad.matcher() {
            (label, MatchOp::Equal, value) => format!("{label}={value}"),
            (label, _, value) => format!("{label}=~{value}"),
        };
        self.bad.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    /// The series that stories of them are told with.
    pub fn exposed(&self) -> EventSeries {
        let [good, bad] = self.examples().map(|kinds| self.of_kind(&kinds));
        EventSeries { good, bad }
    }

    /// Label values of a good event, and of up to three bad ones: every story is told with these. They are found when one is told: a
    /// fleet has too many of them to keep.
    fn examples(&self) -> [Vec<Labels>; 2] {
        [good_labels(&self.metric, &self.bad), bad_labels(&self.metric, &self.bad)]
    }

    fn of_kind(&self, kinds: &[Labels]) -> Vec<Arc<Identity>> {
        self.metric.spread(&self.job, kinds).into_iter().map(|set| Identity::new(&self.metric.name, set)).collect()
    }

    /// Whether examples of good and of bad events could be found.
    pub fn has_examples(&self) -> bool {
        self.examples().iter().all(|found| !found.is_empty())
    }
}

/// Label values that make an event bad; one set for each of up to three values.
fn bad_labels(metric: &Metric, all: &[Bad]) -> Vec<Labels> {
    let mut sets = vec![Labels::new()];
    for bad in all {
        let values = metric.labels.get(&bad.label).map(|l| l.values.taken_by(&bad.text, &bad.regex, 3)).unwrap_or_default();
        let values = if sets.len() == 1 { values } else { values.into_iter().take(1).collect() };
        sets = values
            .iter()
            .flat_map(|v| sets.iter().map(move |set| set.clone().into_iter().chain([(bad.label.clone(), v.clone())]).collect()))
            .collect();
    }
    sets
}

/// Label values that make an event good: the first bad label is not bad.
fn good_labels(metric: &Metric, all: &[Bad]) -> Vec<Labels> {
    let Some(bad) = all.first() else { return vec![Labels::new()] };
    let values = metric.labels.get(&bad.label).map(|l| l.values.left_by(&bad.text, &bad.regex, 1)).unwrap_or_default();
    values.iter().map(|v| labels([(bad.label.as_str(), v.as_str())])).collect()
}

impl Bad {
    /// `label="text"` where the text is literal, `label=~"text"` where it is not.
    pub fn matcher(&self) -> Matcher {
        if query::escape_regex(&self.text) == self.text {
            query::equal(&self.label, &self.text)
        } else {
            query::matches(&self.label, &self.text)
        }
    }
}

/// Events per step that are enough for a share to be told apart from its neighbours, with few digits, and for that
/// share of a single step to be more than the fewest events that count.
pub fn events_for(share: Decimal, fewest: u64) -> Decimal {
    let enough = Decimal::TEN.max(Decimal::from(fewest.min(1_000_000)) * Decimal::TWO);
    let mut events = Decimal::ONE_HUNDRED;
    while share > Decimal::ZERO && share * events < enough && events < Decimal::from(1_000_000_000) {
        events *= Decimal::TEN;
    }
    events
}

/// Bad events per step just above and just below a share of all of them.
pub fn around(share: Decimal, events: Decimal) -> (f64, f64) {
    let exact = share * events;
    let room = events - exact;
    let above = exact.floor() + (exact / Decimal::from(5)).min(room / Decimal::TWO).ceil().max(Decimal::ONE);
    let below = (exact.ceil() - Decimal::ONE).max(Decimal::ZERO);
    (above.min(events).to_f64().unwrap_or(0.0), below.to_f64().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_lie_on_both_sides_of_a_share() {
        for text in ["0.05", "0.0144", "0.5", "0.99", "0.0001"] {
            let share: Decimal = text.parse().expect("a number");
            let events = events_for(share, 0);
            let (above, below) = around(share, events);
            let exact = (share * events).to_f64().expect("a number");
            assert!(below < exact && exact < above && above <= events.to_f64().expect("a number"), "{text}: {below} {exact} {above}");
        }
    }
}
