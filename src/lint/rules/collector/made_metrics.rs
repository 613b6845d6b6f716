//! What becomes of the metrics that a connector makes, up to the exporter that Prometheus reads.

use crate::formats::collector::{Collector, kind};
use crate::source::Node;

/// The pipelines that get the metrics of a connector.
fn pipelines<'a>(config: &Collector<'a>, connector: &str) -> impl Iterator<Item = &'a Node> {
    let gets = move |pipeline: &Node| pipeline.items_of("receivers").any(|node| node.as_str() == Some(connector));
    config.pipelines.iter().map(|(_, pipeline)| *pipeline).filter(move |pipeline| gets(pipeline))
}

/// Whether they come through with the labels that the connector gives them: no processor writes others, nor does an exporter.
pub(super) fn keep_their_labels(config: &Collector<'_>, connector: &str) -> bool {
    let mut behind = pipelines(config, connector).flat_map(|pipeline| pipeline.items_of("processors"));
    let converted = |body: &Node| body.at(["resource_to_telemetry_conversion", "enabled"]).and_then(Node::as_bool) == Some(true);
    let converts = match exporter(config, connector) {
        Some((_, body)) => body.is_some_and(converted),
        None => config.components("exporters").any(|(_, _, body)| converted(body)),
    };
    !converts && behind.all(|node| node.as_str().is_some_and(|id| matches!(kind(id), "batch" | "memory_limiter")))
}

/// The one exporter for Prometheus to which they go: its name and its body.
pub(super) fn exporter<'a>(config: &Collector<'a>, connector: &str) -> Option<(&'a str, Option<&'a Node>)> {
    let sends = pipelines(config, connector).flat_map(|pipeline| pipeline.items_of("exporters"));
    let mut exporters = sends.filter_map(Node::as_str).filter(|id| kind(id) == "prometheus");
    let (exporter, None) = (exporters.next()?, exporters.next()) else { return None };
    Some((exporter, config.components("exporters").find(|(other, ..)| *other == exporter).map(|(_, _, body)| body)))
}

/// What the exporter writes before every name.
pub(super) fn prefix(exporter: Option<&Node>) -> String {
    let namespace = exporter.and_then(|exporter| exporter.get("namespace")).and_then(Node::as_str).filter(|name| !name.is_empty());
    namespace.map(|namespace| format!("{namespace}_")).unwrap_or_default()
}

/// A name as Prometheus has it.
pub(super) fn written(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':', "_")
}
