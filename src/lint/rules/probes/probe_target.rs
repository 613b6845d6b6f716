//! Targets that their prober cannot probe.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::probes::{Probe, of_listed, probes};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, ViewKind};
use crate::lint::words::hosts::{host, is_domain, is_own};
use crate::source::Node;

rule! {
    /// A probe job has a target that the prober of its module cannot reach: a URL for `tcp`, `dns`, `icmp` or `grpc`, a host
    /// without a port for `tcp` or `grpc`, a port for `icmp`. Every probe fails.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { tcp_connect: { prober: tcp } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [tcp_connect] }
    ///     static_configs: [{ targets: ["https://broker"] }]
    ///     relabel_configs: [{ source_labels: [__address__], target_label: __param_target }, { target_label: __address__, replacement: "blackbox:9115" }]
    /// ```
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { tcp_tls: { prober: tcp, tcp: { tls: true, tls_config: { server_name: database.shop.svc } } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [tcp_tls] }
    ///     static_configs: [{ targets: ["broker.shop.svc:5671"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { tcp_connect: { prober: tcp } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [tcp_connect] }
    ///     static_configs: [{ targets: ["broker:5672"] }]
    ///     relabel_configs: [{ source_labels: [__address__], target_label: __param_target }, { target_label: __address__, replacement: "blackbox:9115" }]
    /// ```
    ProbeTarget, "probe-target", Error
}

impl Rule for ProbeTarget {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if matches!(view.view.kind, ViewKind::Targets(_)) {
            for job in view.config.jobs.iter().filter(|job| job.metrics_path() == "/probe") {
                for probe in &of_listed(job, context) {
                    unfit(probe, found);
                }
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for probe in probes(context) {
            slips(&probe, found);
            plain(&probe, found);
            asked_itself(&probe, found);
            unfit(&probe, found);
            named_otherwise(&probe, found);
        }
    }
}

/// A certificate that is checked for the name of another service of the cluster than those that are asked.
fn named_otherwise(probe: &Probe<'_>, found: &mut Vec<Diagnostic>) {
    let tls = probe.section().and_then(|section| section.get("tls_config"));
    let Some((node, name)) = tls.and_then(|tls| tls.get_str("server_name")) else { return };
    let of_service = |host: &str| -> Option<String> {
        let inside = host.trim_end_matches(".cluster.local").strip_suffix(".svc")?;
        Some(inside.to_owned())
    };
    let targets: Vec<&str> = probe.targets().map(|(_, target)| host(target)).collect();
    let Some(wanted) = of_service(name) else { return };
    // One pod of a service, or the same without a balancer before it, shows the certificate of the service.
    let first = |service: &str| service.split('.').next().unwrap_or("").to_owned();
    let is_akin = |service: &str| {
        let (one, other) = (first(service), first(&wanted));
        service.ends_with(&wanted) || one.starts_with(&other) || other.starts_with(&one)
    };
    let is_other = |target: &&str| of_service(target).is_some_and(|service| !is_akin(&service));
    if !targets.is_empty() && targets.iter().all(is_other) {
        let message = format!("the certificate is checked for {}, and `{}` is asked", node.describe(), targets[0]);
        let path = format!("modules.{}.{}.tls_config.server_name", probe.module.name(), probe.module.prober());
        found.push(META.finding_at(Level::Warning, node.span, message).path(path).help("name the host that is asked, or leave it out"));
    }
}

/// Targets that the prober cannot probe.
fn unfit(probe: &Probe<'_>, found: &mut Vec<Diagnostic>) {
    let prober = probe.module.prober();
    for (node, target) in probe.targets() {
        let Some((what, help)) = trouble(prober, target) else {
            family(probe, node, target, found);
            continue;
        };
        let module = probe.module.node.get("prober").unwrap_or(probe.module.name);
        found.push(
            META.finding(node.span, format!("{} is {what}, which the prober `{prober}` cannot probe", node.describe()))
                .path(format!("scrape_configs[{}].static_configs", probe.job.index))
                .related(module.span, format!("the module `{}`", probe.module.name()))
                .help(help),
        );
    }
}

/// A module that takes only TLS, and is asked for plain HTTP.
fn plain(probe: &Probe<'_>, found: &mut Vec<Diagnostic>) {
    let Some(node) = probe.section().and_then(|section| section.get("fail_if_not_ssl")).filter(|node| node.as_bool() == Some(true)) else {
        return;
    };
    if let Some((target, _)) = probe.targets().find(|(_, target)| target.starts_with("http://")) {
        let message = format!("this fails without TLS, and {} is asked without", target.describe());
        let finding = META.finding_at(Level::Warning, node.span, message).related(target.span, "the target");
        let path = format!("modules.{}.http.fail_if_not_ssl", probe.module.name());
        found.push(finding.path(path).help("leave it out, or ask this target over TLS"));
    }
}

/// A host that is asked for its own address as if it were a resolver. Servers of names, and domains whose name leads to theirs, may be.
fn asked_itself(probe: &Probe<'_>, found: &mut Vec<Diagnostic>) {
    const RESOLVERS: &[&str] = &["ns", "dns", "name", "resolver", "bind", "dc", "unbound", "pdns", "adguard", "pihole"];
    let section = probe.section().filter(|_| probe.module.prober() == "dns");
    let Some((place, name)) = section.and_then(|section| section.get_str("query_name")) else { return };
    let kind = section.and_then(|section| section.get("query_type")?.as_str()).unwrap_or("ANY");
    let name = name.trim_end_matches('.').to_lowercase();
    let first = name.split('.').next().unwrap_or("");
    let is_resolver = RESOLVERS.iter().any(|word| first.starts_with(word));
    if !matches!(kind, "A" | "AAAA" | "CNAME" | "HTTPS") || is_resolver || name.split('.').count() < 3 {
        return;
    }
    for (node, _) in probe.targets().filter(|(_, target)| target.trim_end_matches('.').to_lowercase() == name) {
        let message = format!("{} is asked for its own address, and the target of this prober is the resolver to ask", node.describe());
        let finding =
            META.finding_at(Level::Warning, node.span, message).path(format!("scrape_configs[{}].static_configs", probe.job.index));
        found.push(finding.related(place.span, "what is asked for").help("name a resolver, as `10.0.0.53:53`"));
    }
}

/// Words in names of jobs, and the prober that they promise.
const WORDS: &[(&str, &str)] =
    &[("http", "http"), ("https", "http"), ("tcp", "tcp"), ("dns", "dns"), ("icmp", "icmp"), ("ping", "icmp"), ("grpc", "grpc")];

/// Targets that can be probed, and hardly are what is meant.
fn slips(probe: &Probe<'_>, found: &mut Vec<Diagnostic>) {
    let prober = probe.module.prober();
    let path = format!("scrape_configs[{}]", probe.job.index);
    let mut report = |node: &Node, message: String, help: &str| {
        found.push(META.finding_at(Level::Warning, node.span, message).path(path.clone()).help(help));
    };
    let named: Vec<&str> = probe
        .job
        .name()
        .split(['-', '_', '.', '/', ' '])
        .filter_map(|word| Some(WORDS.iter().find(|(known, _)| *known == word)?.1))
        .collect();
    if let ([meant], Some(module)) = (named.as_slice(), probe.job.modules().next())
        && *meant != prober
        && !prober.is_empty()
    {
        let message = format!("the job `{}` asks for a module whose prober is `{prober}`", probe.job.name());
        report(module, message, "name the module that does what the job is called after");
    }
    let mut others: Vec<(&Node, &Node)> = Vec::new();
    let section = probe.section();
    let on = |key: &str| section.and_then(|section| section.get(key)).and_then(Node::as_bool) == Some(true);
    for (node, target) in probe.targets() {
        let (host, port) = (
            host(target),
            target
                .split_once("://")
                .map_or(target, |(_, rest)| rest)
                .split('/')
                .next()
                .and_then(|a| a.rsplit_once(':'))
                .map_or("", |(_, port)| port),
        );
        match prober {
            "http" if target.starts_with("https://") && port == "80" => {
                report(node, format!("{} asks over TLS at the port of plain HTTP", node.describe()), "remove the port");
            }
            "http" if target.starts_with("http://") && port == "443" => {
                report(node, format!("{} asks without TLS at the port of HTTPS", node.describe()), "write `https://`");
            }
            "http"
                if target.contains(' ')
                    || target.starts_with("http:/") && !target.starts_with("http://")
                    || target.starts_with("https:/") && !target.starts_with("https://")
                    || target.starts_with("http//")
                    || target.starts_with("https//") =>
            {
                report(node, format!("{} is no URL", node.describe()), "write it as `https://host/path`");
            }
            "http" if !target.starts_with("https://") && on("fail_if_not_ssl") => {
                report(
                    node,
                    format!("{} is asked without TLS, and the module `{}` fails without", node.describe(), probe.module.name()),
                    "write `https://`, or use another module",
                );
            }
            "dns" if matches!(port, "80" | "443" | "8080") => {
                report(node, format!("{} is no port of a resolver", node.describe()), "resolvers listen at 53");
            }
            _ => {}
        }
        let numbers = host.contains('.') && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if numbers && host.parse::<std::net::Ipv4Addr>().is_err() {
            report(node, format!("`{host}` is no address: it has four numbers of 0 to 255"), "correct it");
        }
        if !port.is_empty()
            && !port.contains(']')
            && port.parse::<u16>().ok().is_none_or(|port| port == 0)
            && !host.is_empty()
            && !port.contains(':')
        {
            report(node, format!("`{port}` is no port"), "write 1 to 65535");
        }
        if is_own(host) && probe.targets().count() > 0 && exporter_is_elsewhere(probe) {
            report(node, format!("`{host}` is the exporter itself"), "name the host");
        }
        let wanted = section.and_then(|section| section.get("tls_config")).and_then(|tls| tls.get("server_name")).and_then(Node::as_str);
        if let Some(wanted) =
            wanted.filter(|wanted| is_domain(wanted) && is_domain(host) && *wanted != host && did_you_mean(host, [*wanted]).is_some())
        {
            report(
                node,
                format!("`{host}` is nearly `{wanted}`, whose certificate the module `{}` asks for", probe.module.name()),
                "use one host",
            );
            others.extend(section.and_then(|section| section.get("tls_config")?.get("server_name")).map(|name| (name, node)));
        }
    }
    for (name, target) in others {
        let message = format!("no probed host has the certificate of {}: one is nearly called so", name.describe());
        let finding = META.finding_at(Level::Warning, name.span, message).related(target.span, "the target");
        let path = format!("modules.{}.{prober}.tls_config.server_name", probe.module.name());
        found.push(finding.path(path).help("use one host"));
    }
}

/// Whether the exporter is reached by a name, and so is another machine or container.
fn exporter_is_elsewhere(probe: &Probe<'_>) -> bool {
    let steps = probe.job.relabel.iter().filter(|step| step.target.and_then(Node::as_str) == Some("__address__"));
    steps.filter_map(|step| step.replacement?.as_str()).any(|address| !host(address).is_empty() && !is_own(host(address)))
}

/// An address of the one kind of IP, where the module speaks the other alone.
fn family(probe: &Probe<'_>, node: &Node, target: &str, found: &mut Vec<Diagnostic>) {
    let Some(section) = probe.section() else { return };
    let strict = section.get("ip_protocol_fallback").filter(|flag| flag.as_bool() == Some(false));
    let preferred = section.get("preferred_ip_protocol").and_then(Node::as_str).unwrap_or("ip6");
    let name = host(target);
    let address = target.parse().or_else(|_| name.parse::<std::net::IpAddr>());
    let other = match address {
        Ok(address) if address.is_ipv4() && preferred == "ip6" => "IPv4",
        Ok(address) if address.is_ipv6() && preferred == "ip4" => "IPv6",
        _ => return,
    };
    let Some(flag) = strict else { return };
    let message = format!("this is an address of {other}, and the module `{}` speaks `{preferred}` alone", probe.module.name());
    let finding = META.finding(node.span, message.clone()).path(format!("scrape_configs[{}].static_configs", probe.job.index));
    found.push(finding.related(flag.span, "the module").help("use another module, or another address"));
    let place = section.get("preferred_ip_protocol").unwrap_or(flag);
    let message = format!("{} is an address of {other}, and this speaks `{preferred}` alone", node.describe());
    let finding = META.finding(place.span, message).path(format!("modules.{}.{}", probe.module.name(), probe.module.prober()));
    found.push(finding.related(node.span, "the target").help("prefer the other, or allow to fall back"));
}

fn trouble(prober: &str, target: &str) -> Option<(&'static str, &'static str)> {
    let port = target.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()).is_some();
    let address = target.parse::<std::net::IpAddr>().is_ok();
    let scheme = target.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match (prober, scheme.as_deref()) {
        ("http", Some(scheme)) if scheme != "http" && scheme != "https" => Some(("no URL of HTTP", "write it as `https://host/path`")),
        ("tcp" | "grpc" | "dns" | "icmp", Some(_)) => Some(("a URL", "write a host and port, or use a module whose prober is `http`")),
        ("tcp" | "grpc", None) if target.contains('/') => Some(("no host with a port", "write it as `host:port`")),
        ("tcp" | "grpc", None) if !port || address => Some(("a host without a port", "write it as `host:port`")),
        ("icmp", None) if port && !address => Some(("a host with a port", "write the host alone")),
        ("icmp" | "dns", None) if target.contains('/') => Some(("no host", "write the host alone")),
        _ => None,
    }
}
