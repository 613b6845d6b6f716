//! Gauges that count whole things.

use crate::lint::context::Context;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, ExprKind, Selector};
use crate::promql::walk::without_parens;

/// How gauges of a number of things end.
const ENDS: &[&str] = &[
    "_clients",
    "_connections",
    "_consumers",
    "_fds",
    "_goroutines",
    "_jobs",
    "_messages",
    "_queue_depth",
    "_queue_length",
    "_queue_size",
    "_sessions",
    "_tasks",
    "_threads",
    "_workers",
];

/// The gauge of a number of things that a side is, or the sum or the greatest of it.
pub(super) fn whole<'e>(side: &'e Expr, context: &Context<'_>) -> Option<&'e str> {
    let selector = gauge(side)?;
    let name = selector.metric_name().filter(|name| !name.contains(':') && ENDS.iter().any(|end| name.ends_with(end)))?;
    // A page may show that they are a mean.
    let shown = context.world.metric_of(selector).and_then(|(_, metric, _)| metric.values.shown);
    shown.is_none_or(|shown| shown.high.fract() == 0.0 && shown.low.fract() == 0.0).then_some(name)
}

fn gauge(side: &Expr) -> Option<&Selector> {
    match &without_parens(side).kind {
        ExprKind::Selector(selector) => Some(selector),
        ExprKind::Aggregate(aggregate) if matches!(aggregate.op, AggregateOp::Sum | AggregateOp::Max) => gauge(&aggregate.expr),
        _ => None,
    }
}
