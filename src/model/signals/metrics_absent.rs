//! A service that is scraped and does not expose what its alerts need.

use std::sync::Arc;

use super::absent::{present, witness};
use super::target_down::up;
use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::catalogue::Metric;
use crate::model::panel::Panel;
use crate::model::query::{self, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, STEP, Scenario, Series};
use crate::model::text::Sentence;
use crate::promql::ast::{BinaryOp, Expr};
use crate::promql::build;

/// A target is up and a metric that an alert or an objective rests on is not there.
#[derive(Clone, Debug)]
pub struct MetricsAbsent {
    /// The service, for sentences.
    pub service: String,
    /// The metric.
    pub metric: Arc<Metric>,
    /// Further metrics that are watched under the same alert name.
    pub others: Vec<Arc<Metric>>,
    /// The job that should expose it.
    pub job: String,
}

impl Signal for MetricsAbsent {
    fn condition(&self) -> Expr {
        let scope = Scope::Job(self.job.clone());
        let gone = query::call("absent", vec![query::select(&witness(&self.metric), &scope, &[])]);
        let up = query::max_by(&["job"], query::select("up", &scope, &[]));
        query::and_on(&["job"], gone, query::binary(BinaryOp::Equal, up, build::number(1.0)))
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: {} is not exposed", self.service, self.metric.name))
    }

    fn description(&self) -> Sentence {
        Sentence::new("Targets of job ")
            .label("job")
            .words(format!(" answer, but no series of {} is there: alerts that rest on it cannot fire.", self.metric.name))
    }

    fn panels(&self) -> Vec<Panel> {
        Vec::new()
    }

    fn proof(&self, _hold: Duration) -> Proof {
        let zero = Duration(0);
        // The other metrics are there, so that only this one is missing.
        let others: Vec<Series> = self.others.iter().flat_map(|metric| present(metric, &self.job)).collect();
        let when_up =
            |series: Vec<Series>| -> Vec<Series> { series.into_iter().chain(others.clone()).chain([up(&self.job, "a:1", 1.0)]).collect() };
        let fires = || vec![Instance::new([("job", self.job.as_str())], 1.0)];
        Proof::Scenarios(vec![
            Scenario::holds("fires when the target is up without it", STEP, when_up(Vec::new()), zero, fires()),
            Scenario::holds("fires when only another job has it", STEP, when_up(present(&self.metric, FOREIGN_JOB)), zero, fires()),
            Scenario::quiet("quiet while it is there", STEP, when_up(present(&self.metric, &self.job)), zero),
            Scenario::quiet("leaves a target that is down to its own alert", STEP, vec![up(&self.job, "a:1", 0.0)], zero),
            Scenario::no_data(),
        ])
    }
}
