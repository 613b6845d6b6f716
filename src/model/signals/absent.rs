//! A metric that is gone.

use std::sync::Arc;

use super::{Proof, Signal};
use crate::manifest::metrics::MetricType;
use crate::manifest::scalars::Duration;
use crate::model::catalogue::Metric;
use crate::model::panel::Panel;
use crate::model::query::{self, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, Labels, STEP, Samples, Scenario, Series};
use crate::model::text::Sentence;
use crate::promql::ast::Expr;

/// A metric is gone.
#[derive(Clone, Debug)]
pub struct Absent {
    /// The service, for sentences.
    pub service: String,
    /// The metric.
    pub metric: Arc<Metric>,
    /// The job that should expose it.
    pub job: String,
}

/// The name of a series that exists whenever the metric does.
pub fn witness(metric: &Metric) -> String {
    match metric.kind {
        MetricType::Histogram if !metric.native => format!("{}_count", metric.name),
        MetricType::Summary => format!("{}_count", metric.name),
        _ => metric.name.clone(),
    }
}

/// Series of a metric's witness, of a job.
pub fn present(metric: &Metric, job: &str) -> Vec<Series> {
    metric.label_sets(job, "a:1", &Labels::new()).into_iter().map(|set| Series::new(witness(metric), set, Samples::constant(1.0))).collect()
}

impl Signal for Absent {
    fn condition(&self) -> Expr {
        query::call("absent", vec![query::select(&witness(&self.metric), &Scope::Job(self.job.clone()), &[])])
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: {} is gone", self.service, self.metric.name))
    }

    fn description(&self) -> Sentence {
        Sentence::new(format!("No series of {} is scraped from job ", self.metric.name)).label("job").words(".")
    }

    fn panels(&self) -> Vec<Panel> {
        Vec::new()
    }

    fn proof(&self, _hold: Duration) -> Proof {
        let zero = Duration(0);
        let fires = || vec![Instance::new([("job", self.job.as_str())], 1.0)];
        Proof::Scenarios(vec![
            Scenario::holds("fires when there is no series", STEP, Vec::new(), zero, fires()),
            Scenario::holds("fires when only another job has it", STEP, present(&self.metric, FOREIGN_JOB), zero, fires()),
            Scenario::quiet("quiet while it is there, even at zero traffic", STEP, present(&self.metric, &self.job), zero),
        ])
    }
}
