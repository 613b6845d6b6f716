//! The burn of an error budget, at the rate and over the windows of one tier.

mod stories;

use std::sync::Arc;

use rust_decimal::Decimal;

use stories::Stories;

use super::objective::Objective;
use super::tiers::Tier;
use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::panel::Panel;
use crate::model::query::{self, Scope};
use crate::model::text::{Format, Sentence};
use crate::promql::ast::{BinaryOp, Expr};

/// The budget of an objective burns at a tier's rate.
#[derive(Clone, Debug)]
pub struct Burn {
    /// The objective.
    pub objective: Arc<Objective>,
    /// The tier.
    pub tier: Tier,
}

impl Burn {
    fn limit(&self) -> Decimal {
        (self.tier.factor * self.objective.budget()).normalize()
    }
}

impl Signal for Burn {
    fn condition(&self) -> Expr {
        let scope = Scope::Job(self.objective.job.clone());
        let over = |window: Duration| query::above(self.objective.recorded_ratio(&scope, window), self.limit());
        let both = query::binary(BinaryOp::And, over(self.tier.long), over(self.tier.short));
        if self.objective.min_bad == 0 {
            return both;
        }
        let enough =
            query::binary(BinaryOp::GreaterEqual, self.objective.bad_count(self.tier.long), query::number(self.objective.min_bad.into()));
        query::and_on(&["job"], both, enough)
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!(
            "{}: the error budget of {} burns {} times too fast",
            self.objective.service, self.objective.name, self.tier.factor
        ))
    }

    fn description(&self) -> Sentence {
        Sentence::default().value(Format::Percentage).words(format!(
            " of events were bad over the last {}, and it goes on. The objective allows {}: {}.",
            self.tier.long,
            crate::manifest::scalars::Percent(self.objective.budget()),
            self.objective.sentence()
        ))
    }

    fn panels(&self) -> Vec<Panel> {
        Vec::new()
    }

    fn unproven(&self) -> Option<String> {
        self.objective.untold()
    }

    fn proof(&self, _hold: Duration) -> Proof {
        if let Some(why) = self.unproven() {
            return Proof::Unproven(why);
        }
        Proof::Scenarios(Stories::of(self).all())
    }
}
