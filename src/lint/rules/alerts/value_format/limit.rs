//! What the value is by the number that it is compared with.

use super::{Case, Misread};
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{alternatives, calls, without_parens};

/// No moment that anybody alerts on is before this: 1973, in seconds.
const MOMENTS: f64 = 1e8;

/// A limit that, as the function shows it, nobody can mean.
pub(super) fn of_the_limit<'c>(case: &'c Case<'_>) -> Vec<Misread<'c>> {
    // The value is that of the left side of an `and`.
    let Some(Comparison { number: threshold, side, .. }) = Comparison::of(principal(case.expr)) else { return Vec::new() };
    case.misread(|function| match function {
        // Twice as many as there are is a share that may be meant.
        "humanizePercentage" if threshold.abs() >= 5.0 || threshold.abs() >= 1.0 && is_percentage(side) => Some((
            format!("`{threshold}` would read `{}%` with `{function}`", threshold * 100.0),
            "leave it out, or divide so that 1 is all",
        )),
        "humanizeTimestamp" if threshold.abs() < MOMENTS => {
            Some((format!("the value is no moment, so this reads as 1970 with `{function}`"), "use `humanizeDuration`"))
        }
        "humanizeDuration" if threshold.abs() >= MOMENTS * 10.0 && !calls(side, "time") => Some((
            format!("the value is a moment, so this reads as fifty years and more with `{function}`"),
            "use `humanizeTimestamp`, or take it from `time()`",
        )),
        _ => None,
    })
}

/// A text that shows a share, where the value may be that of another condition, which is no share.
pub(super) fn of_alternatives<'c>(case: &'c Case<'_>) -> Vec<Misread<'c>> {
    let limits: Vec<f64> =
        alternatives(case.expr).into_iter().filter_map(|expr| Comparison::of(principal(expr))).map(|of| of.number.abs()).collect();
    let Some(large) = limits.iter().find(|limit| **limit >= 100.0).filter(|_| limits.iter().any(|limit| *limit <= 1.0)) else {
        return Vec::new();
    };
    let message =
        format!("the value may be that of the other condition, and `{large}` would read `{}%` with `humanizePercentage`", large * 100.0);
    case.all("humanizePercentage", &message, "join the conditions by `and`, or write two alerts")
}

/// Whether a side is a share times 100.
fn is_percentage(side: &Expr) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    binary.op == BinaryOp::Mul && [&binary.left, &binary.right].iter().any(|side| constant(side) == Some(100.0))
}
