//! A gauge against the value at which it is full.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Proof, Signal};
use crate::manifest::metrics::Capacity;
use crate::manifest::scalars::{Duration, Percent};
use crate::model::catalogue::Metric;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, PANEL_WINDOW, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, Labels, STEP, Samples, Scenario, Series, Stretch, burst_period, bursts};
use crate::model::text::{Format, Sentence};
use crate::promql::ast::Expr;

/// A gauge is too close to its maximum.
#[derive(Clone, Debug)]
pub struct Saturation {
    /// The service, for sentences.
    pub service: String,
    /// The gauge.
    pub metric: Arc<Metric>,
    /// Where it is full.
    pub max: Capacity,
    /// The job that exposes it.
    pub job: String,
    /// The share of the maximum above which somebody is told.
    pub above: Percent,
    /// The window over which the highest value counts.
    pub window: Duration,
}

const KEPT: [&str; 2] = ["job", "instance"];

impl Saturation {
    /// The highest use over a window, as a share of the maximum.
    fn share(&self, scope: &Scope, window: Duration) -> Expr {
        let used = query::max_by(&KEPT, query::over("max_over_time", query::select(&self.metric.name, scope, &[]), window));
        let full = match &self.max {
            Capacity::Number(max) => query::number(*max),
            Capacity::Metric(max) => query::binary(
                crate::promql::ast::BinaryOp::Greater,
                query::max_by(&KEPT, query::select(&max.0, scope, &[])),
                query::number(Decimal::ZERO),
            ),
        };
        query::divide(used, full)
    }

    /// The value of the gauge at a share of the maximum, and the maximum.
    fn value_at(&self, share: Decimal) -> (f64, f64) {
        let max = match &self.max {
            Capacity::Number(max) => *max,
            Capacity::Metric(_) => Decimal::ONE_HUNDRED,
        };
        ((max * share).to_f64().unwrap_or(0.0), max.to_f64().unwrap_or(1.0))
    }

    /// It is high for a moment at a time, and the window remembers.
    fn in_bursts(&self, share: Decimal, hold: Duration, instances: Vec<Instance>) -> Scenario {
        let until = Duration(hold.0 + 2 * self.window.0);
        let series = self.series_of(share, |value| Samples::Gauge(bursts(value, burst_period(self.window, STEP), STEP, until)));
        Scenario::holds(format!("fires above {} in bursts", self.above), STEP, series, Duration(0), instances)
    }

    /// One series with the highest value on one instance, the rest idle.
    fn series(&self, share: Decimal) -> Vec<Series> {
        self.series_of(share, Samples::constant)
    }

    /// The same, with the samples that are made of the highest value.
    fn series_of(&self, share: Decimal, highest: impl Fn(f64) -> Samples) -> Vec<Series> {
        let (value, max) = self.value_at(share);
        let mut all = Vec::new();
        for instance in ["a:1", "b:1"] {
            for (i, set) in self.metric.label_sets(&self.job, instance, &Labels::new()).into_iter().enumerate() {
                let samples = if instance == "a:1" && i == 0 { highest(value) } else { Samples::constant(0.0) };
                all.push(Series::new(&self.metric.name, set, samples));
            }
            if let Capacity::Metric(name) = &self.max {
                let set = crate::model::synthetic::labels([("job", self.job.as_str()), ("instance", instance)]);
                all.push(Series::new(&name.0, set, Samples::constant(max)));
            }
        }
        all
    }
}

/// A value until a time, and nothing from then on.
fn turning(value: f64, until: Duration) -> Vec<Stretch> {
    vec![Stretch { level: value, until: Some(until) }, Stretch { level: 0.0, until: None }]
}

impl Signal for Saturation {
    fn condition(&self) -> Expr {
        query::above(self.share(&Scope::Job(self.job.clone()), self.window), self.above.0)
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: {} is above {} of its maximum", self.service, self.metric.name, self.above))
    }

    fn description(&self) -> Sentence {
        Sentence::new(format!("{} on ", self.metric.name))
            .label("instance")
            .words(" reached ")
            .value(Format::Percentage)
            .words(format!(" of its maximum in the last {}; the limit is {}.", self.window, self.above))
    }

    fn panels(&self) -> Vec<Panel> {
        vec![Panel {
            title: format!("Saturation of {}", self.metric.name),
            description: format!("The highest use of the window, as a share of the maximum. Somebody is told above {}.", self.above),
            view: View::Lines,
            unit: Unit::Ratio,
            queries: vec![Query {
                expr: Ask::Tree(Box::new(self.share(&Scope::Dashboard, PANEL_WINDOW))),
                legend: "{{instance}}".to_owned(),
                instant: false,
            }],
            steps: vec![Step { value: self.above.0.to_f64().unwrap_or(0.0), colour: Colour::Bad }],
            base: Colour::Good,
            row: Row::Resources,
            range: (Some(0.0), Some(1.0)),
        }]
    }

    fn proof(&self, hold: Duration) -> Proof {
        let zero = Duration(0);
        let room = Decimal::ONE - self.above.0;
        let over = self.above.0 + room / Decimal::TWO;
        let under = self.above.0 * Decimal::new(99, 2);
        let fires = |share: Decimal| {
            let (value, max) = self.value_at(share);
            vec![Instance::new([("job", self.job.as_str()), ("instance", "a:1")], value / max)]
        };
        let mut healthy_beside = self.series(Decimal::ZERO);
        healthy_beside.extend(self.series(Decimal::ONE).into_iter().map(|series| series.of_job(FOREIGN_JOB)));
        let mut scenarios = vec![
            Scenario::quiet(format!("quiet just below {}", self.above), STEP, self.series(under), zero),
            Scenario::quiet("quiet when healthy, whatever another job does", STEP, healthy_beside, zero),
            Scenario::no_data(),
        ];
        if room > Decimal::ZERO {
            scenarios.push(Scenario::holds(format!("fires above {}", self.above), STEP, self.series(over), zero, fires(over)));
            scenarios.push(self.in_bursts(over, hold, fires(over)));
            scenarios.push(Scenario::holds("fires when it is full", STEP, self.series(Decimal::ONE), zero, fires(Decimal::ONE)));
            let full_for = Duration(self.window.0 + 2 * hold.0);
            let turning = self.series_of(Decimal::ONE, |full| Samples::Gauge(turning(full, full_for)));
            scenarios.push(Scenario::quiet("quiet again after it was full", STEP, turning, Duration(full_for.0 + self.window.0)));
        }
        Proof::Scenarios(scenarios)
    }
}
