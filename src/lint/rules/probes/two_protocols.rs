//! Addresses that are scraped over HTTP and probed as if something else answered there.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::probes::{Probe, probes};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::hosts::port;
use crate::source::Node;

rule! {
    /// One job scrapes an address for metrics, which goes over HTTP, or has the blackbox exporter ask for a page there, and another
    /// has it speak gRPC there, or say something on a bare connection that is no request of HTTP. One port seldom does both: one of
    /// the two addresses is wrong.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - { job_name: seats, static_configs: [ { targets: ["seats:50051"] } ] }
    ///   - job_name: seats-grpc
    ///     metrics_path: /probe
    ///     params: { module: [grpc] }
    ///     static_configs: [ { targets: ["seats:50051"] } ]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// # file: blackbox.yml
    /// modules: { grpc: { prober: grpc, grpc: { service: seats.v1.Seats } } }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - { job_name: seats, static_configs: [ { targets: ["seats:9464"] } ] }
    ///   - job_name: seats-grpc
    ///     metrics_path: /probe
    ///     params: { module: [grpc] }
    ///     static_configs: [ { targets: ["seats:50051"] } ]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// # file: blackbox.yml
    /// modules: { grpc: { prober: grpc, grpc: { service: seats.v1.Seats } } }
    /// ```
    TwoProtocols, "two-protocols", Warning
}

impl Rule for TwoProtocols {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let probes = probes(context);
        let spoken: Vec<(&Probe<'_>, &str)> = probes.iter().filter_map(|probe| Some((probe, protocol(probe)?))).collect();
        if spoken.is_empty() {
            return;
        }
        let mut scraped: HashMap<&str, Asked<'_>> = HashMap::new();
        let jobs = context.world.prometheus.iter().flat_map(|config| &config.jobs).filter(|job| job.metrics_path() != "/probe");
        for job in jobs.filter(|job| job.relabel.is_empty()) {
            for node in &job.targets.addresses {
                if let Some(address) = node.as_str() {
                    scraped.entry(address).or_insert(Asked { node, job: job.name(), how: "scrapes" });
                }
            }
        }
        for probe in probes.iter().filter(|probe| probe.module.prober() == "http") {
            for (node, target) in probe.targets() {
                if let Some(address) = plain_address(target) {
                    scraped.entry(address).or_insert(Asked { node, job: probe.job.name(), how: "probes" });
                }
            }
        }
        for (probe, protocol) in spoken {
            for (node, address) in probe.targets() {
                let Some(Asked { node: scrape, job, how }) = scraped.get(address) else { continue };
                let message = format!("`{job}` {how} this address over HTTP, and the module `{}` {protocol} there", probe.module.name());
                let help = "one of the two addresses is wrong";
                found.push(META.finding(node.span, message.clone()).path("scrape_configs").related(scrape.span, "asked here").help(help));
                let other = META.finding(scrape.span, message).path("scrape_configs").related(node.span, "probed here");
                found.push(other.help(help));
            }
        }
    }
}

/// An address that is asked over HTTP, by whom.
struct Asked<'a> {
    node: &'a Node,
    job: &'a str,
    how: &'static str,
}

/// The host and the port of a page that is asked for without TLS. What answers at the ports of the web may tell protocols apart.
fn plain_address(target: &str) -> Option<&str> {
    let rest = target.strip_prefix("http://").or((!target.contains("://")).then_some(target))?;
    let address = rest.split(['/', '?', '#']).next().filter(|address| !address.contains('@'))?;
    (!matches!(port(address), "" | "80" | "443")).then_some(address)
}

/// What a probe speaks, where it is not HTTP.
fn protocol(probe: &Probe<'_>) -> Option<&'static str> {
    match probe.module.prober() {
        "grpc" => Some("speaks gRPC"),
        "tcp" => {
            let sent = probe.section()?.items_of("query_response").find_map(|step| step.get("send")?.as_str())?;
            let is_request = ["GET ", "HEAD ", "POST ", "OPTIONS "].iter().any(|method| sent.starts_with(method));
            (!is_request).then_some("says something else")
        }
        _ => None,
    }
}
