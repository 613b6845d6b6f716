//! Collector pipelines that name what is not there.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// A pipeline of the OpenTelemetry Collector names a component that is not configured, so the Collector does not start.
    ///
    /// A section that the file does not have at all is taken to be in another file.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [otlphttp] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [debug] } } }
    /// ```
    PipelineComponent, "pipeline-component", Error
}

impl Rule for PipelineComponent {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !view.view.complete {
            return;
        }
        for (name, pipeline) in &view.config.pipelines {
            for section in ["receivers", "processors", "exporters"] {
                // A Collector may be given several files, of which this is one.
                if view.config.root.get(section).is_none() {
                    continue;
                }
                let mut configured: Vec<&str> = view.config.components(section).map(|(name, ..)| name).collect();
                if section != "processors" {
                    configured.extend(view.config.components("connectors").map(|(name, ..)| name));
                }
                for (index, node) in pipeline.get(section).into_iter().flat_map(Node::items).enumerate() {
                    let Some(component) = node.as_str().filter(|component| !configured.contains(component) && !component.contains('$'))
                    else {
                        continue;
                    };
                    let help = did_you_mean(component, configured.iter().copied())
                        .map_or_else(|| format!("add it under `{section}:`"), |meant| format!("did you mean `{meant}`?"));
                    let path = format!("service.pipelines.{}.{section}[{index}]", name.as_str().unwrap_or(""));
                    found.push(META.finding(node.span, format!("no `{component}` is configured under `{section}`")).path(path).help(help));
                }
            }
        }
    }
}
