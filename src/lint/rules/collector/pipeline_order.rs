//! Processors in an order that defeats them.

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// `memory_limiter` is not the first processor of a pipeline, so what comes before it takes memory without a limit; or `batch`
    /// comes before processors that drop or that need to know who sent the data, which by then are put together. A pipeline without
    /// the limiter that all others have is a way around it.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { batch: {}, memory_limiter: { check_interval: 1s, limit_mib: 400 } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [batch, memory_limiter], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { batch: {}, memory_limiter: { check_interval: 1s, limit_mib: 400 } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [memory_limiter, batch], exporters: [debug] } } }
    /// ```
    PipelineOrder, "pipeline-order", Warning
}

/// Processors that `batch` has to come behind.
const BEFORE_BATCH: &[&str] = &["filter", "tail_sampling", "probabilistic_sampler", "k8sattributes", "k8s_attributes", "groupbytrace"];

impl Rule for PipelineOrder {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        let processors = |pipeline: &Node| -> Vec<(usize, String)> {
            let items = pipeline.items_of("processors").filter_map(Node::as_str);
            items.map(|id| kind(id).to_owned()).enumerate().collect()
        };
        for (name, pipeline) in &config.pipelines {
            let id = name.as_str().unwrap_or("");
            let all = processors(pipeline);
            let node = |index: usize| pipeline.get("processors").and_then(|list| list.items().nth(index)).unwrap_or(pipeline);
            let path = format!("service.pipelines.{id}.processors");
            let at = |kind: &str| all.iter().find(|(_, name)| name == kind).map(|(index, _)| *index);
            match at("memory_limiter") {
                Some(index) if index > 0 => {
                    let message = format!("`{}` comes before the limiter, and takes memory without a limit", all[0].1);
                    found.push(META.finding(node(index).span, message).path(path.clone()).help("put `memory_limiter` first"));
                }
                None if fed_from_outside(view, pipeline) => unlimited(view, (name, pipeline), "memory_limiter", &path, found),
                _ => {}
            }
            let late = at("batch").and_then(|batch| {
                all[batch + 1..].iter().find(|(_, name)| BEFORE_BATCH.contains(&name.as_str())).map(|late| (batch, late))
            });
            if let Some((batch, (late, name))) = late {
                let message = format!("data is put together before `{name}` looks at it");
                found.push(
                    META.finding(node(batch).span, message)
                        .path(path.clone())
                        .related(node(*late).span, "this comes later")
                        .help(format!("put `batch` behind `{name}`")),
                );
            } else if let Some((sampler, whole)) = at("probabilistic_sampler").zip(at("tail_sampling")).filter(|(one, other)| one < other) {
                let message = "spans are left out before `tail_sampling` looks for errors and slow requests among them";
                let finding = META.finding(node(sampler).span, message).path(path.clone());
                found.push(finding.related(node(whole).span, "this comes later").help("sample once, or put this behind it"));
            } else if let Some((sampler, counts)) = at("probabilistic_sampler").zip(counted(view, pipeline)) {
                let message = "what is left out here is not counted either";
                let finding = META.finding(node(sampler).span, message).path(path.clone()).related(counts.span, "spans are counted here");
                found.push(finding.help("count in a pipeline of its own, before anything is left out"));
            } else if let Some((sampled, late)) = context_lost(&all) {
                let message = "`tail_sampling` puts spans together anew, and who sent them is not known behind it";
                let help = format!("put `{}` before it", all[late].1);
                let finding = META.finding(node(late).span, message).path(path.clone());
                found.push(finding.related(node(sampled).span, "spans are put together here").help(help));
            } else if at("batch").is_none() && fed_from_outside(view, pipeline) && sends_outside(view, pipeline) {
                unlimited(view, (name, pipeline), "batch", &path, found);
            }
        }
    }
}

/// The connector that counts the spans which a pipeline sends on.
fn counted<'a>(view: &CollectorView<'a>, pipeline: &'a Node) -> Option<&'a Node> {
    let is_connector = |id: &str| view.config.components("connectors").any(|(name, ..)| name == id);
    let counts = |id: &str| matches!(kind(id), "spanmetrics" | "span_metrics" | "servicegraph" | "service_graph" | "count");
    pipeline.items_of("exporters").find(|node| node.as_str().is_some_and(|id| counts(id) && is_connector(id)))
}

/// A sampler that waits for whole traces, with a processor behind it that asks where the data came from.
fn context_lost(all: &[(usize, String)]) -> Option<(usize, usize)> {
    let sampled = all.iter().position(|(_, name)| name == "tail_sampling")?;
    let asks = |(_, name): &(usize, String)| matches!(name.as_str(), "k8sattributes" | "k8s_attributes");
    Some((sampled, sampled + all[sampled..].iter().position(asks)?))
}

/// Whether data of other programs comes in here, rather than of connectors.
fn fed_from_outside(view: &CollectorView<'_>, pipeline: &Node) -> bool {
    let mut receivers = pipeline.items_of("receivers").filter_map(Node::as_str);
    receivers.any(|id| view.config.components("receivers").any(|(name, ..)| name == id))
}

/// Whether data leaves the Collector here: what goes on into another pipeline can be batched there.
fn sends_outside(view: &CollectorView<'_>, pipeline: &Node) -> bool {
    let mut exporters = pipeline.items_of("exporters").filter_map(Node::as_str);
    exporters.any(|id| view.config.components("exporters").any(|(name, ..)| name == id))
}

/// A pipeline that lacks what all others have.
fn unlimited(view: &CollectorView<'_>, (name, pipeline): (&Node, &Node), missing: &str, path: &str, found: &mut Vec<Diagnostic>) {
    let has = |pipeline: &Node| pipeline.items_of("processors").any(|node| node.as_str().is_some_and(|id| kind(id) == missing));
    let others: Vec<&Node> = view.config.pipelines.iter().map(|(_, body)| *body).filter(|body| !std::ptr::eq(*body, pipeline)).collect();
    if !others.is_empty() && others.iter().all(|pipeline| has(pipeline)) {
        let place = pipeline.entry("processors").map_or(name.span, |(key, _)| key.span);
        let message = format!("all other pipelines have `{missing}`, and `{}` has not", name.as_str().unwrap_or(""));
        found.push(META.finding(place, message).path(path.to_owned()).help(format!("add `{missing}`")));
    }
}
