//! Summaries used as if they were histograms.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::Series;
use crate::lint::world::declared::MetricType;
use crate::promql::ast::{AggregateOp, ExprKind};

rule! {
    /// A summary computes its quantiles inside the process. It has no buckets, so `histogram_quantile` of it is empty; and
    /// the average or sum of several instances' quantiles is no quantile of anything. `_sum` and `_count` are
    /// sound. Some libraries expose these two alone, and what asks for a quantile finds nothing.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { rpc_seconds: { type: summary } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: avg by (job) (rpc_seconds{quantile="0.99"}) > 1
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { rpc_seconds: { type: summary } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: max by (job) (rpc_seconds{quantile="0.99"}) > 1
    ///         labels: { severity: warning }
    /// ```
    SummaryMisuse, "summary-misuse", Warning up to Error
}

impl Rule for SummaryMisuse {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in &query.selectors {
            let Some((catalogue, metric, series)) = context.world.metric_of(selector.selector) else {
                continue;
            };
            if metric.kind != MetricType::Summary || series != Series::Base {
                continue;
            }
            let mixing = selector.ancestors.iter().any(|ancestor| match &ancestor.kind {
                // The quantile of 0 is the least of all, and that of 1 the greatest.
                ExprKind::Aggregate(of) if of.op == AggregateOp::Quantile => {
                    !matches!(of.parameter.as_deref().and_then(constant), Some(0.0 | 1.0))
                }
                ExprKind::Aggregate(of) => matches!(of.op, AggregateOp::Sum | AggregateOp::Avg),
                _ => false,
            });
            let (level, message, help) = if selector.inside("histogram_quantile") {
                let message = format!("`{}` is a summary: it has no buckets, so this is always empty", metric.name.value);
                (Level::Error, message, "select a quantile of it, as in `{quantile=\"0.99\"}`, or declare a histogram")
            } else if mixing {
                let message =
                    format!("quantiles of `{}`, a summary, cannot be added or averaged: the result is no quantile", metric.name.value);
                (META.level, message, "take `max`, or declare a histogram, whose buckets can be added")
            } else if catalogue.is_page() && !metric.open && metric.quantiles.is_empty() {
                let message = format!("the summary `{}` has no quantiles on the page, only `_sum` and `_count`", metric.name.value);
                (META.level, message, "take the mean: `rate(…_sum[5m]) / rate(…_count[5m])`")
            } else {
                continue;
            };
            let finding = META.finding_at(level, query.span(&selector.range), message);
            found.push(finding.related(metric.name.span, catalogue.says()).help(help));
        }
    }
}
