//! The numbers of an expression.

use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::likeness::window_of;
use crate::promql::ast::{BinaryOp, DurationExpr, ExprKind};
use crate::promql::walk::without_parens;

/// Every number of an expression: literals, sums and products of them, and windows in seconds.
pub(super) fn numbers(query: &Expression<'_, '_>) -> Vec<f64> {
    let seconds = |millis: i64| millis as f64 / 1000.0;
    let mut known: Vec<f64> = Vec::new();
    for node in &query.nodes {
        known.extend(constant(node).map(f64::abs));
        match &node.kind {
            ExprKind::Subquery { range, .. } => known.extend(range.millis().map(seconds)),
            // What is above the 95th percentile is above it in more than 5 of 100.
            ExprKind::Call { function, arguments } if function.text.contains("quantile") => {
                known.extend(arguments.first().and_then(constant).map(|quantile| 1.0 - quantile));
            }
            // What is further from a number than another is below the one or above the other.
            ExprKind::Call { function, arguments } if function.text == "abs" => {
                let around = arguments.first().and_then(|inner| match &without_parens(inner).kind {
                    ExprKind::Binary(binary) if binary.op == BinaryOp::Sub => constant(&binary.right),
                    _ => None,
                });
                let limits = query.comparisons.iter().map(|compared| compared.number);
                known.extend(around.into_iter().flat_map(|around| limits.clone().flat_map(move |limit| [around - limit, around + limit])));
            }
            ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
                if let ExprKind::Range { range, .. } = &node.kind {
                    known.extend(range.millis().map(seconds));
                }
                // That of what is recorded is in its name.
                known.extend(selector.metric_name().filter(|name| name.contains(':')).and_then(window_of).map(seconds));
                // The bound of a bucket, or the quantile of a summary.
                let bounds = selector.matchers.iter().filter(|matcher| matches!(matcher.label.text.as_str(), "le" | "quantile"));
                known.extend(bounds.filter_map(|matcher| matcher.value.parse::<f64>().ok()));
                known.extend(selector.offset.as_ref().and_then(DurationExpr::millis).map(seconds));
            }
            _ => {}
        }
    }
    known
}
