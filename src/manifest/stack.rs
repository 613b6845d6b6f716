//! `stack:` the versions that must accept what is rendered, and where these programs are.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::scalars::{Duration, Text};
use crate::source::{Entries, Lenient, Raw, SHORTHAND};

/// The oldest versions that must accept what is rendered, and where these programs are.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Stack {
    /// Prometheus.
    pub prometheus: Lenient<Short<Prometheus>>,
    /// Grafana.
    pub grafana: Lenient<Short<Grafana>>,
    /// Alertmanager.
    pub alertmanager: Lenient<Short<Program>>,
    /// `blackbox_exporter`. Without it no probe job and no `blackbox.yml` are rendered.
    pub blackbox: Lenient<Short<Program>>,
    /// The OpenTelemetry Collector.
    pub collector: Lenient<Short<Collector>>,
    /// Grafana Tempo; `address` is where it takes OTLP over gRPC, `tempo:4317` where nothing is said.
    pub tempo: Lenient<Short<Program>>,
    /// Grafana Loki; `address` is `loki:3100` where nothing is said.
    pub loki: Lenient<Short<Program>>,
    /// Grafana Mimir.
    pub mimir: Lenient<Mimir>,
    /// Kubernetes.
    pub kubernetes: Lenient<Kubernetes>,
}

/// A program of the stack.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Program {
    /// The oldest version that must accept what is rendered.
    pub version: Lenient<Version>,
    /// `host:port`, as Prometheus reaches it.
    pub address: Lenient<Text>,
}

/// The OpenTelemetry Collector.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Collector {
    /// The oldest version that must accept what is rendered.
    pub version: Lenient<Version>,
    /// `host:port`, as Prometheus reaches it.
    pub address: Lenient<Text>,
    /// What it passes on: traces to Tempo, metrics to Prometheus, logs to Loki; traces of services that trace where nothing is
    /// said.
    pub signals: Lenient<Vec<Lenient<TelemetrySignal>>>,
}

/// A kind of telemetry that OTLP carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TelemetrySignal {
    /// Traces.
    Traces,
    /// Metrics.
    Metrics,
    /// Logs.
    Logs,
}

impl TelemetrySignal {
    /// As it is written in the manifest, and in a pipeline of the Collector.
    pub fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

/// Prometheus.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Prometheus {
    /// The oldest version that must accept what is rendered.
    pub version: Lenient<Version>,
    /// How long it keeps samples.
    pub retention: Lenient<Duration>,
    /// Labels added to what leaves this Prometheus.
    pub external_labels: Entries<Text>,
    /// What `--enable-feature` names.
    pub features: Lenient<Vec<Lenient<Text>>>,
    /// Its URL, as Grafana reaches it; `http://localhost:9090` where nothing is said.
    pub url: Lenient<Text>,
    /// Where it sends its samples.
    pub remote_write: Lenient<RemoteWrite>,
    /// Whether it is an agent, which scrapes and sends, and neither keeps samples nor evaluates rules. Needs `remote_write`.
    pub agent: Lenient<bool>,
    /// How many Prometheus servers share the targets among them, by a hash of the address. Rules are then evaluated where the
    /// samples are sent.
    pub shards: Lenient<u64>,
    /// Which of the shards this is, from 0; the external label `shard` says it.
    pub shard: Lenient<u64>,
    /// The name of this one among replicas that scrape the same; an external label says it to the engine that takes them for one.
    pub replica: Lenient<Text>,
}

/// Where Prometheus sends its samples.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["url"], "additionalProperties" = false))]
pub struct RemoteWrite {
    /// The URL that takes them, such as `http://mimir:9009/api/v1/push`.
    pub url: Lenient<Text>,
    /// What takes them: `prometheus` where nothing is said. It decides by which labels replicas are told apart, and whether
    /// `stack.mimir.tenant` is sent.
    pub to: Lenient<SampleStore>,
    /// Prometheus's `tls_config`.
    pub tls: Lenient<Raw>,
    /// Prometheus's `basic_auth`; the password only as `password_file`.
    pub basic_auth: Lenient<Raw>,
    /// Prometheus's `authorization`; the credentials only as `credentials_file`.
    pub authorization: Lenient<Raw>,
}

/// An engine that samples are sent to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SampleStore {
    /// Another Prometheus, or whatever takes samples as it does.
    #[default]
    Prometheus,
    /// Grafana Mimir, or Cortex.
    Mimir,
    /// Thanos Receive.
    Thanos,
    /// VictoriaMetrics.
    Victoriametrics,
}

impl SampleStore {
    /// As it is written in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Mimir => "mimir",
            Self::Thanos => "thanos",
            Self::Victoriametrics => "victoriametrics",
        }
    }
}

