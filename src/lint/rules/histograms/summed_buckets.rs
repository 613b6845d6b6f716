//! Buckets that are added up.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::pins;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, ExprKind, MatchOp};

rule! {
    /// Buckets of a classic histogram hold everything up to their bound, each all that the one before it holds. A sum over them
    /// counts an event once for every bucket that it fits. Ask for one bound with `le`, or use `_count`.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(request_seconds_bucket[5m])) > 100'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(request_seconds_bucket{le="0.5"}[5m])) / sum(rate(request_seconds_count[5m])) < 0.99'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[5m]))) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    SummedBuckets, "summed-buckets", Warning
}

impl Rule for SummedBuckets {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for used in &query.selectors {
            let name = used.selector.metric_name().unwrap_or("");
            let chosen =
                used.selector.matchers.iter().any(|m| m.label.text == "le" && m.op != MatchOp::NotEqual) || pins(used.selector, "le");
            if !name.ends_with("_bucket") || chosen || query.is_variable_metric(used.selector) || used.inside("histogram_quantile") {
                continue;
            }
            let sums = used.ancestors.iter().rev().find_map(|ancestor| match &ancestor.kind {
                ExprKind::Aggregate(aggregate) => Some(aggregate),
                _ => None,
            });
            let Some(aggregate) = sums.filter(|a| matches!(a.op, AggregateOp::Sum | AggregateOp::Avg)) else { continue };
            let kept = aggregate.grouping.as_ref().is_some_and(|grouping| grouping.keeps("le"));
            if !kept {
                let count = format!("{}_count", name.trim_end_matches("_bucket"));
                found.push(
                    META.finding(query.span(&used.range), "buckets are cumulative, so their sum counts an event many times")
                        .help(format!("use `{count}`, or ask for one bound with `le`")),
                );
            }
        }
    }
}
