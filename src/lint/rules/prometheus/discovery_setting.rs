//! Service discovery that Prometheus refuses, or that finds nothing.

use crate::diagnostic::{Diagnostic, Level, misspelt};
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::prometheus::discovery_label::{PHASES, brought};
use crate::lint::views::loading::{folder, loads};
use crate::lint::views::{PrometheusView, ViewKind};
use crate::lint::words::hosts::port;
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// A service discovery cannot work: files to read targets from that are neither JSON nor YAML, a look-up of addresses in the DNS
    /// without a port, a name of an `SRV` record without `_service._protocol`, a Consul that is asked at the port of its DNS, a server of Kubernetes that is named twice or by no URL.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, dns_sd_configs: [{ names: [app.example.com], type: A }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, dns_sd_configs: [{ names: [app.example.com], type: A, port: 8080 }] }]
    /// ```
    DiscoverySetting, "discovery-setting", Error
}

impl Rule for DiscoverySetting {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        idle(view, context, found);
        for (index, one) in view.config.alertmanagers.iter().enumerate() {
            let mut report = |level: Level, node: &Node, message: String, help: String| {
                found.push(META.finding_at(level, node.span, message).path(format!("alerting.alertmanagers[{index}]")).help(help));
            };
            looked_up(one.node, &mut report);
        }
    }

    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            let at = format!("scrape_configs[{}]", job.index);
            let mut report = |level: Level, node: &Node, message: String, help: String| {
                found.push(META.finding_at(level, node.span, message).path(at.clone()).help(help));
            };
            nowhere(job, &mut report);
            hurried(job.node, &mut report);
            for one in job.node.items_of("kubernetes_sd_configs") {
                selectors(one, &mut report);
                server(one, &mut report);
            }
            addresses(job.node, &mut report);
            looked_up(job.node, &mut report);
        }
    }
}

/// Files of targets that lie beside the configuration and that no job reads, while a job reads files that are not there.
fn idle(view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let patterns: Vec<(usize, &Node, &str)> = view
        .config
        .jobs
        .iter()
        .flat_map(|job| job.node.items_of("file_sd_configs").map(move |one| (job.index, one)))
        .flat_map(|(job, one)| one.items_of("files").map(move |node| (job, node)))
        .filter_map(|(job, node)| Some((job, node, node.as_str().filter(|text| !text.contains("${"))?)))
        .collect();
    if patterns.is_empty() {
        return;
    }
    let beside = |path: &str| path.starts_with(folder(view.view.file));
    let views = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Targets(_)));
    let files: Vec<&str> = views.map(|view| view.file).filter(|path| beside(path)).collect();
    let loads = |pattern: &str, path: &str| loads(view.view, pattern.strip_prefix("./").unwrap_or(pattern), path);
    let Some(unread) = files.iter().find(|path| !patterns.iter().any(|(.., pattern)| loads(pattern, path))) else { return };
    for (job, node, pattern) in &patterns {
        if !files.iter().any(|path| loads(pattern, path)) {
            let message = format!("no file here is {}, and `{unread}` is read by no job", node.describe());
            let finding = META.finding_at(Level::Warning, node.span, message);
            found.push(finding.path(format!("scrape_configs[{job}].file_sd_configs")).help("correct the pattern"));
        }
    }
}

/// Files of targets, and names that are looked up.
fn looked_up(section: &Node, report: &mut dyn FnMut(Level, &Node, String, String)) {
    for file in section.items_of("file_sd_configs").flat_map(|one| one.items_of("files")) {
        let text = file.as_str().filter(|text| !text.contains("${"));
        if text.is_some_and(|text| ![".json", ".yml", ".yaml"].iter().any(|end| text.ends_with(end))) {
            let message = format!("{} is no name of a JSON or YAML file, and Prometheus refuses it", file.describe());
            report(Level::Error, file, message, "name files that end in `.json`, `.yml` or `.yaml`".to_owned());
        }
    }
    for one in section.items_of("dns_sd_configs") {
        dns(one, report);
    }
}

/// Discovery that is told to look nowhere.
fn nowhere(job: &Job<'_>, report: &mut dyn FnMut(Level, &Node, String, String)) {
    for (list, key) in [("file_sd_configs", "files"), ("dns_sd_configs", "names")] {
        for node in job.node.items_of(list).filter_map(|one| one.get(key)).filter(|node| node.as_sequence().is_some_and(<[_]>::is_empty)) {
            report(Level::Error, node, format!("`{key}` names none, and Prometheus refuses that"), "name one".to_owned());
        }
    }
}

