//! Paths of jobs at which there are no metrics.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::exporters;
use crate::lint::world::jobs::writes;
use crate::promql::ast::ExprKind;
use crate::promql::walk::without_parens;
use crate::promql::{self, Options};
use crate::source::Node;

rule! {
    /// A job asks a path that brings no metrics: a page for people or for programs, a path with a query in it (the `?` is sent as
    /// `%3F`; a query belongs into `params`), or an exporter at `/scrape` without the target that it is to ask.
    /// Or RabbitMQ is asked for a family that it does not have, or at another path than the one that takes families; or the page of the
    /// job shows by the requests that it counts that it was asked for at another path.
    ///
    /// Federation brings what `match[]` selects: without it there is nothing, and each must be a selector.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - { job_name: other, metrics_path: /federate, honor_labels: true, static_configs: [{ targets: ["other:9090"] }] }
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - { job_name: vault, metrics_path: "/v1/sys/metrics?format=prometheus", static_configs: [{ targets: ["vault:8200"] }] }
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"] }] }]
    /// # file: app.job.prom
    /// # HELP http_requests_total Requests
    /// # TYPE http_requests_total counter
    /// http_requests_total{uri="/actuator/prometheus"} 3
    /// http_requests_total{uri="/login"} 4
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// scrape_configs:
    ///   - job_name: other
    ///     metrics_path: /federate
    ///     honor_labels: true
    ///     params: { 'match[]': ['{job="node"}', 'up'] }
    ///     static_configs: [{ targets: ["other:9090"] }]
    ///   - { job_name: vault, metrics_path: /v1/sys/metrics, params: { format: [prometheus] }, static_configs: [{ targets: ["vault:8200"] }] }
    /// ```
    MetricsPath, "metrics-path", Warning up to Error
}

/// Pages and answers of the programs that stand around Prometheus, and of probes of Kubernetes: none is a page of metrics.
const OTHERS: &[&str] = &[
    "/-/healthy",
    "/-/ready",
    "/actuator",
    "/actuator/health",
    "/actuator/info",
    "/actuator/metrics",
    "/alerts",
    "/api/health",
    "/api/v1/alerts",
    "/api/v1/query",
    "/api/v1/rules",
    "/api/v1/targets",
    "/api/v2/alerts",
    "/api/v2/status",
    "/graph",
    "/health",
    "/healthz",
    "/livez",
    "/readyz",
    "/rules",
    "/targets",
];

impl Rule for MetricsPath {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            let at = format!("scrape_configs[{}]", job.index);
            let mut report = |level: Level, node: &Node, key: &str, message: String, help: &str| {
                found.push(META.finding_at(level, node.span, message).path(format!("{at}.{key}")).help(help));
            };
            let path = job.metrics_path();
            if path.ends_with("/federate") {
                federated(job, &mut report);
            }
            if path == "/scrape" && !has_target(job) {
                let place = job.node.get("metrics_path").unwrap_or(job.node);
                let message = "at `/scrape` an exporter is told what to ask, and no `target` is given".to_owned();
                report(Level::Warning, place, "metrics_path", message, "set `__param_target` by relabelling, or ask `/metrics`");
            }
            if let Some(shown) = shown_path(job, context).filter(|shown| *shown != path) {
                let place = job.node.get("metrics_path").or(job.name).unwrap_or(job.node);
                let message = format!("the page of this job shows that it was asked for at `{shown}`, and `{path}` is asked for here");
                report(Level::Warning, place, "metrics_path", message, "ask at that path");
            }
            if let Some(place) = of_kubelet(job, view, context) {
                let message = "at `/metrics` the kubelet tells of itself, and has nothing of containers".to_owned();
                report(Level::Warning, place, "metrics_path", message, "ask `/metrics/cadvisor`");
            }
            let Some(node) = job.node.get("metrics_path") else { continue };
            let has_family = job.node.at(["params", "family"]).is_some() || job.relabel.iter().any(|step| writes(step, "__param_family"));
            if path == "/metrics/detailed" && !has_family {
                let message = "RabbitMQ brings here what `family` asks for, and nothing without it".to_owned();
                report(Level::Warning, node, "metrics_path", message, "ask for families by `params`, or ask `/metrics/per-object`");
            }
            if path != "/metrics/detailed" && strsim::damerau_levenshtein(path, "/metrics/detailed") <= 3 && has_family {
                let message = format!("{} is nearly the path at which RabbitMQ brings what `family` asks for", node.describe());
                report(Level::Warning, node, "metrics_path", message, "did you mean `/metrics/detailed`?");
            } else if path == "/metrics/detailed" {
                families(job, &mut report);
            }
            // Without a path at all that is said where the probe is relabelled.
            let is_led = job.relabel.iter().any(|step| step.target.and_then(Node::as_str) == Some("__param_target"));
            let is_probe = || job.modules().next().is_some() || job.relabel.iter().any(|step| writes(step, "__param_module"));
            if path == "/metrics" && is_led && is_probe() {
                let message = "at `/metrics` an exporter tells of itself, and this job has it probe something".to_owned();
                report(Level::Warning, node, "metrics_path", message, "ask `/probe`");
                continue;
            }
            if path.contains('?') {
                let message = "the `?` is sent as `%3F`, as a part of the path".to_owned();
                report(Level::Error, node, "metrics_path", message, "write what follows it under `params`");
            } else if OTHERS.contains(&path.trim_end_matches('/')) {
                report(Level::Warning, node, "metrics_path", format!("{} brings no metrics", node.describe()), "ask `/metrics`");
            }
        }
    }
}