/// Grafana.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Grafana {
    /// The oldest version that must accept what is rendered.
    pub version: Lenient<Version>,
    /// The folder that Grafana loads dashboards from; `/var/lib/grafana/dashboards` where nothing is said.
    pub dashboards_path: Lenient<Text>,
    /// Its URL, as people reach it: alerts then link to the dashboard.
    pub url: Lenient<Text>,
}

/// Grafana Mimir.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Mimir {
    /// The tenant.
    pub tenant: Lenient<Text>,
    /// The namespace of the rules.
    pub namespace: Lenient<Text>,
}

/// Kubernetes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Kubernetes {
    /// The namespace of the rendered objects.
    pub namespace: Lenient<Text>,
    /// Labels of the rendered objects.
    pub labels: Entries<Text>,
    /// What scrapes the pods: a `service` (ServiceMonitor) where nothing is said, or the `pod` itself (PodMonitor).
    pub monitor: Lenient<Monitor>,
    /// Who loads the dashboards: the `sidecar` of Grafana's chart (ConfigMap) where nothing is said, or the `operator` of Grafana (GrafanaDashboard).
    pub dashboards: Lenient<DashboardLoader>,
    /// The labels by which Grafana's operator finds the Grafana to load them into; `{ dashboards: grafana }` where nothing is said.
    pub grafana_selector: Entries<Text>,
    /// The Secret that holds what the manifest names as files: each under the base name of its file. `<service>-monitoring` where nothing is said.
    pub secret: Lenient<Text>,
}

/// What scrapes a service's pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Monitor {
    /// Through the endpoints of its Service.
    #[default]
    Service,
    /// Each pod by itself.
    Pod,
}

/// Who loads dashboards into Grafana.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DashboardLoader {
    /// The sidecar of Grafana's chart, from ConfigMaps.
    #[default]
    Sidecar,
    /// Grafana's operator, from objects of its own.
    Operator,
}

/// A version such as `2.42` or `3.14.0`; a third part is read and does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
}

impl Version {
    /// `major.minor`
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads `3`, `3.14`, `v3.14.0`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a version: write it in quotes, as in `\"3.14\"`");
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.').map(str::parse::<u32>);
        let major = parts.next().and_then(Result::ok).ok_or_else(wrong)?;
        let minor = parts.next().unwrap_or(Ok(0)).map_err(|_| wrong())?;
        let patch_is_number = parts.next().is_none_or(|p| p.is_ok());
        if patch_is_number && parts.next().is_none() { Ok(Self { major, minor }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct VersionText;
        impl Visitor<'_> for VersionText {
            type Value = Version;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a version in quotes, as in `\"3.14\"`")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Version, E> {
                Version::parse(text).map_err(E::custom)
            }
        }
        // The text as it is written: as a number `3.10` would be `3.1`.
        deserializer.deserialize_str(VersionText)
    }
}

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^v?[0-9]+(\\.[0-9]+){0,2}$", "description": "A version in quotes, as in `\"3.14\"`." })
    }
}

/// `"3.14"`, which is short for `{ version: "3.14" }`.
#[derive(Debug, Default)]
pub struct Short<T>(pub T);

impl<T> std::ops::Deref for Short<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// Programs that can be named by their version alone.
pub trait FromVersion {
    /// The program with just this version said.
    fn from_version(version: Lenient<Version>) -> Self;
}

impl FromVersion for Program {
    fn from_version(version: Lenient<Version>) -> Self {
        Self { version, ..Self::default() }
    }
}

impl FromVersion for Collector {
    fn from_version(version: Lenient<Version>) -> Self {
        Self { version, ..Self::default() }
    }
}

impl FromVersion for Prometheus {
    fn from_version(version: Lenient<Version>) -> Self {
        Self { version, ..Self::default() }
    }
}

impl FromVersion for Grafana {
    fn from_version(version: Lenient<Version>) -> Self {
        Self { version, ..Self::default() }
    }
}

impl<'de, T: FromVersion + Deserialize<'de>> Deserialize<'de> for Short<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SHORTHAND, ShortVisitor(std::marker::PhantomData))
    }
}

struct ShortVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: FromVersion + Deserialize<'de>> Visitor<'de> for ShortVisitor<T> {
    type Value = Short<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a version in quotes, or a mapping with `version:`")
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Ok(Short(T::from_version(Lenient::deserialize(deserializer)?)))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::deserialize(deserializer).map(Short)
    }
}

impl<T: JsonSchema> JsonSchema for Short<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Short_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<Version>(), generator.subschema_for::<T>()] })
    }
}
