//! Milliseconds where seconds are compared.

use crate::promql::Expr;
use crate::promql::ast::{ExprKind, Selector};
use crate::promql::walk::{without_aggregates, without_parens};

/// Words of metrics that say how long something takes or how far it is behind.
const SHORT: &[&str] = &["lag", "latency", "duration", "delay", "offset", "pause", "wait"];

/// What is a usual time when it is read as milliseconds, and none that anybody writes when it is read as seconds.
const ROUND: &[f64] = &[10_000.0, 15_000.0, 20_000.0, 30_000.0, 60_000.0, 120_000.0, 300_000.0, 600_000.0];

/// How far a clock may be off before it is set rather than slewed, in seconds.
const MOST_SKEW: f64 = 2.0;

/// What is wrong where something is to be above a number of seconds that is one of milliseconds by all appearances.
pub(super) fn as_seconds(side: &Expr, number: f64) -> Option<String> {
    let name = measured(side)?.metric_name()?;
    let is_round = ROUND.iter().any(|round| (round - number).abs() < f64::EPSILON);
    if name == "node_timex_offset_seconds" && number > MOST_SKEW {
        Some(format!("`{name}` is counted in seconds, and no clock is {number} of them off"))
    } else if is_round && name.ends_with("_seconds") && SHORT.iter().any(|word| name.contains(word)) {
        Some(format!("`{name}` is counted in seconds, and {number} of them are {:.1} hours", number / 3600.0))
    } else {
        None
    }
}

/// The gauge that a side is, whichever its sign, or the greatest of several or within a window.
fn measured(side: &Expr) -> Option<&Selector> {
    match &without_parens(without_aggregates(side)).kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => Some(selector),
        ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "abs" | "max_over_time" | "avg_over_time") => {
            measured(arguments.first()?)
        }
        _ => None,
    }
}
