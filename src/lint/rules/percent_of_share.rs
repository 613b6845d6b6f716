//! Shares from 0 to 1 that are reckoned with as percentages.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::{Expression, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::unit::{Quantity, quantity};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::{selectors, visit, without_parens};

rule! {
    /// A share from 0 to 1 is taken from 100: what is left lies between 99 and 100, whatever the share. Or a percentage is taken from 1.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: Busy
    ///         expr: '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) > 90'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.instance }} is busy" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: Busy
    ///         expr: '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100 > 90'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.instance }} is busy" }
    /// ```
    PercentOfShare, "percent-of-share", Warning
}

impl Rule for PercentOfShare {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(expr) = query.expr.as_ref().filter(|_| query.node.as_str().is_some_and(|text| text.contains('-'))) else { return };
        visit(expr, &mut |node| {
            let ExprKind::Binary(binary) = &node.kind else { return };
            let (BinaryOp::Sub, Some(whole)) = (binary.op, constant(&binary.left)) else { return };
            if query.is_built_of_variables(node) {
                return;
            }
            let is = |number: f64| (whole - number).abs() < f64::EPSILON;
            let measured = if is_cpu_time(&binary.right) { Some(Quantity::Share) } else { quantity(&binary.right, query) };
            let (message, help) = match measured {
                Some(Quantity::Share) if is(100.0) => {
                    ("a share from 0 to 1 is taken from 100", "take it from 1, or multiply it by 100 first")
                }
                Some(Quantity::Percent) if is(1.0) => ("a percentage is taken from 1", "take it from 100"),
                _ => return,
            };
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
        });
    }
}

/// Whether this is the share of its time that a processor spends in a mode: seconds a second, not summed over processors.
fn is_cpu_time(expr: &Expr) -> bool {
    let expr = without_parens(expr);
    match &expr.kind {
        ExprKind::Aggregate(of) => of.op != AggregateOp::Sum && of.op != AggregateOp::Count && is_cpu_time(&of.expr),
        ExprKind::Call { function, .. } => {
            let cpu = |name: &str| name == "node_cpu_seconds_total";
            matches!(function.text.as_str(), "rate" | "irate")
                && selectors(expr).iter().any(|found| found.selector.metric_name().is_some_and(cpu))
        }
        _ => false,
    }
}
