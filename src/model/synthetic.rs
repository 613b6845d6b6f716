//! Synthetic series: what a service's metrics look like when it is well, when it is not, and in between.
//!
//! A signal tells its stories with these; the rule tests are those stories, and Prometheus is their judge.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::scalars::Duration;

/// Labels of one series.
pub type Labels = BTreeMap<String, String>;

/// One story: what is exposed, and when the condition holds.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What happens, in words: the name of the test.
    pub name: String,
    /// The distance between two samples.
    pub step: Duration,
    /// What is exposed.
    pub series: Vec<Series>,
    /// What must come of it.
    pub outcome: Outcome,
}

impl Scenario {
    /// A story in which the condition holds from a time on.
    pub fn holds(name: impl Into<String>, step: Duration, series: Vec<Series>, from: Duration, instances: Vec<Instance>) -> Self {
        Self { name: name.into(), step, series, outcome: Outcome::Holds { from, instances } }
    }

    /// A story in which it does not hold from a time on.
    pub fn quiet(name: impl Into<String>, step: Duration, series: Vec<Series>, from: Duration) -> Self {
        Self { name: name.into(), step, series, outcome: Outcome::Quiet { from } }
    }

    /// Whatever is not there: no series at all.
    pub fn no_data() -> Self {
        Self::quiet("quiet without data", STEP, Vec::new(), Duration(0))
    }
}

/// The usual distance between samples in a story.
pub const STEP: Duration = Duration::minutes(1);

/// The distance between samples that fits a window: at least five of them.
pub fn step_for(window: Duration) -> Duration {
    let fifth = window.0 / 5;
    // Whole seconds, so that promtool's notation and the evaluation interval agree.
    Duration((fifth - fifth % 1000).clamp(1000, STEP.0))
}

/// When an alert's condition holds.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// From a time on, for good: the alert must be pending until its `for` has passed, and then fire.
    Holds {
        /// The first evaluation at which the condition holds, counted from the start.
        from: Duration,
        /// Every firing alert: the labels that the expression leaves, and its value.
        instances: Vec<Instance>,
    },
    /// At each of these times, counted from the start, exactly these alerts fire.
    Exactly(Vec<(Duration, Vec<Instance>)>),
    /// Not from a time on.
    Quiet {
        /// The first evaluation from which on it does not hold.
        from: Duration,
    },
}

/// One result of an alert's expression.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The labels that the expression leaves.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
    /// The `burn` label of the rule that it comes from, where several rules share a name.
    pub tier: Option<&'static str>,
}

impl Instance {
    /// A result with these labels and this value.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>, value: f64) -> Self {
        Self { labels: labels(pairs), value, tier: None }
    }
}

/// One exposed series.
///
/// Stories of one signal mostly tell other samples of the same series, and neighbours in a story the same samples of
/// other series: neither is made twice.
#[derive(Clone, Debug)]
pub struct Series {
    /// Which it is.
    pub identity: Arc<Identity>,
    /// Its samples.
    pub samples: Arc<Samples>,
}

/// What tells a series from all others.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The metric's name.
    pub metric: String,
    /// Its labels, target labels included.
    pub labels: Labels,
}

/// The samples of a series, one every step.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// Values that follow each other, each until a time; the last for good.
    Gauge(Vec<Stretch>),
    /// Increments per step that follow each other, each until a time; the last for good. Starts at zero.
    Counter(Vec<Stretch>),
}

/// A value, or an increment per step, until a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// The value, or the increment per step.
    pub level: f64,
    /// The time it ends, counted from the start; `None` for good.
    pub until: Option<Duration>,
}

impl Samples {
    /// A gauge that never changes.
    pub fn constant(level: f64) -> Self {
        Self::Gauge(vec![Stretch { level, until: None }])
    }

    /// A counter that rises evenly.
    pub fn rising(level: f64) -> Self {
        Self::Counter(vec![Stretch { level, until: None }])
    }

    /// A counter that rises at one pace until a time and at another from then on.
    pub fn turning(before: f64, until: Duration, after: f64) -> Self {
        Self::Counter(vec![Stretch { level: before, until: Some(until) }, Stretch { level: after, until: None }])
    }

    /// The stretches themselves.
    pub fn stretches(self) -> Vec<Stretch> {
        match self {
            Self::Gauge(stretches) | Self::Counter(stretches) => stretches,
        }
    }

    /// As promtool's notation, from the start to an end.
    pub fn notation(&self, step: Duration, end: Duration) -> String {
        let (stretches, counter) = match self {
            Self::Gauge(stretches) => (stretches, false),
            Self::Counter(stretches) => (stretches, true),
        };
        let total = end.0 / step.0 + 1;
        let (mut done, mut value, mut parts) = (0, 0.0, Vec::new());
        for stretch in stretches {
            let last = stretch.until.map_or(total, |until| (until.0 / step.0).min(total));
            if last <= done {
                continue;
            }
            let samples = last - done;
            let (start, slope) = if counter { (value, stretch.level) } else { (stretch.level, 0.0) };
            parts.push(format!("{start}{}{}x{}", if slope < 0.0 { "-" } else { "+" }, slope.abs(), samples - 1));
            value = start + slope * samples as f64;
            done = last;
        }
        parts.join(" ")
    }
}

/// Something that happens in one step of so many, from the start to a time, and not at all in between and from then on.
pub fn bursts(level: f64, every: u64, step: Duration, until: Duration) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for period in 0..=until.0 / (every.max(1) * step.0) {
        let start = period * every.max(1) * step.0;
        stretches.push(Stretch { level, until: Some(Duration(start + step.0)) });
        stretches.push(Stretch { level: 0.0, until: Some(Duration(start + every.max(1) * step.0)) });
    }
    stretches.push(Stretch { level: 0.0, until: None });
    stretches
}

/// So many steps between two bursts that every window holds one, however its ends are counted, and half a window does not.
pub fn burst_period(window: Duration, step: Duration) -> u64 {
    (window.0 / step.0).saturating_sub(1).max(1)
}

/// Builds labels from pairs.
pub fn labels<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Labels {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Identity {
    /// A series of a metric with these labels.
    pub fn new(metric: impl Into<String>, labels: Labels) -> Arc<Self> {
        Arc::new(Self { metric: metric.into(), labels })
    }
}

impl Series {
    /// A series with these samples.
    pub fn new(metric: impl Into<String>, labels: Labels, samples: Samples) -> Self {
        Self { identity: Identity::new(metric, labels), samples: Arc::new(samples) }
    }

    /// The same series of another job: what a selector without its `job` matcher would meet.
    #[must_use]
    pub fn of_job(self, job: &str) -> Self {
        let mut identity = Arc::unwrap_or_clone(self.identity);
        identity.labels.insert("job".to_owned(), job.to_owned());
        Self { identity: Arc::new(identity), ..self }
    }
}

/// The job that belongs to somebody else in every story that has one.
pub const FOREIGN_JOB: &str = "somebody-elses";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_follow_each_other_without_a_jump() {
        let turning = Samples::turning(10.0, Duration::minutes(3), 0.0);
        assert_eq!(turning.notation(Duration::minutes(1), Duration::minutes(5)), "0+10x2 30+0x2");
        assert_eq!(Samples::constant(1.0).notation(Duration::minutes(1), Duration::minutes(2)), "1+0x2");
        let bursts = Samples::Counter(bursts(5.0, 3, STEP, Duration::minutes(3)));
        assert_eq!(bursts.notation(Duration::minutes(1), Duration::minutes(6)), "0+5x0 5+0x1 5+5x0 10+0x1 10+0x0");
    }
}
