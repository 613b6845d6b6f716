//! What a language pack is told of a service: one flat, documented set of values (`docs/artifacts/code.md`).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::naming::{Names, pascal, snake};
use crate::manifest::health::Statuses;
use crate::manifest::metrics::{LabelRole, MetricType, MetricUnit};
use crate::manifest::telemetry::OtlpProtocol;
use crate::model::Service;
use crate::model::catalogue::{Label, Metric};
use crate::model::health::{Check, Expect, Target};
use crate::model::signals::ReportsLost;
use crate::model::telemetry::{Logging, Sentry, Tracing};
use crate::model::values::{Values, anchored};

/// The most label sets that a metric starts with; more of them are created as they are used.
const MOST_INITIAL: usize = 200;
/// The longest that a dependency may take to answer a health check, in milliseconds.
const MOST_PATIENCE: u64 = 1000;
/// Statuses that a metric starts with where its manifest does not list them: what is well, and what is the service's fault.
const INITIAL_STATUSES: &[&str] = &["200", "500"];
/// Why reports of crashes are lost, as Sentry's libraries call it.
const LOST_REASONS: &[&str] = &["network_error", "queue_overflow", "ratelimit_backoff", "send_error"];
/// Words of metrics of requests that are about others' requests, or about a part of what they count.
const FOREIGN: &[&str] = &[
    "client",
    "outbound",
    "upstream",
    "error",
    "errors",
    "failed",
    "failure",
    "failures",
    "exception",
    "exceptions",
    "rejected",
    "retry",
    "retries",
    "timeout",
    "timeouts",
    "size",
    "bytes",
    "queue",
    "queued",
    "wait",
];
/// Methods of HTTP.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
/// Listed values that stand for all that is not listed.
const OTHERS: &[&str] = &["other", "OTHER", "_OTHER", "unknown"];

/// Everything that a template of a pack can place.
#[derive(Debug, Serialize)]
pub(super) struct Context<'a> {
    service: About<'a>,
    metrics_path: &'a str,
    metrics: Vec<MetricValues<'a>>,
    health: Vec<HealthValues<'a>>,
    logging: Option<LoggingValues<'a>>,
    tracing: Option<TracingValues<'a>>,
    sentry: Option<SentryValues<'a>>,
}

#[derive(Debug, Serialize)]
struct About<'a> {
    name: &'a str,
    identifier: String,
    module: String,
    description: &'a str,
    version_env: &'static str,
}

#[derive(Debug, Serialize)]
struct MetricValues<'a> {
    name: &'a str,
    identifier: String,
    #[serde(rename = "type")]
    kind: &'static str,
    help: &'a str,
    unit: &'static str,
    buckets: Vec<f64>,
    native: bool,
    always: bool,
    measures: Option<&'static str>,
    fed: bool,
    labels: Vec<LabelValues<'a>>,
    initial: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct LabelValues<'a> {
    name: &'a str,
    identifier: String,
    role: Option<&'static str>,
    values: Option<&'a [String]>,
    other: Option<String>,
    optional: bool,
}

#[derive(Debug, Serialize)]
struct HealthValues<'a> {
    name: &'a str,
    identifier: String,
    path: String,
    status: u16,
    failing_status: u16,
    body: Value,
    body_json: String,
    covers: Vec<&'a str>,
    dependency_timeout: f64,
}

#[derive(Debug, Serialize)]
struct LoggingValues<'a> {
    format: &'static str,
    level: &'static str,
    metadata: &'a [String],
    redact: &'a [String],
}

#[derive(Debug, Serialize)]
struct TracingValues<'a> {
    protocol: &'static str,
    endpoint: &'a str,
    traces_endpoint: String,
    sample: f64,
}

#[derive(Debug, Serialize)]
struct SentryValues<'a> {
    dsn_env: &'a str,
    environment_env: &'a str,
    traces_sample: Option<f64>,
}

impl<'a> Context<'a> {
    /// What is known of a service.
    pub(super) fn of(service: &'a Service) -> Self {
        let mut names = Names::default();
        Self {
            service: About {
                name: &service.name,
                identifier: snake(&service.name),
                module: pascal(&service.name),
                description: service.description.as_deref().unwrap_or_default(),
                version_env: "SERVICE_VERSION",
            },
            metrics_path: service.scrape.as_ref().map_or("/metrics", |scrape| &scrape.path),
            metrics: service.metrics.values().map(|metric| metric_values(metric, &mut names)).collect(),
            health: health(&service.checks),
            logging: service.logging.as_ref().map(logging),
            tracing: service.tracing.as_ref().map(tracing),
            sentry: service.sentry.as_ref().map(sentry),
        }
    }
}

