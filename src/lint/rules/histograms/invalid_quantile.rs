//! Quantiles outside 0 to 1.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, ExprKind};

rule! {
    /// A quantile lies outside 0 to 1: Prometheus then answers infinity (or minus infinity), so a comparison with it
    /// always or never holds. Percentiles are written as fractions.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighLatency
    ///         expr: histogram_quantile(99, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighLatency
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1
    /// ```
    InvalidQuantile, "invalid-quantile", Error
}

impl Rule for InvalidQuantile {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for &expr in &query.nodes {
            let quantile = match &expr.kind {
                ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "histogram_quantile" | "quantile_over_time") => {
                    arguments.first()
                }
                ExprKind::Aggregate(aggregate) if aggregate.op == AggregateOp::Quantile => aggregate.parameter.as_deref(),
                _ => None,
            };
            let Some((quantile, value)) = quantile.and_then(|q| Some((q, constant(q)?))) else { continue };
            if !(0.0..=1.0).contains(&value) {
                let help = if value > 1.0 && value <= 100.0 {
                    format!("write `{}`", value / 100.0)
                } else {
                    "write a fraction between 0 and 1".to_owned()
                };
                found.push(META.finding(query.span(&quantile.range), format!("the quantile `{value}` is not between 0 and 1")).help(help));
            }
        }
    }
}
