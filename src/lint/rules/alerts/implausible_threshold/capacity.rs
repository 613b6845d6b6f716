//! Numbers that a gauge never passes, by the gauge beside it that says how much there can be.

use crate::lint::context::Context;
use crate::lint::inference::capacity::{Capacity, capacity};
use crate::lint::inference::measure::levels;
use crate::promql::ast::{BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::without_parens;

/// Why a side is never above a number: there can be no more.
pub(super) fn passed(side: &Expr, number: f64, context: &Context<'_>) -> Option<String> {
    let asked = levels(side)?;
    let read = match context.world.recorded(asked.metric_name()?) {
        [] => asked,
        [only] => levels(only.query.expr.as_ref()?)?,
        _ => return None,
    };
    let most = limit(asked, read, context).filter(|most| number >= most.value)?;
    Some(format!("`{}` is as much as `{}` at most, which is {} by the page", read.metric_name()?, most.name, most.value))
}

/// What is divided by a limit that the page shows as none: `9.2e18` of files.
pub(super) fn without_limit(side: &Expr, number: f64, context: &Context<'_>) -> Option<String> {
    const NONE: f64 = 1e15;
    let ExprKind::Binary(division) = &without_parens(side).kind else { return None };
    let limit = levels(&division.right).filter(|_| division.op == BinaryOp::Div && number > 0.001)?;
    let (part, whole) = (levels(&division.left)?, context.world.metric_of(limit)?.1);
    let shown = whole.values.shown.filter(|shown| shown.low >= NONE)?;
    let used = context.world.metric_of(part)?.1.values.shown.filter(|used| used.high < 1e-3 * shown.low)?;
    (used.high > 0.0)
        .then(|| format!("by the page `{}` is {:e}, which is no limit: this is never above {number}", whole.name.value, shown.low))
}

/// How much there can be of what is read, for the series that are asked for.
fn limit(asked: &Selector, read: &Selector, context: &Context<'_>) -> Option<Capacity> {
    let narrowed = Selector { matchers: read.matchers.iter().chain(&asked.matchers).cloned().collect(), ..read.clone() };
    let of = if std::ptr::eq(asked, read) { read } else { &narrowed };
    capacity(of, context.world)
}
