//! The share of a counter's events that are bad.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::events::{EventSeries, Events, Pace, around, events_for};
use super::{Proof, Signal};
use crate::manifest::scalars::{Duration, Percent};
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, PANEL_WINDOW, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, Outcome, STEP, Scenario, burst_period, bursts, step_for};
use crate::model::text::{Format, Sentence};
use crate::promql::ast::{BinaryOp, Expr};

/// Too large a share of events is bad.
#[derive(Clone, Debug)]
pub struct Ratio {
    /// The service, for sentences.
    pub service: String,
    /// The events.
    pub events: Events,
    /// The share above which somebody is told.
    pub above: Percent,
    /// The window that it is taken over.
    pub window: Duration,
    /// The fewest bad events in the window that count.
    pub min_bad: u64,
}

impl Ratio {
    fn scope(&self) -> Scope {
        Scope::Job(self.events.job.clone())
    }

    fn at(&self, bad: f64, good: f64) -> Instance {
        Instance::new([("job", self.events.job.as_str())], bad / (bad + good))
    }
}

impl Signal for Ratio {
    fn condition(&self) -> Expr {
        let condition = query::above(self.events.share(&self.scope(), self.window), self.above.0);
        if self.min_bad == 0 {
            return condition;
        }
        let enough =
            query::binary(BinaryOp::GreaterEqual, self.events.bad_count(&self.scope(), self.window), query::number(self.min_bad.into()));
        query::and_on(&["job"], condition, enough)
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: more than {} of events in {} are bad", self.service, self.above, self.events.metric.name))
    }

    fn description(&self) -> Sentence {
        Sentence::default().value(Format::Percentage).words(format!(
            " of the events that {} counted over the last {} were bad ({}); the limit is {}.",
            self.events.metric.name,
            self.window,
            self.events.bad_in_words(),
            self.above
        ))
    }

    fn panels(&self) -> Vec<Panel> {
        vec![Panel {
            title: format!("Error ratio of {}", self.events.metric.name),
            description: format!(
                "The share of events that are bad ({}). Somebody is told above {}.",
                self.events.bad_in_words(),
                self.above
            ),
            view: View::Lines,
            unit: Unit::Ratio,
            queries: vec![Query {
                expr: Ask::Tree(Box::new(self.events.share(&Scope::Dashboard, PANEL_WINDOW))),
                legend: "bad".to_owned(),
                instant: false,
            }],
            steps: vec![Step { value: self.above.0.to_f64().unwrap_or(0.0), colour: Colour::Bad }],
            base: Colour::Good,
            row: Row::Traffic,
            range: (Some(0.0), None),
        }]
    }

    fn unproven(&self) -> Option<String> {
        let untold =
            || format!("no example of a good and a bad value of `{}` could be made up; declare its `values`", self.events.bad_in_words());
        (!self.events.has_examples()).then(untold)
    }

    fn proof(&self, hold: Duration) -> Proof {
        if let Some(why) = self.unproven() {
            return Proof::Unproven(why);
        }
        let step = step_for(self.window);
        let events = events_for(self.above.0, self.min_bad);
        let all = events.to_f64().unwrap_or(0.0);
        let (above, below) = around(self.above.0, events);
        let window = self.window;
        let over = |text: &str| format!("{text} {}", self.above);
        // So long that counters' whole lifetime still looks bad after the window has recovered.
        let bad_for = Duration((window.0 + hold.0) * 2 * lifetime_factor(self.above.0));
        let exposed = self.events.exposed();
        let mut healthy_beside = exposed.only_good(all);
        healthy_beside.extend(exposed.series(&Pace::even(0.0, all)).into_iter().map(|series| series.of_job(FOREIGN_JOB)));
        let mut scenarios = vec![
            Scenario::holds(
                over("fires above"),
                step,
                exposed.series(&Pace::even(all - above, above)),
                step,
                vec![self.at(above, all - above)],
            ),
            Scenario::quiet(over("quiet just below"), step, exposed.series(&Pace::even(all - below, below)), Duration(0)),
            Scenario::quiet("quiet when healthy, whatever another job does", step, healthy_beside, Duration(0)),
            Scenario::quiet("quiet at zero traffic", step, exposed.series(&Pace::even(0.0, 0.0)), Duration(0)),
            Scenario::quiet(
                "quiet again after recovery",
                step,
                exposed.series(&Pace::recovering(all, bad_for)),
                Duration(bad_for.0 + window.0 + step.0),
            ),
            Scenario::no_data(),
        ];
        if self.above.0 < Decimal::ONE {
            let until = Duration(hold.0 + 2 * window.0);
            let bad = bursts(all, burst_period(window, step), step, until);
            let pace = Pace { good: Pace::even(0.0, 0.0).good, bad };
            let name = "fires when every event is bad, in bursts";
            scenarios.push(Scenario::holds(name, step, exposed.series(&pace), step, vec![self.at(all, 0.0)]));
        }
        if self.min_bad > 0 {
            scenarios.extend(self.around_the_fewest(&exposed, step, hold));
        }
        Proof::Scenarios(scenarios)
    }
}

impl Ratio {
    /// The share is too large, and the events are a few less or a few more than the fewest that count.
    fn around_the_fewest(&self, exposed: &EventSeries, step: Duration, hold: Duration) -> [Scenario; 2] {
        let (window, fewest) = (self.window, self.min_bad as f64);
        let share = (self.above.0.to_f64().unwrap_or(1.0) * 1.5).min(1.0);
        let pace = |factor: f64| {
            let bad = fewest * factor * step.0 as f64 / window.0 as f64;
            (bad, bad / share - bad)
        };
        let series = |(bad, good): (f64, f64)| exposed.series(&Pace::even(good, bad));
        let (less, more) = (pace(0.7), pace(1.37));
        let at = Duration(2 * window.0 + hold.0 + 2 * STEP.0);
        [
            Scenario::quiet(format!("quiet below {} bad events in {window}", self.min_bad), step, series(less), Duration(2 * window.0)),
            Scenario {
                name: format!("fires above {} bad events in {window}", self.min_bad),
                step,
                series: series(more),
                outcome: Outcome::Exactly(vec![(at, vec![self.at(more.0, more.1)])]),
            },
        ]
    }
}

/// How many times longer the fault must last than what follows, for the share over all time to stay above a limit.
fn lifetime_factor(share: Decimal) -> u64 {
    let left = Decimal::ONE - share;
    if left.is_zero() { 1 } else { (share / left).ceil().to_u64().unwrap_or(1).clamp(1, 20) }
}
