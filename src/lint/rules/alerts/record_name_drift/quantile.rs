//! Quantiles that a name promises.

use crate::lint::query::constant;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::selectors;
use crate::promql::{Expr, walk};

/// A percentile in the name, as `p99`, that the expression does not take.
pub(super) fn quantile(name: &str, expr: &Expr) -> Option<(String, String)> {
    let word = name.split([':', '_']).find(|word| {
        word.strip_prefix('p').is_some_and(|digits| (2..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
    })?;
    let digits = &word[1..];
    let said: f64 = format!("0.{digits}").parse().ok()?;
    let mut taken = Vec::new();
    walk::visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, arguments } if function.text == "histogram_quantile" => {
            taken.extend(arguments.first().and_then(constant));
        }
        _ => {}
    });
    let found = selectors(expr);
    let has_own = |name: &str| name.contains(':') || name.contains("quantile") || name.contains(word);
    let is_other = || {
        found.iter().all(|found| {
            let by_label = found.selector.matchers.iter().any(|matcher| matcher.label.text == "quantile");
            !by_label && found.selector.metric_name().is_some_and(|name| !has_own(name))
        })
    };
    if let ExprKind::Aggregate(aggregate) = &walk::without_parens(expr).kind
        && taken.is_empty()
        && matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg | AggregateOp::Sum)
        && is_other()
    {
        let op = aggregate.op.name();
        return Some((
            format!("the name says `{word}`, and the expression takes `{op}`"),
            format!("take the quantile, or name it `…:{op}`"),
        ));
    }
    if taken.is_empty() && is_mean(expr) {
        return Some((
            format!("the name says `{word}`, and the expression takes the mean"),
            "take the quantile, or name it `…:mean…`".to_owned(),
        ));
    }
    let other = taken.first().filter(|_| taken.iter().all(|quantile| (quantile - said).abs() > 1e-9))?;
    Some((format!("the name says `{word}`, and the expression takes the quantile {other}"), format!("take {said}, or name it otherwise")))
}

/// Whether a sum of values is divided by their count.
fn is_mean(expr: &Expr) -> bool {
    let ExprKind::Binary(binary) = &walk::without_parens(expr).kind else { return false };
    let ends = |side: &Expr, end: &str| walk::only_selector(side).and_then(|of| of.metric_name()).is_some_and(|name| name.ends_with(end));
    binary.op == BinaryOp::Div && ends(&binary.left, "_sum") && ends(&binary.right, "_count")
}
