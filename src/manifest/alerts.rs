//! `alerts:` what somebody must be told of. Each alert has exactly one kind.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::scalars::{Duration, MetricName, Percent, Text, Threshold};
use super::telemetry::LogLevel;
use crate::source::{Entries, Lenient, OneOrMany, Spanned};

/// One alert. Exactly one of `ratio`, `quantile`, `down`, `absent`, `saturation`, `burn`, `expr` and `log` says what kind it is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Alert {
    /// The share of a counter's events that are bad (see `bad`) is too high.
    pub ratio: Lenient<MetricName>,
    /// Which events are bad: labels and the value that makes them so. Text is an anchored regular expression (RE2), a list means alternatives.
    pub bad: Entries<OneOrMany<Text>>,
    /// The quantile of a histogram (see `of`) is too high: a number between 0 and 1.
    pub quantile: Lenient<Quantile>,
    /// The histogram of `quantile`.
    pub of: Lenient<MetricName>,
    /// A dependency is down: its exporter is down or gone, or says that the dependency is.
    pub down: Lenient<Text>,
    /// A metric is gone.
    pub absent: Lenient<MetricName>,
    /// A gauge is too close to its `max`.
    pub saturation: Lenient<MetricName>,
    /// The error budget of an objective burns too fast; replaces what the objective would bring.
    pub burn: Lenient<Text>,
    /// Any PromQL condition.
    pub expr: Lenient<Text>,
    /// Lines of the service's log, which Loki counts in `window`: it fires above `above` of them, 0 where nothing is said.
    pub log: Lenient<LogLines>,
    /// Fires above this value: a percentage, a duration, a size or a number. A share, as that of `ratio` or `saturation`, is a
    /// percentage: `5%`, and not `0.05`.
    pub above: Lenient<Threshold>,
    /// The window that rates are taken over; `5m` where nothing is said.
    pub window: Lenient<Duration>,
    /// The fewest bad events in the window that count as trouble: keeps a lone error at night from paging.
    pub min_bad: Lenient<u64>,
    /// How long the condition must hold before the alert fires.
    #[serde(rename = "for")]
    pub hold: Lenient<Duration>,
    /// How long the alert keeps firing after the condition ended (needs `stack.prometheus` 2.42 or newer).
    pub keep_firing_for: Lenient<Duration>,
    /// How grave it is: a receiver of `routing.receivers`. For `burn`, one for the fast tiers and one for the slow ones.
    pub severity: Lenient<Severity>,
    /// One line that says what is wrong, instead of the generated one. Plain text, no template.
    pub summary: Lenient<Text>,
    /// What it means and what to do, instead of the generated text. Plain text, no template.
    pub description: Lenient<Text>,
    /// The runbook's URL, where it is not `<service.runbooks>/<alert name>`.
    pub runbook: Lenient<Text>,
    /// Further labels of the alert.
    pub labels: Entries<Text>,
    /// Further annotations of the alert. Plain text, no template.
    pub annotations: Entries<Text>,
    /// Switches a generated alert of this name off.
    pub disabled: Lenient<bool>,
}

/// Lines of a log: one of `contains` and `matches`, a level, or both.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct LogLines {
    /// A text in the line.
    pub contains: Lenient<Text>,
    /// A regular expression (RE2) that matches anywhere in the line.
    pub matches: Lenient<Text>,
    /// The level of the line.
    pub level: Lenient<LogLevel>,
}

/// A quantile between 0 and 1, both excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantile(pub rust_decimal::Decimal);

impl<'de> Deserialize<'de> for Quantile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let super::metrics::Bound(number) = super::metrics::Bound::deserialize(deserializer)?;
        if number > rust_decimal::Decimal::ZERO && number < rust_decimal::Decimal::ONE {
            return Ok(Self(number));
        }
        Err(D::Error::custom(format!("`{number}` is not between 0 and 1: write the 99th percentile as `0.99`")))
    }
}

impl JsonSchema for Quantile {
    fn schema_name() -> Cow<'static, str> {
        "Quantile".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 })
    }
}

/// `critical`, or `{ fast: critical, slow: warning }` for a budget's burn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The same for all.
    One(String),
    /// One for the fast tiers, one for the slow.
    Tiers {
        /// Of the 1 h and 6 h tiers.
        fast: Spanned<String>,
        /// Of the 1 d and 3 d tiers.
        slow: Spanned<String>,
    },
}

/// What a severity may be called: it becomes a receiver's name.
fn severity_name(text: &str) -> Result<String, String> {
    super::scalars::Slug::parse(text)
        .map(|slug| slug.0)
        .map_err(|_| format!("`{}` is not a severity: use lower-case letters, digits, `-`, `_` and `.`", super::scalars::shorten(text)))
}

impl<'de> Deserialize<'de> for Severity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrTiers;
        impl<'de> Visitor<'de> for OneOrTiers {
            type Value = Severity;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a severity such as `critical`, or `{ fast: critical, slow: warning }` for `burn`")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Severity, E> {
                severity_name(text).map(Severity::One).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Severity, A::Error> {
                let (mut fast, mut slow) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    let value: Spanned<String> = map.next_value()?;
                    severity_name(&value).map_err(A::Error::custom)?;
                    match key.as_str() {
                        "fast" => fast = Some(value),
                        "slow" => slow = Some(value),
                        _ => return Err(A::Error::custom(format!("unknown tier `{key}`: the tiers are `fast` and `slow`"))),
                    }
                }
                match (fast, slow) {
                    (Some(fast), Some(slow)) => Ok(Severity::Tiers { fast, slow }),
                    _ => Err(A::Error::custom("both tiers are needed: `{ fast: critical, slow: warning }`")),
                }
            }
        }
        deserializer.deserialize_any(OneOrTiers)
    }
}

impl JsonSchema for Severity {
    fn schema_name() -> Cow<'static, str> {
        "Severity".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string", "pattern": "^[a-z0-9][a-z0-9._-]*$" },
            { "type": "object", "required": ["fast", "slow"], "additionalProperties": false,
              "properties": { "fast": { "type": "string" }, "slow": { "type": "string" } } }
        ] })
    }
}

/// One objective (SLO): `ratio` and `bad`, or `of` and `within`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["target", "window"], "additionalProperties" = false))]
pub struct Objective {
    /// A counter of events, of which the `bad` ones use up the budget.
    pub ratio: Lenient<MetricName>,
    /// Which events are bad, as in an alert.
    pub bad: Entries<OneOrMany<Text>>,
    /// A histogram of durations, of which those above `within` use up the budget.
    pub of: Lenient<MetricName>,
    /// The bound: it must be one of the histogram's buckets.
    pub within: Lenient<Threshold>,
    /// The share of good events that is promised, as in `99.9%`.
    pub target: Lenient<Percent>,
    /// The window that the promise is kept over, as in `30d`.
    pub window: Lenient<Duration>,
    /// The fewest bad events in a tier's long window that count as trouble; `10` where nothing is said.
    pub min_bad: Lenient<u64>,
}
