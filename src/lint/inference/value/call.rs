//! The values that functions give.

use std::f64::consts::{FRAC_PI_2, PI};

use super::{LONG_AGO, Valuer, sum};
use crate::lint::inference::source;
use crate::lint::query::interval::{Interval, same};
use crate::lint::query::named::{is_start, is_uptime};
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::walk::{self, without_parens};

const YEAR_OF_LONG_AGO: f64 = 2001.0;

impl Valuer<'_, '_> {
    pub(super) fn call(self, function: &str, arguments: &[Expr]) -> Interval {
        let argument = |place: usize| arguments.get(place).map_or(Interval::ALL, |expr| self.expr(expr));
        let exactly = |place: usize| Some(argument(place)).filter(|i| same(i.low, i.high)).map(|i| i.low);
        let inner = argument(0);
        match function {
            // When a process began moves on only.
            "resets" if starts(arguments) => Interval::one(0.0),
            "rate" | "irate" | "increase" if let Some(window) = running(arguments) => {
                // A clock may be a little off.
                let most = 1.5 * if function == "increase" { window } else { 1.0 };
                Interval::new(f64::MIN_POSITIVE, most)
            }
            // No more of a second is spent than there is of it.
            "rate" | "irate" if is_time_spent(arguments) => Interval::new(0.0, 1.5),
            "rate" | "irate" | "increase" if inner.low >= 0.0 => Interval::NOT_NEGATIVE,
            // What is the same for ever.
            "changes" | "resets" if same(inner.low, inner.high) => Interval::one(0.0),
            "changes" | "resets" => Interval::new(0.0, self.samples(arguments).map_or(f64::INFINITY, |samples| samples - 1.0)),
            // Half of the samples at one end and half at the other are as far apart as they can be.
            "stddev_over_time" if (inner.high - inner.low).is_finite() => Interval::new(0.0, ((inner.high - inner.low) / 2.0).max(0.0)),
            "stdvar_over_time" if (inner.high - inner.low).is_finite() => {
                let most = ((inner.high - inner.low) / 2.0).max(0.0);
                Interval::new(0.0, most * most)
            }
            "stddev_over_time" | "stdvar_over_time" | "mad_over_time" | "histogram_count" | "histogram_stddev" | "histogram_stdvar"
            | "exp" | "acosh" | "timestamp" => Interval::NOT_NEGATIVE,
            "time" => Interval::new(LONG_AGO, f64::INFINITY),
            "count_over_time" => Interval::new(1.0, self.samples(arguments).unwrap_or(f64::INFINITY)),
            "absent" | "absent_over_time" | "present_over_time" => Interval::one(1.0),
            "histogram_fraction" => Interval::SHARE,
            "histogram_quantile" => Interval::new(f64::NEG_INFINITY, arguments.get(1).map_or(f64::INFINITY, |of| self.top_bucket(of))),
            "abs" => {
                let (low, high) = (inner.low.abs(), inner.high.abs());
                let crosses = inner.low <= 0.0 && inner.high >= 0.0;
                Interval::new(if crosses { 0.0 } else { low.min(high) }, low.max(high))
            }
            "ceil" => Interval::new(inner.low.ceil(), inner.high.ceil()),
            "floor" => Interval::new(inner.low.floor(), inner.high.floor()),
            "round" if arguments.len() == 1 => Interval::new((inner.low + 0.5).floor(), (inner.high + 0.5).floor()),
            "sqrt" => Interval::new(inner.low.max(0.0).sqrt(), inner.high.max(0.0).sqrt()),
            "sgn" => Interval::new(sign(inner.low), sign(inner.high)),
            "ln" => Interval::new(inner.low.max(0.0).ln(), inner.high.max(0.0).ln()),
            "log2" => Interval::new(inner.low.max(0.0).log2(), inner.high.max(0.0).log2()),
            "log10" => Interval::new(inner.low.max(0.0).log10(), inner.high.max(0.0).log10()),
            "sin" | "cos" | "tanh" => Interval::new(-1.0, 1.0),
            "asin" | "atan" => Interval::new(-FRAC_PI_2, FRAC_PI_2),
            "acos" => Interval::new(0.0, PI),
            "clamp" => match (exactly(1), exactly(2)) {
                (Some(low), Some(high)) if low <= high => Interval::new(inner.low.clamp(low, high), inner.high.clamp(low, high)),
                _ => Interval::ALL,
            },
            "clamp_min" => exactly(1).map_or(Interval::ALL, |least| Interval::new(inner.low.max(least), inner.high.max(least))),
            "clamp_max" => exactly(1).map_or(Interval::ALL, |most| Interval::new(inner.low.min(most), inner.high.min(most))),
            "avg_over_time" | "min_over_time" | "max_over_time" | "last_over_time" | "first_over_time" | "sort" | "sort_desc"
            | "sort_by_label" | "sort_by_label_desc" | "vector" | "scalar" | "label_replace" | "label_join" => inner,
            "quantile_over_time" if exactly(0).is_some_and(|q| (0.0..=1.0).contains(&q)) => argument(1),
            "sum_over_time" => {
                let most = self.samples(arguments).filter(|_| inner.low >= 0.0 && inner.high > 0.0);
                most.map_or_else(|| sum(inner), |samples| Interval::new(inner.low, inner.high * samples))
            }
            "minute" => Interval::new(0.0, 59.0),
            "hour" => Interval::new(0.0, 23.0),
            "day_of_week" => Interval::new(0.0, 6.0),
            "day_of_month" => Interval::new(1.0, 31.0),
            "day_of_year" => Interval::new(1.0, 366.0),
            "days_in_month" => Interval::new(28.0, 31.0),
            "month" => Interval::new(1.0, 12.0),
            "year" if arguments.is_empty() => Interval::new(YEAR_OF_LONG_AGO, f64::INFINITY),
            _ => Interval::ALL,
        }
    }

