//! A classic histogram as stories tell of it: its buckets on two instances, with bounds spelt in one of several ways.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::manifest::stack::Version;
use crate::model::catalogue::{Metric, le_spellings};
use crate::model::synthetic::{Identity, Labels, Samples, Series, Stretch};

/// Observations per step, by the upper bound of the bucket they fall into; `None` is `+Inf`.
pub type Observations = Vec<(Option<Decimal>, Vec<Stretch>)>;

/// The series of a classic histogram.
pub struct HistogramSeries {
    /// The bound of each bucket, ascending; `None` is `+Inf`.
    bounds: Vec<Option<Decimal>>,
    /// For every set of labels a series of each bucket and then one of the count.
    sets: Vec<Vec<Arc<Identity>>>,
}

impl HistogramSeries {
    /// The series that a job exposes, on two instances, with bounds spelt in one of so many ways.
    pub fn new(metric: &Metric, job: &str, spelling: usize, prometheus: Version) -> Self {
        let spelt = |bound: Decimal| {
            let all = le_spellings(bound, prometheus);
            all.get(spelling).or(all.last()).cloned().unwrap_or_default()
        };
        let finite = metric.buckets.iter().map(|bound| (spelt(*bound), Some(*bound)));
        let (spelt, bounds): (Vec<String>, _) = finite.chain([("+Inf".to_owned(), None)]).unzip();
        let (bucket, count) = (format!("{}_bucket", metric.name), format!("{}_count", metric.name));
        let of_set = |set: Labels| {
            let of_bucket = |le: &String| {
                let mut labels = set.clone();
                labels.insert("le".to_owned(), le.clone());
                Identity::new(&bucket, labels)
            };
            spelt.iter().map(of_bucket).chain([Identity::new(&count, set.clone())]).collect()
        };
        Self { bounds, sets: metric.spread(job, &[Labels::new()]).into_iter().map(of_set).collect() }
    }

    /// The series with these observations.
    pub fn series(&self, observations: &Observations) -> Vec<Series> {
        let instances = self.sets.len() as f64;
        let cumulative = |bound: Option<Decimal>| {
            let below = observations.iter().filter(|(b, _)| bound.is_none_or(|bound| b.is_some_and(|b| b <= bound)));
            let all = below.map(|(_, stretches)| stretches.clone()).reduce(add).unwrap_or_else(|| evenly(0.0));
            Arc::new(Samples::Counter(all.into_iter().map(|s| Stretch { level: s.level / instances, ..s }).collect()))
        };
        // The count is as the last bucket.
        let samples: Vec<Arc<Samples>> = self.bounds.iter().copied().chain([None]).map(cumulative).collect();
        let of_set = |set: &Vec<Arc<Identity>>| {
            set.iter()
                .zip(&samples)
                .map(|(identity, samples)| Series { identity: Arc::clone(identity), samples: Arc::clone(samples) })
                .collect::<Vec<_>>()
        };
        self.sets.iter().flat_map(of_set).collect()
    }
}

/// Adds two paces that turn at the same times.
fn add(left: Vec<Stretch>, right: Vec<Stretch>) -> Vec<Stretch> {
    left.into_iter().zip(right).map(|(l, r)| Stretch { level: l.level + r.level, until: l.until }).collect()
}

/// Observations that come evenly.
pub fn evenly(level: f64) -> Vec<Stretch> {
    vec![Stretch { level, until: None }]
}

/// How many spellings of a bound there can be.
pub fn spellings(prometheus: Version) -> usize {
    if prometheus < Version::new(3, 0) { 3 } else { 2 }
}

/// The name of a spelling, for a test's name.
pub fn spelling_name(spelling: usize) -> &'static str {
    ["le=\"1\"", "le=\"1.0\"", "le=\"1.00000000000000000000e+00\""][spelling.min(2)]
}
