//! `logging:`, `tracing:` and `errors:` the signals besides metrics.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalars::{Percent, Text};
use crate::source::Lenient;

/// How the service logs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Logging {
    /// `json`, `logfmt` or `text`.
    pub format: Lenient<LogFormat>,
    /// The lowest level that is written.
    pub level: Lenient<LogLevel>,
    /// Fields that log lines carry besides time, level and message.
    pub metadata: Lenient<Vec<Lenient<Text>>>,
    /// Fields whose values must never be written.
    pub redact: Lenient<Vec<Lenient<Text>>>,
    /// What ships the lines: `alloy`, `vector` or `fluent-bit`; `loki` is short for `alloy` to Loki.
    pub pipeline: Lenient<LogPipeline>,
    /// Where they go.
    pub to: Lenient<LogStore>,
    /// The files that the lines are written to, as patterns; `/var/log/<service>/*.log` where nothing is said.
    pub files: Lenient<Vec<Lenient<Text>>>,
}

/// Formats of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each is the format of that name")]
pub enum LogFormat {
    Json,
    Logfmt,
    Text,
}

impl LogFormat {
    /// As it is written in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Logfmt => "logfmt",
            Self::Text => "text",
        }
    }
}

/// Log levels, from the least grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each is the level of that name")]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl LogLevel {
    /// As it is written in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level of a name; `None` where the manifest knows none.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error].into_iter().find(|level| level.name() == name)
    }
}

/// Shippers of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the shipper of that name")]
pub enum LogPipeline {
    Loki,
    Alloy,
    Vector,
    FluentBit,
}

/// Stores of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogStore {
    /// Grafana Loki.
    Loki,
}

/// How the service traces.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Tracing {
    /// The OTLP protocol: `grpc` (port 4317) or `http/protobuf` (port 4318).
    pub protocol: Lenient<OtlpProtocol>,
    /// The collector's URL.
    pub endpoint: Lenient<Text>,
    /// The share of traces that is kept.
    pub sample: Lenient<Percent>,
    /// Who decides which traces are kept: `head`, the service at a request's beginning, or `tail`, the collector at its end,
    /// which then keeps every trace with an error or a slow answer besides. `head` where nothing is said.
    pub sampling: Lenient<Sampling>,
}

/// Who decides which traces are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sampling {
    /// The service, at a request's beginning.
    #[default]
    Head,
    /// The collector, at its end.
    Tail,
}

/// OTLP protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum OtlpProtocol {
    /// gRPC, port 4317.
    #[serde(rename = "grpc")]
    Grpc,
    /// Protobuf over HTTP, port 4318.
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
}

impl OtlpProtocol {
    /// As it is written in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
        }
    }
}

/// Where crashes are reported.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Errors {
    /// Sentry.
    pub sentry: Lenient<Sentry>,
}

/// Sentry settings.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["dsn_env"], "additionalProperties" = false))]
pub struct Sentry {
    /// The environment variable that holds the DSN.
    pub dsn_env: Lenient<Text>,
    /// The environment variable that names the environment.
    pub environment_env: Lenient<Text>,
    /// The share of transactions that is traced.
    pub traces_sample: Lenient<Percent>,
}
