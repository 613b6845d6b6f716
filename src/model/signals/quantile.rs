//! A quantile of a histogram.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::events::events_for;
use super::histogram::{HistogramSeries, evenly, spelling_name, spellings};
use super::{Proof, Signal};
use crate::manifest::metrics::MetricUnit;
use crate::manifest::scalars::{Duration, Threshold};
use crate::manifest::stack::Version;
use crate::model::catalogue::Metric;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, PANEL_WINDOW, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, Scenario, Stretch, burst_period, bursts, step_for};
use crate::model::text::{Format, Sentence};
use crate::promql::ast::Expr;

/// A quantile is too high.
#[derive(Clone, Debug)]
pub struct Quantile {
    /// The service, for sentences.
    pub service: String,
    /// The histogram.
    pub metric: Arc<Metric>,
    /// The job that exposes it.
    pub job: String,
    /// The quantile, between 0 and 1.
    pub quantile: Decimal,
    /// The value above which somebody is told; one of the histogram's bounds, and not the highest.
    pub above: Threshold,
    /// The window that rates are taken over.
    pub window: Duration,
    /// The oldest Prometheus that evaluates it: decides which spellings of `le` there are.
    pub prometheus: Version,
}

/// `0.99` as people say it: `p99`.
pub fn percentile(quantile: Decimal) -> String {
    format!("p{}", (quantile * Decimal::ONE_HUNDRED).normalize())
}

/// `histogram_quantile(q, sum by (job, le) (rate(metric_bucket[window])))`, or the native form.
pub fn quantile_of(metric: &Metric, quantile: Decimal, scope: &Scope, window: Duration) -> Expr {
    let rates = if metric.native {
        query::sum_by(&["job"], query::rate(query::select(&metric.name, scope, &[]), window))
    } else {
        query::sum_by(&["job", "le"], query::rate(query::select(&format!("{}_bucket", metric.name), scope, &[]), window))
    };
    query::call("histogram_quantile", vec![query::number(quantile), rates])
}

/// The unit of a metric's own values.
pub fn unit_of(metric: &Metric) -> Unit {
    match metric.unit {
        MetricUnit::Seconds => Unit::Seconds,
        MetricUnit::Bytes => Unit::Bytes,
        MetricUnit::Ratio => Unit::Ratio,
        MetricUnit::None => Unit::Count,
    }
}

/// How a value of the metric's unit is written in a sentence.
fn format_of(metric: &Metric) -> Format {
    match metric.unit {
        MetricUnit::Seconds => Format::Duration,
        MetricUnit::Bytes => Format::Bytes,
        MetricUnit::Ratio => Format::Percentage,
        MetricUnit::None => Format::Number,
    }
}

impl Quantile {
    fn scope(&self) -> Scope {
        Scope::Job(self.job.clone())
    }

    fn exposed(&self, spelling: usize) -> HistogramSeries {
        HistogramSeries::new(&self.metric, &self.job, spelling, self.prometheus)
    }

    /// The bucket just at the limit, and the one just above it.
    fn buckets(&self) -> Option<(Decimal, Decimal)> {
        let at = self.above.value();
        Some((at, self.metric.bucket_above(at)?))
    }

    /// Nothing but observations above the highest bound, in bursts: the quantile is that bound as long as the window holds one.
    fn beyond_the_highest_bound(&self, exposed: &HistogramSeries, step: Duration, all: f64, hold: Duration) -> Option<Scenario> {
        let highest = self.metric.buckets.last()?.to_f64()?;
        let until = Duration(hold.0 + 2 * self.window.0);
        let series = exposed.series(&vec![(None, bursts(all, burst_period(self.window, step), step, until))]);
        let name = "fires on what is beyond the highest bound, in bursts";
        Some(Scenario::holds(name, step, series, step, vec![self.instance(highest)]))
    }

    /// Whether a value reads the same however the sums that it is made of are rounded: whole seconds are cut off above a minute, so
    /// that 500 may as well read as 499.
    fn is_settled(&self, value: f64) -> bool {
        !matches!(format_of(&self.metric), Format::Duration) || value < 60.0 || (0.001..0.999).contains(&value.fract())
    }

    fn instance(&self, value: f64) -> Instance {
        Instance::new([("job", self.job.as_str())], value)
    }
}

const BEYOND: &str = "the limit is not below the highest bound";

impl Signal for Quantile {
    fn condition(&self) -> Expr {
        query::above(quantile_of(&self.metric, self.quantile, &self.scope(), self.window), self.above.value())
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: {} of {} is above {}", self.service, percentile(self.quantile), self.metric.name, self.above))
    }

    fn description(&self) -> Sentence {
        Sentence::new(format!("The {} of {} over the last {} is ", percentile(self.quantile), self.metric.name, self.window))
            .value(format_of(&self.metric))
            .words(format!("; the limit is {}.", self.above))
    }

