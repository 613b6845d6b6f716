//! What is promised: an objective, its error budget, and the recorded series that everything about it reads.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::events::{EventSeries, Events, Pace};
use super::histogram::HistogramSeries;
use super::tiers::{self, Tier};
use crate::manifest::scalars::{Duration, Percent, Threshold};
use crate::manifest::stack::Version;
use crate::model::catalogue::{Metric, le_spellings};
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::query::{self, Matcher, Scope};
use crate::model::synthetic::{Labels, Series, labels};
use crate::promql::ast::{BinaryOp, Expr};
use crate::source::Span;

/// A promise: a share of good events over a window.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its name, the `slo` label.
    pub name: String,
    /// The service, for sentences.
    pub service: String,
    /// The job whose events count.
    pub job: String,
    /// What is counted.
    pub sli: Sli,
    /// The share of good events that is promised.
    pub target: Percent,
    /// The window that the promise is kept over.
    pub window: Duration,
    /// The fewest bad events in a tier's long window that count.
    pub min_bad: u64,
    /// Where it stands.
    pub span: Span,
}

/// What an objective counts.
#[derive(Clone, Debug)]
pub enum Sli {
    /// Events, of which some are bad.
    Ratio(Events),
    /// Observations of a histogram, of which those above a bound are bad.
    Latency {
        /// The histogram.
        metric: Arc<Metric>,
        /// The bound.
        within: Threshold,
        /// The oldest Prometheus: decides which spellings of `le` there are.
        prometheus: Version,
    },
}

/// A recording rule.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The recorded name.
    pub name: String,
    /// What is recorded.
    pub expr: Expr,
    /// Labels that are added.
    pub labels: Labels,
}

/// The recorded number of events per second, whose sums weigh busy hours as they should.
const REQUESTS: &str = "job:slo_requests:rate5m";
/// The recorded number of bad events per second.
const ERRORS: &str = "job:slo_errors:rate5m";
/// The recorded share of the budget that is left.
const REMAINING: &str = "job:slo_error_budget_remaining:ratio";

/// The recorded error ratio over a window.
pub fn ratio_name(window: Duration) -> String {
    format!("job:slo_errors_per_request:ratio_rate{window}")
}

/// The series that an objective counts.
pub enum ObjectiveSeries {
    /// Events.
    Events(EventSeries),
    /// Observations.
    Histogram {
        /// The histogram's.
        series: HistogramSeries,
        /// The bound of the bucket that good ones fall into.
        fast: Decimal,
        /// That of bad ones; `None` is `+Inf`.
        slow: Option<Decimal>,
    },
}

impl ObjectiveSeries {
    /// Series with so many good and bad events per step.
    pub fn series(&self, pace: &Pace) -> Vec<Series> {
        match self {
            Self::Events(series) => series.series(pace),
            Self::Histogram { series, fast, slow } => series.series(&vec![(Some(*fast), pace.good.clone()), (*slow, pace.bad.clone())]),
        }
    }
}

impl Objective {
    /// The share of bad events that is allowed.
    pub fn budget(&self) -> Decimal {
        (Decimal::ONE - self.target.0).normalize()
    }

    /// The tiers of its burn that can fire.
    pub fn tiers(&self) -> Vec<Tier> {
        tiers::tiers(self.window, self.budget())
    }

    /// The tiers that never can.
    pub fn unreachable(&self) -> Vec<Tier> {
        tiers::unreachable(self.window, self.budget())
    }

    /// The labels that tell its recorded series from others.
    pub fn labels(&self) -> Labels {
        labels([("slo", self.name.as_str())])
    }

    fn job_scope(&self) -> Scope {
        Scope::Job(self.job.clone())
    }

    /// The recorded error ratio over a window.
    pub fn recorded_ratio(&self, scope: &Scope, window: Duration) -> Expr {
        query::recorded(&ratio_name(window), scope, &self.labels())
    }

    fn total(&self, window: Duration) -> Expr {
        match &self.sli {
            Sli::Ratio(events) => events.total(&self.job_scope(), window),
            Sli::Latency { metric, .. } if metric.native => query::call("histogram_count", vec![self.native_rates(metric, window)]),
            Sli::Latency { metric, .. } => self.bucket_sum("rate", metric, "_count", &[], window),
        }
    }

    fn bad(&self, window: Duration) -> Expr {
        match &self.sli {
            Sli::Ratio(events) => events.bad_or_zero(&self.job_scope(), window),
            Sli::Latency { metric, within, .. } if metric.native => {
                query::binary(BinaryOp::Mul, self.slow_fraction(metric, *within, window), self.total(window))
            }
            Sli::Latency { .. } => self.slow("rate", window),
        }
    }

    /// How many bad events a window holds.
    pub fn bad_count(&self, window: Duration) -> Expr {
        match &self.sli {
            Sli::Ratio(events) => events.bad_count(&self.job_scope(), window),
            Sli::Latency { metric, .. } if metric.native => {
                query::binary(BinaryOp::Mul, self.bad(window), query::number(window.as_seconds()))
            }
            Sli::Latency { .. } => self.slow("increase", window),
        }
    }

    fn native_rates(&self, metric: &Metric, window: Duration) -> Expr {
        query::sum_by(&["job"], query::rate(query::select(&metric.name, &self.job_scope(), &[]), window))
    }

    fn slow_fraction(&self, metric: &Metric, within: Threshold, window: Duration) -> Expr {
        let fast = query::call(
            "histogram_fraction",
            vec![query::number(Decimal::ZERO), query::number(within.value()), self.native_rates(metric, window)],
        );
        query::binary(BinaryOp::Sub, query::number(Decimal::ONE), fast)
    }