/// Which objects of Kubernetes are asked for.
fn selectors(one: &Node, report: &mut dyn FnMut(Level, &Node, String, String)) {
    let role = one.get("role").and_then(Node::as_str).unwrap_or("");
    let asked: &[&str] = match role {
        "endpoints" => &["pod", "service", "endpoints", "node"],
        "endpointslice" => &["pod", "service", "endpointslice", "node"],
        "pod" => &["pod", "node"],
        "service" => &["service"],
        "node" => &["node"],
        "ingress" => &["ingress"],
        _ => return,
    };
    for selector in one.items_of("selectors") {
        if let Some((node, of)) = selector.get_str("role")
            && !asked.contains(&of)
            && brought(of).is_some()
        {
            let message = format!("the role `{role}` asks for no {of}, and Prometheus refuses the selector");
            report(Level::Error, node, message, format!("select by {}", asked.join(", ")));
        }
        for (key, node) in ["label", "field"].into_iter().filter_map(|key| Some((key, selector.get(key)?))) {
            let Some(text) = node.as_str().filter(|text| !text.contains(['$', '(']) && !text.is_empty()) else { continue };
            if text.split(',').any(|part| !is_requirement(part.trim())) {
                let message = format!("{} is no selector of a {key}", node.describe());
                report(Level::Error, node, message, "write it as `name=value`".to_owned());
            }
        }
    }
}

/// The fields that pods are selected by.
const OF_PODS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
];

/// Where Kubernetes is asked, and by which fields of pods.
fn server(one: &Node, report: &mut dyn FnMut(Level, &Node, String, String)) {
    let is_set = |key: &str| one.get(key).is_some_and(|node| node.as_str() != Some(""));
    if let Some((key, _)) = one.entry("kubeconfig_file").filter(|_| is_set("kubeconfig_file") && is_set("api_server")) {
        report(
            Level::Error,
            key,
            "a `kubeconfig_file` names the server, and `api_server` another".to_owned(),
            "keep one of the two".to_owned(),
        );
    }
    if let Some((node, _)) =
        one.get_str("api_server").filter(|(_, text)| !text.is_empty() && !text.contains(['$', '{']) && !text.contains("://"))
    {
        report(Level::Error, node, format!("{} is no URL", node.describe()), "write it as `https://host:6443`".to_owned());
    }
    let of_pods = one.items_of("selectors").filter(|selector| selector.get("role").and_then(Node::as_str) == Some("pod"));
    for (node, text) in of_pods.filter_map(|selector| selector.get_str("field")).filter(|(_, text)| !text.contains('$')) {
        for part in text.split(',').map(str::trim) {
            let (name, value) =
                part.split_once("!=").or_else(|| part.split_once("==")).or_else(|| part.split_once('=')).unwrap_or((part, ""));
            if !OF_PODS.contains(&name.trim()) {
                let help = misspelt(name.trim(), OF_PODS)
                    .map_or_else(|| "use `status.phase` or `spec.nodeName`".to_owned(), |meant| format!("did you mean `{meant}`?"));
                report(Level::Warning, node, format!("pods are not selected by `{}`", name.trim()), help);
            } else if name.trim() == "status.phase" && !PHASES.contains(&value.trim()) {
                report(Level::Error, node, format!("no phase of a pod is `{}`", value.trim()), format!("they are {}", PHASES.join(", ")));
            }
        }
    }
}

/// What of a Docker swarm is asked for.
const ROLES: &[&str] = &["services", "tasks", "nodes"];

