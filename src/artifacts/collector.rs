//! `otel-collector.yml`: an OpenTelemetry Collector (contrib distribution) between services that trace and what keeps their traces.
//!
//! It takes OTLP on both of its ports, drops what no trace may hold, decides which traces are kept where the manifest leaves
//! that to it, and sends them to Tempo. Names and keys follow the version that `stack.collector` says.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use serde_json::json;

use super::{Artifact, Engine, File, TemplateError};
use crate::manifest::stack::Version;
use crate::manifest::telemetry::{OtlpProtocol, Sampling};
use crate::model::query::escape_regex;
use crate::model::signals::Sli;
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
        if tracing.is_empty() {
            return Ok(Vec::new());
        }
        let batches = model.stack.collector < BATCHING_QUEUE;
        let redacted = redacted(model);
        let policies = policies(&tracing);
        let mut processors = vec!["memory_limiter"];
        processors.extend((!policies.is_empty()).then_some("tail_sampling"));
        processors.extend(redacted.as_ref().map(|_| "attributes/redact"));
        processors.extend(batches.then_some("batch"));
        let exporter = if model.stack.collector < NEW_NAMES { "otlp/tempo" } else { "otlp_grpc/tempo" };
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
            "policies": policies,
            "batches": batches,
            "exporter": exporter,
            "tempo": model.stack.tempo_address,
            "processors": processors,
        });
        Ok(vec![File { path: "otel-collector.yml".to_owned(), text: engine.render("otel-collector.yml.j2", values)? }])
    }
}

/// An expression for the names of attributes that no trace may hold: the names that logs redact, alone or behind a prefix.
fn redacted(model: &Model) -> Option<String> {
    let mut names: Vec<String> =
        model.services.iter().filter_map(|s| s.logging.as_ref()).flat_map(|l| &l.redact).map(|name| escape_regex(name)).collect();
    names.sort();
    names.dedup();
    (!names.is_empty()).then(|| format!("(?i)(^|[._-])({})$", names.join("|")))
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
    matches!(authority(endpoint).rsplit_once(':').map_or(authority(endpoint), |(host, _)| host), "localhost" | "127.0.0.1" | "[::1]")
}

fn port(endpoint: &str) -> Option<u16> {
    authority(endpoint).rsplit_once(':')?.1.parse().ok()
}

/// `host:port` of a URL.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}
