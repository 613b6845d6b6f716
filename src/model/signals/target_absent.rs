//! Nothing of a service is scraped at all.

use super::target_down::up;
use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::panel::Panel;
use crate::model::query::{self, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, STEP, Scenario};
use crate::model::text::Sentence;
use crate::promql::ast::Expr;

/// Prometheus does not know a single target of the service.
#[derive(Clone, Debug)]
pub struct TargetAbsent {
    /// The service, for sentences.
    pub service: String,
    /// Its job.
    pub job: String,
}

impl Signal for TargetAbsent {
    fn condition(&self) -> Expr {
        query::call("absent", vec![query::select("up", &Scope::Job(self.job.clone()), &[])])
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: nothing is scraped", self.service))
    }

    fn description(&self) -> Sentence {
        Sentence::new("Prometheus has no target for job ").label("job").words(": its scrape configuration or service discovery lost it.")
    }

    fn panels(&self) -> Vec<Panel> {
        Vec::new()
    }

    fn proof(&self, _hold: Duration) -> Proof {
        let zero = Duration(0);
        let fires = || vec![Instance::new([("job", self.job.as_str())], 1.0)];
        Proof::Scenarios(vec![
            Scenario::holds("fires when there is no target", STEP, Vec::new(), zero, fires()),
            Scenario::holds("fires when there are only another job's targets", STEP, vec![up(FOREIGN_JOB, "a:1", 1.0)], zero, fires()),
            Scenario::quiet("quiet while there is one, even a target that is down", STEP, vec![up(&self.job, "a:1", 0.0)], zero),
        ])
    }
}
