//! `health:` the checks that say whether the service lives and is ready.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::scalars::{Duration, Text};
use crate::diagnostic::Diagnostic;
use crate::source::{Entries, Lenient, Node, NodeKind, Raw, SourceMap, Span, Spanned, decode, decode_below, reread};

/// The name of the section.
pub(super) const SECTION: &str = "health";
/// Its one key that names no check.
const BASE: &str = "base";

/// The health checks. `liveness` and `readiness` are known names; any other name is one more check.
#[derive(Debug, Default)]
pub struct Health {
    /// The URL that `path:` is added to.
    pub base: Lenient<Text>,
    /// The checks, by name.
    pub checks: Entries<Check>,
    /// Checks that are read when it is their turn: by name, and where each stands.
    outlined: Vec<(Spanned<String>, Span)>,
}

impl Health {
    /// Takes what is only outlined out of a manifest's tree: names, and where what they name stands.
    pub(super) fn take_outlined(root: &mut Node) -> Vec<(Spanned<String>, Span)> {
        let NodeKind::Mapping(sections) = &mut root.kind else { return Vec::new() };
        let health = sections.iter_mut().find(|(key, _)| key.as_str() == Some(SECTION)).map(|(_, value)| &mut value.kind);
        let Some(NodeKind::Mapping(entries)) = health else { return Vec::new() };
        let is_outlined = |(key, value): &(Node, Node)| {
            let name = key.as_str().filter(|name| *name != BASE && !key.is_null());
            name.is_some() && value.as_mapping().is_some_and(<[_]>::is_empty)
        };
        let mut taken = Vec::new();
        entries.retain(|entry| {
            let outlined = is_outlined(entry);
            if outlined {
                taken.push((Spanned::new(entry.0.as_str().unwrap_or_default().to_owned(), entry.0.span), entry.1.span));
            }
            !outlined
        });
        entries.shrink_to_fit();
        taken
    }

    /// Gives back what was taken out; what is wrong with each check.
    pub(super) fn outline(&mut self, mut taken: Vec<(Spanned<String>, Span)>, sources: &SourceMap) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        taken.retain(|(name, span)| {
            let section = Spanned::new(SECTION.to_owned(), name.span);
            let (check, wrong) =
                reread(sources, *span).map_or_else(Default::default, |node| decode_below::<Check>(&[&section, name], &node, super::RULE));
            found.extend(wrong);
            check.is_some()
        });
        self.outlined = taken;
        found
    }

    /// How many checks there are.
    pub fn count(&self) -> usize {
        self.checks.len() + self.outlined.len()
    }

    /// Shows every check that could be read.
    pub fn each(&self, sources: &SourceMap, mut visit: impl FnMut(&Spanned<String>, &Check)) {
        for (name, check) in self.checks.valid() {
            visit(name, &check.value);
        }
        for (name, span) in &self.outlined {
            // What is wrong with it was said when it was outlined.
            if let Some(check) = reread(sources, *span).and_then(|node| decode(&node, super::RULE).0) {
                visit(name, &check);
            }
        }
    }
}

impl<'de> Deserialize<'de> for Health {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BaseAndChecks;
        impl<'de> Visitor<'de> for BaseAndChecks {
            type Value = Health;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a mapping of health checks")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Health, A::Error> {
                let mut base = Lenient::Missing;
                let mut checks = Vec::new();
                while let Some(key) = map.next_key::<Lenient<String>>()? {
                    match key.into_valid() {
                        Some(key) if key.value == BASE => base = map.next_value()?,
                        Some(key) => checks.push((key, map.next_value()?)),
                        None => drop(map.next_value::<Lenient<Raw>>()?),
                    }
                }
                Ok(Health { base, checks: checks.into_iter().collect(), outlined: Vec::new() })
            }
        }
        deserializer.deserialize_map(BaseAndChecks)
    }
}

