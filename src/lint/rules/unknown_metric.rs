//! Metrics that nobody declares.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::Context;
use crate::lint::query::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::MatchOp;

rule! {
    /// A selector asks a service for a metric that its manifest does not declare, so it returns nothing.
    ///
    /// Said only of selectors with the job of a service whose manifest is among the inputs. It is an error where a
    /// declared metric has nearly this name; else a warning, for a client library may add series of its own. What the
    /// common runtimes expose unasked (`process_*`, `go_*`, `jvm_*` …), what Prometheus adds (`up`, `scrape_*`) and what
    /// a recording rule fills is known.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_request_total{job="myapp"}[5m]) > 100
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{job="myapp"}[5m]) > 100
    /// ```
    UnknownMetric, "unknown-metric", Error
}

/// What Prometheus makes itself.
const BUILT_IN: &[&str] = &["up", "ALERTS", "ALERTS_FOR_STATE", "target_info"];

/// What runtimes and client libraries expose without being asked.
const UNASKED: &[&str] = &[
    "scrape_",
    "probe_",
    "process_",
    "go_",
    "jvm_",
    "python_",
    "nodejs_",
    "erlang_",
    "beam_",
    "ruby_",
    "dotnet_",
    "promhttp_",
    "prometheus_",
    "puma_",
    "http_client_",
];

impl Rule for UnknownMetric {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let world = context.world;
        for selector in &query.selectors {
            let selector = selector.selector;
            let Some(name) = selector.metric_name().filter(|_| !query.is_variable_metric(selector)) else { continue };
            let known =
                BUILT_IN.contains(&name) || UNASKED.iter().any(|prefix| name.starts_with(prefix)) || !world.recorded(name).is_empty();
            if known || world.metric(name).is_some() {
                continue;
            }
            let asked = selector.matchers.iter().find(|m| m.label.text == "job" && m.op == MatchOp::Equal).map(|m| m.value.as_str());
            let Some(catalogue) =
                world.catalogues.iter().find(|c| c.jobs.first().is_some_and(|job| Some(job.name.value.as_str()) == asked))
            else {
                continue;
            };
            let meant = did_you_mean(name, world.metric_names());
            let level = if meant.is_some() { Level::Error } else { Level::Warning };
            let place = selector.metric.as_ref().map_or_else(|| query.span(&(0..0)), |metric| query.span(&metric.range));
            found.push(
                META.finding_at(level, place, format!("`{}` declares no metric `{name}`", catalogue.service.value))
                    .related(catalogue.service.span, "the service is declared here")
                    .help(
                        meant.map_or_else(
                            || "declare it under `metrics:`, or correct the name".to_owned(),
                            |m| format!("did you mean `{m}`?"),
                        ),
                    ),
            );
        }
    }
}
