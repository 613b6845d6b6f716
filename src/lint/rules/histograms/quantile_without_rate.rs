//! Quantiles over everything since a process started.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::ExprKind;

rule! {
    /// A quantile is taken of counters as they stand, without `rate`: it covers everything since each process started,
    /// hardly moves during an incident, and an alert on it stays on for days once it fires.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighLatency
    ///         expr: histogram_quantile(0.99, sum by (le) (http_request_duration_seconds_bucket)) > 1
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighLatency
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1
    /// ```
    QuantileWithoutRate, "quantile-without-rate", Warning
}

impl Rule for QuantileWithoutRate {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in &query.selectors {
            let Some(name) = selector.selector.metric_name() else { continue };
            let quantile = selector
                .ancestors
                .iter()
                .rposition(|e| matches!(&e.kind, ExprKind::Call { function, .. } if function.text == "histogram_quantile"));
            let Some(quantile) = quantile else { continue };
            let ExprKind::Call { arguments, .. } = &selector.ancestors[quantile].kind else { continue };
            let is_input =
                arguments.get(1).is_some_and(|input| input.range.start <= selector.range.start && selector.range.end <= input.range.end);
            // A subquery or a function over time on the way makes a window of it.
            let windowed = selector.is_range || selector.ancestors[quantile..].iter().any(|e| matches!(e.kind, ExprKind::Subquery { .. }));
            let subtracted = selector.ancestors[quantile..].iter().any(|e| matches!(e.kind, ExprKind::Binary(_)));
            if !is_input
                || windowed
                || subtracted
                || name.contains(':')
                || !context.world.recorded(name).is_empty()
                || query.is_variable_metric(selector.selector)
            {
                continue;
            }
            let series = if name.ends_with("_bucket") { name.to_owned() } else { format!("{name}_bucket") };
            let place = selector.selector.metric.as_ref().map_or_else(|| selector.range.clone(), |metric| metric.range.clone());
            found.push(
                META.finding(query.span(&place), "a quantile without `rate` covers everything since each process started")
                    .help(format!("use `rate({series}[5m])`")),
            );
        }
    }
}
