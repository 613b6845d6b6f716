//! Targets whose port serves no metrics.

use foldhash::HashMap;

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::words::slip::sibling_stems;
use crate::lint::world::jobs::writes;
use crate::lint::world::relabel;
use crate::source::Node;

rule! {
    /// A target has no port, or one that cannot serve what is asked of it: a database's own instead of its exporter's, one of
    /// another protocol, a number that is none. Without a port Prometheus asks port 80, or 443 under `https`, where hardly any
    /// service has its metrics. The kubelet takes only TLS. Targets that are told apart by a number or a letter have one port.
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
    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            others(job, found);
            kubelet(job, found);
            let Some(outcomes) = relabel::targets(job) else { continue };
            for outcome in outcomes.iter().filter(|outcome| outcome.dropped.is_none()) {
                let Some(address) = outcome.labels.get("__address__") else { continue };
                let scheme = outcome.labels.get("__scheme__").map_or("http", String::as_str);
                let Some((level, trouble)) = trouble(address, scheme) else { continue };
                // The address may have come from relabelling.
                let writer = job.relabel.iter().rev().find(|step| step.target.and_then(Node::as_str) == Some("__address__"));
                let place = writer.and_then(|step| step.replacement).unwrap_or(outcome.address);
                // Of what is written in the job, it is said as that.
                let is_written_there = outcome.address.span.source == job.node.span.source;
                if level == Level::Error && job.relabel.is_empty() && address.contains('/') && is_written_there {
                    continue;
                }
                let diagnostic = META.finding_at(level, place.span, format!("{} {trouble}", place.describe()));
                if !found.iter().any(|other| other.rule == META.id && other.span == place.span) {
                    found
                        .push(diagnostic.path(format!("scrape_configs[{}]", job.index)).help("write the host and the port of the metrics"));
                }
            }
        }
        for (index, one) in view.config.alertmanagers.iter().enumerate() {
            for node in &one.targets.addresses {
                let address = node.as_str().filter(|address| !address.contains('/'));
                // What other programs take at their ports is said with the address of Alertmanager.
                let is_other = |address: &&str| OTHER.iter().any(|(port, _)| address.rsplit_once(':').is_some_and(|(_, own)| own == *port));
                let address = address.filter(|address| !is_other(address));
                let Some((level, trouble)) = address.and_then(|address| trouble(address, "http")) else { continue };
                let diagnostic = META.finding_at(level, node.span, format!("{} {trouble}", node.describe()));
                found.push(
                    diagnostic.path(format!("alerting.alertmanagers[{index}]")).help("write the host and the port, as `alertmanager:9093`"),
                );
            }
        }
    }
}

/// The kubelet, which the discovery of nodes finds, takes only TLS at its port.
fn kubelet(job: &Job<'_>, found: &mut Vec<Diagnostic>) {
    // What is known of nodes brings no inner label.
    let mut steps = job.relabel.iter().filter(|step| step.action != "labelmap");
    let is_changed = steps.any(|step| writes(step, "__address__") || writes(step, "__scheme__"));
    let [key] = job.targets.discovery.as_slice() else { return };
    let nodes = || job.node.items_of("kubernetes_sd_configs");
    let finds_nodes =
        key.as_str() == Some("kubernetes_sd_configs") && nodes().all(|entry| entry.get("role").and_then(Node::as_str) == Some("node"));
    let scheme = job.node.get_str("scheme");
    if is_changed || !finds_nodes || !job.targets.addresses.is_empty() || scheme.is_some_and(|(_, scheme)| scheme != "http") {
        return;
    }
    let place = scheme.map(|(node, _)| node).or(job.name).unwrap_or(job.node);
    let message = "nodes are found with the port of the kubelet, which takes nothing without TLS";
    let finding = META.finding(place.span, message).path(format!("scrape_configs[{}]", job.index));
    found.push(finding.help("write `scheme: https`, or give the targets another port by relabelling"));
}

/// Programs, as jobs and hosts are called after them, and the port of their metrics.
const PROGRAMS: &[(&str, &str)] = &[
    ("prometheus", "9090"),
    ("alertmanager", "9093"),
    ("node-exporter", "9100"),
    ("blackbox", "9115"),
    ("pushgateway", "9091"),
    ("postgres", "9187"),
    ("redis", "9121"),
    ("mysql", "9104"),
    ("grafana", "3000"),
    ("loki", "3100"),
];

