//! Pipelines whose components do not go together.

use foldhash::HashSet;

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::collector::{Collector, kind};
use crate::formats::tables::collector::{Component, components};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// A pipeline of the OpenTelemetry Collector uses a component for a signal that it does not take or give, is named after no
    /// signal, has a component twice, or uses a connector at one end only: data goes in and comes out nowhere. The Collector does not
    /// start.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [prometheus] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service: { pipelines: { metrics: { receivers: [otlp], exporters: [prometheus] } } }
    /// ```
    PipelineSignal, "pipeline-signal", Error
}

const SIGNALS: &[(&str, char)] = &[("traces", 't'), ("metrics", 'm'), ("logs", 'l'), ("profiles", 'p')];

impl Rule for PipelineSignal {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        let known: HashSet<&str> = config.components("connectors").map(|(id, ..)| id).collect();
        for (name, pipeline) in &config.pipelines {
            let id = name.as_str().unwrap_or("");
            let path = format!("service.pipelines.{id}");
            if id.ends_with('/') {
                let finding = META.finding_at(Level::Error, name.span, format!("nothing stands behind the `/` of `{id}`"));
                found.push(finding.path(path.clone()).help("name it, or leave the `/` out"));
            }
            let Some((signal, letter)) = SIGNALS.iter().find(|(signal, _)| *signal == kind(id)) else {
                let names = || SIGNALS.iter().map(|(signal, _)| *signal);
                let help = did_you_mean(kind(id), names()).map_or_else(
                    || "name it `traces`, `metrics`, `logs` or `profiles`".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                found.push(META.finding(name.span, format!("`{id}` is named after no signal")).path(path).help(help));
                continue;
            };
            for list in ["receivers", "processors", "exporters"] {
                let entries: Vec<&Node> = pipeline.items_of(list).collect();
                // A section that the file does not have at all may be in another file.
                let expected = pipeline.get(list).is_some() || config.root.get(list).is_some();
                if entries.is_empty()
                    && list != "processors"
                    && expected
                    && pipeline.get(list).is_none_or(|node| node.as_sequence().is_some())
                {
                    let place = pipeline.entry(list).map_or(name.span, |(key, _)| key.span);
                    let finding = META.finding(place, format!("the pipeline `{id}` has no {list}"));
                    found.push(finding.path(format!("{path}.{list}")).help("name one, or remove the pipeline"));
                }
                let mut seen = HashSet::default();
                for (index, node) in entries.iter().enumerate() {
                    let Some(component) = node.as_str() else { continue };
                    let at = format!("{path}.{list}[{index}]");
                    if !seen.insert(component) {
                        let level = if list == "processors" { Level::Error } else { Level::Warning };
                        found.push(
                            META.finding_at(level, node.span, format!("`{component}` is twice in this pipeline"))
                                .path(at)
                                .help("remove one"),
                        );
                    } else if !takes(&known, list, component, *letter) {
                        let verb = if list == "receivers" { "gives" } else { "takes" };
                        found.push(
                            META.finding(node.span, format!("`{component}` {verb} no {signal}"))
                                .path(at)
                                .help(format!("use it in a pipeline of a signal that it {verb}")),
                        );
                    }
                }
            }
        }
        connectors(config, found);
    }
}

/// Whether a component goes with a signal; yes where that is not known.
fn takes(connectors: &HashSet<&str>, list: &str, id: &str, signal: char) -> bool {
    let find = |section: &str| components(section).iter().find(|component: &&Component| component.name == kind(id));
    let is_connector = list != "processors" && connectors.contains(id);
    if is_connector {
        let Some(connector) = find("connectors") else { return true };
        let signals = if list == "receivers" { connector.signals.1 } else { connector.signals.0 };
        return signals.contains(signal);
    }
    find(list).is_none_or(|component| component.signals.0.contains(signal))
}

/// Connectors that data enters and never leaves, or the other way round.
fn connectors(config: &Collector<'_>, found: &mut Vec<Diagnostic>) {
    let in_list = |list: &str| -> HashSet<&str> {
        config.pipelines.iter().flat_map(|(_, pipeline)| pipeline.items_of(list)).filter_map(Node::as_str).collect()
    };
    let (exporters, receivers) = (in_list("exporters"), in_list("receivers"));
    for (id, key, _) in config.components("connectors") {
        let message = match (exporters.contains(id), receivers.contains(id)) {
            (true, false) => format!("data goes into `{id}`, and no pipeline has it as a receiver"),
            (false, true) => format!("`{id}` is a receiver, and no pipeline has it as an exporter"),
            _ => continue,
        };
        found.push(
            META.finding(key.span, message)
                .path(format!("connectors.{id}"))
                .help("name it at both ends: as an exporter of one pipeline and a receiver of another"),
        );
    }
}