    /// Observations above the bound: all of them less those in its bucket.
    fn slow(&self, function: &str, window: Duration) -> Expr {
        let Sli::Latency { metric, within, prometheus } = &self.sli else { return query::number(Decimal::ZERO) };
        let le = query::one_of("le", &le_spellings(within.value(), *prometheus));
        let all = self.bucket_sum(function, metric, "_count", &[], window);
        query::binary(BinaryOp::Sub, all, self.bucket_sum(function, metric, "_bucket", &[le], window))
    }

    fn bucket_sum(&self, function: &str, metric: &Metric, suffix: &str, more: &[Matcher], window: Duration) -> Expr {
        query::sum_by(&["job"], query::over(function, query::select(&format!("{}{suffix}", metric.name), &self.job_scope(), more), window))
    }

    /// The share of bad events; nothing at all where there is no traffic.
    fn error_ratio(&self, window: Duration) -> Expr {
        match &self.sli {
            Sli::Ratio(events) => events.share(&self.job_scope(), window),
            Sli::Latency { metric, within, .. } if metric.native => self.slow_fraction(metric, *within, window),
            Sli::Latency { .. } => query::divide(self.bad(window), query::above(self.total(window), Decimal::ZERO)),
        }
    }

    /// Everything that is recorded about it.
    pub fn recordings(&self) -> Vec<Recording> {
        let record = |name: &str, expr: Expr| Recording { name: name.to_owned(), expr, labels: self.labels() };
        let mut windows: Vec<Duration> =
            self.tiers().iter().flat_map(|tier| [tier.long, tier.short]).chain([Duration::minutes(5)]).collect();
        windows.sort();
        windows.dedup();
        let mut all: Vec<Recording> = windows.into_iter().map(|w| record(&ratio_name(w), self.error_ratio(w))).collect();
        all.push(record(REQUESTS, self.total(Duration::minutes(5))));
        all.push(record(ERRORS, self.bad(Duration::minutes(5))));
        let over_window = |name: &str| query::over("sum_over_time", query::recorded(name, &self.job_scope(), &self.labels()), self.window);
        let ratio = query::divide(over_window(ERRORS), query::above(over_window(REQUESTS), Decimal::ZERO));
        let used = query::divide(ratio, query::number(self.budget()));
        all.push(record(REMAINING, query::binary(BinaryOp::Sub, query::number(Decimal::ONE), used)));
        all
    }

    /// What is promised, in words.
    pub fn sentence(&self) -> String {
        match &self.sli {
            Sli::Ratio(events) => {
                format!("{} of {} are not bad ({}) over {}", self.target, events.metric.name, events.bad_in_words(), self.window)
            }
            Sli::Latency { metric, within, .. } => format!("{} of {} are within {} over {}", self.target, metric.name, within, self.window),
        }
    }

    /// The series that stories of it are told with, the bounds of a histogram spelt in one of so many ways.
    pub fn exposed(&self, spelling: usize) -> ObjectiveSeries {
        match &self.sli {
            Sli::Ratio(events) => ObjectiveSeries::Events(events.exposed()),
            Sli::Latency { metric, within, prometheus } => ObjectiveSeries::Histogram {
                series: HistogramSeries::new(metric, &self.job, spelling, *prometheus),
                fast: within.value(),
                slow: metric.bucket_above(within.value()),
            },
        }
    }

    /// Whether its stories can be told in promtool's notation.
    pub fn untold(&self) -> Option<String> {
        match &self.sli {
            Sli::Ratio(events) if !events.has_examples() => {
                Some(format!("no example of a good and a bad value of `{}` could be made up; declare its `values`", events.bad_in_words()))
            }
            Sli::Latency { metric, .. } if metric.native => {
                Some("promtool of every generation cannot be given native histograms in one notation".to_owned())
            }
            _ => None,
        }
    }

    /// How it is drawn.
    pub fn panels(&self) -> Vec<Panel> {
        let ask = |expr: Expr, legend: &str, instant: bool| Query { expr: Ask::Tree(Box::new(expr)), legend: legend.to_owned(), instant };
        let remaining = query::recorded(REMAINING, &Scope::Dashboard, &self.labels());
        let burn = |window: Duration| {
            let rate = query::divide(self.recorded_ratio(&Scope::Dashboard, window), query::number(self.budget()));
            ask(rate, &window.to_string(), false)
        };
        let mut windows: Vec<Duration> = self.tiers().iter().map(|tier| tier.long).collect();
        windows.dedup();
        let limits = self
            .tiers()
            .iter()
            .rev()
            .map(|tier| Step { value: tier.factor.to_f64().unwrap_or(0.0), colour: if tier.fast { Colour::Bad } else { Colour::Warning } })
            .collect();
        vec![
            Panel {
                title: format!("Budget left: {}", self.name),
                description: format!("How much of the error budget of the last {} is left. Promised: {}.", self.window, self.sentence()),
                view: View::Number,
                unit: Unit::Ratio,
                queries: vec![ask(remaining, "left", true)],
                steps: vec![Step { value: 0.0, colour: Colour::Warning }, Step { value: 0.25, colour: Colour::Good }],
                base: Colour::Bad,
                row: Row::Objectives,
                range: (None, Some(1.0)),
            },
            Panel {
                title: format!("Burn rate: {}", self.name),
                description: format!("How many times faster than allowed the budget is used up. Promised: {}.", self.sentence()),
                view: View::Lines,
                unit: Unit::Count,
                queries: windows.into_iter().map(burn).collect(),
                steps: limits,
                base: Colour::Good,
                row: Row::Objectives,
                range: (Some(0.0), None),
            },
        ]
    }
}
