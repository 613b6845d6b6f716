//! Rates of what is no counter.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::named::is_yes_or_no;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::Series;
use crate::lint::world::declared::MetricType;
use crate::lint::world::exporters;

rule! {
    /// `rate`, `irate` or `increase` is taken of a metric that its manifest declares a gauge. They read every fall as a
    /// restart of the process and add it as growth, so the result is meaningless.
    /// `changes` of an uptime counts the scrapes.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { queue_depth: { type: gauge } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: QueueGrows, expr: 'rate(queue_depth[5m]) > 1', labels: { severity: warning } }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { queue_depth: { type: gauge } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: QueueGrows, expr: 'deriv(queue_depth[5m]) > 1', labels: { severity: warning } }]
    /// ```
    RateOnGauge, "rate-on-gauge", Warning
}

/// Gauges that Prometheus and the blackbox exporter make themselves.
const MADE_BY_OTHERS: &[&str] = &[
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "ALERTS",
    "ALERTS_FOR_STATE",
    "probe_success",
    "probe_duration_seconds",
    "probe_http_status_code",
    "probe_ssl_earliest_cert_expiry",
];

impl Rule for RateOnGauge {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in query.selectors.iter().filter(|selector| selector.function() == Some("changes")) {
            let Some(name) = selector.selector.metric_name().filter(|name| name.ends_with("_uptime_seconds")) else { continue };
            let message = format!("`{name}` is another one at every scrape, so this counts those");
            let finding = META.finding(query.span(&selector.range), message);
            found.push(finding.help("count the starts: `resets` of it, or `changes` of a start time"));
        }
        for selector in &query.selectors {
            let Some(function @ ("rate" | "irate" | "increase" | "resets")) = selector.function() else { continue };
            // A process that has run for a shorter time than before has begun anew.
            let is_uptime = || selector.selector.metric_name().is_some_and(|name| name.split('_').any(|word| word == "uptime"));
            // How often something fell from 1 to 0 is how often it failed.
            let is_state = || selector.selector.metric_name().is_some_and(is_yes_or_no);
            if function == "resets" && (is_uptime() || is_state()) {
                continue;
            }
            let right = match function {
                "increase" => "delta",
                "resets" => "changes",
                _ => "deriv",
            };
            // What a manifest or a page says of a metric of this name is asked first.
            let of_exporter = |name: &str| exporters::is_gauge(name) && context.world.metric_of(selector.selector).is_none();
            if let Some(name) = selector.selector.metric_name().filter(|name| MADE_BY_OTHERS.contains(name) || of_exporter(name)) {
                let message = format!("`{function}` of the gauge `{name}` takes every fall for a restart");
                let help = format!("use an aggregation such as `avg_over_time` or `changes`, or `{right}`");
                found.push(META.finding(query.span(&selector.range), message).help(help));
                continue;
            }
            let Some((_, metric, Series::Base)) = context.world.metric_of(selector.selector) else {
                continue;
            };
            if metric.kind == MetricType::Summary {
                let message = format!("a quantile of `{}` is a gauge, and `{function}` takes every fall for a restart", metric.name.value);
                let finding = META.finding(query.span(&selector.range), message).related(metric.name.span, "declared a summary here");
                found.push(finding.help("compare the quantile as it is, or take `_sum` by `_count`"));
            }
            // An offset in a log only grows, whatever its exporter calls it.
            if metric.kind == MetricType::Gauge && !metric.name.value.ends_with("_offset") {
                let name = metric.name.value.as_str();
                let message = if ["_timestamp_seconds", "_time_seconds", "_created"].iter().any(|ending| name.ends_with(ending)) {
                    format!("`{name}` is a moment, and its `{function}` says nothing")
                } else if name.ends_with("_info") {
                    format!("`{name}` is always 1, so `{function}` of it is 0")
                } else {
                    format!("`{function}` of the gauge `{name}` takes every fall for a restart")
                };
                found.push(
                    META.finding(query.span(&selector.range), message)
                        .related(metric.name.span, "declared a gauge here")
                        .help(format!("use `{right}`, or an aggregation such as `max_over_time`")),
                );
            }
        }
    }
}