/// Targets that have the port of another program than the one that job and host are called after, or not the port of all others.
fn others(job: &Job<'_>, found: &mut Vec<Diagnostic>) {
    let is_replaced = |label: &str| job.relabel.iter().any(|step| writes(step, label));
    if is_replaced("__address__") || is_replaced("__param_target") {
        return;
    }
    bare(job, found);
    let targets = job.targets.groups.iter().filter_map(|group| group.get("targets")).flat_map(Node::items);
    let targets: Vec<(&Node, &str, &str)> =
        targets.filter_map(|node| Some((node, node.as_str()?.rsplit_once(':')?))).map(|(node, (host, port))| (node, host, port)).collect();
    let mut report = |node: &Node, message: String, help: String| {
        let finding = META.finding(node.span, message).path(format!("scrape_configs[{}].static_configs", job.index));
        found.push(finding.help(help));
    };
    for (node, host, port) in &targets {
        let of = |name: &str| PROGRAMS.iter().find(|(program, _)| name.split(['.', '/']).next().is_some_and(|name| name == *program));
        let Some((program, own)) = of(job.name()).filter(|program| of(host) == Some(program)) else { continue };
        if let Some((other, _)) = PROGRAMS.iter().find(|(_, known)| known == port && known != own) {
            report(
                node,
                format!("{} has the port of {other}, and is called after {program}", node.describe()),
                format!("did you mean {own}?"),
            );
        }
    }
    odd_program(job, &targets, &mut report);
    let mut hosts = Hosts::default();
    for (_, host, port) in &targets {
        hosts.add(host, port);
    }
    for (node, host, port) in &targets {
        let Some((program, _)) = PROGRAMS.iter().find(|(_, known)| known == port) else { continue };
        if let Some((usual, _)) = hosts.siblings_port(host).filter(|(usual, times)| *times > 1 && usual != port) {
            let message = format!("the others of `{}` have the port {usual}, and {} that of {program}", job.name(), node.describe());
            report(node, message, format!("did you mean {usual}?"));
        }
    }
    // Hosts that are told apart by their number alone, as `node-1` and `node-2`, serve at one port.
    let usual = |port: &str| PROGRAMS.iter().any(|(_, known)| *known == port) || port == "9100";
    for (node, host, port) in targets.iter().filter(|(.., port)| !usual(port)) {
        let Some((other, times)) = hosts.numbered_port(host).filter(|(other, _)| other != port) else { continue };
        // Of two, one may be another program; a third one shows which is odd.
        if times > 1 && hosts.ports[host].len() == 1 || strsim::damerau_levenshtein(other, port) == 1 && usual(other) {
            report(
                node,
                format!("the others of `{}` have the port {other}, and {} has {port}", job.name(), node.describe()),
                format!("did you mean {other}?"),
            );
        }
    }
}

/// The one target that has the port of another program, where all others, two at least, have one and the same.
fn odd_program(job: &Job<'_>, targets: &[(&Node, &str, &str)], report: &mut dyn FnMut(&Node, String, String)) {
    let is_program = |port: &str| PROGRAMS.iter().find(|(_, known)| *known == port).map(|(program, _)| *program);
    for (at, (node, _, port)) in targets.iter().enumerate() {
        let Some(program) = is_program(port) else { continue };
        let mut others = targets.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, (.., port))| *port);
        let Some(usual) = others.next().filter(|usual| usual != port && is_program(usual).is_some()) else { continue };
        let rest: Vec<&str> = others.collect();
        if !rest.is_empty() && rest.iter().all(|other| *other == usual) {
            let message = format!("the others of `{}` have the port {usual}, and {} that of {program}", job.name(), node.describe());
            report(node, message, format!("did you mean {usual}?"));
        }
    }
}

/// The hosts of a job with their ports, by what they have in common with their siblings.
#[derive(Default)]
struct Hosts<'j> {
    ports: HashMap<&'j str, Vec<&'j str>>,
    /// Hosts that are told apart by a number, or by a letter of its own.
    alike: HashMap<String, Vec<&'j str>>,
}

impl<'j> Hosts<'j> {
    fn add(&mut self, host: &'j str, port: &'j str) {
        let ports = self.ports.entry(host).or_default();
        if ports.is_empty() {
            for stem in numbered(host).into_iter().chain(sibling_stems(host)) {
                self.alike.entry(stem).or_default().push(host);
            }
        }
        ports.push(port);
    }

    /// The one port of all siblings of a host, and how many of them have it.
    fn siblings_port(&self, host: &str) -> Option<(&'j str, usize)> {
        self.port_of(host, numbered(host).into_iter().chain(sibling_stems(host)))
    }

    /// The same of those that are told apart by a number.
    fn numbered_port(&self, host: &str) -> Option<(&'j str, usize)> {
        self.port_of(host, numbered(host).into_iter())
    }

    /// Most hosts are through with the first sibling that has another port, or the only one of their own.
    fn port_of(&self, host: &str, stems: impl Iterator<Item = String>) -> Option<(&'j str, usize)> {
        let own = self.ports.get(host)?;
        let mut found: Option<(&str, usize)> = None;
        for stem in stems {
            let others = self.alike.get(&stem)?.iter().filter(|other| **other != host);
            for port in others.flat_map(|other| &self.ports[other]) {
                match &mut found {
                    Some((usual, times)) if usual == port => *times += 1,
                    None if own.iter().any(|own| own != port) => found = Some((port, 1)),
                    _ => return None,
                }
            }
        }
        found
    }
}

/// A host without its numbers; `None` where it is nothing else.
fn numbered(host: &str) -> Option<String> {
    Some(host.replace(|c: char| c.is_ascii_digit(), "")).filter(|stem| !stem.is_empty())
}

/// A target without a port, where all others have one and the same.
fn bare(job: &Job<'_>, found: &mut Vec<Diagnostic>) {
    let groups = job.targets.groups.iter().filter_map(|group| group.get("targets")).flat_map(Node::items);
    let targets: Vec<(&Node, &str)> = groups.filter_map(Node::with_str).filter(|(_, text)| !text.contains(['/', '$', '{', '['])).collect();
    let ports: Vec<&str> = targets.iter().filter_map(|(_, text)| text.rsplit_once(':')).map(|(_, port)| port).collect();
    if ports.len() < 2 || ports.iter().any(|port| *port != ports[0] || matches!(*port, "80" | "443")) {
        return;
    }
    // A container's name without a port is said of by itself.
    for (node, _) in targets.iter().filter(|(_, text)| !text.contains(':') && text.contains('.')) {
        let message = format!("the others of `{}` have the port {}, and {} has none", job.name(), ports[0], node.describe());
        let finding = META.finding(node.span, message).path(format!("scrape_configs[{}].static_configs", job.index));
        found.push(finding.help(format!("did you mean `{}:{}`?", node.as_str().unwrap_or(""), ports[0])));
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
    if host.contains(['*', '?', '|']) {
        return Some((Level::Error, "is no host: a target is one name, and no pattern".to_owned()));
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
