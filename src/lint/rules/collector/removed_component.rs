//! Components and keys that are gone.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::collector::{SECTIONS, kind};
use crate::formats::logs::Shipper;
use crate::formats::tables::collector::components;
use crate::formats::tables::logs::{Kind, Role};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::shipping;
use crate::lint::views::CollectorView;
use crate::source::Node;

rule! {
    /// A component or key of the OpenTelemetry Collector was removed or is about to be, or a type of component is nearly that of
    /// another: newer Collectors do not start with it. The same goes for components of Grafana Alloy and Vector and plugins
    /// of Fluent Bit. The finding says since which version it is gone, as the changelogs have it.
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

/// Section, type, since when, what to use. The versions are those of the changelogs of the Collector, of its `contrib` repository
/// and of its releases.
const REMOVED: &[(&str, &str, &str, &str)] = &[
    ("exporters", "logging", "removed in 0.111", "use `debug`"),
    ("exporters", "jaeger", "removed in 0.85", "use `otlp`, which Jaeger takes"),
    ("exporters", "jaeger_thrift", "removed in 0.85", "use `otlp`, which Jaeger takes"),
    ("exporters", "loki", "deprecated in 2024 and removed in 0.131", "use `otlphttp` with Loki's `/otlp`"),
    ("exporters", "opencensus", "removed in 0.134", "use `otlp`"),
    ("exporters", "sapm", "deprecated in 0.117 and removed in 2026", "use `otlphttp`"),
    ("exporters", "dynatrace", "removed in 0.99", "use `otlphttp`"),
    ("exporters", "carbon", "removed in 0.141", "use `prometheus` or `otlp`"),
    ("receivers", "opencensus", "removed in 0.134", "use `otlp`"),
    ("processors", "spanmetrics", "removed in 0.96", "use the connector `spanmetrics`"),
    ("processors", "servicegraph", "removed in 0.94", "use the connector `servicegraph`"),
    ("processors", "routing", "deprecated in 0.116 and removed in 0.133", "use the connector `routing`"),
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
                let gone = GONE
                    .iter()
                    .find(|(of, role, old, ..)| *of == shipper && *old == name && role.is_none_or(|role| role == component.role));
                let (message, help) = if let Some((.., since, instead)) = gone {
                    (format!("{} {since} has no `{name}` any more", shipper.name()), (*instead).to_owned())
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

/// Components of log shippers that were renamed or removed: whose, where they stood, their name, since which version, what to
/// use. Alloy's are in its release notes and in how to migrate to it from Grafana Agent, Vector's in the guides for upgrading to
/// 0.24, 0.25 and 0.26.
const GONE: &[(Shipper, Option<Role>, &str, &str, &str)] = &[
    (Shipper::Alloy, None, "otelcol.exporter.logging", "1.5", "use `otelcol.exporter.debug`"),
    (Shipper::Alloy, None, "module.file", "1.0", "use `import.file`"),
    (Shipper::Alloy, None, "module.git", "1.0", "use `import.git`"),
    (Shipper::Alloy, None, "module.http", "1.0", "use `import.http`"),
    (Shipper::Alloy, None, "module.string", "1.0", "use `import.string`"),
    (Shipper::Vector, Some(Role::Source), "docker", "0.25", "use `docker_logs`"),
    (Shipper::Vector, Some(Role::Source), "generator", "0.25", "use `demo_logs`"),
    (Shipper::Vector, Some(Role::Source), "logplex", "0.25", "use `heroku_logs`"),
    (Shipper::Vector, Some(Role::Source), "prometheus", "0.25", "use `prometheus_scrape`"),
    (Shipper::Vector, Some(Role::Transform), "add_fields", "0.24", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "add_tags", "0.24", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "ansi_stripper", "0.24", "use `remap` with `strip_ansi_escape_codes`"),
    (
        Shipper::Vector,
        Some(Role::Transform),
        "aws_cloudwatch_logs_subscription_parser",
        "0.24",
        "use `remap` with `parse_aws_cloudwatch_log_subscription_message`",
    ),
    (Shipper::Vector, Some(Role::Transform), "coercer", "0.24", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "concat", "0.24", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "grok_parser", "0.24", "use `remap` with `parse_grok`"),
    (Shipper::Vector, Some(Role::Transform), "json_parser", "0.24", "use `remap` with `parse_json`"),
    (Shipper::Vector, Some(Role::Transform), "key_value_parser", "0.24", "use `remap` with `parse_key_value`"),
    (Shipper::Vector, Some(Role::Transform), "logfmt_parser", "0.24", "use `remap` with `parse_logfmt`"),
    (Shipper::Vector, Some(Role::Transform), "merge", "0.24", "use `reduce`"),
    (Shipper::Vector, Some(Role::Transform), "regex_parser", "0.24", "use `remap` with `parse_regex`"),
    (Shipper::Vector, Some(Role::Transform), "remove_fields", "0.24", "use `remap` with `del`"),
    (Shipper::Vector, Some(Role::Transform), "remove_tags", "0.24", "use `remap` with `del`"),
    (Shipper::Vector, Some(Role::Transform), "rename_fields", "0.24", "use `remap`"),
    (Shipper::Vector, Some(Role::Transform), "split", "0.24", "use `remap` with `split`"),
    (Shipper::Vector, Some(Role::Transform), "tokenizer", "0.24", "use `remap` with `parse_tokens`"),
    (Shipper::Vector, Some(Role::Transform), "sampler", "0.25", "use `sample`"),
    (Shipper::Vector, Some(Role::Transform), "swimlanes", "0.25", "use `route`"),
    (Shipper::Vector, Some(Role::Transform), "geoip", "0.26", "use `remap` with an enrichment table"),
    (Shipper::Vector, Some(Role::Sink), "new_relic_logs", "0.25", "use `new_relic`"),
    (Shipper::Vector, Some(Role::Sink), "prometheus", "0.25", "use `prometheus_exporter`"),
    (Shipper::Vector, Some(Role::Sink), "splunk_hec", "0.25", "use `splunk_hec_logs`"),
];
