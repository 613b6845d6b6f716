//! Numbers that a gauge never passes, by the gauge beside it that says how much there can be.

use crate::lint::context::Context;
use crate::lint::inference::capacity::{Capacity, capacity};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::without_parens;

/// Why a side is never above a number: there can be no more.
pub(super) fn passed(side: &Expr, number: f64, context: &Context<'_>) -> Option<String> {
    let asked = one_of_each(side)?;
    let read = match context.world.recorded(asked.metric_name()?) {
        [] => asked,
        [only] => one_of_each(only.query.expr.as_ref()?)?,
        _ => return None,
    };
    let most = limit(asked, read, context).filter(|most| number >= most.value)?;
    Some(format!("`{}` is as much as `{}` at most, which is {} by the page", read.metric_name()?, most.name, most.value))
}

/// What is divided by a limit that the page shows as none: `9.2e18` of files.
pub(super) fn without_limit(side: &Expr, number: f64, context: &Context<'_>) -> Option<String> {
    const NONE: f64 = 1e15;
    let ExprKind::Binary(division) = &without_parens(side).kind else { return None };
    let limit = one_of_each(&division.right).filter(|_| division.op == BinaryOp::Div && number > 0.001)?;
    let (part, whole) = (one_of_each(&division.left)?, context.world.metric_of(limit)?.1);
    let shown = whole.values.shown.filter(|shown| shown.low >= NONE)?;
    let used = context.world.metric_of(part)?.1.values.shown.filter(|used| used.high < 1e-3 * shown.low)?;
    (used.high > 0.0)
        .then(|| format!("by the page `{}` is {:e}, which is no limit: this is never above {number}", whole.name.value, shown.low))
}

/// The gauge that is compared as it is, or of which the greatest, the least or the mean is.
fn one_of_each(side: &Expr) -> Option<&Selector> {
    match &without_parens(side).kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => Some(selector),
        ExprKind::Aggregate(of) if matches!(of.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) => one_of_each(&of.expr),
        ExprKind::Call { function, arguments }
            if matches!(function.text.as_str(), "max_over_time" | "min_over_time" | "avg_over_time" | "last_over_time") =>
        {
            one_of_each(arguments.first()?)
        }
        _ => None,
    }
}

/// How much there can be of what is read, for the series that are asked for.
fn limit(asked: &Selector, read: &Selector, context: &Context<'_>) -> Option<Capacity> {
    let narrowed = Selector { matchers: read.matchers.iter().chain(&asked.matchers).cloned().collect(), ..read.clone() };
    let of = if std::ptr::eq(asked, read) { read } else { &narrowed };
    capacity(of, context.world)
}
