//! Alerts that fire while all is well.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::value::comparisons;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::{alternatives, without_parens};

rule! {
    /// An alert asks `up`, `probe_success` or another such gauge for 1, which is how it stands while all is well.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ServiceDown
    ///         expr: 'up{job="myapp"} == 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ServiceDown
    ///         expr: 'up{job="myapp"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    InvertedLiveness, "inverted-liveness", Warning
}

impl Rule for InvertedLiveness {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let (Some(expr), Some(rule)) = (&query.expr, query.rule().filter(|rule| rule.is_alert())) else { return };
        let calm = rule.label("severity").and_then(crate::source::Node::as_str).is_some_and(|s| matches!(s, "none" | "info"));
        let conditions = alternatives(expr);
        comparisons(expr, &mut |node, side, op, number, place| {
            let (ExprKind::Selector(selector) | ExprKind::Range { selector, .. }) = &one_of_them(side).kind else { return };
            let lives = selector.metric_name().is_some_and(|name| name == "probe_success" || name == "up" || name.ends_with("_up"));
            let asks_for_one = match op {
                BinaryOp::Equal => number >= 1.0,
                BinaryOp::NotEqual | BinaryOp::Greater => number.abs() < 1.0,
                BinaryOp::GreaterEqual => number > 0.0 && number <= 1.0,
                _ => false,
            };
            if lives && asks_for_one && !calm && conditions.iter().any(|condition| std::ptr::eq(*condition, node)) {
                found.push(
                    META.finding(query.span(&place.range), format!("`{}` fires while all is well", query.name()))
                        .help("compare with 0: `== 0`"),
                );
            }
        });
    }
}

/// What an aggregation that picks a value picks it from.
fn one_of_them(side: &crate::promql::Expr) -> &crate::promql::Expr {
    match &without_parens(side).kind {
        ExprKind::Aggregate(aggregate) if matches!(aggregate.op, AggregateOp::Min | AggregateOp::Max | AggregateOp::Avg) => {
            one_of_them(&aggregate.expr)
        }
        ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "avg_over_time" | "min_over_time") => {
            arguments.first().map_or(side, |over| one_of_them(over))
        }
        _ => without_parens(side),
    }
}
