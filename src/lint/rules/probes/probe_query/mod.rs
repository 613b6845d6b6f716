//! Settings of TCP, DNS, ICMP and gRPC probes that cannot work.

mod certificate;
mod dns;
mod tcp;

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::probes::{Probe, probes};
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::BlackboxView;
use crate::lint::words::hosts::port;
use crate::source::Node;

rule! {
    /// A TCP, DNS, ICMP or gRPC module of the blackbox exporter has a setting that cannot work: a name to resolve that is none, an
    /// answer expected that the question does not bring or that matches no line, TLS settings beside `tls: false`, a packet that is
    /// too large, a certificate of another host that is probed. Or a target is at the port of another program than the module talks to.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { dns: { prober: dns, dns: { query_name: "https://example.com", query_type: A } } }
    /// ```
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { tls: { prober: tcp, tcp: { tls: true } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - { job_name: web, static_configs: [{ targets: ["web:8080"] }] }
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [tls] }
    ///     static_configs: [{ targets: ["web:8080"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { dns: { prober: dns, dns: { query_name: example.com, query_type: A } } }
    /// ```
    ProbeQuery, "probe-query", Warning up to Error
}

impl Rule for ProbeQuery {
    fn blackbox(&self, view: &BlackboxView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for module in view.modules {
            let prober = module.prober();
            let section = module.node.get(prober).filter(|section| !section.is_null());
            if section.is_none() && prober == "dns" {
                let message = "the module does not say what to look up";
                let finding = META.finding_at(Level::Error, module.name.span, message).path(format!("modules.{}", module.name()));
                found.push(finding.help("add `dns: { query_name: … }`"));
            }
            let Some(section) = section else { continue };
            let mut report = Section::new(&META, format!("modules.{}.{prober}", module.name()), found);
            source_address(section, &mut report);
            match prober {
                "tcp" | "unix" => tcp::tcp(section, &mut report),
                "dns" => dns::dns(section, &mut report),
                "icmp" => icmp(section, &mut report),
                "grpc" => grpc(section, &mut report),
                _ => {}
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let all = probes(context);
        certificate::of_another(&all, found);
        for probe in all.into_iter().filter(|probe| probe.module.prober() == "tcp") {
            let mut report = Section::new(&META, format!("modules.{}.tcp", probe.module.name()), found);
            let words = tcp::conversation(&probe, &mut report);
            if let (Some(message), Some((place, _))) = (words, probe.targets().next()) {
                let message = format!("{message}, as the module `{}` has it", probe.module.name());
                let finding = META.finding(place.span, message).path("scrape_configs").related(probe.module.name.span, "the module");
                found.push(finding.help("correct the port, or use another module"));
            }
            misdirected(&probe, found);
            scraped_plainly(&probe, context, found);
            let Some(tls) = probe.section().and_then(|section| section.get("tls").filter(|_| flag(section, "tls"))) else { continue };
            let spoken: Vec<(&Node, Option<&str>)> =
                probe.targets().map(|(place, target)| (place, tcp::without_tls(port(target)))).collect();
            let Some((place, message)) = spoken.iter().find_map(|(place, message)| Some((*place, (*message)?))) else { continue };
            let here = format!("{message}, and the module `{}` begins with TLS", probe.module.name());
            let finding = META.finding(place.span, here).path("scrape_configs").related(tls.span, "the module");
            found.push(finding.help("probe the port that speaks with TLS, or use another module"));
            let speaks_tls =
                |target: &str| matches!(port(target), "443" | "465" | "636" | "853" | "993" | "995" | "6443" | "8443" | "9443");
            if !probe.targets().any(|(_, target)| speaks_tls(target)) {
                let message = format!("{message}, and this begins with TLS");
                let finding = META.finding(tls.span, message).path(format!("modules.{}.tcp.tls", probe.module.name()));
                found.push(finding.related(place.span, "probed here").help("remove it, or probe the port that speaks with TLS"));
            }
        }
    }
}

/// A module that begins with TLS, or waits for a greeting, and probes what Prometheus scrapes over plain HTTP.
fn scraped_plainly(probe: &Probe<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(section) = probe.section() else { return };
    let tls = section.get("tls").filter(|_| flag(section, "tls"));
    let greeting = section.items_of("query_response").next().and_then(|step| step.get("expect"));
    let Some((place, what)) = tls.map(|node| (node, "begins with TLS")).or_else(|| Some((greeting?, "waits until it is greeted"))) else {
        return;
    };
    let jobs = || context.world.prometheus.iter().flat_map(|config| &config.jobs);
    let is_plain = |job: &Job<'_>| {
        let is_http = job.node.get("scheme").and_then(Node::as_str).is_none_or(|scheme| scheme.eq_ignore_ascii_case("http"));
        is_http && job.relabel.is_empty() && job.metrics_path() != "/probe"
    };
    let scrapes = |job: &Job<'_>, target: &str| job.targets.addresses.iter().any(|node| node.as_str() == Some(target));
    let scraper = |target: &str| jobs().find(|job| is_plain(job) && scrapes(job, target));
    let Some((target, job)) = probe.targets().find_map(|(node, target)| Some((node, scraper(target)?))) else { return };
    let message = format!("{} speaks plain HTTP, by which `{}` scrapes it, and this {what}", target.describe(), job.name());
    let finding = META.finding(place.span, message).path(format!("modules.{}.tcp", probe.module.name()));
    found.push(finding.related(target.span, "probed here").help("leave it out, or probe another port"));
}

/// Targets at the port of another program than the module talks to.
fn misdirected(probe: &Probe<'_>, found: &mut Vec<Diagnostic>) {
    let Some(section) = probe.section() else { return };
    let mut wrong = Vec::new();
    for (place, target) in probe.targets() {
        let Some((spoken, other)) = tcp::spoken_elsewhere(section, port(target)) else { continue };
        let message = format!("{} is the port of {other}, and the module `{}` speaks {spoken}", port(target), probe.module.name());
        let finding = META.finding(place.span, message.clone()).path("scrape_configs").related(probe.module.name.span, "the module");
        found.push(finding.help("use another module"));
        wrong.push((place, message));
    }
    let steps = section.get("query_response").filter(|_| wrong.len() == probe.targets().count());
    if let (Some(steps), Some((place, message))) = (steps, wrong.into_iter().next()) {
        let finding = META.finding(steps.span, message).path(format!("modules.{}.tcp.query_response", probe.module.name()));
        found.push(finding.related(place.span, "probed here").help("say what is understood there, or probe another port"));
    }
}

fn flag(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool) == Some(true)
}

fn source_address(section: &Node, report: &mut Section<'_>) {
    let address = section.get("source_ip_address").filter(|node| !node.is_null());
    if let Some(node) = address.filter(|node| node.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_err())) {
        report.add(
            Level::Error,
            node,
            "source_ip_address",
            format!("{} is no IP address", node.describe()),
            "write an address of this host",
        );
    }
}

