//! Where the time of a check went.

use std::borrow::Cow;
use std::num::NonZero;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

/// Where the time went, in milliseconds; null for what did not happen.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the report, each with its unit")]
pub struct Phases {
    /// Resolving the name.
    pub dns_ms: Option<Spent>,
    /// Connecting.
    pub connect_ms: Option<Spent>,
    /// The TLS handshake.
    pub tls_ms: Option<Spent>,
    /// From there to the first byte of the answer.
    pub first_byte_ms: Option<Spent>,
    /// From there to the end of the body.
    pub body_ms: Option<Spent>,
}

/// A time: kept in microseconds, and written in milliseconds. One more than it is, so that there is room for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent(NonZero<u32>);

impl Default for Spent {
    fn default() -> Self {
        Self(NonZero::<u32>::MIN)
    }
}

impl Spent {
    /// So long; an hour and more is an hour.
    pub(super) fn of(time: Duration) -> Self {
        let rounded = time.saturating_add(Duration::from_nanos(500)).as_micros();
        Self(NonZero::<u32>::MIN.saturating_add(u32::try_from(rounded).unwrap_or(u32::MAX)))
    }

    fn micros(self) -> f64 {
        f64::from(self.0.get() - 1)
    }

    /// In milliseconds.
    pub(super) fn millis(self) -> f64 {
        self.micros() / 1000.0
    }

    /// In seconds.
    pub(super) fn seconds(self) -> f64 {
        self.micros() / 1_000_000.0
    }
}

impl Serialize for Spent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.millis().serialize(serializer)
    }
}

impl JsonSchema for Spent {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        f64::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        f64::json_schema(generator)
    }
}

/// Milliseconds with three decimals.
pub(super) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
