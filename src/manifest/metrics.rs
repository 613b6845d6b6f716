//! `metrics:` the catalogue of what the service exposes, declared once.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::scalars::{MetricName, Text};
use crate::source::{Entries, Lenient};

/// One metric that the service exposes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["type"], "additionalProperties" = false))]
pub struct Metric {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Lenient<MetricType>,
    /// What it counts or measures, in a sentence: its `# HELP`.
    pub help: Lenient<Text>,
    /// Its labels, besides the target labels `job` and `instance`.
    pub labels: Entries<Label>,
    /// The finite upper bounds of a classic histogram's buckets, ascending.
    pub buckets: Lenient<Vec<Lenient<Bound>>>,
    /// A native histogram rather than a classic one (needs `stack.prometheus` 3.8 or newer).
    pub native: Lenient<bool>,
    /// The base unit, where the name does not end in it.
    pub unit: Lenient<MetricUnit>,
    /// The value at which a gauge is full: a number, or the metric that says it.
    pub max: Lenient<Capacity>,
    /// Whether the metric is there from the start or only once something happened.
    pub presence: Lenient<Presence>,
    /// The most series that the metric may have.
    pub max_series: Lenient<u64>,
    /// Rules that do not apply to this metric: of lint, of the probe's naming practice, or `untyped` where the page does not say its type.
    pub allow: Lenient<Vec<Lenient<Text>>>,
}

/// Metric types of the exposition formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetricType {
    /// Only ever rises, until the process restarts.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
    /// Quantiles that the client computed.
    Summary,
}

impl MetricType {
    /// As in `# TYPE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
        }
    }
}

/// One label of a metric.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Label {
    /// Every value that it can take.
    pub values: Lenient<Vec<Lenient<Text>>>,
    /// A regular expression (RE2, anchored) that every value matches.
    pub pattern: Lenient<Text>,
    /// What it means, whatever it is called.
    pub role: Lenient<LabelRole>,
    /// Whether some series lack it.
    pub optional: Lenient<bool>,
}

/// What a label means, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelRole {
    /// The status code of an HTTP answer, 100 to 599.
    HttpStatus,
    /// The matched route, as a template such as `/users/:id`.
    HttpRoute,
    /// The request method.
    Method,
}

impl LabelRole {
    /// As it is written in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::HttpStatus => "http_status",
            Self::HttpRoute => "http_route",
            Self::Method => "method",
        }
    }
}

/// Base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MetricUnit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// A share of one.
    Ratio,
    /// A plain count.
    #[default]
    None,
}

impl MetricUnit {
    /// As it is written in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Ratio => "ratio",
            Self::None => "none",
        }
    }
}

/// Whether a metric is always there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// From the first scrape on.
    #[default]
    Always,
    /// Only once something happened.
    OnFirstUse,
}

/// The upper bound of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound(pub Decimal);

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Bound;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a finite number")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Bound, E> {
                let number = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text));
                number.map(|n| Bound(n.normalize())).map_err(|_| E::custom(format!("`{text}` is not a finite number")))
            }
            fn visit_f64<E: Error>(self, n: f64) -> Result<Bound, E> {
                self.visit_str(&n.to_string())
            }
            fn visit_i64<E: Error>(self, n: i64) -> Result<Bound, E> {
                Ok(Bound(n.into()))
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Bound, E> {
                Ok(Bound(n.into()))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

impl JsonSchema for Bound {
    fn schema_name() -> Cow<'static, str> {
        "Bound".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "description": "The finite upper bound of a bucket." })
    }
}

/// Where a gauge is full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// At a fixed value.
    Number(Decimal),
    /// At the value of another metric of the same instance.
    Metric(MetricName),
}

impl<'de> Deserialize<'de> for Capacity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrName;
        impl Visitor<'_> for NumberOrName {
            type Value = Capacity;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number, or the name of the metric that says it")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Capacity, E> {
                if let Ok(number) = text.parse::<Decimal>() {
                    return Ok(Capacity::Number(number.normalize()));
                }
                MetricName::parse(text).map(Capacity::Metric).map_err(E::custom)
            }
            fn visit_f64<E: Error>(self, n: f64) -> Result<Capacity, E> {
                self.visit_str(&n.to_string())
            }
            fn visit_i64<E: Error>(self, n: i64) -> Result<Capacity, E> {
                Ok(Capacity::Number(n.into()))
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Capacity, E> {
                Ok(Capacity::Number(n.into()))
            }
        }
        deserializer.deserialize_any(NumberOrName)
    }
}

impl JsonSchema for Capacity {
    fn schema_name() -> Cow<'static, str> {
        "Capacity".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "number", "exclusiveMinimum": 0 }, { "type": "string", "pattern": "^[a-zA-Z_:][a-zA-Z0-9_:]*$" }] })
    }
}
