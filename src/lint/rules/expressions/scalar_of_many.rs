//! Numbers made of several series.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::values;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::ExprKind;
use crate::promql::walk::without_parens;

rule! {
    /// `scalar()` takes the value of one series. Of several it makes NaN, and nothing compares with that: with each further target the
    /// condition stops to hold without a word.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - job_name: worker
    ///     static_configs: [{ targets: ["a:9090", "b:9090"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: worker
    ///     rules:
    ///       - alert: SpoolFull
    ///         expr: spool_bytes{job="worker"} > 0.9 * scalar(spool_limit_bytes{job="worker"})
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - job_name: worker
    ///     static_configs: [{ targets: ["a:9090", "b:9090"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: worker
    ///     rules:
    ///       - alert: SpoolFull
    ///         expr: spool_bytes{job="worker"} > 0.9 * spool_limit_bytes{job="worker"}
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    ScalarOfMany, "scalar-of-many", Warning
}

impl Rule for ScalarOfMany {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, _, arguments) in query.calls().filter(|(_, function, _)| *function == "scalar") {
            let Some(ExprKind::Selector(selector)) = arguments.first().map(|argument| &without_parens(argument).kind) else { continue };
            let is_recorded = selector.metric_name().is_none_or(|name| name.contains(':') || !context.world.recorded(name).is_empty());
            let Some(targets) = values(selector, "instance", context.world).filter(|targets| *targets > 1 && !is_recorded) else {
                continue;
            };
            if query.is_built_of_variables(node) {
                continue;
            }
            let message = format!("{targets} targets have this series, and `scalar` makes NaN of more than one");
            let help = "leave `scalar` out and let the series match, or take the `max`";
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
        }
    }
}
