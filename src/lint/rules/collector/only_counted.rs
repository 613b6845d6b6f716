//! Records that are counted, and go nowhere else.

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// What a receiver takes in is only counted by a connector, and then gone, while the same signal of other receivers goes to a
    /// storage. Said where the pipeline puts records together with `batch`, as is done before they are sent.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: {} } }, filelog: { include: [/var/log/batch.log] } }
    /// processors: { batch: {} }
    /// connectors: { count: {} }
    /// exporters: { otlphttp: { endpoint: "http://loki:3100/otlp" }, prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service:
    ///   pipelines:
    ///     logs/app: { receivers: [otlp], processors: [batch], exporters: [otlphttp] }
    ///     logs/batch: { receivers: [filelog], processors: [batch], exporters: [count] }
    ///     metrics: { receivers: [count], exporters: [prometheus] }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: {} } }, filelog: { include: [/var/log/batch.log] } }
    /// processors: { batch: {} }
    /// connectors: { count: {} }
    /// exporters: { otlphttp: { endpoint: "http://loki:3100/otlp" }, prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service:
    ///   pipelines:
    ///     logs/app: { receivers: [otlp], processors: [batch], exporters: [otlphttp] }
    ///     logs/batch: { receivers: [filelog], processors: [batch], exporters: [otlphttp, count] }
    ///     metrics: { receivers: [count], exporters: [prometheus] }
    /// ```
    OnlyCounted, "only-counted", Warning
}

/// Connectors that make metrics of what they get, and hand on nothing else.
const COUNT: &[&str] = &["spanmetrics", "span_metrics", "servicegraph", "service_graph", "count", "sum", "signaltometrics"];

/// Exporters that keep nothing.
const KEEP_NOTHING: &[&str] = &["debug", "logging", "nop", "file"];

impl Rule for OnlyCounted {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let connectors: Vec<&str> = view.config.components("connectors").map(|(id, ..)| id).collect();
        let texts = |pipeline: &'_ Node, key: &str| -> Vec<String> {
            pipeline.items_of(key).map(|node| node.as_str().unwrap_or("$").to_owned()).collect()
        };
        for (name, pipeline) in &view.config.pipelines {
            let Some(signal) = name.as_str().map(kind) else { continue };
            let exporters = texts(pipeline, "exporters");
            let receivers = texts(pipeline, "receivers");
            let only_counts = exporters.iter().all(|id| COUNT.contains(&kind(id)) && connectors.contains(&id.as_str()));
            // What a connector hands on is the business of the pipeline that it comes from.
            let takes_in = receivers.iter().all(|id| !connectors.contains(&id.as_str()) && !id.contains('$'));
            let batches = texts(pipeline, "processors").iter().any(|id| kind(id) == "batch");
            if exporters.is_empty() || receivers.is_empty() || !only_counts || !takes_in || !batches {
                continue;
            }
            let is_alike =
                |other: &&(&Node, &Node)| !std::ptr::eq(other.1, *pipeline) && other.0.as_str().is_some_and(|name| kind(name) == signal);
            let others: Vec<&Node> = view.config.pipelines.iter().filter(is_alike).map(|(_, other)| *other).collect();
            let shares = others.iter().any(|other| texts(other, "receivers").iter().any(|id| receivers.contains(id)));
            let sends = |other: &&Node| {
                texts(other, "exporters")
                    .iter()
                    .any(|id| !connectors.contains(&id.as_str()) && !KEEP_NOTHING.contains(&kind(id)) && !id.contains('$'))
            };
            let Some(kept) = others.into_iter().find(sends).filter(|_| !shares) else { continue };
            let Some((list, other)) = pipeline.get("exporters").zip(kept.get("exporters")) else { continue };
            let message = format!("the {signal} of `{}` are only counted, and sent nowhere", receivers.join("`, `"));
            let finding = META.finding(list.span, message).path(format!("service.pipelines.{}.exporters", name.as_str().unwrap_or("")));
            found.push(finding.related(other.span, format!("where other {signal} go")).help("add an exporter"));
        }
    }
}
