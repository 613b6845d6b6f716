//! Differences of counters.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::declared::MetricType;
use crate::lint::query::{Expression, Use};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::Series;

rule! {
    /// `delta`, `idelta` or `deriv` is taken of a metric that its manifest declares a counter. They know nothing of
    /// restarts: after each one the result is far below zero.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { orders_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: NoOrders, expr: 'delta(orders_total[1h]) < 1', labels: { severity: warning } }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { orders_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: NoOrders, expr: 'increase(orders_total[1h]) < 1', labels: { severity: warning } }]
    /// ```
    DeltaOnCounter, "delta-on-counter", Warning
}

impl Rule for DeltaOnCounter {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in &query.selectors {
            let Some((_, metric, Series::Base)) = context.world.metric_of(selector.selector) else {
                found.extend(by_name(query, selector, context));
                continue;
            };
            let Some(function @ ("delta" | "idelta" | "deriv" | "predict_linear")) = selector.function() else { continue };
            if metric.kind == MetricType::Counter {
                let right = if matches!(function, "deriv" | "predict_linear") { "rate" } else { "increase" };
                found.push(
                    META.finding(
                        query.span(&selector.range),
                        format!("`{function}` of the counter `{}` falls below zero at every restart", metric.name.value),
                    )
                    .related(metric.name.span, "declared a counter here")
                    .help(format!("use `{right}`")),
                );
            }
        }
    }
}

/// What nobody declared and is called as counters are, and as nothing else is.
fn by_name(query: &Expression<'_, '_>, used: &Use<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let function = used.function().filter(|function| matches!(*function, "delta" | "idelta"))?;
    let name = used.selector.metric_name().filter(|name| name.ends_with("_total") && !name.contains(':'))?;
    if context.world.metric(name).is_some() || !context.world.recorded(name).is_empty() {
        return None;
    }
    let message = format!("`{function}` of the counter `{name}` falls below zero at every restart");
    Some(META.finding(query.span(&used.range), message).help("use `increase`"))
}
