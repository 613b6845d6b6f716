//! `otel-collector.yml`: an OpenTelemetry Collector (contrib distribution) between services and what keeps their telemetry.
//!
//! It takes OTLP on both of its ports, drops what must not be kept, decides which traces are kept where the manifest leaves
//! that to it, and sends traces to Tempo, metrics to Prometheus and logs to Loki, as `stack.collector.signals` says. Names and
//! keys follow the versions that the manifest names.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use serde_json::{Value, json};

use super::address::{host, port};
use super::{Artifact, Engine, File, TemplateError};
use crate::manifest::stack::{TelemetrySignal, Version};
use crate::manifest::telemetry::{OtlpProtocol, Sampling};
use crate::model::query::escape_regex;
use crate::model::signals::Sli;
use crate::model::stack::Stack;
use crate::model::telemetry::Tracing;
use crate::model::{Model, Service};

/// The first Collector in which the exporters are called `otlp_grpc` and `otlp_http` (the old names are aliases that warn).
const NEW_NAMES: Version = Version::new(0, 144);

/// A Collector in which an exporter's queue makes batches (`sending_queue.batch`), so that the processor `batch`, which is
/// deprecated, is not needed.
const BATCHING_QUEUE: Version = Version::new(0, 128);

/// Collector configurations.
pub struct CollectorConfig;

impl Artifact for CollectorConfig {
    fn kind(&self) -> &'static str {
        "collector"
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let tracing: Vec<(&Service, &Tracing)> = model.services.iter().filter_map(|s| Some((s, s.tracing.as_ref()?))).collect();
        let signals = signals(model);
        if signals.is_empty() {
            return Ok(Vec::new());
        }
        let batches = model.common.stack.collector < BATCHING_QUEUE;
        let names = redacted_names(model);
        let redacted = redacted(&names);
        let policies = if signals.contains(&TelemetrySignal::Traces) { policies(&tracing) } else { Vec::new() };
        let bodies = redacted_bodies(&names).filter(|_| signals.contains(&TelemetrySignal::Logs));
        let processors = |signal: TelemetrySignal| {
            let mut processors = vec!["memory_limiter"];
            processors.extend((signal == TelemetrySignal::Traces && !policies.is_empty()).then_some("tail_sampling"));
            processors.extend(redacted.as_ref().map(|_| "attributes/redact"));
            processors.extend(bodies.as_ref().filter(|_| signal == TelemetrySignal::Logs).map(|_| "transform/redact"));
            processors.extend(batches.then_some("batch"));
            processors
        };
        let exporters: Vec<Exporter> = signals.iter().map(|signal| exporter(*signal, &model.common.stack)).collect();
        let pipeline = |(signal, exporter): (&TelemetrySignal, &Exporter)| json!({ "signal": signal.name(), "processors": processors(*signal), "exporter": exporter.id });
        let pipelines: Vec<Value> = signals.iter().zip(&exporters).map(pipeline).collect();
        let host = if tracing.iter().all(|(_, tracing)| is_local(&tracing.endpoint)) { "localhost" } else { "0.0.0.0" };
        let listen = |protocol: OtlpProtocol, standard: u16| {
            let said = tracing.iter().filter(|(_, tracing)| tracing.protocol == protocol).find_map(|(_, tracing)| port(&tracing.endpoint));
            format!("{host}:{}", said.unwrap_or(standard))
        };
        let values = json!({
            "grpc": listen(OtlpProtocol::Grpc, 4317),
            "http": listen(OtlpProtocol::HttpProtobuf, 4318),
            "health": format!("{host}:13133"),
            "redacted": redacted,
            "bodies": bodies,
            "policies": policies,
            "batches": batches,
            "exporters": exporters,
            "pipelines": pipelines,
            "flag": model.common.stack.receiver_flag(),
        });
        Ok(vec![File { path: "otel-collector.yml".to_owned(), text: engine.render("otel-collector.yml.j2", values)? }])
    }
}

/// What the Collector passes on; nothing where there is none.
pub(super) fn signals(model: &Model) -> Vec<TelemetrySignal> {
    let traces = model.services.iter().any(|service| service.tracing.is_some());
    let wanted = |signal: &TelemetrySignal| *signal != TelemetrySignal::Traces || traces;
    model.common.stack.collector_signals.iter().copied().filter(wanted).collect()
}

/// Where a signal goes.
#[derive(Serialize)]
struct Exporter {
    id: &'static str,
    endpoint: String,
    /// Whether it speaks gRPC, which is over TLS unless something else is said.
    is_grpc: bool,
    /// Whether batches can be made in its queue.
    has_queue: bool,
}