fn metric_values<'a>(metric: &'a Metric, names: &mut Names) -> MetricValues<'a> {
    let mut label_names = Names::default();
    let measures = measures(metric);
    let of_requests = measures.is_some_and(|what| what != "lost_events");
    MetricValues {
        name: &metric.name,
        identifier: names.give(&metric.name),
        kind: metric.kind.name(),
        // Client libraries want one, and an empty one is none to whoever reads the page.
        help: metric.help.as_deref().filter(|help| !help.trim().is_empty()).unwrap_or(&metric.name),
        unit: metric.unit.name(),
        buckets: metric.buckets.iter().copied().map(float).collect(),
        native: metric.native,
        always: metric.always,
        measures,
        fed: metric.kind == MetricType::Gauge && metric.always && metric.labels.is_empty() && measures.is_none(),
        labels: metric.labels.iter().map(|(name, label)| label_values(name, label, of_requests, &mut label_names)).collect(),
        initial: match measures {
            // Reasons come as they please; without these, the first loss of each would be no increase.
            Some("lost_events") if metric.labels.len() == 1 => LOST_REASONS.iter().map(|&reason| vec![reason.to_owned()]).collect(),
            _ if metric.always => initial(metric, of_requests),
            _ => Vec::new(),
        },
    }
}

/// What of a request's course a metric is about, so that a pack measures it unasked.
fn measures(metric: &Metric) -> Option<&'static str> {
    let words: Vec<&str> = metric.name.split(['_', ':']).collect();
    let has = |all: &[&str]| all.iter().any(|word| words.contains(word));
    let of_requests = !has(FOREIGN) && (is_of_http(metric) || has(&["http"]) || ["request", "requests"].contains(&words[0]));
    let is_running = has(&["inflight", "active"]) || words.windows(2).any(|pair| pair == ["in", "flight"] || pair == ["in", "progress"]);
    match metric.kind {
        MetricType::Counter if metric.name == ReportsLost::METRIC => Some("lost_events"),
        MetricType::Counter if of_requests && metric.unit == MetricUnit::None => Some("requests"),
        MetricType::Histogram | MetricType::Summary if of_requests && metric.unit == MetricUnit::Seconds => Some("request_duration"),
        MetricType::Gauge if of_requests && is_running && metric.labels.is_empty() => Some("requests_in_flight"),
        _ => None,
    }
}

/// Whether a metric's labels are those of HTTP requests: by a role, or by what they are called where its name speaks of requests.
fn is_of_http(metric: &Metric) -> bool {
    let speaks = metric.name.split(['_', ':']).any(|word| ["request", "requests"].contains(&word));
    metric.labels.iter().any(|(name, label)| label.role.is_some() || speaks && role_of(name, label).is_some())
}

fn label_values<'a>(name: &'a str, label: &'a Label, of_requests: bool, names: &mut Names) -> LabelValues<'a> {
    let role = label.role.or_else(|| if of_requests { role_of(name, label) } else { None });
    LabelValues {
        name,
        identifier: names.give(name),
        role: role.map(LabelRole::name),
        values: match &label.values {
            Values::Listed(values) => Some(values),
            _ => None,
        },
        other: other(label, role),
        optional: label.optional,
    }
}

/// The role of a label of requests whose manifest says none: by its name, where its values agree.
fn role_of(name: &str, label: &Label) -> Option<LabelRole> {
    let all = |fits: &dyn Fn(&str) -> bool| match &label.values {
        Values::Listed(values) => values.iter().all(|value| fits(value) || OTHERS.contains(&value.as_str())),
        _ => true,
    };
    match name {
        "method" | "verb" | "http_method" | "http_request_method" | "request_method" if all(&|value| METHODS.contains(&value)) => {
            Some(LabelRole::Method)
        }
        "status" | "code" | "status_code" | "http_status" | "http_status_code" | "http_response_status_code"
            if all(&|value| Values::Status.allow(value)) =>
        {
            Some(LabelRole::HttpStatus)
        }
        "route" | "handler" | "path" | "endpoint" | "http_route" => Some(LabelRole::HttpRoute),
        _ => None,
    }
}

/// The value for what has none of its own: a request that no route took, a method that nobody knows.
fn other(label: &Label, role: Option<LabelRole>) -> Option<String> {
    if label.optional {
        return Some(String::new());
    }
    let plain = match role {
        Some(LabelRole::HttpRoute) => &["unmatched", "/unmatched", "other", "/other", "/"][..],
        Some(LabelRole::Method) if !label.values.closed() => &["_OTHER", "other"],
        Some(LabelRole::HttpStatus) => &[],
        _ if label.values.closed() => OTHERS,
        _ => &[],
    };
    plain.iter().find(|value| label.values.allow(value)).map(|value| (*value).to_owned())
}

/// The label sets that a metric has from the start: all of them where they are known and few.
fn initial(metric: &Metric, of_requests: bool) -> Vec<Vec<String>> {
    let most = metric.max_series.map_or(MOST_INITIAL, |most| usize::try_from(most).unwrap_or(MOST_INITIAL).min(MOST_INITIAL));
    let mut sets = vec![Vec::new()];
    for (name, label) in &metric.labels {
        let role = label.role.or_else(|| if of_requests { role_of(name, label) } else { None });
        let values = initial_values(label, role);
        if values.is_empty() || sets.len().saturating_mul(values.len()) > most {
            return Vec::new();
        }
        sets = sets
            .iter()
            .flat_map(|set: &Vec<String>| values.iter().map(move |value| [&set[..], std::slice::from_ref(value)].concat()))
            .collect();
    }
    sets
}