/// Addresses of the services that are asked for targets.
fn addresses(job: &Node, report: &mut dyn FnMut(Level, &Node, String, String)) {
    let plain = |text: &str| !text.is_empty() && !text.contains(['$', '{']) && !text.contains("://");
    for (list, key, help) in [
        ("docker_sd_configs", "host", "write it as `unix:///var/run/docker.sock`"),
        ("dockerswarm_sd_configs", "host", "write it as `unix:///var/run/docker.sock`"),
        ("eureka_sd_configs", "server", "write it as `http://eureka:8761/eureka`"),
        ("puppetdb_sd_configs", "url", "write it as `https://puppetdb:8081`"),
        ("uyuni_sd_configs", "server", "write it as `https://uyuni`"),
    ] {
        for (node, _) in job.items_of(list).filter_map(|one| one.get_str(key)).filter(|(_, text)| plain(text)) {
            report(Level::Error, node, format!("{} has no scheme, and Prometheus refuses it", node.describe()), help.to_owned());
        }
    }
    for (node, text) in job.items_of("consul_sd_configs").filter_map(|one| one.get_str("server")) {
        let speaks = match port(text) {
            "8300" | "8301" | "8302" => "the protocol of its servers",
            "8502" | "8503" => "gRPC",
            "8600" => "DNS",
            _ => continue,
        };
        let message = format!("at {} Consul speaks {speaks}, and it is its HTTP API that is asked", node.describe());
        report(Level::Warning, node, message, "it is at 8500, or 8501 over TLS".to_owned());
    }
    for (node, role) in job
        .items_of("dockerswarm_sd_configs")
        .filter_map(|one| one.get_str("role"))
        .filter(|(_, role)| !ROLES.contains(role) && !role.contains('$'))
    {
        report(Level::Error, node, format!("there is no role `{role}`"), "use `services`, `tasks` or `nodes`".to_owned());
    }
    for filter in
        ["ec2_sd_configs", "lightsail_sd_configs"].iter().flat_map(|list| job.items_of(list)).flat_map(|one| one.items_of("filters"))
    {
        if let Some((key, _)) = filter.entry("values").filter(|(_, list)| list.as_sequence().is_some_and(<[_]>::is_empty)) {
            report(Level::Error, key, "a filter without values is refused".to_owned(), "name some".to_owned());
        }
    }
}

/// Whether a text is one requirement of a selector: a name, perhaps with a value.
fn is_requirement(text: &str) -> bool {
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    let text = text.strip_prefix('!').unwrap_or(text).trim();
    match text.split_once("!=").or_else(|| text.split_once("==")).or_else(|| text.split_once('=')) {
        Some((name, value)) => is_name(name.trim()) && (value.trim().is_empty() || is_name(value.trim())),
        None => is_name(text),
    }
}

fn dns(one: &Node, report: &mut dyn FnMut(Level, &Node, String, String)) {
    let kind = one.get("type").and_then(Node::as_str).unwrap_or("SRV");
    let names = || one.items_of("names");
    let has_port = one.get("port").is_some_and(|port| port.as_i64() != Some(0));
    if kind != "SRV" && !has_port && matches!(kind, "A" | "AAAA" | "MX" | "NS") {
        let node = one.get("type").unwrap_or(one);
        let message = format!("a record of type `{kind}` has no port, and Prometheus wants one here");
        report(Level::Error, node, message, "add `port:`, or look up `SRV` records".to_owned());
    }
    if let Some(port) = one.get("port").filter(|port| port.as_i64().is_some_and(|port| !(0..=65_535).contains(&port))) {
        report(Level::Error, port, format!("{} is no port", port.describe()), "write the port of the metrics".to_owned());
    }
    for name in names().filter(|name| name.as_str().is_some_and(|text| text.contains(['/', ':', ' ']) && !text.contains('$'))) {
        report(Level::Warning, name, format!("{} is no name that can be looked up", name.describe()), "write the bare name".to_owned());
    }
    if kind == "SRV" {
        for name in names().filter(|name| name.as_str().is_some_and(|text| !text.starts_with('_') && !text.contains('$'))) {
            let message = format!("{} is no name of an `SRV` record, which begin with `_service._protocol.`", name.describe());
            report(Level::Warning, name, message, "write `_metrics._tcp.…`, or look up `A` records with a `port:`".to_owned());
        }
    } else {
        for name in names().filter(|name| name.as_str().is_some_and(|text| text.starts_with('_') && text.contains("._"))) {
            let message = format!("{} is a name of an `SRV` record, and `{kind}` records are looked up", name.describe());
            report(Level::Warning, name, message, "write `type: SRV`".to_owned());
        }
    }
}

/// Discovery that looks again within a second.
fn hurried(job: &Node, report: &mut dyn FnMut(Level, &Node, String, String)) {
    let lists = job.entries().filter(|(key, ..)| key.ends_with("_sd_configs"));
    for node in lists.flat_map(|(.., list)| list.items()).filter_map(|one| one.get("refresh_interval")) {
        if node.as_str().and_then(|text| parse_duration(text).ok()).is_some_and(|millis| (1..1000).contains(&millis)) {
            let message = format!("this looks again after {}", node.describe());
            report(Level::Warning, node, message, "write seconds or minutes, as `5m`".to_owned());
        }
    }
}
