//! Expressions that are the share of what fails, or of what does not.

use crate::lint::query::constant;
use crate::lint::query::share::is_share;
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, MatchOp, Selector};
use crate::promql::walk::{selectors, without_parens};

/// How what is counted ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It failed.
    Failed,
    /// It did not.
    Fine,
}

/// Whose share an expression is, where that is plain.
pub fn outcome(expr: &Expr) -> Option<Outcome> {
    match &without_parens(expr).kind {
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Sub => constant(&binary.left).filter(|all| is_number(*all, 1.0) || is_number(*all, 100.0)).and_then(|_| {
                Some(match outcome(&binary.right)? {
                    Outcome::Failed => Outcome::Fine,
                    Outcome::Fine => Outcome::Failed,
                })
            }),
            BinaryOp::Mul if constant(&binary.right).is_some_and(|by| is_number(by, 100.0)) => outcome(&binary.left),
            BinaryOp::Mul if constant(&binary.left).is_some_and(|by| is_number(by, 100.0)) => outcome(&binary.right),
            BinaryOp::Div => {
                let found = selectors(&binary.left);
                let [part] = found.as_slice() else { return None };
                (is_bad(part.selector) && is_share(&binary.left, &binary.right)).then_some(Outcome::Failed)
            }
            _ => None,
        },
        ExprKind::Aggregate(of) if matches!(of.op, AggregateOp::Avg | AggregateOp::Max | AggregateOp::Min) => outcome(&of.expr),
        ExprKind::Call { function, arguments } if function.text.ends_with("_over_time") => match function.text.as_str() {
            "avg_over_time" | "max_over_time" | "min_over_time" | "last_over_time" => outcome(arguments.first()?),
            _ => None,
        },
        ExprKind::Subquery { expr, .. } => outcome(expr),
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
            selector.metric_name().is_some_and(is_failed_share).then_some(Outcome::Failed)
        }
        _ => None,
    }
}

fn is_number(one: f64, other: f64) -> bool {
    (one - other).abs() < f64::EPSILON
}

/// Whether a selector asks for what failed.
pub fn is_bad(selector: &Selector) -> bool {
    selector.matchers.iter().any(|m| {
        matches!(m.op, MatchOp::Equal | MatchOp::Regex)
            && (m.value.starts_with('5') || m.value.contains("error") || m.value.contains("fail"))
    })
}

/// Whether a series is recorded as the share of what fails: `job:request_errors:ratio_rate5m`.
pub fn is_failed_share(name: &str) -> bool {
    let (metric, operations) = name.rsplit_once(':').unwrap_or_default();
    let has = |words: &[&str]| metric.split([':', '_']).any(|word| words.contains(&word));
    // What is left of a budget of errors is good to have.
    operations.starts_with("ratio") && has(&["errors", "error", "failures", "failed"]) && !has(&["budget", "remaining", "left"])
}
