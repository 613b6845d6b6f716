//! Spans that a connector gets twice.

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::collector::handing_on::{later, traces};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// Two pipelines give spans to one connector that makes metrics of them, and the second gets its spans of the first: whatever comes
    /// through both is counted twice.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } }
    /// processors: { batch: {} }
    /// connectors: { forward/out: {}, spanmetrics: {} }
    /// exporters: { otlp: { endpoint: "tempo:4317" }, prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces/in: { receivers: [otlp], processors: [batch], exporters: [forward/out, spanmetrics] }
    ///     traces/out: { receivers: [forward/out], exporters: [otlp, spanmetrics] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yaml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } }
    /// processors: { batch: {} }
    /// connectors: { forward/out: {}, spanmetrics: {} }
    /// exporters: { otlp: { endpoint: "tempo:4317" }, prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces/in: { receivers: [otlp], processors: [batch], exporters: [forward/out, spanmetrics] }
    ///     traces/out: { receivers: [forward/out], exporters: [otlp] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// ```
    CountedTwice, "counted-twice", Warning
}

/// Connectors that make metrics of what they get.
const COUNT: &[&str] = &["spanmetrics", "span_metrics", "servicegraph", "service_graph", "count", "sum", "signaltometrics"];

impl Rule for CountedTwice {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let counters = |pipeline: &'_ Node| -> Vec<(crate::source::Span, String)> {
            let named = pipeline.items_of("exporters").filter_map(Node::with_str);
            named.filter(|(_, id)| COUNT.contains(&kind(id))).map(|(node, id)| (node.span, id.to_owned())).collect()
        };
        let all = traces(view.config);
        for (_, pipeline) in &all {
            for (first, id) in counters(pipeline) {
                for (name, other) in later(pipeline, &all) {
                    let Some((second, _)) = counters(other).into_iter().find(|(_, same)| *same == id) else { continue };
                    let message = format!("`{id}` gets these spans of an earlier pipeline already, and counts them twice");
                    let path = format!("service.pipelines.{}.exporters", name.as_str().unwrap_or(""));
                    found.push(META.finding(second, message).path(path).related(first, "counted here").help("count them once"));
                }
            }
        }
    }
}
