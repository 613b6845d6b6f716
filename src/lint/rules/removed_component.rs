//! Components and keys of the Collector that are gone.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::collector::{SECTIONS, kind};
use crate::formats::tables::collector::components;
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// A component or key of the OpenTelemetry Collector was removed or is about to be, or a type of component is nearly that of
    /// another: newer Collectors do not start with it.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { logging: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [logging] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [debug] } } }
    /// ```
    RemovedComponent, "removed-component", Warning
}

/// Section, type, since when, what to use.
const REMOVED: &[(&str, &str, &str, &str)] = &[
    ("exporters", "logging", "removed in 0.111", "use `debug`"),
    ("exporters", "jaeger", "removed in 0.86", "use `otlp`, which Jaeger takes"),
    ("exporters", "jaeger_thrift", "removed in 0.86", "use `otlp`, which Jaeger takes"),
    ("exporters", "loki", "deprecated since 0.110, and removed since", "use `otlphttp` with Loki's `/otlp`"),
    ("exporters", "opencensus", "removed in 0.136", "use `otlp`"),
    ("exporters", "sapm", "removed in 0.127", "use `otlphttp`"),
    ("exporters", "dynatrace", "removed in 0.116", "use `otlphttp`"),
    ("exporters", "carbon", "deprecated", "use `prometheus` or `otlp`"),
    ("receivers", "opencensus", "removed in 0.136", "use `otlp`"),
    ("processors", "spanmetrics", "removed in 0.99", "use the connector `spanmetrics`"),
    ("processors", "servicegraph", "removed in 0.99", "use the connector `servicegraph`"),
    ("processors", "memory_ballast", "no processor", "set `GOMEMLIMIT`"),
    ("processors", "routing", "removed in 0.116", "use the connector `routing`"),
    ("extensions", "memory_ballast", "removed in 0.109", "set `GOMEMLIMIT`"),
];

impl Rule for RemovedComponent {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for section in SECTIONS {
            for (id, key, body) in view.config.components(section) {
                let mut report = |level: Level, node: &Node, message: String, help: String| {
                    found.push(META.finding_at(level, node.span, message).path(format!("{section}.{id}")).help(help));
                };
                if let Some((_, name, since, instead)) = REMOVED.iter().find(|(of, name, ..)| of == section && *name == kind(id)) {
                    report(Level::Warning, key, format!("`{name}` was {since}"), (*instead).to_owned());
                } else if !components(section).iter().any(|component| component.name == kind(id)) {
                    let elsewhere = SECTIONS
                        .iter()
                        .find(|other| *other != section && components(other).iter().any(|component| component.name == kind(id)));
                    let near = did_you_mean(kind(id), components(section).iter().map(|component| component.name));
                    if let Some(meant) = near {
                        report(
                            Level::Warning,
                            key,
                            format!("no component of the well-known ones is called `{}`", kind(id)),
                            format!("did you mean `{meant}`?"),
                        );
                    } else if let Some(other) = elsewhere {
                        report(Level::Warning, key, format!("`{}` is not among the {section}", kind(id)), format!("move it to `{other}`"));
                    }
                }
                if *section == "exporters" && kind(id) == "debug" && body.get("loglevel").is_some() {
                    report(Level::Warning, key, "`loglevel` was replaced".to_owned(), "use `verbosity`".to_owned());
                }
            }
        }
        let telemetry = view.config.root.get("service").and_then(|service| service.get("telemetry"));
        if let Some((key, _)) = telemetry.and_then(|telemetry| telemetry.get("metrics")?.entry("address")) {
            found.push(
                META.finding(key.span, "`address` is not read since 0.123")
                    .path("service.telemetry.metrics.address")
                    .help("use `readers: [{ pull: { exporter: { prometheus: { host: 0.0.0.0, port: 8888 } } } }]`"),
            );
        }
    }
}
