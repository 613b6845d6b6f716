//! Values that are rounded before a fraction is asked of them.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::interval;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// A value is rounded to whole numbers and then compared with a fraction: the limit that is written is not the one that counts.
    /// A share that is rounded up is above any limit as soon as anything fails, and one that is rounded down never is.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: 'ceil(sum(rate(errors_total[5m])) / sum(rate(requests_total[5m]))) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: 'round(sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])), 0.01) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    RoundedAway, "rounded-away", Warning
}

impl Rule for RoundedAway {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for &Comparison { node, side, op, number, place } in query.comparisons.iter().filter(|_| query.is_alert()) {
            let ExprKind::Call { function, arguments } = &without_parens(side).kind else { continue };
            let whole = matches!(function.text.as_str(), "ceil" | "floor") || function.text == "round" && arguments.len() == 1;
            // Half of one is asked for to tell whole numbers apart.
            let is_fraction = number.fract().abs() > 0.0 && (number.fract().abs() - 0.5).abs() > f64::EPSILON;
            if whole && is_fraction && !query.is_built_of_variables(node) {
                let message = format!("`{}` leaves whole numbers, and this asks for `{} {number}`", function.text, op.symbol());
                found.push(META.finding(query.span(&place.range), message).path(query.path()).help("compare the value as it is"));
            } else if whole && arguments.first().is_some_and(|of| is_share(of, context)) {
                let message = format!("`{}` of a share leaves nothing but 0 and 1", function.text);
                found.push(META.finding(query.span(&side.range), message).path(query.path()).help("compare the share as it is"));
            }
        }
    }
}

/// Whether it is a part divided by its whole.
fn is_share(expr: &Expr, context: &Context<'_>) -> bool {
    let values = || interval(expr, context.world);
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return false };
    binary.op == BinaryOp::Div && values().low >= 0.0 && values().high <= 1.0
}
