//! Shares compared with more than everything.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::share::is_share;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::number::plain;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk;

rule! {
    /// A share of requests is compared with a number that no share reaches. A burn rate of 14.4 on a 90 % objective asks for
    /// 144 % errors: the alert cannot fire even when everything fails.
    ///
    /// It is certain where both sides of a division read the same counter over the same window and the upper one only
    /// adds matchers. An objective can burn at most 1/(1 - target) times its budget.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: slo
    ///     rules:
    ///       - alert: BudgetBurn
    ///         expr: sum(rate(http_requests_total{code=~"5.."}[1h])) / sum(rate(http_requests_total[1h])) > 14.4 * 0.1
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: slo
    ///     rules:
    ///       - alert: BudgetBurn
    ///         expr: sum(rate(http_requests_total{code=~"5.."}[1h])) / sum(rate(http_requests_total[1h])) > 14.4 * 0.001
    /// ```
    BurnUnreachable, "burn-unreachable", Error
}

impl Rule for BurnUnreachable {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, comparison) in query.binaries() {
            let Some(threshold) = constant(&comparison.right) else { continue };
            let never = match comparison.op {
                BinaryOp::Greater => threshold >= 1.0,
                BinaryOp::GreaterEqual => threshold > 1.0,
                _ => false,
            };
            if never && is_share_of_all(&comparison.left) {
                let message = format!("a share is at most 1, so it never exceeds `{}`", plain(threshold));
                found.push(
                    META.finding(query.span(&comparison.right.range), message)
                        .help("lower the burn rate for this objective, or compare the share with a fraction"),
                );
            }
        }
    }
}

/// Whether an expression is a part of a counter's rate divided by all of it.
fn is_share_of_all(expr: &Expr) -> bool {
    let ExprKind::Binary(division) = &walk::without_parens(expr).kind else { return false };
    division.op == BinaryOp::Div && division.matching.is_none() && is_share(&division.left, &division.right)
}
