//! The signals besides metrics: how a service logs, traces and reports its crashes, with defaults filled in.

use rust_decimal::Decimal;

use crate::manifest::telemetry::{LogFormat, LogLevel, OtlpProtocol, Sampling};

/// How a service logs.
#[derive(Clone, Debug)]
pub struct Logging {
    /// The format of a line; JSON where nothing is said.
    pub format: LogFormat,
    /// The lowest level that is written; info where nothing is said.
    pub level: LogLevel,
    /// Fields that lines carry besides time, level and message.
    pub metadata: Vec<String>,
    /// Fields whose values must never be written.
    pub redact: Vec<String>,
    /// What ships the lines; `None` where the manifest names no pipeline.
    pub shipper: Option<Shipper>,
    /// The files that the lines are written to, as patterns.
    pub files: Vec<String>,
}

/// What ships log lines to their store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shipper {
    /// Grafana Alloy.
    Alloy,
    /// Vector.
    Vector,
    /// Fluent Bit.
    FluentBit,
}

/// How a service traces.
#[derive(Clone, Debug)]
pub struct Tracing {
    /// The OTLP protocol; protobuf over HTTP where nothing is said.
    pub protocol: OtlpProtocol,
    /// The collector's URL; the protocol's own port on this machine where nothing is said.
    pub endpoint: String,
    /// The share of traces that is kept, 0 to 1; all where nothing is said.
    pub sample: Decimal,
    /// Who decides which.
    pub sampling: Sampling,
}

impl Tracing {
    /// The share of traces that the service itself keeps: all, where the collector is to choose.
    pub fn head_share(&self) -> Decimal {
        match self.sampling {
            Sampling::Head => self.sample,
            Sampling::Tail => Decimal::ONE,
        }
    }
}

/// Where a service reports its crashes.
#[derive(Clone, Debug)]
pub struct Sentry {
    /// The environment variable that holds the DSN.
    pub dsn_env: String,
    /// The environment variable that names the environment.
    pub environment_env: String,
    /// The share of transactions that is traced, 0 to 1.
    pub traces_sample: Option<Decimal>,
}