fn unread_tls(section: &Node, switch: &str, report: &mut Section<'_>) {
    let upgrades = section.items_of("query_response").any(|step| flag(step, "starttls"));
    if let Some((key, _)) = section.entry("tls_config").filter(|_| !flag(section, switch) && !upgrades) {
        let message = format!("`tls_config` is not read: `{switch}` is off");
        report.add(Level::Warning, key, "tls_config", message, &format!("set `{switch}: true`, or remove it"));
    }
}

fn icmp(section: &Node, report: &mut Section<'_>) {
    if let Some((node, size)) = section.get("payload_size").and_then(|node| Some((node, node.as_i64()?))) {
        if size > 65_507 {
            report.add(Level::Error, node, "payload_size", "a packet holds 65507 bytes at most", "use `56`");
        } else if size > 1472 && flag(section, "dont_fragment") {
            report.add(
                Level::Warning,
                node,
                "payload_size",
                "with `dont_fragment` a packet holds 1472 bytes on most networks",
                "use `1472` or less",
            );
        }
    }
    if let Some(node) = section.get("preferred_ip_protocol").filter(|node| node.as_str() == Some("ip6") && flag(section, "dont_fragment")) {
        let message = "`dont_fragment` works with IPv4 alone, so nothing comes of it here";
        report.add(Level::Warning, node, "preferred_ip_protocol", message, "use `ip4`, or leave `dont_fragment` out");
    }
    if let Some((node, ttl)) = section.get("ttl").and_then(|node| Some((node, node.as_i64()?))) {
        if ttl > 255 {
            report.add(Level::Error, node, "ttl", "a packet lives 255 hops at most", "use `64`");
        } else if (0..3).contains(&ttl) {
            report.add(Level::Warning, node, "ttl", format!("a packet that lives {ttl} hops hardly arrives"), "use `64`");
        }
    }
}

fn grpc(section: &Node, report: &mut Section<'_>) {
    unread_tls(section, "tls", report);
    if let Some(node) = section.get("service").filter(|node| node.as_str().is_some_and(|text| text.contains(['/', ':', ' ']))) {
        report.add(
            Level::Error,
            node,
            "service",
            format!("{} is no name of a service", node.describe()),
            "write it as `package.v1.Service`",
        );
    }
}
