//! Metrics and graphs of spans.

use super::time;
use crate::diagnostic::Level;
use crate::formats::tables::go_duration;
use crate::lint::rule::Section;
use crate::source::Node;

pub(super) fn spans(body: &Node, report: &mut Section<'_>) {
    let buckets = body.get("histogram").and_then(|histogram| histogram.get("explicit")?.get("buckets"));
    let bounds: Vec<(&Node, f64)> =
        buckets.into_iter().flat_map(Node::items).filter_map(|node| Some((node, go_duration(node.as_str()?)?))).collect();
    if let Some(pair) = bounds.windows(2).find(|pair| pair[1].1 <= pair[0].1) {
        report.add(Level::Error, pair[1].0, "histogram.explicit.buckets", "the bounds do not grow", "sort them");
    }
    let of = |key: &str| time(body, key);
    let flush = of("metrics_flush_interval").map_or(60_000.0, |(_, millis)| millis);
    if let Some((node, _)) = of("metrics_flush_interval").filter(|(_, millis)| *millis <= 0.0) {
        report.add(Level::Error, node, "metrics_flush_interval", "metrics are never sent", "use `15s` to `1m`");
    }
    if let Some((node, _)) = of("metrics_expiration").filter(|(_, millis)| *millis > 0.0 && *millis < flush) {
        let message = format!("what no span was counted of for {} is gone before it is sent", node.describe());
        report.add(Level::Warning, node, "metrics_expiration", message, "make it a multiple of `metrics_flush_interval`");
    }
    let own = ["service.name", "span.name", "span.kind", "status.code", "collector.instance.id"];
    let named: Vec<&str> = body.items_of("dimensions").filter_map(|dimension| dimension.get("name")?.as_str()).chain(own).collect();
    for (node, _) in body.items_of("exclude_dimensions").filter_map(Node::with_str).filter(|(_, name)| !named.contains(name)) {
        report.add(
            Level::Warning,
            node,
            "exclude_dimensions",
            format!("{} is no dimension", node.describe()),
            &format!("name one of {}", own.join(", ")),
        );
    }
    let mut names: Vec<&str> = Vec::new();
    for dimension in body.items_of("dimensions") {
        let Some((node, name)) = dimension.get_str("name") else { continue };
        if names.contains(&name) || matches!(name, "service.name" | "span.name" | "span.kind" | "status.code") {
            report.add(Level::Error, node, "dimensions", format!("`{name}` is a dimension already"), "remove it");
        }
        names.push(name);
    }
}

/// What calls what, as told from pairs of spans.
pub(super) fn graph(body: &Node, report: &mut Section<'_>) {
    let bounds = body.items_of("latency_histogram_buckets").filter_map(|node| Some((node, go_duration(node.as_str()?)?)));
    let bounds: Vec<(&Node, f64)> = bounds.collect();
    if let Some(pair) = bounds.windows(2).find(|pair| pair[1].1 <= pair[0].1) {
        report.add(Level::Error, pair[1].0, "latency_histogram_buckets", "the bounds do not grow", "sort them");
    }
    if let Some((node, _)) = body.get("store").and_then(|store| time(store, "ttl")).filter(|(_, millis)| *millis <= 0.0) {
        report.add(Level::Warning, node, "store.ttl", "no span waits for its other half", "use seconds");
    }
}
