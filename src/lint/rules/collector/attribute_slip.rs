//! Attributes of telemetry that are nearly those that everybody reads.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// A processor of the OpenTelemetry Collector writes an attribute whose name is nearly one of the semantic conventions, as
    /// `service_name` for `service.name`: whatever reads the right one finds nothing. Or it says of all telemetry that it comes from
    /// another environment than the targets of Prometheus.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { resource: { attributes: [{ key: deployment_environment, value: production, action: upsert }] } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [resource], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { resource: { attributes: [{ key: deployment.environment, value: production, action: upsert }] } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [resource], exporters: [debug] } } }
    /// ```
    AttributeSlip, "attribute-slip", Warning
}

/// Attributes of resources that back ends look for.
const KNOWN: &[&str] = &[
    "cloud.availability_zone",
    "cloud.provider",
    "cloud.region",
    "container.id",
    "deployment.environment",
    "deployment.environment.name",
    "host.id",
    "host.name",
    "k8s.cluster.name",
    "k8s.container.name",
    "k8s.deployment.name",
    "k8s.namespace.name",
    "k8s.node.name",
    "k8s.pod.name",
    "k8s.pod.uid",
    "service.instance.id",
    "service.name",
    "service.namespace",
    "service.version",
    "telemetry.sdk.name",
];

/// Names of the label of targets that says the environment.
const ENVIRONMENT: &[&str] = &["env", "environment", "deployment_environment"];

impl Rule for AttributeSlip {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, _, body) in view.config.components("processors") {
            let list = match id.split('/').next() {
                Some("resource") => "attributes",
                Some("attributes") => "actions",
                _ => continue,
            };
            for action in body.items_of(list) {
                let Some((node, key)) = action.get_str("key") else { continue };
                let writes = action.get("action").and_then(Node::as_str).is_some_and(|name| matches!(name, "insert" | "update" | "upsert"));
                let path = format!("processors.{id}.{list}");
                if let Some(meant) = meant(key).filter(|_| writes && list == "attributes") {
                    let message = format!("nothing looks for the attribute {}", node.describe());
                    found.push(META.finding(node.span, message).path(path).help(format!("did you mean `{meant}`?")));
                    continue;
                }
                if !key.starts_with("deployment.environment") || !writes {
                    continue;
                }
                let Some((node, value)) = action.get_str("value") else { continue };
                let jobs = || context.world.prometheus.iter().flat_map(|config| &config.jobs);
                let own: Vec<&Node> = jobs()
                    .flat_map(|job| &job.targets.labels)
                    .filter_map(|labels| ENVIRONMENT.iter().find_map(|name| labels.get(name)))
                    .collect();
                if let Some(first) = own.first().filter(|_| !value.contains('$') && own.iter().all(|other| other.as_str() != Some(value))) {
                    let message = format!(
                        "this says {} of all telemetry, and the targets of Prometheus are labelled {}",
                        node.describe(),
                        first.describe()
                    );
                    found.push(
                        META.finding(node.span, message).path(path).related(first.span, "the targets").help("make the two say the same"),
                    );
                }
            }
        }
    }
}

/// The attribute that a name is nearly.
fn meant(key: &str) -> Option<&'static str> {
    if KNOWN.contains(&key) {
        return None;
    }
    let dotted = key.replace(['_', '-'], ".");
    let spelt = |known: &str| known.replace('_', ".");
    KNOWN.iter().copied().find(|known| spelt(known) == dotted || (key.len() > 8 && strsim::damerau_levenshtein(known, key) == 1))
}
