//! All targets of a service are down.

use super::target_down::up;
use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::panel::Panel;
use crate::model::query::{self, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, STEP, Scenario};
use crate::model::text::Sentence;
use crate::promql::ast::Expr;

/// No target of the service answers.
#[derive(Clone, Debug)]
pub struct AllTargetsDown {
    /// The service, for sentences.
    pub service: String,
    /// Its job.
    pub job: String,
}

impl Signal for AllTargetsDown {
    fn condition(&self) -> Expr {
        query::is_zero(query::sum_by(&["job"], query::select("up", &Scope::Job(self.job.clone()), &[])))
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: every target is down", self.service))
    }

    fn description(&self) -> Sentence {
        Sentence::new("Prometheus cannot scrape a single target of job ").label("job").words("; no other alert on its metrics can fire.")
    }

    fn panels(&self) -> Vec<Panel> {
        Vec::new()
    }

    fn proof(&self, _hold: Duration) -> Proof {
        let zero = Duration(0);
        let both = |a: f64, b: f64| vec![up(&self.job, "a:1", a), up(&self.job, "b:1", b)];
        let mut healthy = both(1.0, 1.0);
        healthy.push(up(FOREIGN_JOB, "a:1", 0.0));
        let fires = vec![Instance::new([("job", self.job.as_str())], 0.0)];
        Proof::Scenarios(vec![
            Scenario::holds("fires when all targets are down", STEP, both(0.0, 0.0), zero, fires),
            Scenario::quiet("quiet when only one of two is down", STEP, both(0.0, 1.0), zero),
            Scenario::quiet("quiet when healthy, whatever another job does", STEP, healthy, zero),
            Scenario::no_data(),
        ])
    }
}
