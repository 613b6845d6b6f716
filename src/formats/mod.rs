//! Kinds of file: recognising them by their content, and views of them that keep every place.
//!
//! A view says what is written and reports what the owner of the format would reject. Whether it makes
//! sense is the business of `lint`. Views borrow from the tree; nothing is copied.

pub mod alertmanager;
pub mod blackbox;
pub mod collector;
pub mod dashboard;
pub mod exposition;
pub mod logs;
pub mod prometheus;
pub mod provisioning;
pub mod rule_file;
mod rule_owners;
mod schema;
pub(crate) mod tables;
pub mod target_list;

use crate::diagnostic::did_you_mean;
use crate::source::Node;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An obsgen manifest.
    Manifest,
    /// Alerting and recording rules: `groups:`, bare or as a `PrometheusRule` of the operator.
    RuleFile,
    /// Alerting and recording rules in LogQL, for the ruler of Loki.
    LokiRules,
    /// Unit tests for `promtool test rules`.
    RuleTest,
    /// `prometheus.yml`, or a fragment for `scrape_config_files`.
    Prometheus,
    /// A file of targets, for `file_sd_configs`.
    Targets,
    /// `alertmanager.yml`
    Alertmanager,
    /// `blackbox.yml`
    Blackbox,
    /// A Grafana dashboard, bare or in an API envelope.
    Dashboard,
    /// Grafana data sources for provisioning.
    Datasources,
    /// Grafana dashboard providers.
    DashboardProviders,
    /// An OpenTelemetry Collector configuration.
    Collector,
    /// A configuration of a log shipper.
    Logs(logs::Shipper),
    /// A page of metrics, as Prometheus scrapes it. It is no tree: see [`recognise_text`].
    Exposition,
}

/// What a text is that is no YAML or JSON, judged by its content alone.
pub fn recognise_text(text: &str) -> Option<Kind> {
    exposition::looks_like(text).then_some(Kind::Exposition)
}

/// Whether a text that could not be read was probably meant to be a monitoring file, and no template of one.
pub fn suspect(text: &str) -> bool {
    const TELLING: &[&str] = &["groups:", "scrape_configs:", "rule_files:", "receivers:", "modules:", "apiVersion: obsgen/"];
    let telling = text.lines().any(|line| TELLING.iter().any(|key| line.starts_with(key))) || text.contains("\"panels\"");
    telling && !text.lines().any(|line| line.trim_start().starts_with("{{"))
}

/// What a document is, judged by its content alone; `None` for what obsgen does not know.
pub fn recognise(root: &Node) -> Option<Kind> {
    if target_list::looks_like(root) {
        return Some(Kind::Targets);
    }
    root.as_mapping()?;
    let text = |key: &str| root.get(key).and_then(Node::as_str).unwrap_or("");
    let has = |key: &str| root.get(key).is_some();
    if text("apiVersion").starts_with("obsgen/") {
        return Some(Kind::Manifest);
    }
    // Nearly a manifest, and nothing else that has an `apiVersion`: what is wrong with it is said by who reads it.
    let has_parts = root.get("service").is_some_and(|service| service.get("name").is_some())
        && ["metrics", "alerts", "objectives", "health", "scrape"].iter().filter(|key| has(key)).count() > 1;
    if has_parts && !has("kind") && !has("scrape_configs") {
        return Some(Kind::Manifest);
    }
    if has("apiVersion") {
        return of_kubernetes_or_grafana(root, text("kind"));
    }
    if let Some(shipper) = logs::shipper_of(root) {
        Some(Kind::Logs(shipper))
    } else if rule_file::looks_like(root) {
        Some(Kind::RuleFile)
    } else if has("tests") && (has("rule_files") || has("evaluation_interval")) {
        Some(Kind::RuleTest)
    } else if alertmanager::looks_like(root) {
        Some(Kind::Alertmanager)
    } else if collector::looks_like(root) {
        Some(Kind::Collector)
    } else if blackbox::looks_like(root) {
        Some(Kind::Blackbox)
    } else if dashboard::looks_like(root) {
        Some(Kind::Dashboard)
    } else if prometheus::looks_like(root) {
        Some(Kind::Prometheus)
    } else {
        None
    }
}

fn of_kubernetes_or_grafana(root: &Node, kind: &str) -> Option<Kind> {
    let list = |key: &str| root.get(key).is_some_and(|node| node.as_sequence().is_some());
    match kind {
        "PrometheusRule" if root.get("spec").and_then(|spec| spec.get("groups")).is_some() => Some(Kind::RuleFile),
        "Dashboard" if is_dashboard_resource(root) => Some(Kind::Dashboard),
        "" if list("datasources") => Some(Kind::Datasources),
        "" if list("providers") => Some(Kind::DashboardProviders),
        "" if slip(root, "datasources", "type") => Some(Kind::Datasources),
        "" if slip(root, "providers", "options") => Some(Kind::DashboardProviders),
        _ => None,
    }
}

/// Whether a list stands at nearly the key where Grafana looks for one, and its items have the key that those have.
fn slip(root: &Node, key: &str, of_items: &str) -> bool {
    let near = |name: &str| did_you_mean(name, [key]).is_some();
    root.entries().any(|(name, _, list)| near(name) && list.items().any(|item| item.get(of_items).is_some() && item.get("name").is_some()))
}

fn is_dashboard_resource(root: &Node) -> bool {
    let version = root.get("apiVersion").and_then(Node::as_str).unwrap_or("");
    let body = root.get("spec").is_some_and(|spec| ["panels", "rows", "elements"].iter().any(|key| spec.get(key).is_some()));
    version.starts_with(dashboard::RESOURCE) && body
}
