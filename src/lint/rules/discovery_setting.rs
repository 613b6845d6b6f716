//! Service discovery that Prometheus refuses, or that finds nothing.

use crate::diagnostic::{Diagnostic, Level, did_you_mean, misspelt};
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::loading::{folder, loads};
use crate::lint::relabel;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::Node;

rule! {
    /// A service discovery cannot work: files to read targets from that are neither JSON nor YAML, a look-up of addresses in the DNS
    /// without a port, a name of an `SRV` record without `_service._protocol`, or relabelling that reads what the role of the Kubernetes
    /// discovery does not bring.
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
    }

    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            let at = format!("scrape_configs[{}]", job.index);
            let mut report = |level: Level, node: &Node, message: String, help: String| {
                found.push(META.finding_at(level, node.span, message).path(at.clone()).help(help));
            };
            nowhere(job, &mut report);
            foreign(job, &mut report);
            for one in items(job.node, "kubernetes_sd_configs") {
                selectors(one, &mut report);
                server(one, &mut report);
            }
            addresses(job.node, &mut report);
            if let [discovery] = job.targets.discovery.as_slice() {
                words(job, discovery.as_str().unwrap_or(""), &mut report);
            }
            for one in items(job.node, "file_sd_configs") {
                for file in one.items_of("files") {
                    let text = file.as_str().filter(|text| !text.contains("${"));
                    if text.is_some_and(|text| ![".json", ".yml", ".yaml"].iter().any(|end| text.ends_with(end))) {
                        let message = format!("{} is no name of a JSON or YAML file, and Prometheus refuses it", file.describe());
                        report(Level::Error, file, message, "name files that end in `.json`, `.yml` or `.yaml`".to_owned());
                    }
                }
            }
            for one in items(job.node, "dns_sd_configs") {
                dns(one, &mut report);
            }
            let roles: Vec<&str> = items(job.node, "kubernetes_sd_configs").filter_map(|one| one.get("role")?.as_str()).collect();
            if let [role] = roles.as_slice()
                && job.targets.discovery.len() == 1
                && let Some(known) = brought(role)
            {
                kubernetes(job, role, known, &mut report);
            }
        }
    }
}

