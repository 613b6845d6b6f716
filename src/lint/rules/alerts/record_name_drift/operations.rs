//! Operations: what was done over which window.

use crate::lint::query::growth::growth;
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::duration::parse_duration;
use crate::promql::{Expr, walk};

/// The level of a name and its operations.
pub(super) fn parts(name: &str) -> Option<(&str, &str)> {
    match name.split(':').collect::<Vec<_>>().as_slice() {
        [level, _, operations] => Some((level, operations)),
        [level, _] => Some((level, "")),
        _ => None,
    }
}

/// The counter of events whose rates an expression sums up, and does nothing else.
pub(super) fn summed_events(expr: &Expr) -> Option<&str> {
    let ExprKind::Aggregate(sum) = &expr.kind else { return None };
    let ExprKind::Call { function, arguments } = &walk::without_parens(&sum.expr).kind else { return None };
    let ExprKind::Range { selector, .. } = &arguments.first()?.kind else { return None };
    let name = selector.metric_name().filter(|_| sum.op == AggregateOp::Sum && matches!(function.text.as_str(), "rate" | "increase"))?;
    // Seconds per second are a share of the time.
    (name.ends_with("_total") && !name.contains("seconds") && !name.contains(':')).then_some(name)
}

/// What a name leaves unsaid is a sum: any other aggregation of rates belongs into it.
pub(super) fn aggregation(name: &str, operations: &str, expr: &Expr) -> Option<(String, String)> {
    let ExprKind::Aggregate(aggregate) = &walk::without_parens(expr).kind else { return None };
    let plain = matches!(walk::without_parens(&aggregate.expr).kind, ExprKind::Selector(_));
    if plain && matches!(operations, "sum" | "avg" | "min" | "max" | "count") && operations != aggregate.op.name() {
        let taken = aggregate.op.name();
        // How many there are of each value is counted, too, and what is counted is the sum of what there is: `num_cpu:sum`.
        if aggregate.op == AggregateOp::CountValues && operations == "count" || aggregate.op == AggregateOp::Count && name.contains("num_")
        {
            return None;
        }
        let message = format!("the name says `{operations}`, and the expression takes `{taken}`");
        return Some((message, format!("take `{operations}`, or name it `…:{taken}`")));
    }
    operation(operations)?;
    if !is_recorded_rate(&aggregate.expr) {
        growth(&aggregate.expr)?;
    }
    let words: &[&str] = match aggregate.op {
        AggregateOp::Avg => &["avg", "average", "mean"],
        AggregateOp::Max => &["max", "peak", "worst"],
        AggregateOp::Min => &["min", "worst"],
        AggregateOp::Count => &["count", "number"],
        _ => return None,
    };
    let lower = name.to_lowercase();
    if words.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let op = aggregate.op.name();
    let message = format!("the name says nothing of `{op}`, and whoever reads it takes it for a sum");
    Some((message, format!("take `sum`, or name it `…:{op}_{}`", operations.rsplit('_').next().unwrap_or(operations))))
}

/// Whether it is a recorded series that is called a rate, and nothing else.
fn is_recorded_rate(expr: &Expr) -> bool {
    let ExprKind::Selector(selector) = &walk::without_parens(expr).kind else { return false };
    let operations = selector.metric_name().and_then(|name| name.rsplit_once(':')).map(|(_, operations)| operations);
    operations
        .is_some_and(|operations| !operations.contains("ratio") && operation(operations).is_some_and(|(function, _)| function == "rate"))
}

/// The function and the window that the last part of a name speaks of: `rate5m`, `increase1h`, `error_ratio_rate5m`.
pub(super) fn operation(operations: &str) -> Option<(&str, i64)> {
    let last = operations.rsplit('_').next()?;
    let digits = last.find(|c: char| c.is_ascii_digit())?;
    let (function, window) = last.split_at(digits);
    matches!(function, "rate" | "increase" | "irate" | "delta").then_some((function, parse_duration(window).ok()?))
}

/// The functions that are taken of windows, and the windows.
pub(super) fn ranges(expr: &Expr) -> Vec<(&str, Option<i64>)> {
    let mut found = Vec::new();
    walk::visit(expr, &mut |node| {
        let ExprKind::Call { function, arguments } = &node.kind else { return };
        if let Some(ExprKind::Range { range, .. }) =
            arguments.iter().map(|argument| &walk::without_parens(argument).kind).find(|kind| matches!(kind, ExprKind::Range { .. }))
        {
            found.push((function.text.as_str(), range.millis()));
        }
    });
    found
}
