//! The stories of a burning budget: who is told at which minute, when so many events are bad.

use rust_decimal::prelude::ToPrimitive;

use super::super::events::{Pace, around, events_for};
use super::super::histogram::{spelling_name, spellings};
use super::super::objective::{Objective, ObjectiveSeries, Sli};
use super::super::tiers::Tier;
use super::Burn;
use crate::manifest::scalars::Duration;
use crate::model::synthetic::{FOREIGN_JOB, Instance, Outcome, STEP, Samples, Scenario};

/// No story lasts longer than so many minutes: promtool would take longer for it than for all else together.
const LONGEST: u64 = 250;

/// What the stories of one tier are told with.
pub(super) struct Stories<'a> {
    burn: &'a Burn,
    /// All tiers of the objective: what one is told of may be told to others, too.
    tiers: Vec<Tier>,
    /// The series of the objective.
    exposed: ObjectiveSeries,
}

impl<'a> Stories<'a> {
    pub(super) fn of(burn: &'a Burn) -> Self {
        Self { burn, tiers: burn.objective.tiers(), exposed: burn.objective.exposed(0) }
    }

    /// Every story.
    pub(super) fn all(&self) -> Vec<Scenario> {
        let burn = self.burn;
        let Tier { name, factor, .. } = burn.tier;
        let events = events_for(burn.limit(), burn.objective.min_bad);
        let all = events.to_f64().unwrap_or(0.0);
        let (above, below) = around(burn.limit(), events);
        // Each step has just more than the fewest bad events that count: fewer would have to fire later.
        let scale = if burn.objective.min_bad > 0 { (burn.objective.min_bad as f64 * 1.3 / above).min(1.0) } else { 1.0 };
        let (above, below, few) = (above * scale, below * scale, all * scale);
        let mut scenarios = Vec::new();
        scenarios.extend(self.steadily(&self.exposed, format!("{name}: fires above {factor} times the budget"), above, few));
        scenarios.extend(self.steadily(&self.exposed, format!("{name}: quiet just below {factor} times the budget"), below, few));
        if let (true, Sli::Latency { prometheus, .. }) = (name == "fast", &burn.objective.sli) {
            scenarios.extend((1..spellings(*prometheus)).filter_map(|spelling| {
                let name = format!("{name}: fires with bounds spelt {}", spelling_name(spelling));
                self.steadily(&burn.objective.exposed(spelling), name, above, few)
            }));
        }
        scenarios.extend(self.after_the_fault(all));
        scenarios.extend(self.just_begun(all));
        if self.tiers.last() == Some(&burn.tier) {
            scenarios.extend(self.quiet_stories(all));
        }
        scenarios
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
        for tier in &self.tiers {
            let limit = (tier.factor * self.burn.objective.budget()).to_f64()?;
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
    fn steadily(&self, exposed: &ObjectiveSeries, name: String, bad: f64, all: f64) -> Option<Scenario> {
        let hold = self.burn.tier.hold.0 / STEP.0;
        // The first moment at which a rate exists is one step after the start.
        let moments = if bad / all > self.burn.limit().to_f64()? { [hold, hold + 1] } else { [hold + 1, hold + 3] };
        let moment = |at: u64| Some((Duration(at * STEP.0), self.firing((bad / all, 0.0), u64::MAX, at)?));
        let outcome = Outcome::Exactly(moments.into_iter().map(moment).collect::<Option<_>>()?);
        let pace = Pace::even(all - bad, bad);
        Some(Scenario { name, step: STEP, series: exposed.series(&pace), outcome })
    }

    /// A burn that is nearly over: the short window of this tier sees less than the limit, so it must be quiet although
    /// the long one would still fire. Slower tiers may.
    fn after_the_fault(&self, all: f64) -> Option<Scenario> {
        let fault = self.burn.tier.short.0 / STEP.0;
        let at = 2 * fault + 2;
        if at > LONGEST {
            return None;
        }
        // So many bad events that the long window alone would still fire: only then does silence prove anything.
        let bad = (self.burn.limit().to_f64()? * all * 1.3 * at as f64 / fault as f64).ceil();
        if bad > all {
            return None;
        }
        self.turning(format!("{}: ends with its short window", self.burn.tier.name), (bad, self.nearly(all)), all, fault, at)
    }

    /// Bad events of so many that come near the limit and stay below it.
    fn nearly(&self, all: f64) -> f64 {
        (self.burn.limit().to_f64().unwrap_or(0.0) * all * 0.75).floor()
    }

    /// A burn that has just begun: the short window of this tier sees far more than the limit for as long as it must,
    /// but the long one does not yet, though it comes near.
    fn just_begun(&self, all: f64) -> Option<Scenario> {
        // A little longer where it would be too close to call for another tier.
        [3, 8, 13].into_iter().find_map(|more| self.just_begun_for(more, all))
    }

    fn just_begun_for(&self, more: u64, all: f64) -> Option<Scenario> {
        let minutes = |d: Duration| d.0 / STEP.0;
        let (short, long, hold) = (minutes(self.burn.tier.short), minutes(self.burn.tier.long), minutes(self.burn.tier.hold));
        // Longer than twice the hold, so that a tier with half its limit would fire, too.
        let fault = (short / 4).max(2) + hold * 23 / 10 + more;
        // The part of it after which the short window must see a fifth more than the limit.
        let seen = short.min(fault - hold - 2);
        let at = (fault * short * 4).div_ceil(seen * 3).max(fault + 2);
        let bad = (self.burn.limit().to_f64()? * 0.9 * all * at as f64 / fault as f64).floor();
        if at > LONGEST || at >= long || bad > all {
            return None;
        }
        self.turning(format!("{}: quiet while its long window is", self.burn.tier.name), (0.0, bad), all, at - fault, at)
    }

    /// So many bad events a step, and from a minute on so many others; and who is told of it at another minute.
    fn turning(&self, name: String, bad: (f64, f64), all: f64, turn: u64, at: u64) -> Option<Scenario> {
        let stretches = |before: f64, after: f64| Samples::turning(before, Duration(turn * STEP.0), after).stretches();
        let pace = Pace { good: stretches(all - bad.0, all - bad.1), bad: stretches(bad.0, bad.1) };
        let firing = self.firing((bad.0 / all, bad.1 / all), turn, at)?;
        // It would prove nothing if this tier fired.
        if firing.iter().any(|instance| instance.tier == Some(self.burn.tier.name)) {
            return None;
        }
        let outcome = Outcome::Exactly(vec![(Duration(at * STEP.0), firing)]);
        Some(Scenario { name, step: STEP, series: self.exposed.series(&pace), outcome })
    }

    /// The stories in which no tier fires: told once, by the slowest.
    fn quiet_stories(&self, all: f64) -> Vec<Scenario> {
        let (objective, zero) = (&self.burn.objective, Duration(0));
        let series = |good: f64, bad: f64| self.exposed.series(&Pace::even(good, bad));
        let mut healthy_beside = series(all, 0.0);
        healthy_beside.extend(series(0.0, all).into_iter().map(|series| series.of_job(FOREIGN_JOB)));
        let mut scenarios = vec![
            Scenario::quiet("quiet when healthy, whatever another job does", STEP, healthy_beside, zero),
            Scenario::quiet("quiet at zero traffic", STEP, series(0.0, 0.0), zero),
            Scenario::no_data(),
        ];
        if objective.min_bad > 0 {
            // So long that half as many events would be reached early enough for the alert to fire.
            let lasts = self.burn.tier.hold.0 / STEP.0 * 18 / 5 + 10;
            let from = Duration(lasts * STEP.0 - self.burn.tier.hold.0 - 4 * STEP.0);
            let trickle = objective.min_bad as f64 * 0.7 / lasts as f64;
            // The share is too large for every tier, so that only the number of events keeps them quiet.
            let highest = self.tiers.iter().map(|tier| tier.factor * objective.budget()).max().and_then(|limit| limit.to_f64());
            let share = (highest.unwrap_or(1.0) * 1.5).min(1.0);
            let slow = series(trickle / share - trickle, trickle);
            scenarios.push(Scenario::quiet(format!("quiet below {} bad events", objective.min_bad), STEP, slow, from));
        }
        scenarios
    }

    fn instance(&self, tier: &'static str, value: f64) -> Instance {
        let Objective { job, name, service, .. } = &*self.burn.objective;
        Instance { tier: Some(tier), ..Instance::new([("job", &**job), ("slo", name), ("service", service)], value) }
    }
}