/// Files of targets that lie beside the configuration and that no job reads, while a job reads files that are not there.
fn idle(view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let patterns: Vec<(usize, &Node, &str)> = view
        .config
        .jobs
        .iter()
        .flat_map(|job| items(job.node, "file_sd_configs").map(move |one| (job.index, one)))
        .flat_map(|(job, one)| one.items_of("files").map(move |node| (job, node)))
        .filter_map(|(job, node)| Some((job, node, node.as_str().filter(|text| !text.contains("${"))?)))
        .collect();
    if patterns.is_empty() {
        return;
    }
    let beside = |path: &str| path.starts_with(folder(view.view.file));
    let holds_targets = |text: &str| {
        let text = text.trim_start();
        text.starts_with("- targets:") || text.starts_with("- labels:") || text.starts_with('[') && text.contains("\"targets\"")
    };
    let files: Vec<&str> = context
        .sources
        .iter()
        .filter(|(_, file)| beside(&file.path) && holds_targets(&file.text))
        .map(|(_, file)| file.path.as_str())
        .collect();
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

/// Discovery that is told to look nowhere.
fn nowhere(job: &Job<'_>, report: &mut dyn FnMut(Level, &Node, String, String)) {
    for (list, key) in [("file_sd_configs", "files"), ("dns_sd_configs", "names")] {
        for node in items(job.node, list).filter_map(|one| one.get(key)).filter(|node| node.as_sequence().is_some_and(<[_]>::is_empty)) {
            report(Level::Error, node, format!("`{key}` names none, and Prometheus refuses that"), "name one".to_owned());
        }
    }
}

/// Labels of the one discovery that a job has: what each brings is known.
fn foreign(job: &Job<'_>, report: &mut dyn FnMut(Level, &Node, String, String)) {
    const DNS: &[&str] = &[
        "__meta_dns_name",
        "__meta_dns_srv_record_target",
        "__meta_dns_srv_record_port",
        "__meta_dns_mx_record_target",
        "__meta_dns_ns_record_target",
    ];
    let [discovery] = job.targets.discovery.as_slice() else { return };
    let given = |name: &str| job.targets.labels.iter().any(|labels| labels.get(name).is_some());
    for step in &job.relabel {
        for source in step.sources.iter().filter(|source| source.starts_with("__meta_") && !given(source)) {
            let place = place(step, source);
            if source.bytes().any(|byte| !byte.is_ascii_alphanumeric() && byte != b'_') {
                let message = format!("no label is called `{source}`: what is no letter or digit becomes `_`");
                report(Level::Error, place, message, "write `_`".to_owned());
                continue;
            }
            let is_brought = match discovery.as_str() {
                Some("dns_sd_configs") => DNS.contains(source),
                // Users may have given targets any label in files and answers.
                Some("kubernetes_sd_configs") => source.starts_with("__meta_kubernetes_"),
                _ => true,
            };
            let written = job.relabel.iter().any(|step| step.target.and_then(Node::as_str) == Some(*source));
            if !is_brought && !written {
                let help = misspelt(source, DNS)
                    .map_or_else(|| "use a label that this discovery brings".to_owned(), |meant| format!("did you mean `{meant}`?"));
                report(Level::Warning, place, format!("{} brings no label `{source}`", discovery.describe()), help);
            }
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
    for selector in items(one, "selectors") {
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

/// Labels whose values are known words: what a step keeps or drops by them.
fn words(job: &Job<'_>, discovery: &str, report: &mut dyn FnMut(Level, &Node, String, String)) {
    const FLAGS: &[&str] = &["__meta_kubernetes_pod_ready", "__meta_kubernetes_pod_container_init", "__meta_kubernetes_endpoint_ready"];
    const NEAR: &[&str] = &[
        "__meta_consul_address",
        "__meta_consul_dc",
        "__meta_consul_health",
        "__meta_consul_node",
        "__meta_consul_service",
        "__meta_consul_service_address",
        "__meta_consul_service_id",
        "__meta_consul_service_port",
        "__meta_consul_tags",
        "__meta_docker_container_id",
        "__meta_docker_container_name",
        "__meta_docker_container_network_mode",
        "__meta_docker_network_id",
        "__meta_docker_network_ip",
        "__meta_docker_network_name",
        "__meta_docker_port_private",
        "__meta_docker_port_public",
        "__meta_ec2_ami",
        "__meta_ec2_availability_zone",
        "__meta_ec2_instance_id",
        "__meta_ec2_instance_state",
        "__meta_ec2_instance_type",
        "__meta_ec2_private_dns_name",
        "__meta_ec2_private_ip",
        "__meta_ec2_public_dns_name",
        "__meta_ec2_public_ip",
        "__meta_ec2_region",
        "__meta_ec2_vpc_id",
    ];
    let records = || job.node.items_of("dns_sd_configs").filter_map(|one| one.get("type").map_or(Some("SRV"), Node::as_str));
    let without_nodes =
        || job.node.items_of("kubernetes_sd_configs").all(|one| one.at(["attach_metadata", "node"]).and_then(Node::as_bool) != Some(true));
    for step in &job.relabel {
        for source in &step.sources {
            let at = place(step, source);
            let of_record =
                source.strip_prefix("__meta_dns_").and_then(|rest| rest.split_once("_record_")).map(|(kind, _)| kind.to_uppercase());
            if let Some(kind) = of_record.filter(|kind| discovery == "dns_sd_configs" && records().all(|other| other != kind)) {
                report(
                    Level::Warning,
                    at,
                    format!("only `{kind}` records bring `{source}`, and others are looked up"),
                    format!("write `type: {kind}`"),
                );
            }
            let of_node = source.starts_with("__meta_kubernetes_node_") && !source.starts_with("__meta_kubernetes_node_name");
            let asks_pods = job
                .node
                .items_of("kubernetes_sd_configs")
                .all(|one| matches!(one.get("role").and_then(Node::as_str), Some("pod" | "endpoints" | "endpointslice")));
            if of_node && asks_pods && discovery == "kubernetes_sd_configs" && without_nodes() {
                let message = format!("`{source}` is there only where the node is asked for as well");
                report(Level::Warning, at, message, "add `attach_metadata: { node: true }`".to_owned());
            }
            if let Some(meant) =
                Some(*source).filter(|source| !NEAR.contains(source)).and_then(|source| did_you_mean(source, NEAR.iter().copied()))
                && !source.contains("_tag_")
                && !source.contains("_label_")
            {
                report(Level::Warning, at, format!("discovery brings no label `{source}`"), format!("did you mean `{meant}`?"));
            }
        }
        let ([source], Some(node), Some(pattern)) = (step.sources.as_slice(), step.regex, relabel::pattern(step)) else { continue };
        if !matches!(step.action.as_str(), "keep" | "drop") {
            continue;
        }
        let is_flag = FLAGS.contains(source) || source.contains("_annotationpresent_") || source.contains("_labelpresent_");
        if is_flag && !["true", "false", "unknown", ""].iter().any(|value| pattern.is_match(value)) {
            report(
                Level::Warning,
                node,
                format!("`{source}` is `true` or `false`, and never {}", node.describe()),
                "write `true`".to_owned(),
            );
        }
        let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_|()".contains(&byte));
        if *source == "__meta_consul_tags" && node.as_str().is_some_and(word) {
            let message = format!("tags are joined by commas, with one at either end, and so are never {}", node.describe());
            report(Level::Warning, node, message, "write it as `.*,tag,.*`".to_owned());
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

fn items<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = &'a Node> {
    node.items_of(key)
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

/// What labels begin with that a role of the Kubernetes discovery brings, behind `__meta_kubernetes_`.
fn brought(role: &str) -> Option<&'static [&'static str]> {
    Some(match role {
        "node" => &["node_"],
        "service" => &["namespace", "service_"],
        "pod" => &["namespace", "pod_", "namespace_", "node_"],
        "endpoints" => &["namespace", "namespace_", "endpoints_", "endpoint_", "endpoints", "service_", "pod_", "node_"],
        "endpointslice" => &["namespace", "namespace_", "endpointslice_", "endpoint_", "service_", "pod_", "node_"],
        "ingress" => &["namespace", "namespace_", "ingress_"],
        _ => return None,
    })
}

const PHASES: &[&str] = &["Pending", "Running", "Succeeded", "Failed", "Unknown"];

fn kubernetes(job: &Job<'_>, role: &str, known: &[&str], report: &mut dyn FnMut(Level, &Node, String, String)) {
    for step in &job.relabel {
        for source in &step.sources {
            let Some(name) = source.strip_prefix("__meta_kubernetes_") else { continue };
            let place = place(step, source);
            if !known.iter().any(|start| name.starts_with(start)) {
                let message = format!("the role `{role}` brings no label `{source}`");
                report(Level::Warning, place, message, "use another role, or a label that this one brings".to_owned());
            }
        }
        if step.sources.as_slice() == ["__meta_kubernetes_pod_phase"] && matches!(step.action.as_str(), "keep" | "drop") {
            phase(step, report);
        }
    }
}

/// Steps that keep or drop pods by their phase.
fn phase(step: &Relabel<'_>, report: &mut dyn FnMut(Level, &Node, String, String)) {
    let (Some(pattern), Some(node)) = (relabel::pattern(step), step.regex) else { return };
    let taken: Vec<&str> = PHASES.iter().copied().filter(|phase| pattern.is_match(phase)).collect();
    let is_running = taken.contains(&"Running");
    let message = if taken.is_empty() {
        format!("no phase of a pod is {}: they are {}", node.describe(), PHASES.join(", "))
    } else if is_running == (step.action == "drop") {
        "this drops the pods that run".to_owned()
    } else {
        return;
    };
    report(Level::Warning, node, message, "keep `Running`, or drop `Pending|Succeeded|Failed`".to_owned());
}

fn place<'a>(step: &Relabel<'a>, source: &str) -> &'a Node {
    let list = step.node.items_of("source_labels");
    list.into_iter().find(|node| node.as_str() == Some(source)).unwrap_or(step.node)
}