    fn panels(&self) -> Vec<Panel> {
        let mut quantiles = vec![Decimal::new(5, 1), Decimal::new(9, 1), self.quantile];
        quantiles.sort();
        quantiles.dedup();
        let query = |q: &Decimal| Query {
            expr: Ask::Tree(Box::new(quantile_of(&self.metric, *q, &Scope::Dashboard, PANEL_WINDOW))),
            legend: percentile(*q),
            instant: false,
        };
        vec![Panel {
            title: format!("Quantiles of {}", self.metric.name),
            description: format!("Somebody is told when the {} is above {}.", percentile(self.quantile), self.above),
            view: View::Lines,
            unit: unit_of(&self.metric),
            queries: quantiles.iter().map(query).collect(),
            steps: vec![Step { value: self.above.value().to_f64().unwrap_or(0.0), colour: Colour::Bad }],
            base: Colour::Good,
            row: Row::Traffic,
            range: (Some(0.0), None),
        }]
    }

    fn unproven(&self) -> Option<String> {
        if self.metric.native {
            return Some("promtool of every generation cannot be given native histograms in one notation".to_owned());
        }
        self.buckets().is_none().then(|| BEYOND.to_owned())
    }

    fn proof(&self, hold: Duration) -> Proof {
        if let Some(why) = self.unproven() {
            return Proof::Unproven(why);
        }
        let Some((at, next)) = self.buckets() else { return Proof::Unproven(BEYOND.to_owned()) };
        let step = step_for(self.window);
        let slow_share = Decimal::ONE - self.quantile;
        let all = events_for(slow_share, 0).to_f64().unwrap_or(0.0);
        let share = slow_share.to_f64().unwrap_or(0.0);
        let (low, high) = (at.to_f64().unwrap_or(0.0), next.to_f64().unwrap_or(0.0));
        let quantile = self.quantile.to_f64().unwrap_or(0.0);
        let mix = |slow: f64| vec![(Some(at), evenly(all - slow)), (Some(next), evenly(slow))];
        let value_of = |slow: f64| low + (high - low) * ((quantile * all - (all - slow)) / slow);
        let instance_of = |slow: f64| self.instance(value_of(slow));
        // The nearest number whose quantile reads the same on every Prometheus; where there is none, the number itself.
        let nearest = |slow: f64, by: f64| {
            let near = (0..10).map(|times| slow + by * f64::from(times)).filter(|slow| *slow <= all && *slow > share * all);
            near.into_iter().find(|slow| self.is_settled(value_of(*slow))).unwrap_or(slow)
        };
        let (many, few_slow) = (nearest(all, -1.0), nearest((share * all * 1.5).ceil(), 1.0));
        let all_slow = mix(many);
        let window = self.window;
        let slow_for = Duration((window.0 + hold.0) * 2);
        let turn = |before, after| vec![Stretch { level: before, until: Some(slow_for) }, Stretch { level: after, until: None }];
        let recovering = vec![(Some(at), turn(0.0, all)), (Some(next), turn(all, 0.0))];
        let exposed = self.exposed(0);
        let mut healthy_beside = exposed.series(&mix(0.0));
        healthy_beside.extend(exposed.series(&all_slow).into_iter().map(|series| series.of_job(FOREIGN_JOB)));
        let mut scenarios: Vec<Scenario> = (0..spellings(self.prometheus))
            .map(|spelling| {
                Scenario::holds(
                    format!(
                        "fires when {} is slow, bounds spelt {}",
                        if many < all { "nearly all" } else { "all" },
                        spelling_name(spelling)
                    ),
                    step,
                    self.exposed(spelling).series(&all_slow),
                    step,
                    vec![instance_of(many)],
                )
            })
            .collect();
        scenarios.extend([
            Scenario::holds(
                format!("fires when a little more than {} is slow", crate::manifest::scalars::Percent(slow_share)),
                step,
                exposed.series(&mix(few_slow)),
                step,
                vec![instance_of(few_slow)],
            ),
            Scenario::quiet("quiet when a little less is slow", step, exposed.series(&mix((share * all * 0.5).floor())), Duration(0)),
            Scenario::quiet("quiet when healthy, whatever another job does", step, healthy_beside, Duration(0)),
            Scenario::quiet("quiet at zero traffic", step, exposed.series(&vec![(Some(at), evenly(0.0))]), Duration(0)),
            Scenario::quiet("quiet again after recovery", step, exposed.series(&recovering), Duration(slow_for.0 + window.0 + step.0)),
            Scenario::no_data(),
        ]);
        scenarios.extend(self.beyond_the_highest_bound(&exposed, step, all, hold));
        Proof::Scenarios(scenarios)
    }
}
