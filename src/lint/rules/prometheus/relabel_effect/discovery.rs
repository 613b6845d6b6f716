//! Labels that a discovery brings, and patterns on their values.

use super::{place, push};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::prometheus::Job;
use crate::lint::world::relabel::OF_SCRAPE;
use crate::source::Node;

/// Parts of the names of labels that discovery in Kubernetes brings, which users' names may follow.
const KUBERNETES: &[&str] = &[
    "namespace",
    "pod_name",
    "pod_ip",
    "pod_label_",
    "pod_labelpresent_",
    "pod_annotation_",
    "pod_annotationpresent_",
    "pod_container_init",
    "pod_container_name",
    "pod_container_id",
    "pod_container_image",
    "pod_container_port_name",
    "pod_container_port_number",
    "pod_container_port_protocol",
    "pod_ready",
    "pod_phase",
    "pod_node_name",
    "pod_host_ip",
    "pod_uid",
    "pod_controller_kind",
    "pod_controller_name",
    "service_name",
    "service_type",
    "service_label_",
    "service_labelpresent_",
    "service_annotation_",
    "service_annotationpresent_",
    "service_cluster_ip",
    "service_loadbalancer_ip",
    "service_external_name",
    "service_port_name",
    "service_port_number",
    "service_port_protocol",
    "endpoint_address_target_kind",
    "endpoint_address_target_name",
    "endpoint_port_name",
    "endpoint_port_protocol",
    "endpoint_ready",
    "endpoint_hostname",
    "endpoint_node_name",
    "endpoints_name",
    "endpoints_label_",
    "endpoints_annotation_",
    "endpointslice_",
    "node_name",
    "node_label_",
    "node_labelpresent_",
    "node_annotation_",
    "node_annotationpresent_",
    "node_address_",
    "node_provider_id",
    "ingress_name",
    "ingress_label_",
    "ingress_annotation_",
    "ingress_scheme",
    "ingress_host",
    "ingress_path",
    "ingress_class_name",
];

/// Labels that a step writes and that are nearly those by which Prometheus finds the target.
const ADDRESSING: &[&str] =
    &["__address__", "__scheme__", "__metrics_path__", "__scrape_interval__", "__scrape_timeout__", "__param_target"];

/// Labels of discovery that are nearly known ones, and names that Prometheus would read if they were written without a slip.
pub(super) fn of_discovery(job: &Job<'_>, at: &str, found: &mut Vec<Diagnostic>) {
    const START: &str = "__meta_kubernetes_";
    let is_read = |name: &str| job.relabel.iter().any(|step| step.sources.contains(&name));
    for (index, step) in job.relabel.iter().enumerate() {
        // Of static targets all labels are known.
        for source in step.sources.iter().filter(|_| !job.targets.discovery.is_empty()) {
            let word = source.trim_matches(['_', '-']);
            let is_slip = |own: &str| own.trim_matches('_').eq_ignore_ascii_case(word) || strsim::damerau_levenshtein(own, source) == 1;
            let meant = OF_SCRAPE.iter().find(|own| **own != *source && source.starts_with(['_', '-']) && is_slip(own));
            if let Some(meant) = meant {
                let message = format!("no target has a label `{source}`");
                push(found, place(step, source), format!("{at}[{index}].source_labels"), message, format!("did you mean `{meant}`?"));
            }
        }
        let mapped = step.regex.filter(|_| step.action == "labelmap").and_then(Node::with_str);
        let mapped =
            mapped.map(|(node, text)| (node, &text[..text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())]));
        let sources = step.sources.iter().map(|source| (place(step, source), *source));
        for (node, name) in sources.chain(mapped) {
            let Some(rest) = name.strip_prefix(START).filter(|rest| rest.len() > 4) else { continue };
            let is_known = |known: &&&str| rest == **known || (known.ends_with('_') && rest.starts_with(**known));
            if KUBERNETES.iter().any(|known| is_known(&known)) {
                continue;
            }
            // Of a name that users continue, as many letters as its beginning has, or one fewer or more.
            let head = |length: usize| rest.get(..length.min(rest.len())).unwrap_or(rest);
            let near = |known: &&&str| {
                let lengths = if known.ends_with('_') { vec![known.len() - 1, known.len(), known.len() + 1] } else { vec![rest.len()] };
                lengths.into_iter().any(|length| strsim::damerau_levenshtein(head(length), known) == 1)
            };
            let whole = || did_you_mean(rest, KUBERNETES.iter().copied().filter(|known| !known.ends_with('_')));
            if let Some(meant) = KUBERNETES.iter().find(|known| near(known)).copied().or_else(whole) {
                let message = format!("discovery brings no label `{name}`");
                let rest = if meant.ends_with('_') { "…" } else { "" };
                push(found, node, format!("{at}[{index}]"), message, format!("did you mean `{START}{meant}{rest}`?"));
            }
        }
        let target = step.target.and_then(Node::with_str);
        if let Some((node, name)) = target.filter(|(_, name)| strsim::damerau_levenshtein(name, "instance") == 1 && !is_read(name)) {
            let message = format!("`{name}` is nearly `instance`, which the target keeps as it was");
            push(found, node, format!("{at}[{index}].target_label"), message, "did you mean `instance`?");
        }
        if let Some((node, name)) = target.filter(|(_, name)| name.starts_with("__") && !is_read(name) && !ADDRESSING.contains(name))
            && let Some(meant) = ADDRESSING.iter().find(|known| strsim::damerau_levenshtein(known, name) == 1)
        {
            let message = format!("Prometheus does not read `{name}`");
            push(found, node, format!("{at}[{index}].target_label"), message, format!("did you mean `{meant}`?"));
        }
    }
}

/// The names behind the dollars of a replacement.
pub(super) fn groups(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            rest = behind;
        } else if let Some(inner) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            // Configurations are often templates: only numbers are taken for groups here.
            names.extend(Some(inner.0).filter(|name| name.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty()));
            rest = inner.1;
        } else {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            names.extend(Some(&rest[..end]).filter(|name| name.starts_with(|c: char| c.is_ascii_digit())));
        }
    }
    names
}
