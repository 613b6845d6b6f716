//! A quantile of a histogram.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::events::events_for;
use super::{Proof, Signal};
use crate::manifest::metrics::MetricUnit;
use crate::manifest::scalars::{Duration, Threshold};
use crate::manifest::stack::Version;
use crate::model::catalogue::{Metric, le_spellings};
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, PANEL_WINDOW, Scope};
use crate::model::synthetic::{FOREIGN_JOB, Instance, Labels, Samples, Scenario, Series, Stretch, burst_period, bursts, step_for};
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

/// Observations per step, by the upper bound of the bucket they fall into; `None` is `+Inf`.
type Observations = Vec<(Option<Decimal>, Vec<Stretch>)>;

/// The series of a classic histogram with these observations, on two instances, its bounds spelt in one way.
pub fn histogram_series(metric: &Metric, job: &str, observations: &Observations, spelling: usize, prometheus: Version) -> Vec<Series> {
    let cumulative = |bound: Option<Decimal>| -> Vec<Stretch> {
        let below = observations.iter().filter(|(b, _)| bound.is_none_or(|bound| b.is_some_and(|b| b <= bound)));
        below.map(|(_, stretches)| stretches.clone()).reduce(add).unwrap_or_else(|| vec![Stretch { level: 0.0, until: None }])
    };
    let spelt = |bound: Decimal| {
        let all = le_spellings(bound, prometheus);
        all.get(spelling).or(all.last()).cloned().unwrap_or_default()
    };
    let sets = metric.spread(job, &[Labels::new()]);
    let share = |stretches: Vec<Stretch>| {
        Samples::Counter(stretches.into_iter().map(|s| Stretch { level: s.level / sets.len() as f64, ..s }).collect())
    };
    let bounds = metric.buckets.iter().map(|b| (spelt(*b), Some(*b))).chain([("+Inf".to_owned(), None)]);
    let buckets: Vec<(String, Samples)> = bounds.map(|(le, bound)| (le, share(cumulative(bound)))).collect();
    let all = share(cumulative(None));
    let (bucket, count) = (format!("{}_bucket", metric.name), format!("{}_count", metric.name));
    let mut series = Vec::with_capacity(sets.len() * (buckets.len() + 1));
    for set in &sets {
        for (le, samples) in &buckets {
            let mut labels = set.clone();
            labels.insert("le".to_owned(), le.clone());
            series.push(Series::new(&bucket, labels, samples.clone()));
        }
        series.push(Series::new(&count, set.clone(), all.clone()));
    }
    series
}

/// Adds two paces that turn at the same times.
fn add(left: Vec<Stretch>, right: Vec<Stretch>) -> Vec<Stretch> {
    left.into_iter().zip(right).map(|(l, r)| Stretch { level: l.level + r.level, until: l.until }).collect()
}

/// Observations that come evenly.
pub fn evenly(level: f64) -> Vec<Stretch> {
    vec![Stretch { level, until: None }]
}

/// How many spellings of a bound there can be.
pub fn spellings(prometheus: Version) -> usize {
    if prometheus < Version::new(3, 0) { 3 } else { 2 }
}

/// The name of a spelling, for a test's name.
pub fn spelling_name(spelling: usize) -> &'static str {
    ["le=\"1\"", "le=\"1.0\"", "le=\"1.00000000000000000000e+00\""][spelling.min(2)]
}

impl Quantile {
    fn scope(&self) -> Scope {
        Scope::Job(self.job.clone())
    }

    fn series(&self, observations: &Observations) -> Vec<Series> {
        histogram_series(&self.metric, &self.job, observations, 0, self.prometheus)
    }

    /// The bucket just at the limit, and the one just above it.
    fn buckets(&self) -> Option<(Decimal, Decimal)> {
        let at = self.above.value();
        Some((at, self.metric.bucket_above(at)?))
    }

    /// Nothing but observations above the highest bound, in bursts: the quantile is that bound as long as the window holds one.
    fn beyond_the_highest_bound(&self, step: Duration, all: f64, hold: Duration) -> Option<Scenario> {
        let highest = self.metric.buckets.last()?.to_f64()?;
        let until = Duration(hold.0 + 2 * self.window.0);
        let series = self.series(&vec![(None, bursts(all, burst_period(self.window, step), step, until))]);
        let name = "fires on what is beyond the highest bound, in bursts";
        Some(Scenario::holds(name, step, series, step, vec![self.instance(highest)]))
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
        let all_slow = mix(all);
        let few_slow = (share * all * 1.5).ceil();
        let instance_of = |slow: f64| self.instance(low + (high - low) * ((quantile * all - (all - slow)) / slow));
        let window = self.window;
        let slow_for = Duration((window.0 + hold.0) * 2);
        let turn = |before, after| vec![Stretch { level: before, until: Some(slow_for) }, Stretch { level: after, until: None }];
        let recovering = vec![(Some(at), turn(0.0, all)), (Some(next), turn(all, 0.0))];
        let mut healthy_beside = self.series(&mix(0.0));
        healthy_beside.extend(self.series(&all_slow).into_iter().map(|series| series.of_job(FOREIGN_JOB)));
        let mut scenarios: Vec<Scenario> = (0..spellings(self.prometheus))
            .map(|spelling| {
                let series = histogram_series(&self.metric, &self.job, &all_slow, spelling, self.prometheus);
                Scenario::holds(
                    format!("fires when all is slow, bounds spelt {}", spelling_name(spelling)),
                    step,
                    series,
                    step,
                    vec![instance_of(all)],
                )
            })
            .collect();
        scenarios.extend([
            Scenario::holds(
                format!("fires when a little more than {} is slow", crate::manifest::scalars::Percent(slow_share)),
                step,
                self.series(&mix(few_slow)),
                step,
                vec![instance_of(few_slow)],
            ),
            Scenario::quiet("quiet when a little less is slow", step, self.series(&mix((share * all * 0.5).floor())), Duration(0)),
            Scenario::quiet("quiet when healthy, whatever another job does", step, healthy_beside, Duration(0)),
            Scenario::quiet("quiet at zero traffic", step, self.series(&vec![(Some(at), evenly(0.0))]), Duration(0)),
            Scenario::quiet("quiet again after recovery", step, self.series(&recovering), Duration(slow_for.0 + window.0 + step.0)),
            Scenario::no_data(),
        ]);
        scenarios.extend(self.beyond_the_highest_bound(step, all, hold));
        Proof::Scenarios(scenarios)
    }
}