impl JsonSchema for Health {
    fn schema_name() -> Cow<'static, str> {
        "Health".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let check = generator.subschema_for::<Check>();
        json_schema!({
            "type": "object",
            "description": "The health checks. `liveness` and `readiness` are known names; any other name is one more check.",
            "properties": {
                "base": { "type": "string", "description": "The URL that `path:` is added to." },
                "liveness": check,
                "readiness": check
            },
            "additionalProperties": check
        })
    }
}

/// One check: `path` or `url` (HTTP), `tcp`, or `grpc`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Check {
    /// The path below `health.base`.
    pub path: Lenient<Text>,
    /// A whole URL, where it is not below `health.base`.
    pub url: Lenient<Text>,
    /// `host:port` that must accept a TCP connection.
    pub tcp: Lenient<Text>,
    /// `host:port` of a gRPC server with the standard health service.
    pub grpc: Lenient<Text>,
    /// The service to ask the gRPC server for.
    pub service: Lenient<Text>,
    /// What the answer must be like.
    pub expect: Lenient<Expect>,
    /// The dependencies whose state this check's answer includes.
    pub covers: Lenient<Vec<Lenient<Text>>>,
    /// TLS settings under Prometheus's names: `ca_file`, `cert_file`, `key_file`, `server_name`, `insecure_skip_verify`,
    /// `min_version`, `max_version`.
    pub tls: Lenient<Raw>,
    /// Prometheus's `basic_auth`; the password only as `password_file`.
    pub basic_auth: Lenient<Raw>,
    /// Prometheus's `authorization`; the credentials only as `credentials_file`.
    pub authorization: Lenient<Raw>,
    /// The HTTP proxy that leads to the URL. Proxies of the environment are not used.
    pub proxy_url: Lenient<Text>,
    /// How many redirects are followed, as long as they stay with the host and the port; none where nothing is said.
    pub redirects: Lenient<u32>,
    /// The HTTP version that is spoken: `1.1` or `2`; without TLS, `2` is spoken unasked (h2c). Where nothing is said, it is what the
    /// server prefers over TLS, and 1.1 without.
    pub http_version: Lenient<HttpVersion>,
    /// What is said over the TCP connection, in turn.
    pub query_response: Lenient<Vec<Lenient<Line>>>,
    /// How long the whole check may last; `5s` where nothing is said.
    pub timeout: Lenient<Duration>,
    /// So many attempts in a row must pass until the check does; `1` where nothing is said.
    pub success_threshold: Lenient<u32>,
    /// So many attempts in a row must fail until the check does; `1` where nothing is said. A check that passes although an
    /// attempt failed is flaky, which is a warning.
    pub failure_threshold: Lenient<u32>,
}

/// A line of a conversation, as blackbox_exporter has it: first what must come, then what is said.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Line {
    /// A regular expression (RE2) that a line of the other side must match; lines before it are passed over.
    pub expect: Lenient<Text>,
    /// What is said then, without its line break.
    pub send: Lenient<Text>,
}

/// What the answer to a health check must be like. Everything that is named must hold.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Expect {
    /// The status: `200`, a class such as `2xx`, a range such as `200-399`, or a list of these. `2xx` where nothing is said.
    pub status: Lenient<Statuses>,
    /// Fields of the JSON body and the value that each must have; dots reach into objects.
    pub json: Entries<Raw>,
    /// Headers and the regular expression (RE2, anchored) that each must match.
    pub headers: Entries<Text>,
    /// A regular expression (RE2) that must match somewhere in the body.
    pub body: Lenient<Text>,
    /// The longest that the answer may take.
    pub within: Lenient<Duration>,
    /// How long every certificate that the server shows must still be valid. Less than 21 days are warned of in any case.
    pub valid_for: Lenient<Duration>,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    One,
    /// HTTP/2.
    Two,
}

impl HttpVersion {
    /// As it is written: `1.1`, `2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "1.1",
            Self::Two => "2",
        }
    }
}

