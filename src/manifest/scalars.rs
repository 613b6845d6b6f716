//! The scalars of the manifest: durations, percentages, sizes, names. Each is checked where it is read, so that
//! everything behind this file can trust it.

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Implements decoding from text by `parse`, and the schema of a string with a pattern.
macro_rules! text_scalar {
    ($type:ident, $parse:path, $pattern:expr, $description:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(TextVisitor($description)).and_then(|text| $parse(&text).map_err(D::Error::custom))
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
            }
        }
    };
}

/// Takes any scalar's text, so that `5` gets the scalar's own message and not "expected a string".
struct TextVisitor(&'static str);

impl Visitor<'_> for TextVisitor {
    type Value = String;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.0)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
    fn visit_i64<E: Error>(self, n: i64) -> Result<String, E> {
        Ok(n.to_string())
    }
    fn visit_u64<E: Error>(self, n: u64) -> Result<String, E> {
        Ok(n.to_string())
    }
    fn visit_f64<E: Error>(self, n: f64) -> Result<String, E> {
        Ok(n.to_string())
    }
    fn visit_bool<E: Error>(self, b: bool) -> Result<String, E> {
        Ok(b.to_string())
    }
}

/// A length of time in milliseconds, written as Prometheus writes it: `5m`, `1h30m`, `500ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub u64);

/// Units of a duration, longest first: name and milliseconds.
const DURATION_UNITS: [(&str, u64); 7] =
    [("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Duration {
    /// So many minutes.
    pub const fn minutes(n: u64) -> Self {
        Self(n * 60_000)
    }

    /// So many seconds.
    pub const fn seconds(n: u64) -> Self {
        Self(n * 1000)
    }

    /// In milliseconds, as PromQL trees hold it.
    pub fn millis(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// In seconds, exactly.
    pub fn as_seconds(self) -> Decimal {
        (Decimal::from(self.0) / Decimal::from(1000)).normalize()
    }

    /// Reads `1h30m`: every unit at most once, longest first, at most 100 years.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a duration: write a number with a unit, as in `30s`, `5m`, `1h30m`, `500ms`, `30d`");
        let mut rest = text;
        let mut total: u64 = 0;
        let mut units = DURATION_UNITS.iter();
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let letters = rest[digits..].bytes().take_while(u8::is_ascii_lowercase).count();
            let count: u64 = rest[..digits].parse().map_err(|_| wrong())?;
            let unit = &rest[digits..digits + letters];
            let (_, factor) = units.find(|(name, _)| *name == unit).ok_or_else(wrong)?;
            total = count.checked_mul(*factor).and_then(|ms| total.checked_add(ms)).ok_or_else(wrong)?;
            rest = &rest[digits + letters..];
        }
        if total > 100 * DURATION_UNITS[0].1 {
            return Err(format!("`{text}` is longer than 100 years"));
        }
        Ok(Self(total))
    }
}

/// The shortest spelling that Prometheus reads: `90s` is `1m30s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (unit, factor) in DURATION_UNITS {
            // Years and weeks only where nothing else remains, as Prometheus prints them: `30d`, not `4w2d`.
            if matches!(unit, "y" | "w") && !rest.is_multiple_of(factor) {
                continue;
            }
            if rest >= factor {
                write!(f, "{}{unit}", rest / factor)?;
                rest %= factor;
            }
        }
        Ok(())
    }
}

text_scalar!(
    Duration,
    Duration::parse,
    r"^([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
    "a duration such as `30s`, `5m` or `1h30m`"
);

/// A share of one, written as a percentage: `99.9%` is exactly 0.999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub Decimal);

impl Percent {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a percentage: write it with its sign, as in `99.9%`");
        let number = text.strip_suffix('%').ok_or_else(wrong)?.trim_end();
        let value = parse_decimal(number).ok_or_else(wrong)?;
        if value.is_sign_negative() || value > Decimal::ONE_HUNDRED {
            return Err(format!("`{text}` is not between 0% and 100%"));
        }
        Ok(Self((value / Decimal::ONE_HUNDRED).normalize()))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}%", (self.0 * Decimal::ONE_HUNDRED).normalize())
    }
}

text_scalar!(Percent, Percent::parse, r"^[0-9]+(\.[0-9]+)? *%$", "a percentage such as `99.9%`");

/// A plain decimal number, at most 20 digits, no exponent.
fn parse_decimal(text: &str) -> Option<Decimal> {
    let plain = text.len() <= 21 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    plain.then(|| text.parse::<Decimal>().ok().map(|d| d.normalize())).flatten()
}

/// A number with an optional unit: what an alert's `above:` or `below:` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// `5%`
    Percent(Percent),
    /// `500ms`
    Duration(Duration),
    /// `10MiB`, in bytes.
    Size(u64),
    /// `3`
    Number(Decimal),
}

