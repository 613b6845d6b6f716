//! Values that are scaled, or counted over another time, than their unit.

use super::bytes::bytes;
use super::{META, is_division};
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::interval;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::query::{Query, constant};
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{selectors, without_parens};

/// Bytes divided by a thousand or so and drawn as bytes, or a share of 100 drawn as one of 1.
pub(super) fn scaled(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit()?;
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    let by = constant(&binary.right)?;
    let (message, help) = match (node.as_str()?, binary.op) {
        ("bytes" | "decbytes", BinaryOp::Div) if by >= 1000.0 => {
            let whole = bytes(&binary.left, query)?;
            (format!("this is `{whole}` in parts of {by}, and the unit is {}", node.describe()), "leave the bytes as they are")
        }
        ("percentunit", BinaryOp::Mul) if (by - 100.0).abs() < f64::EPSILON && is_division(&binary.left) => {
            (format!("this is a share of 100, and the unit {} is for one of 1", node.describe()), "leave `* 100` out, or use `percent`")
        }
        _ => return None,
    };
    Some(META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit").help(help))
}

/// What is counted per second and multiplied, drawn as if it still were per second.
pub(super) fn per_minute(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node =
        panel.unit().filter(|node| matches!(node.as_str(), Some("reqps" | "ops" | "rps" | "cps" | "wps" | "iops" | "eps" | "mps")))?;
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    let by = constant(&binary.right).filter(|by| binary.op == BinaryOp::Mul && [60.0, 3600.0].contains(by))?;
    if quantity(&binary.left, query) != Some(Quantity::EventsPerSecond) {
        return None;
    }
    let what = if by > 100.0 { "an hour" } else { "a minute" };
    let message = format!("this counts events of {what}, and the unit {} is per second", node.describe());
    let finding = META.finding(query.node.span, message).path(query.path()).related(node.span, "the unit");
    Some(finding.help("leave the factor out, or use a unit per minute"))
}

/// A gauge that is full at a number, drawn as a share of another.
pub(super) fn other_maximum(query: &Query<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let whole = match panel.unit()?.as_str()? {
        "percentunit" => 1.0,
        "percent" => 100.0,
        _ => return None,
    };
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let (_, metric, _) = context.world.metric_of(only.selector)?;
    let most = metric.max?;
    let high = interval(expr, context.world).high;
    if !high.is_finite() || (high - whole).abs() <= 1e-6 * whole {
        return None;
    }
    let message = format!("`{}` is full at {most}, which is {high} here and reads as {}%", metric.name.value, high / whole * 100.0);
    let finding = META.finding(query.node.span, message).path(query.path()).related(metric.name.span, "declared here");
    Some(finding.help(format!("divide by {most}")))
}