    /// The highest finite bound of the classic histogram whose buckets an expression is made of: no quantile is above it.
    fn top_bucket(self, buckets: &Expr) -> f64 {
        let found = walk::selectors(buckets);
        let [only] = found.as_slice() else { return f64::INFINITY };
        let bounds = source::buckets(only.selector, self.world).filter(|(_, metric)| !metric.native);
        let bounds = bounds.and_then(|(_, metric)| metric.buckets.as_ref());
        bounds.and_then(|bounds| bounds.value.iter().copied().filter(|bound| bound.is_finite()).reduce(f64::max)).unwrap_or(f64::INFINITY)
    }

    /// The most samples that a window holds of what a job is scraped for: one more than fit between its ends.
    fn samples(self, arguments: &[Expr]) -> Option<f64> {
        let argument = without_parens(arguments.first()?);
        if let ExprKind::Subquery { range, step, .. } = &argument.kind {
            let (range, step) = (range.millis()?, step.as_ref()?.millis().filter(|step| *step > 0)?);
            return Some((range as f64 / step as f64).floor() + 1.0);
        }
        let ExprKind::Range { selector, range, .. } = &argument.kind else { return None };
        let name = selector.metric_name().filter(|name| !name.contains(':') && !name.starts_with("ALERTS"))?;
        let (interval, _) = self.world.interval(selector).filter(|(interval, _)| *interval > 0 && !name.is_empty())?;
        // What holds fewer than two has a rule of its own.
        let window = range.millis().filter(|window| *window >= 2 * interval)?;
        Some((window as f64 / interval as f64).floor() + 2.0)
    }
}

/// Whether it is when a process or a machine began to run, over a window.
fn starts(arguments: &[Expr]) -> bool {
    let Some(ExprKind::Range { selector, .. }) = arguments.first().map(|argument| &without_parens(argument).kind) else { return false };
    selector.metric_name().is_some_and(is_start)
}

/// Whether it is for how many seconds one device was busy, or something waited.
fn is_time_spent(arguments: &[Expr]) -> bool {
    let Some(ExprKind::Range { selector, .. }) = arguments.first().map(|argument| &without_parens(argument).kind) else { return false };
    let is_spent = |name: &str| {
        matches!(name, "node_disk_io_time_seconds_total" | "node_cpu_seconds_total")
            || name.starts_with("node_pressure_") && name.ends_with("_seconds_total")
    };
    selector.metric_name().is_some_and(is_spent)
}

/// The window over which the growth of how long a process has run is taken, in seconds: it grows by as much as time does.
fn running(arguments: &[Expr]) -> Option<f64> {
    let ExprKind::Range { selector, range, .. } = &without_parens(arguments.first()?).kind else { return None };
    let is_time = selector.metric_name().is_some_and(is_uptime);
    range.millis().filter(|_| is_time).map(|millis| millis as f64 / 1000.0)
}

fn sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        0.0
    }
}