/// Units of a size: name and bytes.
const SIZE_UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// A number of bytes: `64KiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl Size {
    /// Reads a whole number with its unit.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        for (unit, factor) in SIZE_UNITS {
            if let Some(number) = text.strip_suffix(unit).and_then(|n| n.trim_end().parse::<u64>().ok()) {
                return number.checked_mul(factor).map(Self).ok_or_else(|| format!("`{text}` is too large"));
            }
        }
        Err(format!("`{text}` is not a size: write a number with a unit, as in `64KiB` or `1MB`"))
    }
}

impl Threshold {
    fn parse(text: &str) -> Result<Self, String> {
        if text.ends_with('%') {
            return Percent::parse(text).map(Self::Percent);
        }
        if let Some(number) = parse_decimal(text) {
            return Ok(Self::Number(number));
        }
        if text.ends_with('B') {
            return Size::parse(text).map(|size| Self::Size(size.0));
        }
        Duration::parse(text).map(Self::Duration).map_err(|_| {
            format!("`{text}` is not a threshold: write a percentage (`5%`), a duration (`500ms`), a size (`10MiB`) or a number")
        })
    }

    /// The value in base units (seconds, bytes, a share of one).
    pub fn value(self) -> Decimal {
        match self {
            Self::Percent(p) => p.0,
            Self::Duration(d) => d.as_seconds(),
            Self::Size(bytes) => Decimal::from(bytes),
            Self::Number(n) => n,
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Percent(p) => p.fmt(f),
            Self::Duration(d) => d.fmt(f),
            Self::Size(bytes) => {
                let unit = SIZE_UNITS
                    .iter()
                    .filter(|(_, factor)| *bytes >= *factor && bytes.is_multiple_of(*factor))
                    .max_by_key(|(_, factor)| *factor);
                match unit {
                    Some((name, factor)) => write!(f, "{}{name}", bytes / factor),
                    None => write!(f, "{bytes}B"),
                }
            }
            Self::Number(n) => n.fmt(f),
        }
    }
}

text_scalar!(Threshold, Threshold::parse, r"^.+$", "a percentage (`5%`), a duration (`500ms`), a size (`10MiB`) or a number");

/// A metric name of the classic character set; recorded names may hold colons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricName(pub String);

impl MetricName {
    /// Checks a metric name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let body = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        if !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(body) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("`{}` is not a metric name: letters, digits, `_` and `:`, not starting with a digit", shorten(text)))
    }
}

text_scalar!(MetricName, MetricName::parse, r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", "a metric name");

/// A label name of the classic character set, not one of Prometheus's own (`__…`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelName(pub String);

impl LabelName {
    /// Checks a label name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let body = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) || !text.chars().all(body) {
            return Err(format!("`{}` is not a label name: letters, digits and `_`, not starting with a digit", shorten(text)));
        }
        if text.starts_with("__") {
            return Err(format!("`{text}` is reserved: label names starting with `__` are Prometheus's own"));
        }
        Ok(Self(text.to_owned()))
    }
}

text_scalar!(LabelName, LabelName::parse, r"^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$", "a label name");

/// An identifier that becomes a file name, a job or a dashboard uid: lower-case letters, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(pub String);

impl Slug {
    /// Checks an identifier: at most 63 characters, starting with a letter or a digit.
    pub fn parse(text: &str) -> Result<Self, String> {
        let body = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        let start = text.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if start && text.len() <= 63 && text.chars().all(body) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "`{}` cannot be a name here: use 1 to 63 lower-case letters, digits, `-`, `_` and `.`, starting with a letter or a digit",
            shorten(text)
        ))
    }
}

text_scalar!(Slug, Slug::parse, r"^[a-z0-9][a-z0-9._-]{0,62}$", "a name of lower-case letters, digits, `-`, `_` and `.`");

/// Free text in one or more lines, without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(pub String);

impl Text {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(c) = text
            .chars()
            .find(|c| c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}'))
        {
            return Err(format!(
                "the text holds the control character U+{:04X}, which not every program behind obsgen can carry",
                c as u32
            ));
        }
        if text.len() > 16 * 1024 {
            return Err(format!("the text is {} bytes long; at most 16384 fit in a label or annotation", text.len()));
        }
        Ok(Self(text.to_owned()))
    }
}

text_scalar!(Text, Text::parse, r"^[^\u0000-\u0008\u000b-\u001f]*$", "free text, without control characters");

/// The beginning of a text that may be long or hold line breaks, for a message.
pub fn shorten(text: &str) -> String {
    let head: String =
        text.chars().take(40).flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect();
    if text.chars().nth(40).is_some() { format!("{head}…") } else { head }
}
