//! What is asked of Kubernetes about the sender.

use crate::diagnostic::{Level, misspelt};
use crate::lint::rule::Section;
use crate::source::Node;

/// What is asked of Kubernetes about a pod.
pub(super) fn kubernetes(body: &Node, report: &mut Section<'_>) {
    const METADATA: &[&str] = &[
        "k8s.pod.name",
        "k8s.pod.uid",
        "k8s.pod.ip",
        "k8s.pod.hostname",
        "k8s.pod.start_time",
        "k8s.deployment.name",
        "k8s.deployment.uid",
        "k8s.replicaset.name",
        "k8s.replicaset.uid",
        "k8s.daemonset.name",
        "k8s.daemonset.uid",
        "k8s.statefulset.name",
        "k8s.statefulset.uid",
        "k8s.job.name",
        "k8s.job.uid",
        "k8s.cronjob.name",
        "k8s.cronjob.uid",
        "k8s.node.name",
        "k8s.node.uid",
        "k8s.namespace.name",
        "k8s.container.name",
        "k8s.cluster.uid",
        "container.id",
        "container.image.name",
        "container.image.tag",
        "container.image.repo_digests",
        "service.namespace",
        "service.name",
        "service.version",
        "service.instance.id",
    ];
    for node in body.get("extract").and_then(|extract| extract.get("metadata")).into_iter().flat_map(Node::items) {
        let Some(text) = node.as_str().filter(|text| !METADATA.contains(text) && !text.contains('$')) else { continue };
        let meant = misspelt(text, METADATA);
        if meant.is_some() || !text.contains('.') {
            let help = meant.map_or_else(|| "name it as `k8s.pod.name`".to_owned(), |meant| format!("did you mean `{meant}`?"));
            report.add(Level::Error, node, "extract.metadata", format!("nothing about a pod is called `{text}`"), &help);
        }
    }
    let passes = body.get("passthrough").filter(|node| node.as_bool() == Some(true));
    if let Some(node) = passes.filter(|_| body.get("extract").is_some_and(|extract| extract.entries().next().is_some())) {
        let message = "only the address of the pod is noted, and nothing of `extract` is looked up";
        report.add(Level::Warning, node, "passthrough", message, "leave it out, or `extract`");
    }
    let sources = body.items_of("pod_association").filter_map(|rule| rule.get("sources"));
    for source in sources.flat_map(Node::items) {
        let is = source.get("from").filter(|node| node.as_str() == Some("resource_attribute"));
        if let Some(node) = is.filter(|_| source.get("name").is_none()) {
            report.add(Level::Error, node, "pod_association", "the attribute has no name", "add `name:`, such as `k8s.pod.ip`");
        }
    }
}
