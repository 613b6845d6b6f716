//! Moments and distances in time.

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::inference::measure::levels;
use crate::lint::query::Query;
use crate::lint::query::named::moment_scale;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{calls, selectors, without_parens};

/// A moment in seconds where Grafana takes milliseconds.
pub(super) fn date(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit().filter(|node| node.as_str().is_some_and(|unit| unit.starts_with("dateTime")))?;
    let selector = levels(expr)?;
    let name = selector.metric_name().filter(|_| !query.is_variable_metric(selector)).filter(|name| moment_scale(name) == Some(1.0))?;
    let message = format!("`{name}` is in seconds, and the unit {} takes milliseconds: this reads as January 1970", node.describe());
    let finding = META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit");
    Some(finding.help("multiply it by 1000"))
}

/// When something is or was, drawn as how long.
pub(super) fn moment(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit()?;
    let selector = levels(expr)?;
    let name = selector.metric_name().filter(|_| !query.is_variable_metric(selector))?;
    if moment_scale(name).is_none() || !matches!(node.as_str()?, "s" | "ms" | "m" | "h" | "d" | "dtdurations") {
        return None;
    }
    let message = format!("`{name}` is a moment, and the unit {} is one of lengths", node.describe());
    let finding = META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit");
    Some(finding.help("subtract `time()`, or show a date"))
}

/// A moment that something is taken from which is no moment, or that is added to one.
pub(super) fn distance(query: &Query<'_>) -> Option<Diagnostic> {
    let ExprKind::Binary(binary) = &without_parens(query.expr.as_ref()?).kind else { return None };
    let is_time = |expr: &Expr| matches!(&without_parens(expr).kind, ExprKind::Call { function, .. } if function.text == "time");
    let is_scaled = |expr: &Expr| matches!(&without_parens(expr).kind, ExprKind::Binary(by) if by.op == BinaryOp::Mul && is_time(&by.left));
    let moment = |expr: &Expr| {
        let found = selectors(expr);
        let [only] = found.as_slice() else { return None };
        let name = only.selector.metric_name().filter(|name| name.ends_with("_timestamp_seconds") && only.range.is_none())?;
        let is_plain =
            !calls(expr, "time") && !query.is_variable_metric(only.selector) && !matches!(without_parens(expr).kind, ExprKind::Binary(_));
        is_plain.then(|| name.to_owned())
    };
    let name = moment(&binary.right)?;
    let (message, help) = match binary.op {
        BinaryOp::Add if is_time(&binary.left) => (format!("`{name}` is a moment, and is added to another"), "subtract it"),
        BinaryOp::Sub if is_scaled(&binary.left) => {
            (format!("`{name}` is in seconds, and what it is taken from is not"), "multiply the difference, or nothing")
        }
        _ => return None,
    };
    Some(META.finding(query.node.span, message).path(query.path()).help(help))
}
