//! The alert that always fires, so that its silence can be noticed.

use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::panel::Panel;
use crate::model::query;
use crate::model::text::Sentence;
use crate::promql::ast::Expr;
use crate::promql::build;

/// Monitoring itself works.
#[derive(Clone, Debug)]
pub struct Watchdog;

impl Signal for Watchdog {
    fn condition(&self) -> Expr {
        query::call("vector", vec![build::number(1.0)])
    }

    fn summary(&self) -> Sentence {
        Sentence::new("Alerting works from end to end")
    }

    fn description(&self) -> Sentence {
        Sentence::new("This alert always fires. Whoever receives it must raise the alarm when it stops coming.")
    }

    fn panels(&self) -> Vec<Panel> {
        Vec::new()
    }

    fn proof(&self, _hold: Duration) -> Proof {
        Proof::Always
    }
}
