//! Targets whose port serves no metrics.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::Context;
use crate::lint::relabel;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::Node;

rule! {
    /// A target has no port, or one that cannot serve what is asked of it: a database's own instead of its exporter's, one of
    /// another protocol, a number that is none. Without a port Prometheus asks port 80, or 443 under `https`, where hardly any
    /// service has its metrics.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: database, static_configs: [{ targets: ["postgres-exporter:5432"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: database, static_configs: [{ targets: ["postgres-exporter:9187"] }] }]
    /// ```
    TargetPort, "target-port", Warning up to Error
}

/// Ports of protocols that serve no page of metrics.
const OTHER: &[(&str, &str)] = &[
    ("22", "SSH"),
    ("25", "mail"),
    ("53", "DNS"),
    ("3306", "MySQL itself, not of its exporter (9104)"),
    ("4317", "OTLP over gRPC"),
    ("4318", "OTLP over HTTP"),
    ("5432", "PostgreSQL itself, not of its exporter (9187)"),
    ("5672", "AMQP"),
    ("6379", "Redis itself, not of its exporter (9121)"),
    ("9092", "Kafka itself, not of its exporter (9308)"),
    ("9094", "Alertmanager's cluster"),
    ("11211", "Memcached itself, not of its exporter (9150)"),
    ("13133", "the Collector's health check"),
    ("27017", "MongoDB itself, not of its exporter (9216)"),
];

impl Rule for TargetPort {
    fn prometheus(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            let Some(outcomes) = relabel::targets(job) else { continue };
            for outcome in outcomes.iter().filter(|outcome| outcome.dropped.is_none()) {
                let Some(address) = outcome.labels.get("__address__") else { continue };
                let scheme = outcome.labels.get("__scheme__").map_or("http", String::as_str);
                let Some((level, trouble)) = trouble(address, scheme) else { continue };
                // The address may have come from relabelling.
                let writer = job.relabel.iter().rev().find(|step| step.target.and_then(Node::as_str) == Some("__address__"));
                let place = writer.and_then(|step| step.replacement).unwrap_or(outcome.address);
                if level == Level::Error && job.relabel.is_empty() && address.contains('/') {
                    continue;
                }
                let diagnostic = META.finding_at(level, place.span, format!("{} {trouble}", place.describe()));
                if !found.iter().any(|other| other.rule == META.id && other.span == place.span) {
                    found
                        .push(diagnostic.path(format!("scrape_configs[{}]", job.index)).help("write the host and the port of the metrics"));
                }
            }
        }
        for (index, groups) in view.config.alertmanagers.iter().enumerate() {
            for node in &groups.addresses {
                let address = node.as_str().filter(|address| !address.contains('/'));
                let Some((level, trouble)) = address.and_then(|address| trouble(address, "http")) else { continue };
                let diagnostic = META.finding_at(level, node.span, format!("{} {trouble}", node.describe()));
                found.push(
                    diagnostic.path(format!("alerting.alertmanagers[{index}]")).help("write the host and the port, as `alertmanager:9093`"),
                );
            }
        }
    }
}

fn trouble(address: &str, scheme: &str) -> Option<(Level, String)> {
    if address.contains("${") || address.contains("{{") {
        return None;
    }
    if address.contains("://") || address.contains('/') {
        return Some((Level::Error, "is no host with a port".to_owned()));
    }
    if address.contains([',', ' ']) {
        return Some((Level::Error, "is more than one host with a port".to_owned()));
    }
    let Some((host, port)) = address.rsplit_once(':').filter(|_| !address.ends_with(']')) else {
        // A host of the internet may well serve at the port of its scheme.
        let container = !address.contains('.') && !address.starts_with('[');
        let default = if scheme == "https" { "443" } else { "80" };
        return container.then(|| (Level::Warning, format!("has no port, so {default} is asked")));
    };
    if port.parse::<u16>().ok().is_none_or(|port| port == 0) {
        return Some((Level::Error, "has a port that is none".to_owned()));
    }
    if host.is_empty() {
        return Some((Level::Warning, "has no host".to_owned()));
    }
    if let Some((_, what)) = OTHER.iter().find(|(other, _)| *other == port) {
        return Some((Level::Warning, format!("has the port of {what}, where no metrics are served")));
    }
    match (scheme, port) {
        ("https", "80") => Some((Level::Warning, "is asked over TLS at the port of plain HTTP".to_owned())),
        ("http", "443") => Some((Level::Warning, "is asked without TLS at the port of HTTPS".to_owned())),
        _ => None,
    }
}
