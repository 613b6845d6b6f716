//! Averages of quantiles, and quantiles of averages.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::is_one_of_each;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::walk::{self, without_parens};

rule! {
    /// Quantiles cannot be averaged or added, and buckets have to be summed: the p99 of a service is neither the mean of the p99 of
    /// its instances nor the p99 of a mean of their buckets. Sum the buckets by `le` and take the quantile of the sum.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'avg(histogram_quantile(0.99, sum by (instance, le) (rate(request_seconds_bucket[5m])))) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'histogram_quantile(0.99, max by (le) (rate(request_seconds_bucket[5m]))) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'max(histogram_quantile(0.99, sum by (instance, le) (rate(request_seconds_bucket[5m])))) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    AveragedQuantile, "averaged-quantile", Warning
}

impl Rule for AveragedQuantile {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for &node in &query.nodes {
            match &node.kind {
                ExprKind::Aggregate(aggregate)
                    if matches!(aggregate.op, AggregateOp::Avg | AggregateOp::Sum)
                        && matches!(&without_parens(&aggregate.expr).kind, ExprKind::Call { function, .. } if function.text == "histogram_quantile") =>
                {
                    let message = format!("the `{}` of quantiles is no quantile of the whole", aggregate.op.name());
                    found.push(META.finding(query.span(&node.range), message).help(ADVICE));
                }
                ExprKind::Aggregate(aggregate) if aggregate.op == AggregateOp::Quantile => {
                    let read = walk::selectors(&aggregate.expr);
                    let [only] = read.as_slice() else { continue };
                    if only.selector.metric_name().is_some_and(|name| name.ends_with("_bucket"))
                        && !matches!(without_parens(&aggregate.expr).kind, ExprKind::Binary(_))
                    {
                        let message = "this is a quantile of how many events buckets hold, and not of what was measured";
                        found.push(META.finding(query.span(&node.range), message).help(ADVICE));
                    }
                }
                ExprKind::Aggregate(aggregate) if matches!(aggregate.op, AggregateOp::Avg | AggregateOp::Sum) => {
                    let ExprKind::Selector(selector) = &without_parens(&aggregate.expr).kind else { continue };
                    let recorded = selector.metric_name().map(|name| context.world.recorded(name)).unwrap_or_default();
                    let is_quantile = |expr: &Expr| matches!(&without_parens(expr).kind, ExprKind::Call { function, .. } if function.text == "histogram_quantile");
                    if let Some(first) = recorded.first().filter(|_| {
                        !is_one_of_each(aggregate, context.world) && recorded.iter().all(|r| r.query.expr.as_ref().is_some_and(is_quantile))
                    }) {
                        let message = format!("the `{}` of quantiles is no quantile of the whole", aggregate.op.name());
                        let finding = META.finding(query.span(&node.range), message).related(first.query.node.span, "recorded here");
                        found.push(finding.help("record the buckets, and take the quantile of their sum"));
                    }
                }
                ExprKind::Call { function, arguments } if function.text == "histogram_quantile" => {
                    let Some(ExprKind::Aggregate(aggregate)) = arguments.get(1).map(|input| &without_parens(input).kind) else { continue };
                    let of_buckets =
                        walk::selectors(&aggregate.expr).iter().any(|s| s.selector.metric_name().is_some_and(|n| n.ends_with("_bucket")));
                    if of_buckets && matches!(aggregate.op, AggregateOp::Avg | AggregateOp::Max | AggregateOp::Min | AggregateOp::Count) {
                        let place = arguments.get(1).map_or(&node.range, |input| &input.range);
                        let message = format!("the `{}` of buckets belongs to no distribution", aggregate.op.name());
                        found.push(META.finding(query.span(place), message).help(ADVICE));
                    }
                }
                _ => {}
            }
        }
    }
}

const ADVICE: &str = "write `histogram_quantile(0.99, sum by (le) (rate(…_bucket[5m])))`";
