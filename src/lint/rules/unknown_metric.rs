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
            if let Some(meant) = nearly_built_in(name).filter(|_| world.recorded(name).is_empty() && world.metric(name).is_none()) {
                let place = selector.metric.as_ref().map_or_else(|| query.span(&(0..0)), |metric| query.span(&metric.range));
                let message = format!("nothing makes a series `{name}`, and `{meant}` is made for every target");
                found.push(META.finding_at(Level::Warning, place, message).help(format!("did you mean `{meant}`?")));
                continue;
            }
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

/// Series that Prometheus and the blackbox exporter make, whose names are long enough to be misspelt.
const MADE: &[&str] = &[
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
    "probe_success",
    "probe_duration_seconds",
    "probe_dns_lookup_time_seconds",
    "probe_failed_due_to_regex",
    "probe_http_status_code",
    "probe_http_duration_seconds",
    "probe_http_content_length",
    "probe_http_redirects",
    "probe_http_ssl",
    "probe_http_version",
    "probe_http_last_modified_timestamp_seconds",
    "probe_http_uncompressed_body_length",
    "probe_icmp_duration_seconds",
    "probe_icmp_reply_hop_limit",
    "probe_ip_protocol",
    "probe_ip_addr_hash",
    "probe_ssl_earliest_cert_expiry",
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "probe_ssl_last_chain_info",
    "probe_tls_version_info",
    "probe_tls_cipher_info",
    "probe_grpc_status_code",
    "probe_grpc_healthcheck_response",
    "probe_grpc_duration_seconds",
    "probe_grpc_ssl",
    "probe_dns_answer_rrs",
    "probe_dns_additional_rrs",
    "probe_dns_authority_rrs",
    "probe_dns_duration_seconds",
    "probe_dns_query_succeeded",
    "probe_dns_serial",
    "probe_expect_info",
    "probe_unix_ssl",
];

/// The made series of which a name is most likely a slip: one letter lost, doubled, changed or exchanged.
fn nearly_built_in(name: &str) -> Option<&'static str> {
    if !name.starts_with("prob") && !name.starts_with("scrap") || MADE.contains(&name) {
        return None;
    }
    MADE.iter().copied().find(|made| strsim::damerau_levenshtein(made, name) == 1)
}