/// A job that is called after cAdvisor and asks the kubelet's own page, while some query reads metrics of containers and no other job
/// may bring them.
fn of_kubelet<'a>(job: &Job<'a>, view: &PrometheusView<'_>, context: &Context<'_>) -> Option<&'a Node> {
    let nodes = |job: &Job<'_>| {
        let mut entries = job.node.items_of("kubernetes_sd_configs").peekable();
        entries.peek().is_some() && entries.all(|entry| entry.get("role").and_then(Node::as_str) == Some("node"))
    };
    // What is known of nodes brings no inner label.
    let mut steps = job.relabel.iter().filter(|step| step.action != "labelmap");
    let is_changed = steps.any(|step| writes(step, "__address__") || writes(step, "__metrics_path__"));
    if !nodes(job) || is_changed || job.metrics_path() != "/metrics" || !job.name().to_lowercase().contains("cadvisor") {
        return None;
    }
    let is_other = |other: &Job<'_>| {
        let mut steps = other.relabel.iter().filter(|step| step.action != "labelmap");
        other.metrics_path().contains("cadvisor") || steps.any(|step| writes(step, "__metrics_path__"))
    };
    let is_read = || {
        context
            .selectors()
            .any(|(_, used)| used.selector.metric_name().is_some_and(|name| name.starts_with("container_") && exporters::is_known(name)))
    };
    (!view.config.jobs.iter().any(|other| nodes(other) && is_other(other)) && is_read())
        .then(|| job.node.get("metrics_path").or(job.name).unwrap_or(job.node))
}

/// The path of a page of metrics among the paths that the job's own page counts requests of, where that is a known one.
fn shown_path<'a>(job: &Job<'_>, context: &Context<'a>) -> Option<&'a str> {
    const PATHS: &[&str] = &["/actuator/prometheus", "/q/metrics", "/management/prometheus"];
    let path = job.metrics_path();
    let pages = context.world.catalogues.iter().filter(|page| page.is_page() && page.is_of(job.name()));
    let labels = pages.flat_map(|page| &page.metrics).flat_map(|metric| &metric.labels);
    let of_paths = labels.filter(|label| matches!(label.name.value.as_str(), "uri" | "path" | "route" | "http_route" | "handler"));
    let seen: Vec<&str> = of_paths.flat_map(|label| &label.seen).map(String::as_str).collect();
    let is_led = job.relabel.iter().any(|step| writes(step, "__metrics_path__"));
    if is_led || seen.contains(&path) {
        return None;
    }
    seen.into_iter().find(|seen| PATHS.contains(seen))
}

/// Families that RabbitMQ brings.
const FAMILIES: &[&str] = &[
    "auth_attempt_detailed_metrics",
    "auth_attempt_metrics",
    "channel_exchange_metrics",
    "channel_metrics",
    "channel_process_metrics",
    "channel_queue_exchange_metrics",
    "channel_queue_metrics",
    "connection_churn_metrics",
    "connection_coarse_metrics",
    "connection_metrics",
    "exchange_bindings",
    "exchange_names",
    "node_coarse_metrics",
    "node_metrics",
    "node_persister_metrics",
    "queue_coarse_metrics",
    "queue_consumer_count",
    "queue_delivery_metrics",
    "queue_exchange_metrics",
    "queue_metrics",
    "ra_metrics",
    "stream_consumer_metrics",
    "vhost_status",
];

/// Families that RabbitMQ does not have, and that are nearly one, or begin as only one does.
fn families(job: &Job<'_>, report: &mut dyn FnMut(Level, &Node, &str, String, &str)) {
    for (node, name) in job.node.at(["params", "family"]).into_iter().flat_map(Node::items).filter_map(Node::with_str) {
        if FAMILIES.contains(&name) {
            continue;
        }
        let stem = name.trim_end_matches("_metrics").trim_end_matches('s');
        let mut alike = FAMILIES.iter().copied().filter(|known| known.starts_with(stem));
        let only = alike.next().filter(|_| alike.next().is_none() && stem.len() > 5);
        if let Some(meant) = did_you_mean(name, FAMILIES.iter().copied()).or(only) {
            let message = format!("RabbitMQ has no family {}", node.describe());
            report(Level::Warning, node, "params", message, &format!("did you mean `{meant}`?"));
        }
    }
}

/// Whether the targets of a job say what the exporter is to ask.
fn has_target(job: &Job<'_>) -> bool {
    let written = job.node.get("params").is_some_and(|params| params.get("target").is_some());
    let labelled = job.targets.labels.iter().any(|labels| labels.get("__param_target").is_some());
    let relabelled = job.relabel.iter().any(|step| writes(step, "__param_target"));
    written || labelled || relabelled
}

fn federated(job: &Job<'_>, report: &mut dyn FnMut(Level, &Node, &str, String, &str)) {
    let params = job.node.get("params");
    let Some(list) = params.and_then(|params| params.get("match[]")) else {
        let slip =
            params.and_then(|params| ["match", "matches", "matches[]", "matcher", "match[ ]"].iter().find_map(|key| params.entry(key)));
        let place = slip.map_or_else(|| job.node.get("metrics_path").unwrap_or(job.node), |(key, _)| key);
        let message = "federation brings only what `match[]` selects, and nothing without it".to_owned();
        return report(Level::Error, place, "params", message, "write `params: { 'match[]': ['{job=\"…\"}'] }`");
    };
    for (node, text) in list.items().filter_map(Node::with_str).filter(|(_, text)| !text.contains("${")) {
        let is_selector =
            promql::parse(text, &Options::all()).is_ok_and(|expr| matches!(without_parens(&expr).kind, ExprKind::Selector(_)));
        if !is_selector {
            report(Level::Error, node, "params", format!("{} is no selector of series", node.describe()), "write it as `{job=\"…\"}`");
        }
    }
}
