//! Means of shares, taken for the share of the whole.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::inference::source::origin;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::{visit, without_parens};

rule! {
    /// The `avg` of shares, or of means, counts each of them once: a route with ten requests weighs as much as one with a million, and a
    /// fault of the little one looks like one of all. The share of the whole divides sums: `sum(rate(errors_total[5m])) /
    /// sum(rate(requests_total[5m]))`.
    ///
    /// Their `sum` is no share at all: ten routes that fail by a fifth each make two.
    ///
    /// Means over instances are left alone: a balancer gives them about as much to do.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: avg(sum by (route) (rate(errors_total[5m])) / sum by (route) (rate(requests_total[5m]))) > 0.05
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.05
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    AveragedShare, "averaged-share", Warning
}

/// Labels by which the work is spread evenly, or nearly so.
const EVEN: &[&str] = &["instance", "pod", "node", "host", "replica", "container", "shard", "partition", "worker", "cpu", "le", "__name__"];

impl Rule for AveragedShare {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for &node in &query.nodes {
            let ExprKind::Aggregate(mean) = &node.kind else { continue };
            let of_quotient =
                matches!(mean.op, AggregateOp::Avg | AggregateOp::Sum) && is_quotient_of_rates(origin(&mean.expr, context.world));
            if !of_quotient || query.is_variable(&node.range) {
                continue;
            }
            let adds_up = mean.op == AggregateOp::Sum;
            let keeps = |label: &str| mean.grouping.as_ref().is_some_and(|grouping| grouping.keeps(label));
            let inner = shape(&mean.expr, context.world);
            let labels = if inner.closed { &inner.labels } else { &inner.certain };
            let Some(label) =
                labels.iter().find(|label| (adds_up || !EVEN.contains(label)) && !matches!(**label, "job" | "__name__") && !keeps(label))
            else {
                continue;
            };
            let message = if adds_up {
                format!("this adds up a quotient of each `{label}`, which is none of them all")
            } else {
                format!("this weighs each `{label}` alike, whether it has ten events or a million")
            };
            let finding = META.finding(query.span(&node.range), message).path(query.path());
            found.push(finding.help("divide the sums: `sum(rate(…)) / sum(rate(…))`"));
        }
    }
}

/// Whether it is what one counter grew by divided by what another did.
fn is_quotient_of_rates(expr: &Expr) -> bool {
    let ExprKind::Binary(quotient) = &without_parens(expr).kind else { return false };
    let is_rate = |side: &Expr| {
        let (mut rates, mut plain) = (false, true);
        visit(side, &mut |node| match &node.kind {
            ExprKind::Call { function, .. } => rates |= matches!(function.text.as_str(), "rate" | "increase"),
            ExprKind::Binary(binary) => plain &= binary.op.is_comparison(),
            _ => {}
        });
        rates && plain
    };
    quotient.op == BinaryOp::Div && quotient.matching.is_none() && is_rate(&quotient.left) && is_rate(&quotient.right)
}
