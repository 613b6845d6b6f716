//! The burn of an error budget: several windows, several rates (Google SRE workbook, chapter 5, table 5-8).

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::events::{Pace, around, events_for};
use super::objective::Objective;
use super::quantile::{spelling_name, spellings};
use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::panel::Panel;
use crate::model::query::{self, Scope};
use crate::model::signals::Sli;
use crate::model::synthetic::{FOREIGN_JOB, Instance, Outcome, STEP, Samples, Scenario};
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

/// No story lasts longer than so many minutes: promtool would take longer for it than for all else together.
const LONGEST: u64 = 250;

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

    /// The tiers that fire at a minute, when events were bad at one share up to a minute and at another from then on.
    ///
    /// What a window sees is each share times the part of the window that it lasted. `None` where it is too close to
    /// call whether a tier fires.
    fn firing(&self, shares: (f64, f64), turn: u64, at: u64) -> Option<Vec<Instance>> {
        let minutes = |d: Duration| d.0 / STEP.0;
        let seen = |window: Duration, now: u64| {
            let window = minutes(window).min(now).max(1);
            let before = turn.saturating_sub(now - window.min(now)).min(window);
            (shares.0 * before as f64 + shares.1 * (window - before) as f64) / window as f64
        };
        let mut firing = Vec::new();
        for tier in tiers(&self.objective) {
            let limit = (tier.factor * self.objective.budget()).to_f64()?;
            let holds = |now: u64| seen(tier.long, now) > limit && seen(tier.short, now) > limit;
            let since = (1..=at).rev().take_while(|now| holds(*now)).count() as u64;
            if turn < at && since > 0 && since.abs_diff(minutes(tier.hold)) <= 2 {
                return None;
            }
            // A window that is full is counted a step longer by some engines than by others: its value would differ.
            if turn < at && since > minutes(tier.hold) && minutes(tier.long) <= at {
                return None;
            }
            if since > minutes(tier.hold) {
                firing.push(self.instance(tier.name, seen(tier.long, at)));
            }
        }
        Some(firing)
    }

    /// Events that are bad at a share for good: the moments before and at which this tier fires, or after which it does not.
    fn steadily(&self, name: String, bad: f64, all: f64, spelling: usize) -> Option<Scenario> {
        let hold = self.tier.hold.0 / STEP.0;
        // The first moment at which a rate exists is one step after the start.
        let moments = if bad / all > self.limit().to_f64()? { [hold, hold + 1] } else { [hold + 1, hold + 3] };
        let moment = |at: u64| Some((Duration(at * STEP.0), self.firing((bad / all, 0.0), u64::MAX, at)?));
        let outcome = Outcome::Exactly(moments.into_iter().map(moment).collect::<Option<_>>()?);
        let pace = Pace::even(all - bad, bad);
        let series = self.objective.series_spelt(&pace, spelling).unwrap_or_else(|| self.objective.series(&pace));
        Some(Scenario { name, step: STEP, series, outcome })
    }

    /// A burn that is nearly over: the short window of this tier sees less than the limit, so it must be quiet although
    /// the long one would still fire. Slower tiers may.
    fn after_the_fault(&self, all: f64) -> Option<Scenario> {
        let fault = self.tier.short.0 / STEP.0;
        let at = 2 * fault + 2;
        if at > LONGEST {
            return None;
        }
        // So many bad events that the long window alone would still fire: only then does silence prove anything.
        let bad = (self.limit().to_f64()? * all * 1.3 * at as f64 / fault as f64).ceil();
        if bad > all {
            return None;
        }
        self.turning(format!("{}: ends with its short window", self.tier.name), (bad, self.nearly(all)), all, fault, at)
    }

    /// Bad events of so many that come near the limit and stay below it.
    fn nearly(&self, all: f64) -> f64 {
        (self.limit().to_f64().unwrap_or(0.0) * all * 0.75).floor()
    }

    /// A burn that has just begun: the short window of this tier sees far more than the limit for as long as it must,
    /// but the long one does not yet, though it comes near.
    fn just_begun(&self, all: f64) -> Option<Scenario> {
        // A little longer where it would be too close to call for another tier.
        [3, 8, 13].into_iter().find_map(|more| self.just_begun_for(more, all))
    }

    fn just_begun_for(&self, more: u64, all: f64) -> Option<Scenario> {
        let minutes = |d: Duration| d.0 / STEP.0;
        let (short, long, hold) = (minutes(self.tier.short), minutes(self.tier.long), minutes(self.tier.hold));
        // Longer than twice the hold, so that a tier with half its limit would fire, too.
        let fault = (short / 4).max(2) + hold * 23 / 10 + more;
        // The part of it after which the short window must see a fifth more than the limit.
        let seen = short.min(fault - hold - 2);
        let at = (fault * short * 4).div_ceil(seen * 3).max(fault + 2);
        let bad = (self.limit().to_f64()? * 0.9 * all * at as f64 / fault as f64).floor();
        if at > LONGEST || at >= long || bad > all {
            return None;
        }
        self.turning(format!("{}: quiet while its long window is", self.tier.name), (0.0, bad), all, at - fault, at)
    }

    /// So many bad events a step, and from a minute on so many others; and who is told of it at another minute.
    fn turning(&self, name: String, bad: (f64, f64), all: f64, turn: u64, at: u64) -> Option<Scenario> {
        let stretches = |before: f64, after: f64| Samples::turning(before, Duration(turn * STEP.0), after).stretches();
        let pace = Pace { good: stretches(all - bad.0, all - bad.1), bad: stretches(bad.0, bad.1) };
        let firing = self.firing((bad.0 / all, bad.1 / all), turn, at)?;
        // It would prove nothing if this tier fired.
        if firing.iter().any(|instance| instance.tier == Some(self.tier.name)) {
            return None;
        }
        let outcome = Outcome::Exactly(vec![(Duration(at * STEP.0), firing)]);
        Some(Scenario { name, step: STEP, series: self.objective.series(&pace), outcome })
    }

    /// The stories in which no tier fires: told once, by the slowest.
    fn quiet_stories(&self, all: f64) -> Vec<Scenario> {
        let (objective, zero) = (&self.objective, Duration(0));
        let series = |good: f64, bad: f64| objective.series(&Pace::even(good, bad));
        let mut healthy_beside = series(all, 0.0);
        healthy_beside.extend(series(0.0, all).into_iter().map(|series| series.of_job(FOREIGN_JOB)));
        let mut scenarios = vec![
            Scenario::quiet("quiet when healthy, whatever another job does", STEP, healthy_beside, zero),
            Scenario::quiet("quiet at zero traffic", STEP, series(0.0, 0.0), zero),
            Scenario::no_data(),
        ];
        if objective.min_bad > 0 {
            // So long that half as many events would be reached early enough for the alert to fire.
            let lasts = self.tier.hold.0 / STEP.0 * 18 / 5 + 10;
            let from = Duration(lasts * STEP.0 - self.tier.hold.0 - 4 * STEP.0);
            let trickle = objective.min_bad as f64 * 0.7 / lasts as f64;
            // The share is too large for every tier, so that only the number of events keeps them quiet.
            let highest = tiers(objective).iter().map(|tier| tier.factor * objective.budget()).max().and_then(|limit| limit.to_f64());
            let share = (highest.unwrap_or(1.0) * 1.5).min(1.0);
            let slow = series(trickle / share - trickle, trickle);
            scenarios.push(Scenario::quiet(format!("quiet below {} bad events", objective.min_bad), STEP, slow, from));
        }
        scenarios
    }

    fn instance(&self, tier: &'static str, value: f64) -> Instance {
        Instance {
            tier: Some(tier),
            ..Instance::new(
                [("job", self.objective.job.as_str()), ("slo", self.objective.name.as_str()), ("service", self.objective.service.as_str())],
                value,
            )
        }
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
        let Tier { name, factor, .. } = self.tier;
        let events = events_for(self.limit(), self.objective.min_bad);
        let all = events.to_f64().unwrap_or(0.0);
        let (above, below) = around(self.limit(), events);
        // Each step has just more than the fewest bad events that count: fewer would have to fire later.
        let scale = if self.objective.min_bad > 0 { (self.objective.min_bad as f64 * 1.3 / above).min(1.0) } else { 1.0 };
        let (above, below, few) = (above * scale, below * scale, all * scale);
        let mut scenarios = Vec::new();
        scenarios.extend(self.steadily(format!("{name}: fires above {factor} times the budget"), above, few, 0));
        scenarios.extend(self.steadily(format!("{name}: quiet just below {factor} times the budget"), below, few, 0));
        if name == "fast" {
            let other = |spelling: usize| {
                self.steadily(format!("{name}: fires with bounds spelt {}", spelling_name(spelling)), above, few, spelling)
            };
            scenarios.extend((1..spellings(self.prometheus())).filter(|_| self.objective.unit().is_some()).filter_map(other));
        }
        scenarios.extend(self.after_the_fault(all));
        scenarios.extend(self.just_begun(all));
        if tiers(&self.objective).last() == Some(&self.tier) {
            scenarios.extend(self.quiet_stories(all));
        }
        Proof::Scenarios(scenarios)
    }
}

impl Burn {
    fn prometheus(&self) -> crate::manifest::stack::Version {
        match &self.objective.sli {
            Sli::Latency { prometheus, .. } => *prometheus,
            Sli::Ratio(_) => crate::manifest::stack::Version::default(),
        }
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