impl<'de> Deserialize<'de> for HttpVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Version;
        impl Visitor<'_> for Version {
            type Value = HttpVersion;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a version of HTTP: `1.1` or `2`")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<HttpVersion, E> {
                match text {
                    "1.1" => Ok(HttpVersion::One),
                    "2" | "2.0" => Ok(HttpVersion::Two),
                    _ => Err(E::custom(format!("`{text}` is not a version of HTTP that is spoken here: write `1.1` or `2`"))),
                }
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<HttpVersion, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<HttpVersion, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<HttpVersion, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Version)
    }
}

impl JsonSchema for HttpVersion {
    fn schema_name() -> Cow<'static, str> {
        "HttpVersion".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": ["1.1", "2", 1.1, 2] })
    }
}

/// HTTP statuses that are fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(pub Vec<StatusRange>);

/// `200`, `200-399`, or `2xx` for 200 to 299.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRange {
    /// The first status of the range.
    pub first: u16,
    /// The last one.
    pub last: u16,
}

impl Statuses {
    /// A single status.
    pub fn one(status: u16) -> Self {
        Self(vec![StatusRange { first: status, last: status }])
    }

    /// Whether a status is among them.
    pub fn contain(&self, status: u16) -> bool {
        self.0.iter().any(|range| (range.first..=range.last).contains(&status))
    }
}

impl Default for Statuses {
    fn default() -> Self {
        Self(vec![StatusRange { first: 200, last: 299 }])
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, range) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{range}")?;
        }
        Ok(())
    }
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { first, last } = self;
        if first == last {
            write!(f, "{first}")
        } else if first.is_multiple_of(100) && *last == first + 99 {
            write!(f, "{}xx", first / 100)
        } else {
            write!(f, "{first}-{last}")
        }
    }
}

impl StatusRange {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not an HTTP status: write `200`, a class such as `2xx`, a range such as `200-399`, or a list of these");
        if let Some(class) = text.strip_suffix("xx") {
            let class: u16 = class.parse().ok().filter(|c| (1..=5).contains(c)).ok_or_else(wrong)?;
            return Ok(Self { first: class * 100, last: class * 100 + 99 });
        }
        let status = |text: &str| text.parse().ok().filter(|status| (100..=599).contains(status)).ok_or_else(wrong);
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (status(first)?, status(last)?),
            None => (status(text)?, status(text)?),
        };
        if first > last { Err(wrong()) } else { Ok(Self { first, last }) }
    }
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrList;
        impl<'de> Visitor<'de> for OneOrList {
            type Value = Vec<StatusRange>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an HTTP status such as `200`, a class such as `2xx`, a range such as `200-399`, or a list of these")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                StatusRange::parse(text).map(|range| vec![range]).map_err(E::custom)
            }
            fn visit_u64<E: Error>(self, n: u64) -> Result<Self::Value, E> {
                self.visit_str(&n.to_string())
            }
            fn visit_i64<E: Error>(self, n: i64) -> Result<Self::Value, E> {
                self.visit_str(&n.to_string())
            }
            fn visit_f64<E: Error>(self, n: f64) -> Result<Self::Value, E> {
                self.visit_str(&n.to_string())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(Statuses(one)) = seq.next_element()? {
                    all.extend(one);
                }
                if all.is_empty() { Err(A::Error::custom("the list of statuses is empty")) } else { Ok(all) }
            }
        }
        deserializer.deserialize_any(OneOrList).map(Self)
    }
}

impl JsonSchema for Statuses {
    fn schema_name() -> Cow<'static, str> {
        "Statuses".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = serde_json::json!([{ "type": "integer", "minimum": 100, "maximum": 599 }, { "type": "string", "pattern": "^([1-5]xx|[1-5][0-9][0-9](-[1-5][0-9][0-9])?)$" }]);
        json_schema!({ "anyOf": [one[0], one[1], { "type": "array", "minItems": 1, "items": { "anyOf": one } }] })
    }
}
