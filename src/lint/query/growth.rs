//! How fast counters grow: `rate`, `irate` and `increase`.

use crate::promql::ast::{Expr, ExprKind, Selector};
use crate::promql::walk::without_parens;

/// The function by which an expression says how fast something grows, where it is nothing else.
pub(in crate::lint) fn growth(expr: &Expr) -> Option<&str> {
    match &without_parens(expr).kind {
        ExprKind::Call { function, .. } if matches!(function.text.as_str(), "rate" | "irate" | "increase") => Some(&function.text),
        _ => None,
    }
}

/// The counter of which an expression says how fast it grows.
pub(in crate::lint) fn growing(expr: &Expr) -> Option<&Selector> {
    growth(expr)?;
    let ExprKind::Call { arguments, .. } = &without_parens(expr).kind else { return None };
    let ExprKind::Range { selector, .. } = &without_parens(arguments.first()?).kind else { return None };
    Some(selector)
}
