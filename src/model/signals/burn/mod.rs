//! The burn of an error budget: several windows, several rates (Google SRE workbook, chapter 5, table 5-8).

mod stories;

use std::sync::Arc;

use rust_decimal::Decimal;

use stories::Stories;

use super::objective::Objective;
use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::panel::Panel;
use crate::model::query::{self, Scope};
use crate::model::text::{Format, Sentence};
use crate::promql::ast::{BinaryOp, Expr};

/// One pair of windows and the rate that both must exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The value of the `burn` label.
    pub name: &'static str,
    /// The window that says how much of the budget is gone.
    pub long: Duration,
    /// The window that says whether it is still going.
    pub short: Duration,
    /// How many times faster than allowed the budget must burn.
    pub factor: Decimal,
    /// How long both must hold.
    pub hold: Duration,
    /// Whether it is one of the two tiers that page.
    pub fast: bool,
}

const fn hours(n: u64) -> Duration {
    Duration::minutes(n * 60)
}

/// Name, long window, short window, hold, whether it pages.
const WINDOWS: [(&str, Duration, Duration, Duration, bool); 4] = [
    ("fast", hours(1), Duration::minutes(5), Duration::minutes(2), true),
    ("medium", hours(6), Duration::minutes(30), Duration::minutes(15), true),
    ("slow", hours(24), hours(2), Duration::minutes(30), false),
    ("long", hours(72), hours(6), Duration::minutes(30), false),
];

/// Percent of the budget that each tier lets go in its long window; a week's budget is so small that it needs larger shares.
const SHARES: [i64; 4] = [20, 50, 100, 100];
const SHARES_OF_A_WEEK: [i64; 4] = [80, 125, 200, 420];

/// Every tier of an objective's window, reachable or not.
fn all_tiers(window: Duration) -> impl Iterator<Item = Tier> {
    let shares = if window <= hours(24 * 7) { SHARES_OF_A_WEEK } else { SHARES };
    WINDOWS.into_iter().zip(shares).filter(move |((_, long, ..), _)| *long < window).map(move |((name, long, short, hold, fast), share)| {
        let factor = Decimal::new(share, 3) * Decimal::from(window.0) / Decimal::from(long.0);
        Tier { name, long, short, factor: factor.round_dp(3).normalize(), hold, fast }
    })
}

/// The tiers that can fire: those whose rate does not ask for more than all events to be bad.
pub fn tiers(objective: &Objective) -> Vec<Tier> {
    all_tiers(objective.window).filter(|tier| tier.factor * objective.budget() < Decimal::ONE).collect()
}

/// The tiers that can never fire for this objective.
pub fn unreachable(objective: &Objective) -> Vec<Tier> {
    all_tiers(objective.window).filter(|tier| tier.factor * objective.budget() >= Decimal::ONE).collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_have_the_rates_of_the_workbook() {
        let factors: Vec<String> = all_tiers(hours(720)).map(|tier| tier.factor.to_string()).collect();
        assert_eq!(factors, ["14.4", "6", "3", "1"]);
        let factors: Vec<String> = all_tiers(hours(672)).map(|tier| tier.factor.to_string()).collect();
        assert_eq!(factors, ["13.44", "5.6", "2.8", "0.933"]);
        let factors: Vec<String> = all_tiers(hours(168)).map(|tier| tier.factor.to_string()).collect();
        assert_eq!(factors, ["13.44", "3.5", "1.4", "0.98"]);
    }
}
