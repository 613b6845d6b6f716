//! Moments: which metrics hold one, and in what they count it.

use crate::lint::query::constant;
use crate::lint::query::named::{is_end, is_moment_of_orchestrator, is_start, moment_scale};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::without_parens;

/// An expression without parentheses, without an aggregation that leaves a moment what it is, and without a filter such as `> 0`.
pub(in crate::lint) fn plain(expr: &Expr) -> &Expr {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) if matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) => {
            plain(&aggregate.expr)
        }
        ExprKind::Binary(filter) if filter.op == BinaryOp::Greater && !filter.return_bool && constant(&filter.right) == Some(0.0) => {
            plain(&filter.left)
        }
        _ => without_parens(expr),
    }
}

/// The metric that an expression is.
pub(in crate::lint) fn name(expr: &Expr) -> Option<&str> {
    if let ExprKind::Selector(selector) = &expr.kind { selector.metric_name() } else { None }
}

/// Whether it is now.
pub(in crate::lint) fn is_time(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if function.text == "time")
}

/// Words of metrics for what has happened.
const PAST: &[&str] = &[
    "completed",
    "completion",
    "created",
    "finished",
    "last",
    "latest",
    "newest",
    "oldest",
    "received",
    "run",
    "seen",
    "started",
    "success",
    "sync",
    "synced",
    "updated",
];

/// Words of metrics for what is still to come.
const TO_COME: &[&str] = &["deadline", "due", "end", "expires", "expiry", "next", "renewal", "scheduled", "until", "valid"];

/// Whether a metric holds when something happened.
pub(in crate::lint) fn is_past(expr: &Expr) -> bool {
    let has = |name: &str, words: &[&str]| name.split('_').any(|word| words.contains(&word));
    let says = |name: &str| has(name, PAST) && !has(name, TO_COME);
    name(expr).is_some_and(|name| {
        is_start(name)
            || (moment_scale(name).is_some() && !is_end(name) && says(name))
            || is_moment_of_orchestrator(name) && !name.contains("_next_")
    })
}

/// Whether it is when the sample of a series was taken.
pub(in crate::lint) fn is_sample_time(expr: &Expr) -> bool {
    let ExprKind::Call { function, arguments } = &expr.kind else { return false };
    let plain =
        |argument: &Expr| matches!(&without_parens(argument).kind, ExprKind::Selector(of) if of.offset.is_none() && of.at.is_none());
    function.text == "timestamp" && arguments.first().is_some_and(plain)
}

/// Whether a metric holds when something ends.
pub(in crate::lint) fn ends(expr: &Expr) -> bool {
    name(expr).is_some_and(is_end)
}

/// Whether it is how long it takes until something ends, in seconds.
pub(in crate::lint) fn until_end(expr: &Expr) -> bool {
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return false };
    binary.op == BinaryOp::Sub && ends(plain(&binary.left)) && is_time(plain(&binary.right))
}

/// Whether a metric holds a moment in seconds.
pub(in crate::lint) fn is_moment(expr: &Expr) -> bool {
    name(expr).is_some_and(|name| moment_scale(name) == Some(1.0))
}

/// How many of what a moment is counted in make a second: 1000 where it is in milliseconds since 1970; `None` for what is none.
pub(in crate::lint) fn scale(expr: &Expr) -> Option<f64> {
    let expr = plain(expr);
    match &expr.kind {
        ExprKind::Binary(binary) => match (binary.op, constant(&binary.left), constant(&binary.right)) {
            (BinaryOp::Mul, None, Some(by)) => Some(scale(&binary.left)? * by),
            (BinaryOp::Mul, Some(by), None) => Some(scale(&binary.right)? * by),
            (BinaryOp::Div, None, Some(by)) => Some(scale(&binary.left)? / by),
            _ => None,
        },
        _ if is_time(expr) => Some(1.0),
        _ => moment_scale(name(expr)?),
    }
}
