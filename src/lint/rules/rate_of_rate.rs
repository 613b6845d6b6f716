//! Rates of what is recorded as a rate already.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Expression;
use crate::lint::rule::{Rule, rule};
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
    RateOfRate, "rate-of-rate", Warning
}

impl Rule for RateOfRate {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in query.selectors.iter().filter(|s| s.is_range) {
            let Some(function @ ("rate" | "irate" | "increase" | "resets")) = selector.function() else { continue };
            let Some(name) = selector.selector.metric_name() else { continue };
            let recorded = context.world.recorded(name).iter().find_map(|r| Some((r.query, r.query.expr.as_ref()?)));
            let Some((source, what)) = recorded.and_then(|(query, expr)| Some((query, kind(expr)?))) else { continue };
            let message = match what {
                Kind::Gauge => {
                    format!("`{name}` is recorded from a rate or a comparison: it is a gauge, and its `{function}` means nothing")
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

enum Kind {
    Gauge,
    Sum,
}

/// What a recording rule makes of counters; `None` where it may pass a counter on.
fn kind(expr: &Expr) -> Option<Kind> {
    match &without_parens(expr).kind {
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "rate" | "irate" | "increase" | "delta" | "deriv" | "histogram_quantile" => Some(Kind::Gauge),
            "label_replace" | "label_join" => arguments.first().and_then(kind),
            _ => None,
        },
        ExprKind::Aggregate(aggregate) => match (aggregate.op, kind(&aggregate.expr)) {
            (_, Some(kind)) => Some(kind),
            (AggregateOp::Sum, None) if reads_counter(&aggregate.expr) => Some(Kind::Sum),
            _ => None,
        },
        ExprKind::Binary(binary) if !binary.op.is_comparison() => kind(&binary.left).or_else(|| kind(&binary.right)),
        ExprKind::Binary(binary) => kind(&binary.left),
        _ => None,
    }
}

fn reads_counter(expr: &Expr) -> bool {
    matches!(&without_parens(expr).kind, ExprKind::Selector(selector) if selector.metric_name().is_some_and(|name| name.ends_with("_total") || name.ends_with("_count")))
}
