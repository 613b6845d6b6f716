//! Numbers of things, shown as a time or as a share.

use super::{Case, Misread};
use crate::lint::context::Context;
use crate::lint::inference::measure::gauge;
use crate::lint::inference::moment::{Targets, Value, evaluate};
use crate::lint::inference::value::principal;
use crate::lint::query::interval::Interval;
use crate::lint::query::named::is_yes_or_no;
use crate::lint::world::Series;
use crate::lint::world::declared::MetricType;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind, Selector};
use crate::promql::walk::{only_selector, without_parens};

/// A number of things, or events by the time that they took, shown as a time.
pub(super) fn as_time<'c>(case: &'c Case<'_>) -> Vec<Misread<'c>> {
    if !case.uses("humanizeDuration") {
        return Vec::new();
    }
    let what = match &principal(case.expr).kind {
        ExprKind::Binary(compared) if compared.op.is_comparison() && is_by_time(&compared.left) => {
            "how many there are by the time that they take"
        }
        _ if gauge(case.expr).is_some_and(|selector| counts_things(selector, case.context)) => "a number of things",
        _ => return Vec::new(),
    };
    case.all(
        "humanizeDuration",
        &format!("the value is {what}, and `humanizeDuration` shows it as seconds"),
        "leave the function out, or take the time",
    )
}

/// A value shown as a share, where the page has numbers that are none: two processes would read 200%.
pub(super) fn as_share<'c>(case: &'c Case<'_>) -> Vec<Misread<'c>> {
    if !case.uses("humanizePercentage") {
        return Vec::new();
    }
    let ExprKind::Binary(compared) = &without_parens(principal(case.expr)).kind else { return Vec::new() };
    if compared.op.is_comparison() && counts_flags(&compared.left) {
        let message = "the value is how many of them there are, and `humanizePercentage` shows it as a share";
        return case.all("humanizePercentage", message, "let the share be the left side of `and`, or show the number");
    }
    if !case.context.world.has_pages || !compared.op.is_comparison() {
        return Vec::new();
    }
    let (Some(Value::Vector(points)), _) = evaluate(&compared.left, case.context.world, Targets::One) else { return Vec::new() };
    let is_number = |value: f64| value >= 2.0 && value.fract().abs() < f64::EPSILON;
    let Some(first) = points.first().filter(|_| points.iter().all(|point| !point.life.lived && is_number(point.value))) else {
        return Vec::new();
    };
    let message = format!(
        "the value is a number of things, and the `{}` of the page would read `{}%` with `humanizePercentage`",
        first.value,
        first.value * 100.0
    );
    case.all("humanizePercentage", &message, "use `humanize`, or divide by the whole")
}

/// Whether a side says how many targets are up, or the like.
fn counts_flags(side: &Expr) -> bool {
    let ExprKind::Aggregate(of) = &without_parens(side).kind else { return false };
    let ExprKind::Selector(selector) = &without_parens(&of.expr).kind else { return false };
    matches!(of.op, AggregateOp::Sum | AggregateOp::Count) && selector.metric_name().is_some_and(is_yes_or_no)
}

/// Events divided by the seconds that they took together: a mean the wrong way up.
fn is_by_time(side: &Expr) -> bool {
    let ExprKind::Binary(division) = &without_parens(side).kind else { return false };
    let counters = || only_selector(&division.left)?.metric_name().zip(only_selector(&division.right)?.metric_name());
    let Some((above, below)) = counters() else { return false };
    let counts = above.ends_with("_count_total") || above.ends_with("_count");
    let sums = below.ends_with("_seconds_total") || below.ends_with("_seconds_sum");
    division.op == BinaryOp::Div && counts && sums && !above.contains("seconds_total")
}

/// Whether a gauge that a page shows as a whole number is neither called a time nor told to be one.
fn counts_things(selector: &Selector, context: &Context<'_>) -> bool {
    const TIMES: &[&str] = &[
        "second", "milli", "minute", "hour", "day", "duration", "age", "time", "lag", "latency", "delay", "_ms", "ttl", "period", "long",
        "took", "wait", "ago", "since", "elapsed", "until", "expir", "interval",
    ];
    /// Those of them that are units.
    const SPANS: usize = 5;
    let Some((catalogue, metric, Series::Base)) = context.world.metric_of(selector) else { return false };
    let whole = |shown: Interval| shown.low.fract().abs() < f64::EPSILON && shown.high.fract().abs() < f64::EPSILON && shown.high < 1e6;
    // `Number of jobs that wait` is a number, whatever they do.
    let times = if metric.values.range == Some(Interval::NOT_NEGATIVE) { &TIMES[..SPANS] } else { TIMES };
    let said = format!("{} {}", metric.name.value, metric.values.help).to_ascii_lowercase();
    catalogue.is_page()
        && metric.kind == MetricType::Gauge
        && !metric.values.help.trim().is_empty()
        && metric.values.shown.is_some_and(whole)
        && !times.iter().any(|word| said.contains(word))
}
