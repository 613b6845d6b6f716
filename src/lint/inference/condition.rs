//! Conditions: whether an expression returns something only when something holds.

use crate::lint::context::Context;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

/// The part of an expression that returns something whatever the values are.
pub fn unconditional<'e>(expr: &'e Expr, context: &Context<'_>, depth: usize) -> Option<&'e Expr> {
    let expr = without_parens(expr);
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op.is_comparison() => binary.return_bool.then_some(expr),
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Unless => None,
            BinaryOp::And => unconditional(&binary.left, context, depth).filter(|_| unconditional(&binary.right, context, depth).is_some()),
            BinaryOp::Or => unconditional(&binary.left, context, depth).or_else(|| unconditional(&binary.right, context, depth)),
            // A value is there only where both sides have one.
            _ => (unconditional(&binary.left, context, depth).is_some() && unconditional(&binary.right, context, depth).is_some())
                .then_some(expr),
        },
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "absent" | "absent_over_time" => None,
            "vector" | "time" => Some(expr),
            _ => arguments
                .iter()
                .find(|a| crate::promql::value_type(a) != crate::promql::ValueType::Scalar)
                .map_or(Some(expr), |argument| unconditional(argument, context, depth).map(|_| expr)),
        },
        ExprKind::Aggregate(aggregate) => unconditional(&aggregate.expr, context, depth).map(|_| expr),
        ExprKind::Unary { expr: inner, .. } | ExprKind::Subquery { expr: inner, .. } => unconditional(inner, context, depth).map(|_| expr),
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
            let name = selector.metric_name()?;
            // What exists only while something is wrong is a condition in itself.
            if matches!(name, "ALERTS" | "ALERTS_FOR_STATE") || depth > 8 {
                return None;
            }
            let recorded = context.world.recorded(name);
            let conditional =
                recorded.iter().any(|r| r.query.expr.as_ref().is_none_or(|inner| unconditional(inner, context, depth + 1).is_none()));
            (!conditional).then_some(expr)
        }
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Paren(_) => Some(expr),
    }
}
