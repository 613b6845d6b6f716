//! Alertmanagers that are asked where they do not answer.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::words::hosts::{host, is_own};
use crate::lint::world::relabel::alertmanagers;
use crate::source::Node;

rule! {
    /// The address that alerts are sent to contradicts the rest of the configuration: the port of another program, another port or
    /// scheme than the one that the same host is scraped at or that a data source asks it over, a path prefix that is not used there, or a version of the API that is gone.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alertmanagers: [{ scheme: https, static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// scrape_configs: [{ job_name: alertmanager, static_configs: [{ targets: ["alertmanager:9093"] }] }]
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alertmanagers: [{ scheme: https, static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Alerts, uid: alerts, type: alertmanager, url: "http://alertmanager:9093", jsonData: { implementation: prometheus } }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// scrape_configs: [{ job_name: alertmanager, static_configs: [{ targets: ["alertmanager:9093"] }] }]
    /// ```
    AlertmanagerAddress, "alertmanager-address", Warning up to Error
}

/// Ports of other programs.
const PROGRAMS: &[(&str, &str)] = &[
    ("9090", "Prometheus"),
    ("9094", "Alertmanager's cluster"),
    ("9115", "the blackbox exporter"),
    ("9100", "the node exporter"),
    ("3000", "Grafana"),
];

impl Rule for AlertmanagerAddress {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        for (index, one) in config.alertmanagers.iter().enumerate() {
            let (node, relabelled) = (one.node, alertmanagers(one));
            let mut report = |level: Level, at: &Node, key: &str, message: String, help: &str| {
                found.push(META.finding_at(level, at.span, message).path(format!("alerting.alertmanagers[{index}].{key}")).help(help));
            };
            if let Some(version) = node.get("api_version").filter(|version| version.as_str() == Some("v1")) {
                let message = "Alertmanager has no `v1` since 0.27, and Prometheus 3 refuses it".to_owned();
                report(Level::Warning, version, "api_version", message, "use `v2`");
            }
            if let Some(prefix) = node.get("path_prefix").filter(|prefix| prefix.as_str().is_some_and(|text| text.contains("/api/"))) {
                report(
                    Level::Error,
                    prefix,
                    "path_prefix",
                    "the path of the API is added to the prefix".to_owned(),
                    "write what stands before `/api`",
                );
            }
            for (at, address) in one.targets.addresses.iter().enumerate() {
                // Relabelling may send alerts elsewhere, and then it is what is wrong.
                let after = relabelled.as_ref().and_then(|all| all.get(at)).map(|outcome| &outcome.labels);
                let label = |name: &str| after.and_then(|labels| labels.get(name)).map(String::as_str);
                let step = |name: &str| one.relabel.iter().rfind(|step| step.target.and_then(Node::as_str) == Some(name));
                let written = |name: &str| step(name).map(|step| step.replacement.unwrap_or(step.node));
                let address = &written("__address__").unwrap_or(address);
                let Some(text) = label("__address__").or_else(|| address.as_str()) else { continue };
                let port = text.rsplit_once(':').map_or("", |(_, port)| port);
                if let Some((_, program)) = PROGRAMS.iter().find(|(known, _)| *known == port) {
                    let message = format!("port {port} is {program}, which takes no alerts");
                    report(Level::Warning, address, "static_configs", message, "Alertmanager listens at 9093");
                }
                let others = one.targets.addresses.iter().filter_map(|node| node.as_str()?.rsplit_once(':')).map(|(_, port)| port);
                let is_odd = !port.is_empty() && port != "9093" && others.filter(|other| *other == "9093").count() > 0;
                if is_odd && relabelled.as_ref().is_none_or(|_| one.relabel.is_empty()) {
                    let message = format!("{} has the port {port}, and another one here 9093, as Alertmanager has", address.describe());
                    report(Level::Warning, address, "static_configs", message, "use one port");
                    continue;
                }
                let here = label("__scheme__").or_else(|| node.get("scheme").and_then(Node::as_str)).unwrap_or("http");
                // What Grafana asks at the same port.
                if let Some(there) = scheme_of_datasource(text, context).filter(|there| !here.eq_ignore_ascii_case(there)) {
                    let place = written("__scheme__").or_else(|| node.get("scheme")).unwrap_or(address);
                    let message = format!("alerts go over `{here}`, and a data source asks the same address over `{there}`");
                    report(Level::Warning, place, "scheme", message, "use one scheme");
                    continue;
                }
                // The Alertmanager's own job, where there is one.
                let scraped = config.jobs.iter().flat_map(|job| job.targets.addresses.iter().map(move |node| (job, node)));
                let Some((job, other)) = scraped
                    .filter(|(job, _)| job.metrics_path() != "/probe")
                    .find(|(_, node)| node.as_str().is_some_and(|other| host(other) == host(text) && !is_own(host(text))))
                else {
                    continue;
                };
                let there = job.node.get("scheme").and_then(Node::as_str).unwrap_or("http");
                let path = label("__alerts_path__").and_then(|path| path.strip_suffix("/api/v2/alerts"));
                let prefix = path.or_else(|| node.get("path_prefix").and_then(Node::as_str)).unwrap_or("").trim_matches('/');
                if other.as_str() != Some(text) {
                    let message = format!("{} is scraped at {}", address.describe(), other.describe());
                    let target = if port == "9093" { other } else { address };
                    report(Level::Warning, target, "static_configs", message, "use one port");
                } else if !here.eq_ignore_ascii_case(there) {
                    let place = written("__scheme__").or_else(|| node.get("scheme")).unwrap_or(address);
                    let message = format!("alerts go over `{here}`, and the job `{}` scrapes the same address over `{there}`", job.name());
                    report(Level::Warning, place, "scheme", message, "use one scheme");
                } else if !prefix.is_empty() && !job.metrics_path().trim_matches('/').starts_with(prefix) {
                    let place = written("__alerts_path__").or_else(|| node.get("path_prefix")).unwrap_or(address);
                    let message = format!("alerts go below `/{prefix}`, and the job `{}` scrapes `{}`", job.name(), job.metrics_path());
                    report(Level::Warning, place, "path_prefix", message, "use one prefix");
                } else if prefix.is_empty() && job.metrics_path().matches('/').count() > 1 {
                    let place = job.node.get("metrics_path").unwrap_or(other);
                    let message =
                        format!("the job `{}` scrapes `{}`, and alerts go to the root of the same address", job.name(), job.metrics_path());
                    report(Level::Warning, place, "path_prefix", message, "use one prefix");
                }
            }
        }
    }
}

/// Over which scheme a provisioned data source asks an Alertmanager at an address.
fn scheme_of_datasource<'a>(address: &str, context: &Context<'a>) -> Option<&'a str> {
    let urls = context
        .datasources()
        .flatten()
        .filter(|source| source.kind == "alertmanager")
        .filter_map(|source| source.node.get("url")?.as_str());
    let mut parted = urls.filter_map(|url| url.split_once("://"));
    parted.find(|(_, rest)| rest.split('/').next() == Some(address)).map(|(scheme, _)| scheme)
}
