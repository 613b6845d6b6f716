//! Components and keys that are gone.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::collector::{SECTIONS, kind};
use crate::formats::logs::Shipper;
use crate::formats::tables::collector::components;
use crate::formats::tables::logs::{Kind, Role};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::lint::{Context, shipping};
use crate::source::Node;

rule! {
    /// A component or key of the OpenTelemetry Collector was removed or is about to be, or a type of component is nearly that of
    /// another: newer Collectors do not start with it. The same goes for components of Grafana Alloy and Vector and plugins of Fluent Bit.
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

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, pipeline) in shipping::pipelines(context) {
            for component in pipeline.components.iter().filter(|component| !component.kind.is_empty()) {
                let of_role = |kind: &&Kind| pipeline.shipper == Shipper::Alloy || kind.role == component.role;
                let names = || pipeline.shipper.kinds().iter().filter(of_role).map(|kind| kind.name);
                let (name, shipper) = (component.kind, pipeline.shipper);
                let gone =
                    GONE.iter().find(|(of, role, old, _)| *of == shipper && *old == name && role.is_none_or(|role| role == component.role));
                let (message, help) = if let Some((.., instead)) = gone {
                    (format!("{} has no `{name}` any more", shipper.name()), (*instead).to_owned())
                } else if names().any(|known| known.eq_ignore_ascii_case(name)) {
                    continue;
                } else if let Some(meant) = did_you_mean(name, names()) {
                    (format!("no component of {} is called `{name}`", shipper.name()), format!("did you mean `{meant}`?"))
                } else {
                    continue;
                };
                found.push(META.finding(component.kind_span, message).path(component.path.clone()).help(help));
            }
        }
    }
}

/// Components of log shippers that were renamed or removed: whose, where they stood, their name, what to use.
const GONE: &[(Shipper, Option<Role>, &str, &str)] = &[
    (Shipper::Alloy, None, "otelcol.exporter.logging", "use `otelcol.exporter.debug`"),
    (Shipper::Alloy, None, "loki.enricher", "use `loki.enrich`"),
    (Shipper::Alloy, None, "module.file", "use `import.file`"),
    (Shipper::Alloy, None, "module.git", "use `import.git`"),
    (Shipper::Alloy, None, "module.http", "use `import.http`"),
    (Shipper::Alloy, None, "module.string", "use `import.string`"),
    (Shipper::Vector, Some(Role::Source), "docker", "use `docker_logs`"),
    (Shipper::Vector, Some(Role::Source), "generator", "use `demo_logs`"),
    (Shipper::Vector, Some(Role::Source), "prometheus", "use `prometheus_scrape`"),
    (Shipper::Vector, Some(Role::Transform), "add_fields", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "add_tags", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "ansi_stripper", "use `remap` with `strip_ansi_escape_codes`"),
    (Shipper::Vector, Some(Role::Transform), "coercer", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "concat", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "grok_parser", "use `remap` with `parse_grok`"),
    (Shipper::Vector, Some(Role::Transform), "json_parser", "use `remap` with `parse_json`"),
    (Shipper::Vector, Some(Role::Transform), "key_value_parser", "use `remap` with `parse_key_value`"),
    (Shipper::Vector, Some(Role::Transform), "logfmt_parser", "use `remap` with `parse_logfmt`"),
    (Shipper::Vector, Some(Role::Transform), "merge", "use `reduce`"),
    (Shipper::Vector, Some(Role::Transform), "regex_parser", "use `remap` with `parse_regex`"),
    (Shipper::Vector, Some(Role::Transform), "remove_fields", "use `remap` with `del`"),
    (Shipper::Vector, Some(Role::Transform), "rename_fields", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "sampler", "use `sample`"),
    (Shipper::Vector, Some(Role::Transform), "split", "use `remap` with `split`"),
    (Shipper::Vector, Some(Role::Transform), "swimlanes", "use `route`"),
    (Shipper::Vector, Some(Role::Transform), "tokenizer", "use `remap` with `parse_tokens`"),
    (Shipper::Vector, Some(Role::Sink), "prometheus", "use `prometheus_exporter`"),
    (Shipper::Vector, Some(Role::Sink), "splunk_hec", "use `splunk_hec_logs`"),
];