fn exporter(signal: TelemetrySignal, stack: &Stack) -> Exporter {
    let renamed = stack.collector >= NEW_NAMES;
    let http = |id, endpoint| Exporter { id, endpoint, is_grpc: false, has_queue: true };
    match signal {
        TelemetrySignal::Traces => {
            let id = if renamed { "otlp_grpc/tempo" } else { "otlp/tempo" };
            Exporter { id, endpoint: stack.tempo_address.clone(), is_grpc: true, has_queue: true }
        }
        TelemetrySignal::Metrics => {
            let url = stack.prometheus_url.trim_end_matches('/');
            if stack.takes_otlp() {
                http(if renamed { "otlp_http/prometheus" } else { "otlphttp/prometheus" }, format!("{url}/api/v1/otlp"))
            } else {
                Exporter { has_queue: false, ..http("prometheusremotewrite", format!("{url}/api/v1/write")) }
            }
        }
        TelemetrySignal::Logs => {
            http(if renamed { "otlp_http/loki" } else { "otlphttp/loki" }, format!("http://{}/otlp", stack.loki_address))
        }
    }
}

/// A statement that blanks out, in lines of logs, the values of fields that must not be kept.
fn redacted_bodies(names: &[String]) -> Option<String> {
    let quoted = |text: &str| json!(text).to_string();
    // A name stands before its value in JSON, in logfmt and in most texts.
    let expression =
        format!("(?i)((?:^|[^A-Za-z0-9_])(?:{})\"?\\s*[=:]\\s*)(\"(?:[^\"\\\\]|\\\\.)*\"|[^\\s\",\\[\\]{{}}]+)", names.join("|"));
    // Two dollar signs: one would be a variable of the Collector's environment.
    let statement = format!("replace_pattern(body, {}, {}) where IsString(body)", quoted(&expression), quoted("$${1}\"[redacted]\""));
    (!names.is_empty()).then_some(statement)
}

/// An expression for the names of attributes that nothing may hold: the names that logs redact, alone or behind a prefix.
fn redacted(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("(?i)(^|[._-])({})$", names.join("|")))
}

/// The names that logs redact, each as an expression.
fn redacted_names(model: &Model) -> Vec<String> {
    let mut names: Vec<String> =
        model.services.iter().filter_map(|s| s.logging.as_ref()).flat_map(|l| &l.redact).map(|name| escape_regex(name)).collect();
    names.sort();
    names.dedup();
    names
}

/// What is kept of one service's traces: those that are slower than a bound, or a share of them.
#[derive(Serialize)]
struct Policy<'a> {
    name: String,
    service: &'a str,
    slower_than: Option<u64>,
    percentage: f64,
}

/// What is kept besides every trace with an error, where the Collector decides: of each service that leaves it to the Collector
/// what is slower than its objective allows, and its share of the rest; and everything of services that decide for themselves.
fn policies<'a>(tracing: &[(&'a Service, &Tracing)]) -> Vec<Policy<'a>> {
    if tracing.iter().all(|(_, tracing)| tracing.sampling == Sampling::Head) {
        return Vec::new();
    }
    let of_service = |(service, tracing): &(&'a Service, &Tracing)| {
        let decides = tracing.sampling == Sampling::Tail;
        let share = if decides { tracing.sample } else { Decimal::ONE };
        let percentage = (share * Decimal::ONE_HUNDRED).to_f64().unwrap_or(100.0);
        let policy =
            |what: &str, slower_than| Policy { name: format!("{}-{what}", service.name), service: &service.name, slower_than, percentage };
        let slow = slower_than(service).filter(|_| decides).map(|limit| policy("slow", Some(limit)));
        slow.into_iter().chain([policy("share", None)]).collect::<Vec<_>>()
    };
    tracing.iter().flat_map(of_service).collect()
}

/// The strictest bound that an objective sets to the service's latency, in milliseconds.
fn slower_than(service: &Service) -> Option<u64> {
    let bound = |sli: &Sli| match sli {
        Sli::Latency { within, .. } => (within.value() * Decimal::ONE_THOUSAND).round().to_u64(),
        Sli::Ratio(_) => None,
    };
    service.objectives.iter().filter_map(|objective| bound(&objective.sli)).min()
}

fn is_local(endpoint: &str) -> bool {
    matches!(host(endpoint), "localhost" | "127.0.0.1" | "[::1]")
}
