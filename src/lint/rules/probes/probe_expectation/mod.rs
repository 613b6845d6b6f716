//! What HTTP probes expect and cannot get, or get whatever happens.

mod content;
mod headers;
mod request;
mod shown;
mod status;
mod targets;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::probes::{of_listed, probes};
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::{BlackboxView, PrometheusView, ViewKind};
use crate::source::Node;
use content::{body, expressions, impossible};
use headers::{cookies, expected, headers, sent};
use request::{method, redirects, transport};
use shown::beside_pages;
use status::{status, versions};
use targets::beside_targets;

rule! {
    /// What a blackbox module expects of an HTTP answer contradicts itself, what it asks for, or the targets it is used for; or it
    /// is so wide that every answer passes; or the page of the service shows another answer to the same. Such a probe fails whatever the service does, or never.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { http_2xx: { prober: http, http: { valid_status_codes: [503] } } }
    /// ```
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { http_tls: { prober: http, http: { fail_if_not_ssl: true, follow_redirects: false } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_tls] }
    ///     file_sd_configs: [{ files: [sites.yml] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// # file: sites.yml
    /// - targets: ["https://a.example.com/", "http://b.example.com/"]
    /// ```
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { http_admin_forbidden: { prober: http, http: { valid_status_codes: [200, 403] } } }
    /// ```
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { http_find: { prober: http, http: { method: POST, body: "{}", valid_status_codes: [201] } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - { job_name: shop, static_configs: [{ targets: ["shop:8080"] }] }
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_find] }
    ///     static_configs: [{ targets: ["https://shop.example.com/find"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// # file: shop.job.prom
    /// # HELP http_requests_total Requests
    /// # TYPE http_requests_total counter
    /// http_requests_total{method="POST",path="/find",status="200"} 12
    /// http_requests_total{method="POST",path="/find",status="422"} 1
    /// ```
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { http_api: { prober: http, http: { valid_status_codes: [301, 302], follow_redirects: false } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_api] }
    ///     static_configs: [{ targets: ["https://shop.example.com/healthz"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { http_2xx: { prober: http, http: { valid_status_codes: [200, 204] } } }
    /// ```
    ProbeExpectation, "probe-expectation", Warning up to Error
}

impl Rule for ProbeExpectation {
    fn blackbox(&self, view: &BlackboxView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for module in view.modules.iter().filter(|module| module.prober() == "http") {
            let Some(http) = module.node.get("http") else { continue };
            let mut report = Section::new(&META, format!("modules.{}.http", module.name()), found);
            status(module, http, &mut report);
            versions(http, &mut report);
            method(module, http, &mut report);
            headers(http, &mut report);
            expected(http, &mut report);
            cookies(http, &mut report);
            body(http, &mut report);
            sent(http, &mut report);
            expressions(http, &mut report);
            transport(http, &mut report);
            redirects(http, &mut report);
            impossible(http, &mut report);
            for (name, key, value) in http.entries().filter(|(name, ..)| name.starts_with("fail_if_")) {
                if value.is_null() || value.as_sequence().is_some_and(<[_]>::is_empty) {
                    report.add(
                        Level::Warning,
                        key,
                        name,
                        format!("`{name}` is empty, and so is not looked at"),
                        "say what is expected, or remove it",
                    );
                }
            }
        }
    }

    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !matches!(view.view.kind, ViewKind::Targets(_)) {
            return;
        }
        for job in view.config.jobs.iter().filter(|job| job.metrics_path() == "/probe") {
            for probe in of_listed(job, context).iter().filter(|probe| probe.module.prober() == "http") {
                beside_targets(probe, found);
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for probe in probes(context).iter().filter(|probe| probe.module.prober() == "http") {
            beside_pages(probe, context, found);
            beside_targets(probe, found);
        }
    }
}

fn flag(node: &Node, key: &str) -> Option<bool> {
    node.get(key)?.as_bool()
}

fn on<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    node.get(key).filter(|value| value.as_bool() == Some(true))
}
