//! Jobs that believe labels they should not, or do not believe those they should.

use std::collections::HashSet;

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::query::{is_placeholder, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, ViewKind};
use crate::source::Node;

rule! {
    /// `honor_labels` is on for a service that a manifest declares, which may then call itself by any `job` and `instance`; or it is
    /// off for a federation, a push gateway or a Collector whose services are asked for, whose series then lose the job and instance that they came with.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: pushgateway, static_configs: [{ targets: ["pushgateway:9091"] }] }]
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: collector, static_configs: [{ targets: ["otel-collector:8889"] }] }]
    /// # file: collector.yml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" } } } }
    /// exporters: { prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service: { pipelines: { metrics: { receivers: [otlp], exporters: [prometheus] } } }
    /// # file: alerts.yml
    /// groups: [{ name: app, rules: [{ alert: Busy, expr: 'sum(rate(http_requests_total{job="app"}[5m])) > 100' }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: pushgateway, honor_labels: true, static_configs: [{ targets: ["pushgateway:9091"] }] }]
    /// ```
    HonorLabels, "honor-labels", Warning
}

impl Rule for HonorLabels {
    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !matches!(view.view.kind, ViewKind::Collector(_)) {
            return;
        }
        for job in view.config.jobs.iter().filter(|job| is_gateway(job) && !job.honor_labels) {
            let place = job.node.get("honor_labels").or(job.name).unwrap_or(job.node);
            let message = "series that were pushed lose the `job` and `instance` that they came with";
            let path = format!("scrape_configs[{}].honor_labels", job.index);
            found.push(META.finding(place.span, message).path(path).help("set `honor_labels: true`"));
        }
    }

    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let exposed = if asks_for_others(view, context) { exposed(context) } else { Vec::new() };
        for job in &view.config.jobs {
            if let Some(read) = reads_exported(job) {
                let message = format!("with it a series keeps its own labels, and none has `{read}`, which `metric_relabel_configs` reads");
                let place = job.node.get("honor_labels").unwrap_or(job.node);
                let finding = META.finding(place.span, message).path(format!("scrape_configs[{}].honor_labels", job.index));
                found.push(finding.help("remove it, or read `job` and `instance`"));
                continue;
            }
            let declared =
                context.world.catalogues.iter().flat_map(|catalogue| &catalogue.jobs).any(|declared| declared.name.value == job.name());
            let pushed = is_gateway(job);
            let collected = !job.honor_labels && exposed.iter().any(|port| exposes(job, port));
            let place = job.node.get("honor_labels").or(job.name).unwrap_or(job.node);
            let (message, help) = if job.metrics_path() == "/federate" && !job.honor_labels {
                ("series of a federation lose the `job` and `instance` that they came with", "set `honor_labels: true`")
            } else if pushed && !job.honor_labels {
                ("series that were pushed lose the `job` and `instance` that they came with", "set `honor_labels: true`")
            } else if collected {
                (
                    "series of services that come through the Collector lose the `job` and `instance` that they came with",
                    "set `honor_labels: true`",
                )
            } else if declared && job.honor_labels && !pushed {
                ("the service may call its series by any `job` and `instance`", "remove it; it is for gateways and federation")
            } else {
                continue;
            };
            found.push(META.finding(place.span, message).path(format!("scrape_configs[{}].honor_labels", job.index)).help(help));
        }
    }
}

/// The label of what a target's own one hid, which a job reads though it lets the series win. Another Prometheus may hand on such
/// labels of its own.
fn reads_exported<'a>(job: &Job<'a>) -> Option<&'a str> {
    const EXPORTED: &[&str] = &["exported_job", "exported_instance"];
    if !job.honor_labels || job.metrics_path().contains("federate") {
        return None;
    }
    let writes = |step: &Relabel<'_>, label: &str| {
        step.action == "labelmap" || step.target.and_then(Node::as_str).is_some_and(|target| target == label || target.contains('$'))
    };
    let sources = job.metric_relabel.iter().filter(|step| step.action == "replace").flat_map(|step| &step.sources);
    let read = sources.copied().find(|source| EXPORTED.contains(source))?;
    let is_labelled = job.targets.labels.iter().any(|labels| labels.get(read).is_some());
    (!is_labelled && !job.relabel.iter().chain(&job.metric_relabel).any(|step| writes(step, read))).then_some(read)
}

/// Whether a job asks a Pushgateway: it, or a host that it asks, is called so, or a host is called after pushing at the port of one.
fn is_gateway(job: &Job<'_>) -> bool {
    let is_called = |text: &str| ["pushgateway", "pushgw", "push-gateway"].iter().any(|name| text.to_lowercase().contains(name));
    let asks = |text: &str| is_called(text) || text.starts_with("push") && text.ends_with(":9091");
    job.metrics_path() != "/probe" && (is_called(job.name()) || job.targets.addresses.iter().any(|node| node.as_str().is_some_and(asks)))
}

/// Whether a rule or panel asks for a job that is not scraped: it may be one of those whose series come through the Collector.
fn asks_for_others(view: &PrometheusView<'_>, context: &Context<'_>) -> bool {
    // It may as well come through a gateway.
    if view.config.jobs.iter().any(|job| job.honor_labels) {
        return false;
    }
    let scraped: HashSet<&str> = view.config.jobs.iter().map(Job::name).collect();
    context.queries.iter().any(|query| {
        query.selectors().iter().any(|used| named_job(used.selector).is_some_and(|job| !scraped.contains(job) && !is_placeholder(job)))
    })
}

/// The ports at which Collectors expose what services send them.
fn exposed<'a>(context: &Context<'a>) -> Vec<&'a str> {
    let collectors = context.views.iter().filter_map(|view| if let ViewKind::Collector(config) = &view.kind { Some(config) } else { None });
    let exporters = collectors.flat_map(|config| config.components("exporters")).filter(|(id, ..)| kind(id) == "prometheus");
    exporters.filter_map(|(_, _, body)| Some(body.get("endpoint")?.as_str()?.rsplit_once(':')?.1)).collect()
}

/// Whether a job asks such a port of a host that is called after the Collector.
fn exposes(job: &Job<'_>, port: &str) -> bool {
    let of =
        |text: &str| text.rsplit_once(':').is_some_and(|(host, own)| own == port && (host.contains("otel") || host.contains("collector")));
    job.targets.addresses.iter().any(|node| node.as_str().is_some_and(of))
}