fn initial_values(label: &Label, role: Option<LabelRole>) -> Vec<String> {
    match (&label.values, role) {
        (Values::Listed(values), _) => values.clone(),
        (Values::Status, _) | (Values::Any, Some(LabelRole::HttpStatus)) => {
            INITIAL_STATUSES.iter().map(|&status| status.to_owned()).collect()
        }
        (Values::Method, _) | (Values::Any, Some(LabelRole::Method)) => vec!["GET".to_owned()],
        (_, Some(role @ LabelRole::HttpRoute)) => other(label, Some(role)).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The checks that the service itself answers, without those that are pages of its own.
fn health(checks: &[Check]) -> Vec<HealthValues<'_>> {
    let mut names = Names::default();
    let is_answered =
        |check: &&Check| check.is_own && (["liveness", "readiness", "startup"].contains(&&*check.name) || !check.covers.is_empty());
    checks.iter().filter(is_answered).filter_map(|check| health_values(check, &mut names)).collect()
}

fn health_values<'a>(check: &'a Check, names: &mut Names) -> Option<HealthValues<'a>> {
    let Target::Http(url) = &check.target else { return None };
    let path = url.split_once("://").map_or(&**url, |(_, rest)| rest);
    let path = path.find('/').map_or("/", |at| &path[at..]);
    let body = body(&check.expect, &check.covers.iter().map(|covered| covered.name.as_str()).collect::<Vec<_>>());
    // Half of what the whole check may last, so that the answer is there before the asker gives up.
    let patience = check.expect.within.map_or(check.timeout.0, |within| within.0.min(check.timeout.0)) / 2;
    Some(HealthValues {
        name: &check.name,
        identifier: names.give(&check.name),
        path: path.split(['?', '#']).next().unwrap_or(path).to_owned(),
        status: status(&check.expect.statuses),
        failing_status: if check.expect.statuses.contain(503) { 500 } else { 503 },
        body_json: body.to_string(),
        body,
        covers: check.covers.iter().map(|covered| covered.name.as_str()).collect(),
        dependency_timeout: float(Decimal::new(i64::try_from(patience.clamp(1, MOST_PATIENCE)).unwrap_or(1000), 3)),
    })
}

fn status(statuses: &Statuses) -> u16 {
    if statuses.contain(200) { 200 } else { statuses.0.first().map_or(200, |range| range.first) }
}

/// The answer of a service that is well: every covered dependency by its name, and what the manifest says of the rest.
fn body(expect: &Expect, covers: &[&str]) -> Value {
    let mut body = Map::new();
    for (path, value) in &expect.json {
        put(&mut body, path, value);
    }
    if body.is_empty() {
        body.insert("status".to_owned(), json!("ok"));
    }
    if !covers.is_empty() {
        let checks = body.entry("checks").or_insert_with(|| json!({}));
        if let Some(checks) = checks.as_object_mut() {
            for name in covers {
                checks.entry(*name).or_insert_with(|| json!("ok"));
            }
        }
    }
    with_pattern(body, expect)
}

/// Puts a value where dots reach into objects.
fn put(object: &mut Map<String, Value>, path: &str, value: &Value) {
    let Some((step, rest)) = path.split_once('.') else {
        object.insert(path.to_owned(), value.clone());
        return;
    };
    let below = object.entry(step).or_insert_with(|| json!({}));
    if !below.is_object() {
        *below = json!({});
    }
    if let Some(below) = below.as_object_mut() {
        put(below, rest, value);
    }
}

/// A body that the manifest's pattern finds something in, where its own fields are not enough.
fn with_pattern(mut body: Map<String, Value>, expect: &Expect) -> Value {
    let Some(pattern) = &expect.body else { return Value::Object(body) };
    let is_found = |body: &Map<String, Value>| regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(&json!(body).to_string()));
    if !is_found(&body)
        && let Ok(regex) = anchored(pattern)
    {
        let example = Values::Pattern { text: pattern.clone(), regex }.some(1);
        body.extend(example.into_iter().map(|text| ("message".to_owned(), json!(text))));
    }
    Value::Object(body)
}

fn logging(logging: &Logging) -> LoggingValues<'_> {
    LoggingValues { format: logging.format.name(), level: logging.level.name(), metadata: &logging.metadata, redact: &logging.redact }
}

fn tracing(tracing: &Tracing) -> TracingValues<'_> {
    let endpoint = tracing.endpoint.trim_end_matches('/');
    let has_path = endpoint.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    TracingValues {
        protocol: tracing.protocol.name(),
        endpoint,
        traces_endpoint: match tracing.protocol {
            OtlpProtocol::HttpProtobuf if !has_path => format!("{endpoint}/v1/traces"),
            _ => endpoint.to_owned(),
        },
        sample: float(tracing.head_share()),
    }
}

fn sentry(sentry: &Sentry) -> SentryValues<'_> {
    SentryValues { dsn_env: &sentry.dsn_env, environment_env: &sentry.environment_env, traces_sample: sentry.traces_sample.map(float) }
}

fn float(number: Decimal) -> f64 {
    number.to_f64().unwrap_or_default()
}
