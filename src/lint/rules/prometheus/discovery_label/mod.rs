//! Labels of targets that their discovery does not bring, or brings with other values.

mod names;

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::relabel;
use crate::source::Node;

rule! {
    /// Relabelling reads a label that the discovery of the job does not bring: one of another role or kind of record, of a node that nobody
    /// asks for, or a misspelt one. Or it keeps by a value that such a label never has. The step does nothing, or keeps no target. Or it
    /// drops the targets that are well.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     kubernetes_sd_configs: [{ role: node }]
    ///     relabel_configs: [{ source_labels: [__meta_kubernetes_pod_name], target_label: pod }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     kubernetes_sd_configs: [{ role: pod }]
    ///     relabel_configs: [{ source_labels: [__meta_kubernetes_pod_name], target_label: pod }]
    /// ```
    DiscoveryLabel, "discovery-label", Warning up to Error
}

impl Rule for DiscoveryLabel {
    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            let [discovery] = job.targets.discovery.as_slice() else { continue };
            let at = format!("scrape_configs[{}]", job.index);
            let mut report = |level: Level, node: &Node, message: String, help: String| {
                found.push(META.finding_at(level, node.span, message).path(at.clone()).help(help));
            };
            foreign(job, discovery, &mut report);
            records(job, &mut report);
            if names::are_known(discovery.as_str().unwrap_or("")).is_none() {
                nearly(job, &mut report);
            }
            flags(job, &mut report);
            wellness(job, &mut report);
            let roles: Vec<&str> = job.node.items_of("kubernetes_sd_configs").filter_map(|one| one.get("role")?.as_str()).collect();
            if let [role] = roles.as_slice()
                && let Some(known) = brought(role)
            {
                kubernetes(job, role, known, &mut report);
            }
        }
    }
}

type Report<'r> = dyn FnMut(Level, &Node, String, String) + 'r;

/// Labels of the one discovery that a job has: what each brings is known.
fn foreign(job: &Job<'_>, discovery: &Node, report: &mut Report<'_>) {
    let given = |name: &str| job.targets.labels.iter().any(|labels| labels.get(name).is_some());
    for step in &job.relabel {
        for source in step.sources.iter().filter(|source| source.starts_with("__meta_") && !given(source)) {
            let place = place(step, source);
            if source.bytes().any(|byte| !byte.is_ascii_alphanumeric() && byte != b'_') {
                let message = format!("no label is called `{source}`: what is no letter or digit becomes `_`");
                report(Level::Error, place, message, "write `_`".to_owned());
                continue;
            }
            let kind = discovery.as_str().unwrap_or("");
            let is_brought = match kind {
                "kubernetes_sd_configs" => source.starts_with("__meta_kubernetes_"),
                // Users may have given targets any label in files and answers.
                _ => names::are_known(kind).is_none_or(|known| names::has(known, source)),
            };
            let written = job.relabel.iter().any(|step| step.target.and_then(Node::as_str) == Some(*source));
            if !is_brought && !written {
                let help = names::meant(kind, source)
                    .map_or_else(|| "use a label that this discovery brings".to_owned(), |meant| format!("did you mean `{meant}`?"));
                report(Level::Warning, place, format!("{} brings no label `{source}`", discovery.describe()), help);
            }
        }
    }
}

/// Labels of records of a kind that is not looked up, and of nodes that are not asked for.
fn records(job: &Job<'_>, report: &mut Report<'_>) {
    let kinds: Vec<&str> =
        job.node.items_of("dns_sd_configs").filter_map(|one| one.get("type").map_or(Some("SRV"), Node::as_str)).collect();
    let clusters = || job.node.items_of("kubernetes_sd_configs");
    let asks_nodes = |one: &Node| one.at(["attach_metadata", "node"]).and_then(Node::as_bool) == Some(true);
    let of_pods = |one: &Node| matches!(one.get("role").and_then(Node::as_str), Some("pod" | "endpoints" | "endpointslice"));
    let without_nodes = clusters().next().is_some() && clusters().all(|one| of_pods(one) && !asks_nodes(one));
    for step in &job.relabel {
        for source in &step.sources {
            let kind = source.strip_prefix("__meta_dns_").and_then(|rest| rest.split_once("_record_")).map(|(kind, _)| kind.to_uppercase());
            if let Some(kind) = kind.filter(|kind| !kinds.is_empty() && !kinds.contains(&kind.as_str())) {
                let message = format!("only `{kind}` records bring `{source}`, and others are looked up");
                report(Level::Warning, place(step, source), message, format!("write `type: {kind}`"));
            }
            if without_nodes && source.starts_with("__meta_kubernetes_node_") {
                let message = format!("`{source}` is there only where the node is asked for as well");
                report(Level::Warning, place(step, source), message, "add `attach_metadata: { node: true }`".to_owned());
            }
        }
    }
}

