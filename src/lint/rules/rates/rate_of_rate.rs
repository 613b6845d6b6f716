//! Rates of what is recorded as a rate already.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::MetricType;
use crate::lint::world::{Series, World};
use crate::promql::ast::{AggregateOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// `rate` and its like are for counters. A recorded series is filled by an expression: a recorded rate or ratio is a
    /// gauge, and its rate is noise. A recorded sum of counters drops when one instance restarts, which `rate` takes for a
    /// reset of the whole sum.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:http_requests:rate5m
    ///         expr: sum by (job) (rate(http_requests_total[5m]))
    ///       - alert: Busy
    ///         expr: rate(job:http_requests:rate5m[5m]) > 100
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:http_requests:rate5m
    ///         expr: sum by (job) (rate(http_requests_total[5m]))
    ///       - alert: Busy
    ///         expr: avg_over_time(job:http_requests:rate5m[5m]) > 100
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job_route:http_requests:rate5m
    ///         expr: sum by (job, route) (rate(http_requests_total[5m]))
    ///       - record: job:http_requests:rate5m
    ///         expr: sum by (job) (job_route:http_requests:rate5m)
    ///       - alert: Busy
    ///         expr: rate(job:http_requests:rate5m[5m]) > 100
    ///         labels: { severity: warning }
    /// ```
    RateOfRate, "rate-of-rate", Warning
}

impl Rule for RateOfRate {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        found.extend(of_subquery(query, context));
        for selector in query.selectors.iter().filter(|s| s.is_range) {
            let Some(function @ ("rate" | "irate" | "increase" | "resets")) = selector.function() else { continue };
            let Some(name) = selector.selector.metric_name() else { continue };
            let recorded = context.world.recorded(name).iter().find_map(|r| Some((r.query, r.query.expr.as_ref()?)));
            let Some((source, what)) = recorded.and_then(|(query, expr)| Some((query, kind(expr, context.world)?))) else { continue };
            let message = match what {
                Kind::Gauge => {
                    format!("what is recorded as `{name}` goes up and down as a gauge does, and its `{function}` means nothing")
                }
                Kind::Sum => {
                    format!("`{name}` is a sum of counters: when one of them starts again, `{function}` takes it for a reset of all")
                }
            };
            let help = match what {
                Kind::Gauge => "read the series itself, or `avg_over_time` of it",
                Kind::Sum => "record the sum of the rates, not the rate of the sum",
            };
            found.push(META.finding(query.span(&selector.range), message).related(source.node.span, "recorded here").help(help));
        }
    }
}

/// A rate of what a subquery takes a rate of.
fn of_subquery(query: &Expression<'_, '_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (node, function, arguments) in query.calls() {
        let Some(ExprKind::Subquery { expr: inner, .. }) = arguments.first().map(|argument| &without_parens(argument).kind) else {
            continue;
        };
        let counts = matches!(function, "rate" | "irate" | "increase" | "resets");
        if counts && matches!(kind(inner, context.world), Some(Kind::Gauge)) && !query.is_variable(&node.range) {
            let message = format!("this is a rate already: it is a gauge, and its `{function}` means nothing");
            found.push(META.finding(query.span(&inner.range), message).help("use `max_over_time` or `deriv`"));
        }
    }
    found
}

/// What becomes of counters.
pub(super) enum Kind {
    /// A rate, or what never counted.
    Gauge,
    /// Several of them together.
    Sum,
}

/// What a recording rule makes of counters; `None` where it may pass a counter on.
pub(super) fn kind(expr: &Expr, world: &World<'_>) -> Option<Kind> {
    kind_below(expr, world, DEEPEST)
}

/// So many recorded series are followed, each of which is made of the next.
const DEEPEST: usize = 4;

fn kind_below(expr: &Expr, world: &World<'_>, depth: usize) -> Option<Kind> {
    let kind = |expr: &Expr, world| kind_below(expr, world, depth);
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) if selector.metric_name().is_some_and(|name| name.contains(':')) => {
            let [only] = world.recorded(selector.metric_name()?) else { return None };
            kind_below(only.query.expr.as_ref()?, world, depth.checked_sub(1)?)
        }
        ExprKind::Selector(selector) => match world.metric_of(selector)? {
            (_, metric, Series::Base) if metric.kind == MetricType::Gauge => Some(Kind::Gauge),
            _ => None,
        },
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "rate" | "irate" | "increase" | "delta" | "deriv" | "histogram_quantile" => Some(Kind::Gauge),
            "label_replace" | "label_join" => arguments.first().and_then(|input| kind(input, world)),
            _ => None,
        },
        ExprKind::Aggregate(aggregate) => match (aggregate.op, kind(&aggregate.expr, world)) {
            (_, Some(kind)) => Some(kind),
            (AggregateOp::Sum, None) if reads_counter(&aggregate.expr) => Some(Kind::Sum),
            _ => None,
        },
        // A counter times a gauge of ones, for its labels, is a counter still.
        ExprKind::Binary(binary) if !binary.op.is_comparison() => {
            let side = |expr: &Expr| kind(expr, world).filter(|_| !matches!(without_parens(expr).kind, ExprKind::Selector(_)));
            side(&binary.left).or_else(|| side(&binary.right))
        }
        ExprKind::Binary(binary) => kind(&binary.left, world),
        _ => None,
    }
}

fn reads_counter(expr: &Expr) -> bool {
    // Without a unit `_count` may be the number of what there is.
    const ENDS: &[&str] = &["_total", "_seconds_count", "_milliseconds_count", "_bytes_count"];
    let counts = |name: &str| ENDS.iter().any(|end| name.ends_with(end));
    matches!(&without_parens(expr).kind, ExprKind::Selector(selector) if selector.metric_name().is_some_and(counts))
}
