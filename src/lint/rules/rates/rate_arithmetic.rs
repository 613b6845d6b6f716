//! Rates of one counter that are multiplied or added where a share is meant.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::share::is_share;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, MatchOp, Selector};
use crate::promql::walk;

rule! {
    /// Some events of a counter are multiplied by all of them, or added to all of them. A share is a quotient: a product of
    /// two rates means nothing, and a sum of a part and its whole counts the part twice.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) * sum(rate(http_requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    RateArithmetic, "rate-arithmetic", Warning
}

impl Rule for RateArithmetic {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, binary) in query.binaries().filter(|(_, binary)| matches!(binary.op, BinaryOp::Mul | BinaryOp::Add)) {
            let (above, below) = (walk::selectors(&binary.left), walk::selectors(&binary.right));
            if let (BinaryOp::Mul, [above], [below]) = (binary.op, above.as_slice(), below.as_slice())
                && let (Some(sum), Some(count)) = (above.selector.metric_name(), below.selector.metric_name())
                && sum.strip_suffix("_sum").is_some_and(|base| count.strip_suffix("_count") == Some(base))
            {
                let message = "a sum is multiplied by its count, which means nothing";
                let finding = META.finding(query.span(&binary.right.range), message);
                found.push(finding.related(query.span(&binary.left.range), "the other side").help("divide them: `… / …` is the mean"));
                continue;
            }
            if !is_share(&binary.left, &binary.right) && !is_share(&binary.right, &binary.left) {
                continue;
            }
            // Half the sum of what is below two bounds, by all: an Apdex score.
            if binary.op == BinaryOp::Add && [&binary.left, &binary.right].iter().all(|side| is_below_a_bound(side)) {
                continue;
            }
            let message = if binary.op == BinaryOp::Mul {
                "a part of the events is multiplied by all of them, which means nothing"
            } else {
                "a part of the events is added to all of them, and counts twice"
            };
            found.push(
                META.finding(query.span(&binary.right.range), message)
                    .related(query.span(&binary.left.range), "the other side")
                    .help("divide them: `… / …` is the share"),
            );
        }
    }
}

/// Whether a side counts the observations below one bound.
fn is_below_a_bound(side: &Expr) -> bool {
    let bound = |selector: &Selector| selector.matchers.iter().any(|matcher| matcher.label.text == "le" && matcher.op == MatchOp::Equal);
    walk::only_selector(side).is_some_and(bound)
}
