//! Pipelines that name what is not there.

use foldhash::HashSet;

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::logs::Shipper;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::shipping;
use crate::lint::views::{CollectorView, ViewKind};

rule! {
    /// A pipeline of the OpenTelemetry Collector names a component that is not configured, so the Collector does not start.
    ///
    /// The same goes for what a component of Grafana Alloy or Vector names. Fluent Bit starts, and what takes a tag that nothing has gets
    /// no lines.
    ///
    /// A section that the file does not have at all is a warning: it may be in another file.
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
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !view.view.complete {
            return;
        }
        let is_alone = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Collector(_))).count() == 1;
        let configured = ["receivers", "processors", "exporters"].map(|section| {
            let connectors = view.config.components("connectors").filter(|_| section != "processors");
            let all: HashSet<&str> = view.config.components(section).chain(connectors).map(|(name, ..)| name).collect();
            (section, all)
        });
        for (name, pipeline) in &view.config.pipelines {
            for (section, configured) in &configured {
                // A Collector may be given several files, of which this is one.
                if view.config.root.get(section).is_none() {
                    let named = pipeline.entry(section).filter(|_| configured.is_empty() && is_alone);
                    let of = name.as_str().unwrap_or("");
                    if let Some((key, _)) =
                        named.filter(|(_, list)| list.items().any(|node| node.as_str().is_some_and(|id| !id.contains('$'))))
                    {
                        let message = format!("the file has no `{section}` at all, and this pipeline names some");
                        let finding = META.finding_at(Level::Warning, key.span, message).path(format!("service.pipelines.{of}.{section}"));
                        found.push(finding.help("add them, or check them together with the file that has them"));
                    }
                    continue;
                }
                for (index, node) in pipeline.items_of(section).enumerate() {
                    let Some(component) = node.as_str().filter(|component| !configured.contains(*component) && !component.contains('$'))
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

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for shipping in shipping::all(context) {
            let ids = || shipping.components.iter().map(|component| component.id.as_str());
            for (component, reference) in &shipping.dangling {
                let name = reference.name.as_str();
                // Of Alloy's components something is named that they export.
                let id = if shipping.shipper == Shipper::Alloy { name.rsplit_once('.').map_or(name, |(id, _)| id) } else { name };
                let (level, message) = if shipping.shipper == Shipper::FluentBit {
                    (Level::Warning, format!("no input has a tag that `{name}` fits, so `{}` gets no lines", component.kind))
                } else {
                    (Level::Error, format!("there is no component `{id}`"))
                };
                let others = ids().filter(|other| *other != component.id);
                let help = did_you_mean(id, others)
                    .map_or_else(|| "add it, or name another".to_owned(), |meant| format!("did you mean `{meant}`?"));
                found.push(META.finding_at(level, reference.span, message).path(reference.path.clone()).help(help));
            }
        }
    }
}
