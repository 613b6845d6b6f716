//! What a Pushgateway shows, taken for what is scraped.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::named_job;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::programs::is_pushgateway;
use crate::promql::ast::{BinaryOp, ExprKind, Selector};
use crate::promql::walk::without_parens;

rule! {
    /// A Pushgateway shows what was pushed last until somebody deletes it. So what a batch job pushed is not absent because the job ran
    /// no more, and `push_failure_time_seconds` is above 0 for ever once a push has failed.
    ///
    /// With `honor_labels` what is pushed keeps the job that pushed it: under the name of the scrape job there is only what the Pushgateway
    /// says of itself.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: batch
    ///     rules:
    ///       - alert: PushFails
    ///         expr: push_failure_time_seconds > 0
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - { job_name: pushgateway, honor_labels: true, static_configs: [{ targets: ["pushgateway:9091"] }] }
    /// # file: alerts.yml
    /// groups:
    ///   - name: batch
    ///     rules:
    ///       - alert: NeverRan
    ///         expr: 'absent(backup_last_success_timestamp_seconds{job="pushgateway"})'
    ///         for: 1h
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: batch
    ///     rules:
    ///       - alert: PushFails
    ///         expr: push_failure_time_seconds > push_time_seconds
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    PushedSeries, "pushed-series", Warning
}

/// How the names of series begin that a Pushgateway, or Prometheus of it, has of its own.
const OWN: &[&str] = &["pushgateway_", "go_", "process_", "promhttp_", "http_", "up", "scrape_", "push_"];

/// A window in which a job that runs by the clock was due, in milliseconds.
const HOUR: i64 = 3_600_000;

impl Rule for PushedSeries {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for &Comparison { side, op, number, .. } in query.comparisons.iter().filter(|_| query.is_alert()) {
            let ExprKind::Selector(selector) = &without_parens(side).kind else { continue };
            let is_failure = selector.metric_name() == Some("push_failure_time_seconds");
            if is_failure && op == BinaryOp::Greater && number.abs() < f64::EPSILON {
                let message = "this is when a push failed last, which stays above 0 when others have succeeded";
                let finding = META.finding(query.span(&side.range), message).path(query.path());
                found.push(finding.help("compare it: `push_failure_time_seconds > push_time_seconds`"));
            }
        }
        for used in &query.selectors {
            let (Some(job), Some(name)) = (named_job(used.selector), used.selector.metric_name()) else { continue };
            let is_gateway = || matches!(context.world.jobs_named(job), [only] if only.honor_labels && is_pushgateway(only));
            if !OWN.iter().any(|start| name.starts_with(start)) && !name.contains(':') && is_gateway() && !is_shown(used.selector, context)
            {
                let message = format!("`{job}` honours the labels of what is pushed to it, so `{name}` has the job that pushed it");
                found.push(META.finding(query.span(&used.range), message).path(query.path()).help("ask for the job that pushes"));
            }
        }
        for (node, function, arguments) in query.calls().filter(|(_, function, _)| matches!(*function, "increase" | "rate" | "irate")) {
            let Some(ExprKind::Range { selector, range, .. }) = arguments.first().map(|of| &without_parens(of).kind) else { continue };
            let counts =
                selector.metric_name().is_none_or(|name| ["_total", "_count", "_sum", "_bucket"].iter().any(|end| name.ends_with(end)));
            let is_pushed = named_job(selector).is_some_and(|job| context.world.is_pushed_alone(job) || is_left_to_gateway(job, context));
            if is_pushed && !counts && query.is_alert() && range.millis().is_some_and(|window| window < HOUR) {
                let message = format!("what is pushed stays as it is until the job runs again, so `{function}` is 0 at nearly all times");
                let finding = META.finding(query.span(&node.range), message).path(query.path());
                found.push(finding.help("compare the value itself"));
            }
        }
        for (node, _, arguments) in query.calls().filter(|(_, function, _)| *function == "absent_over_time") {
            let Some(ExprKind::Range { selector, range, .. }) = arguments.first().map(|of| &without_parens(of).kind) else { continue };
            let is_pushed = named_job(selector).is_some_and(|job| context.world.is_pushed_alone(job));
            if is_pushed && !tells_of_never(query) && range.millis().is_some_and(|window| window >= HOUR) {
                let message =
                    "a Pushgateway shows what was pushed last until it is deleted, so this is not absent when the job runs no more";
                let finding = META.finding(query.span(&node.range), message).path(query.path());
                found.push(finding.help("ask how long ago it was pushed: `time() - push_time_seconds > …`"));
            }
        }
    }
}

/// Whether no job is called so, and a Pushgateway is scraped whose series keep the jobs that pushed them.
fn is_left_to_gateway(job: &str, context: &Context<'_>) -> bool {
    let jobs = || context.world.prometheus.iter().flat_map(|config| &config.jobs);
    let is_declared = || context.world.catalogues.iter().any(|catalogue| catalogue.is_of(job));
    context.world.jobs_named(job).is_empty() && !is_declared() && jobs().any(|job| job.honor_labels && is_pushgateway(job))
}

/// Whether an alert says that something never ran at all.
fn tells_of_never(query: &Expression<'_, '_>) -> bool {
    let says = |text: &str| ["never", "ever pushed", "lost"].iter().any(|word| text.to_lowercase().contains(word));
    query.rule().is_some_and(|rule| rule.texts().any(says)) || says(query.name())
}

/// Whether a page shows the series under this job.
fn is_shown(selector: &Selector, context: &Context<'_>) -> bool {
    context.world.metric_of(selector).is_some_and(|(_, metric, _)| {
        metric.labels.iter().any(|label| label.name.value == "job" && label.seen.iter().any(|job| named_job(selector) == Some(job)))
    })
}
