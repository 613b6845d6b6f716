//! Bytes and bits.

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::query::{Query, constant};
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{selectors, without_parens};

/// Bytes that are made bits, and drawn as bytes.
pub(super) fn bits(query: &Query<'_>) -> Option<Diagnostic> {
    let (panel, expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit().filter(|node| matches!(node.as_str(), Some("bytes" | "decbytes" | "Bps" | "binBps")))?;
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    let of_bytes = matches!(quantity(&binary.left, query)?, Quantity::Bytes | Quantity::BytesPerSecond);
    constant(&binary.right).filter(|by| binary.op == BinaryOp::Mul && of_bytes && (by - 8.0).abs() < f64::EPSILON)?;
    let message = format!("these are bits, and the unit is {}", node.describe());
    let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.unit", panel.path));
    Some(finding.related(query.node.span, "the query").help("use `bps`, or leave the factor out"))
}

/// The metric that counts bytes, below divisions by numbers.
pub(super) fn bytes<'q>(expr: &'q Expr, query: &Query<'_>) -> Option<&'q str> {
    match &without_parens(expr).kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Div && constant(&binary.right).is_some() => bytes(&binary.left, query),
        _ if quantity(expr, query) == Some(Quantity::Bytes) => selectors(expr).first()?.selector.metric_name(),
        _ => None,
    }
}
