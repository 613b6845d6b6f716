//! Spans that are counted when most of them are gone.

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::collector::handing_on::{later, traces};
use crate::lint::rules::collector::sampled_twice::is_sampler;
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// A connector that makes rates and durations of spans gets them behind a sampler, while a pipeline before it, or beside it, has all of
    /// them: it counts what the sampler keeps, and its rates are a part of those that there were.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { tail_sampling: { policies: [{ name: some, type: probabilistic, probabilistic: { sampling_percentage: 10 } }] } }
    /// connectors: { spanmetrics: {}, forward: {} }
    /// exporters: { otlp: { endpoint: "tempo:4317" }, prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces/in: { receivers: [otlp], exporters: [forward] }
    ///     traces/out: { receivers: [forward], processors: [tail_sampling], exporters: [otlp, spanmetrics] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { tail_sampling: { policies: [{ name: some, type: probabilistic, probabilistic: { sampling_percentage: 10 } }] } }
    /// connectors: { spanmetrics: {}, forward: {} }
    /// exporters: { otlp: { endpoint: "tempo:4317" }, prometheus: { endpoint: "127.0.0.1:8889" } }
    /// service:
    ///   pipelines:
    ///     traces/in: { receivers: [otlp], exporters: [forward, spanmetrics] }
    ///     traces/out: { receivers: [forward], processors: [tail_sampling], exporters: [otlp] }
    ///     metrics: { receivers: [spanmetrics], exporters: [prometheus] }
    /// ```
    SampledCount, "sampled-count", Warning
}

/// Connectors by whose metrics people see how much there is and how long it takes. Those that count what is kept are none of them.
const MEASURE: &[&str] = &["spanmetrics", "span_metrics", "servicegraph", "service_graph"];

impl Rule for SampledCount {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let all = traces(view.config);
        let is_measure = |node: &Node| node.as_str().is_some_and(|id| MEASURE.contains(&kind(id)));
        let measures = |pipeline: &Node| pipeline.items_of("exporters").find(|node| is_measure(node)).map(|node| node.span);
        for (name, pipeline) in &all {
            let Some(sampler) = pipeline.items_of("processors").find(|node| is_sampler(node) && !keeps_all(node, view)) else { continue };
            let here = (*name, *pipeline);
            // A pipeline that does nothing but count has no other use of a sampler.
            let only_counts = pipeline.items_of("exporters").all(is_measure);
            if let Some(place) = measures(pipeline).filter(|_| only_counts) {
                let message = format!("this pipeline only counts, and {} takes a part of the spans away before", sampler.describe());
                let finding =
                    META.finding(sampler.span, message).path(format!("service.pipelines.{}.processors", name.as_str().unwrap_or("")));
                found.push(finding.related(place, "counted here").help("leave the sampler out"));
                continue;
            }
            // Who has one pipeline counts what is kept, and may know it.
            let Some((whole, _)) = all.iter().find(|(_, other)| has_all_of(other, pipeline, &all)) else { continue };
            for (name, other) in std::iter::once(here).chain(later(pipeline, &all)) {
                let Some(place) = measures(other) else { continue };
                let message = format!("these spans are counted behind {}, which keeps a part of them", sampler.describe());
                let finding = META.finding(place, message).path(format!("service.pipelines.{}.exporters", name.as_str().unwrap_or("")));
                let help = format!("count them in {}, which has all", whole.describe());
                found.push(finding.related(sampler.span, "sampled here").help(help));
            }
        }
    }
}

/// Whether a pipeline without a sampler hands its spans on to another one, or gets what that one gets.
fn has_all_of<'a>(other: &'a Node, pipeline: &'a Node, all: &[(&'a Node, &'a Node)]) -> bool {
    let samples = other.items_of("processors").any(is_sampler);
    let hands_on = || later(other, all).iter().any(|(_, later)| std::ptr::eq(*later, pipeline));
    let received = |of: &'a Node| of.items_of("receivers").filter_map(Node::as_str);
    let shares = || received(other).any(|id| received(pipeline).any(|own| own == id));
    !std::ptr::eq(other, pipeline) && !samples && (hands_on() || shares())
}

/// Whether a sampler is set to keep everything, or nobody can say what it keeps.
fn keeps_all(sampler: &Node, view: &CollectorView<'_>) -> bool {
    let Some((_, _, body)) = view.config.components("processors").find(|(id, ..)| sampler.as_str() == Some(id)) else { return true };
    let share = |node: &Node| node.get("sampling_percentage").is_none_or(|share| share.as_f64().is_none_or(|share| share >= 100.0));
    if sampler.as_str().is_some_and(|id| kind(id) == "probabilistic_sampler") {
        return share(body);
    }
    let mut policies = body.items_of("policies").peekable();
    policies.peek().is_none()
        || policies.any(|policy| {
            let of_all = policy.get("type").and_then(Node::as_str) == Some("always_sample");
            of_all || policy.get("probabilistic").is_some_and(share)
        })
}
