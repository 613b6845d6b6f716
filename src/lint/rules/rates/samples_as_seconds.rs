//! Sums over samples that are divided by seconds.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::same;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Expr, ExprKind, Selector};
use crate::promql::duration::format_duration;
use crate::promql::walk::without_parens;

rule! {
    /// What `sum_over_time` or `count_over_time` brings is divided by the seconds of its window. They take one value a scrape, not one
    /// a second: of a job that is scraped every 30 seconds, the result is a thirtieth of the mean.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 30s }
    /// scrape_configs: [ { job_name: web, static_configs: [ { targets: ["web:8080"] } ] } ]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: sum_over_time(requests_in_flight{job="web"}[5m]) / 300 > 50
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 30s }
    /// scrape_configs: [ { job_name: web, static_configs: [ { targets: ["web:8080"] } ] } ]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: avg_over_time(requests_in_flight{job="web"}[5m]) > 50
    /// ```
    SamplesAsSeconds, "samples-as-seconds", Warning
}

impl Rule for SamplesAsSeconds {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, binary) in query.divisions() {
            let Some(seconds) = constant(&binary.right) else { continue };
            let Some((function, selector, window)) = over_time(inner(&binary.left)) else { continue };
            let Some((interval, place)) = context.world.interval(selector).filter(|_| same(window as f64 / 1000.0, seconds)) else {
                continue;
            };
            if interval != 1000 {
                let message = format!(
                    "`{function}` takes one value a scrape, every `{}`, and this divides by the seconds of the window",
                    format_duration(interval)
                );
                let help = if function == "sum_over_time" { "use `avg_over_time`" } else { "compare the count itself" };
                found.push(META.finding(query.span(&node.range), message).related(place, "the job is scraped here").help(help));
            }
        }
    }
}

/// What an aggregation adds up or averages.
fn inner(expr: &Expr) -> &Expr {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) => inner(&aggregate.expr),
        _ => without_parens(expr),
    }
}

/// A sum or a count over time: the function, what it reads and the window in milliseconds.
fn over_time(expr: &Expr) -> Option<(&str, &Selector, i64)> {
    let ExprKind::Call { function, arguments } = &expr.kind else { return None };
    let ExprKind::Range { selector, range, .. } = &without_parens(arguments.first()?).kind else { return None };
    let is_sum = matches!(function.text.as_str(), "sum_over_time" | "count_over_time");
    Some((function.text.as_str(), selector, range.millis()?)).filter(|_| is_sum)
}
