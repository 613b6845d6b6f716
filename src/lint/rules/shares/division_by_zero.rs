//! Quotients whose lower side is nothing.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::inference::value::interval;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::ExprKind;
use crate::promql::walk::without_parens;

rule! {
    /// The lower side of a division is always zero: it is written so, or it is filtered by `== 0`. The quotient is infinite, or no
    /// number at all.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / (sum(rate(requests_total[5m])) == 0) > 0.05
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / (sum(rate(requests_total[5m])) > 0) > 0.05
    /// ```
    DivisionByZero, "division-by-zero", Error
}

impl Rule for DivisionByZero {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, division) in query.divisions() {
            if let ExprKind::Binary(binary) = &without_parens(&division.right).kind
                && binary.op.is_comparison()
                && binary.return_bool
            {
                let message = "this divides by 1 where the comparison holds, and by 0 where it does not";
                let finding = META.finding_at(Level::Warning, query.span(&division.right.range), message);
                found.push(finding.help("leave `bool` out, so that the value stays"));
                continue;
            }
            let below = interval(&division.right, context.world);
            if below.low.abs() + below.high.abs() > 0.0 {
                continue;
            }
            let message = "this divides by what is always zero";
            let help = "divide by what is not zero, as `… > 0` leaves it";
            found.push(META.finding(query.span(&division.right.range), message).help(help));
        }
    }
}