/// Labels that are nearly one that a discovery brings.
fn nearly(job: &Job<'_>, report: &mut Report<'_>) {
    let by_name = |source: &str| source.contains("_tag_") || source.contains("_label_");
    for step in &job.relabel {
        for source in step.sources.iter().filter(|source| !names::is_any(source) && !by_name(source)) {
            if let Some(meant) = did_you_mean(source, names::all()) {
                let message = format!("discovery brings no label `{source}`");
                report(Level::Warning, place(step, source), message, format!("did you mean `{meant}`?"));
            }
        }
    }
}

/// Labels that say how a target is, and what they say of one that is well.
const WELL: &[(&str, &str)] = &[
    ("__meta_consul_health", "passing"),
    ("__meta_ec2_instance_state", "running"),
    ("__meta_gce_instance_status", "RUNNING"),
    ("__meta_azure_machine_power_state", "running"),
    ("__meta_digitalocean_status", "active"),
    ("__meta_hetzner_server_status", "running"),
    ("__meta_dockerswarm_task_desired_state", "running"),
];

/// Targets that are left out for being well, or left in for not being so.
fn wellness(job: &Job<'_>, report: &mut Report<'_>) {
    for step in job.relabel.iter().filter(|step| matches!(step.action.as_str(), "keep" | "drop")) {
        let ([source], Some(node), Some(pattern)) = (step.sources.as_slice(), step.regex, relabel::pattern(step)) else { continue };
        let Some((_, well)) = WELL.iter().find(|(name, _)| name == source) else { continue };
        if pattern.is_match(well) == (step.action == "drop") {
            let message = format!("this drops the targets whose `{source}` is `{well}`");
            report(Level::Warning, node, message, format!("keep `{well}`"));
        }
    }
}

/// Labels that are `true` or `false`.
const FLAGS: &[&str] = &["__meta_kubernetes_pod_ready", "__meta_kubernetes_pod_container_init", "__meta_kubernetes_endpoint_ready"];

/// Targets that are kept or dropped by a value that their label never has.
fn flags(job: &Job<'_>, report: &mut Report<'_>) {
    for step in job.relabel.iter().filter(|step| matches!(step.action.as_str(), "keep" | "drop")) {
        let ([source], Some(node), Some(pattern)) = (step.sources.as_slice(), step.regex, relabel::pattern(step)) else { continue };
        let is_flag = FLAGS.contains(source) || source.contains("_annotationpresent_") || source.contains("_labelpresent_");
        if is_flag && !["true", "false", "unknown", ""].iter().any(|value| pattern.is_match(value)) {
            let message = format!("`{source}` is `true` or `false`, and never {}", node.describe());
            report(Level::Warning, node, message, "write `true`".to_owned());
        }
        let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_|()".contains(&byte));
        if *source == "__meta_consul_tags" && node.as_str().is_some_and(word) {
            let message = format!("tags are joined by commas, with one at either end, and so are never {}", node.describe());
            report(Level::Warning, node, message, "write it as `.*,tag,.*`".to_owned());
        }
    }
}

/// What labels begin with that a role of the Kubernetes discovery brings, behind `__meta_kubernetes_`.
pub(super) fn brought(role: &str) -> Option<&'static [&'static str]> {
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

/// What Kubernetes says of a pod.
pub(super) const PHASES: &[&str] = &["Pending", "Running", "Succeeded", "Failed", "Unknown"];

/// Labels that another role brings, and phases of pods.
fn kubernetes(job: &Job<'_>, role: &str, known: &[&str], report: &mut Report<'_>) {
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
fn phase(step: &Relabel<'_>, report: &mut Report<'_>) {
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
