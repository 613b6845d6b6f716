//! Sums and counts of samples that are taken for seconds, events or shares.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::{Interval, same};
use crate::lint::query::named::is_yes_or_no;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::{Metric, MetricType};
use crate::lint::world::{Series, exporters};
use crate::promql::ast::{BinaryOp, Expr, ExprKind, Selector};
use crate::promql::duration::format_duration;
use crate::promql::walk::without_parens;

rule! {
    /// What `sum_over_time` or `count_over_time` brings is divided by the seconds of its window. They take one value a scrape, not one
    /// a second: of a job that is scraped every 30 seconds, the result is a thirtieth of the mean.
    ///
    /// For the same reason neither of them says how many events there were: the samples of a counter are as many as there were scrapes,
    /// and a rate is told once for every evaluation. And what is 0 or 1 adds up to a whole number, which is no share.
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
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Restarts
    ///         expr: count_over_time(kube_pod_container_status_restarts_total{namespace="web"}[1h]) > 5
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Restarts
    ///         expr: increase(kube_pod_container_status_restarts_total{namespace="web"}[1h]) > 5
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ProbesFail
    ///         expr: sum_over_time(probe_success{job="web"}[10m]) < 0.9
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ProbesFail
    ///         expr: avg_over_time(probe_success{job="web"}[10m]) < 0.9
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
        for compared in &query.comparisons {
            let Some((function, selector, window)) = over_time(inner(compared.side)) else { continue };
            let told = taken(function, selector, window, compared, context).filter(|_| !query.is_variable_metric(selector));
            if let Some((message, help)) = told {
                found.push(META.finding(query.span(&compared.side.range), message).path(query.path()).help(help));
            }
        }
    }
}

/// For what a sum or a count of samples is taken, by what it is compared with.
fn taken(
    function: &str,
    selector: &Selector,
    window: i64,
    compared: &Comparison<'_>,
    context: &Context<'_>,
) -> Option<(String, &'static str)> {
    let name = selector.metric_name()?;
    let is_more = matches!(compared.op, BinaryOp::Greater | BinaryOp::GreaterEqual) && compared.number > 1.0;
    let is_recorded = !context.world.recorded(name).is_empty() || name.contains(':');
    let counts = || match context.world.metric_of(selector) {
        Some((_, metric, series)) => metric.kind == MetricType::Counter || series != Series::Base,
        None => name.ends_with("_total") || exporters::is_counter(name),
    };
    let window = format_duration(window);
    if is_more && !is_recorded && counts() {
        let does = if function == "sum_over_time" { "adds up the counter once for each scrape" } else { "counts the scrapes" };
        let message = format!("`{function}` {does} of the last `{window}`, which says nothing of what `{name}` counted");
        return Some((message, "use `increase`"));
    }
    if function != "sum_over_time" {
        return None;
    }
    let is_rate = || {
        let operations = name.rsplit(':').next().unwrap_or_default();
        operations.split('_').any(is_rate_of) && !operations.starts_with("ratio")
    };
    if is_more && is_recorded && is_rate() {
        let message = format!("this adds up one rate for each evaluation of the last `{window}`, and not the events of that time");
        return Some((message, "take the `increase` of the counter, or the `avg_over_time` of the rate"));
    }
    let is_whole = is_yes_or_no(name) || context.world.metric_of(selector).is_some_and(|(_, metric, _)| is_flag_of(metric));
    let is_part = compared.number > 0.0 && compared.number < 1.0;
    (is_whole && is_part).then(|| {
        let message = format!("the sum of what is 0 or 1 is a whole number, and `{}` is a share", compared.number);
        (message, "use `avg_over_time`")
    })
}

/// Whether a word of a recorded name says that it is for each second: `rate5m`.
fn is_rate_of(word: &str) -> bool {
    word.strip_prefix("rate").is_some_and(|window| window.is_empty() || window.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether the text of a gauge says that it is 1 for yes and 0 for no.
fn is_flag_of(metric: &Metric) -> bool {
    metric.kind == MetricType::Gauge && metric.values.range == Some(Interval::SHARE) && metric.unit.is_none()
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
