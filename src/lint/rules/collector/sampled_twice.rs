//! Samplers that a trace passes twice.

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::collector::handing_on::{later, traces};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// A pipeline hands its traces on to another one by a connector, and the same sampler is in both: of a tenth a tenth is kept, or the
    /// second one keeps all that the first one has.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { tail_sampling: { policies: [{ name: some, type: probabilistic, probabilistic: { sampling_percentage: 10 } }] } }
    /// connectors: { forward: {} }
    /// exporters: { debug: {} }
    /// service:
    ///   pipelines:
    ///     traces/in: { receivers: [otlp], processors: [tail_sampling], exporters: [forward] }
    ///     traces/out: { receivers: [forward], processors: [tail_sampling], exporters: [debug] }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { tail_sampling: { policies: [{ name: some, type: probabilistic, probabilistic: { sampling_percentage: 10 } }] } }
    /// connectors: { forward: {} }
    /// exporters: { debug: {} }
    /// service:
    ///   pipelines:
    ///     traces/in: { receivers: [otlp], exporters: [forward] }
    ///     traces/out: { receivers: [forward], processors: [tail_sampling], exporters: [debug] }
    /// ```
    SampledTwice, "sampled-twice", Warning
}

impl Rule for SampledTwice {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let all = traces(view.config);
        for (name, pipeline) in &all {
            for sampler in pipeline.items_of("processors").filter(|node| is_sampler(node)) {
                let second = later(pipeline, &all)
                    .into_iter()
                    .find_map(|(_, other)| other.items_of("processors").find(|node| node.as_str() == sampler.as_str()));
                let Some(second) = second else { continue };
                let id = name.as_str().unwrap_or("");
                let message = format!("{} samples here what it samples again in a later pipeline", sampler.describe());
                let finding = META.finding(sampler.span, message).path(format!("service.pipelines.{id}.processors"));
                found.push(finding.related(second.span, "sampled again here").help("sample once"));
            }
        }
    }
}

pub(super) fn is_sampler(node: &Node) -> bool {
    node.as_str().is_some_and(|id| matches!(kind(id), "tail_sampling" | "probabilistic_sampler"))
}
