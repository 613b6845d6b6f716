//! Rates of sums of counters.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// A rate is taken of a sum of counters. When one instance restarts, its part falls to zero and the whole sum with it, which
    /// `rate` takes for a reset of everything: a spike that nobody caused. Take the rate first and the sum of the rates.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'rate(sum(http_requests_total)[5m:]) > 100'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(http_requests_total[5m])) > 100'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    RateOfSum, "rate-of-sum", Warning
}

impl Rule for RateOfSum {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, function, arguments) in query.calls() {
            let Some(ExprKind::Subquery { expr: inner, .. }) = arguments.first().map(|argument| &without_parens(argument).kind) else {
                continue;
            };
            let ExprKind::Aggregate(aggregate) = &without_parens(inner).kind else { continue };
            let sums = matches!(aggregate.op, AggregateOp::Sum | AggregateOp::Avg);
            let counter = matches!(&without_parens(&aggregate.expr).kind, ExprKind::Selector(selector)
                if selector.metric_name().is_some_and(|name| ["_total", "_count", "_sum", "_bucket"].iter().any(|suffix| name.ends_with(suffix))));
            if matches!(function, "rate" | "irate" | "increase") && sums && counter {
                let message = format!("`{function}` of a sum takes the restart of one instance for a restart of all");
                found.push(META.finding(query.span(&node.range), message).help(format!("write `sum({function}(…[5m]))`")));
            }
        }
    }
}
