//! Sentences with a value and labels in them: written once, read as an alert's template and as what the template must become.
//!
//! Alert annotations are Go templates. A sentence here is a list of pieces, so text of the manifest can never be
//! taken for a template, and a test knows exactly what Prometheus will make of it.

use std::collections::BTreeMap;

/// A sentence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sentence(Vec<Piece>);

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    /// Words.
    Words(String),
    /// The value of one of the alert's labels.
    Label(&'static str),
    /// The value of the expression.
    Value(Format),
}

/// How a value is written: Prometheus's template functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `humanizePercentage`: 0.05 is `5%`.
    Percentage,
    /// `humanizeDuration`: 4.96 is `4.96s`.
    Duration,
    /// `humanize`: 1234567 is `1.235M`.
    Number,
    /// `humanize1024` with `B` after it: 2097152 is `2MiB`.
    Bytes,
}

impl Sentence {
    /// A sentence that starts with these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self::default().words(words)
    }

    /// Goes on with words.
    #[must_use]
    pub fn words(mut self, words: impl Into<String>) -> Self {
        self.0.push(Piece::Words(words.into()));
        self
    }

    /// Goes on with a label's value.
    #[must_use]
    pub fn label(mut self, name: &'static str) -> Self {
        self.0.push(Piece::Label(name));
        self
    }

    /// Goes on with the expression's value.
    #[must_use]
    pub fn value(mut self, format: Format) -> Self {
        self.0.push(Piece::Value(format));
        self
    }

    /// As a Go template.
    pub fn template(&self) -> String {
        self.0.iter().map(Piece::template).collect()
    }

    /// In words for a reader who has no alert before him: what is filled in is named.
    pub fn in_words(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Label(name) => format!("<{name}>"),
            Piece::Value(_) => "<value>".to_owned(),
        };
        self.0.iter().map(piece).collect()
    }

    /// What the template becomes for an alert with these labels and this value.
    pub fn rendered(&self, labels: &BTreeMap<String, String>, value: f64) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Label(name) => labels.get(*name).cloned().unwrap_or_default(),
            Piece::Value(format) => format.apply(value),
        };
        self.0.iter().map(piece).collect()
    }
}

impl Piece {
    fn template(&self) -> String {
        match self {
            Self::Words(words) => escape(words),
            Self::Label(name) => format!("{{{{ $labels.{name} }}}}"),
            Self::Value(Format::Percentage) => "{{ $value | humanizePercentage }}".to_owned(),
            Self::Value(Format::Duration) => "{{ $value | humanizeDuration }}".to_owned(),
            Self::Value(Format::Number) => "{{ $value | humanize }}".to_owned(),
            Self::Value(Format::Bytes) => "{{ $value | humanize1024 }}B".to_owned(),
        }
    }
}

/// Plain text as a Go template that becomes just that text.
///
/// Every `{{` is written as an action that prints it; `}}` outside an action is text already. What looks like a variable
/// outside of an action is printed by one too: it is not a slip, but what the manifest says.
/// An opening brace at the end would join with one that follows, so it is printed by an action too.
pub fn escape(words: &str) -> String {
    if !words.contains(['{', '$', '.']) {
        return words.to_owned();
    }
    let mut out = words.replace("{{", "{{ \"{{\" }}");
    for variable in ["$value", "$labels", "$externalLabels", "$externalURL"] {
        out = out.replace(variable, &format!("{{{{ \"{variable}\" }}}}"));
    }
    out = out.replace(".Labels.", "{{ \".Labels.\" }}");
    if out.ends_with('{') {
        out.pop();
        out.push_str("{{ \"{\" }}");
    }
    out
}

impl Format {
    /// What Prometheus's function of this name makes of a value.
    fn apply(self, value: f64) -> String {
        match self {
            Self::Percentage => format!("{}%", significant(value * 100.0)),
            Self::Duration => duration(value),
            Self::Number => scaled(value, 1000.0, &["", "k", "M", "G", "T", "P"]),
            Self::Bytes => format!("{}B", scaled(value, 1024.0, &["", "ki", "Mi", "Gi", "Ti", "Pi"])),
        }
    }
}

/// Go's `%.4g` for the magnitudes that occur here.
fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value.is_nan() {
            "NaN".into()
        } else if value.is_infinite() {
            if value > 0.0 { "+Inf".into() } else { "-Inf".into() }
        } else {
            "0".into()
        };
    }
    let scientific = format!("{value:.3e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() };
    if !(-4..4).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    let decimals = usize::try_from(3 - exponent).unwrap_or(0);
    trim(&format!("{value:.decimals$}"))
}

fn duration(value: f64) -> String {
    if value == 0.0 {
        return "0s".to_owned();
    }
    let (sign, size) = if value < 0.0 { ("-", -value) } else { ("", value) };
    if size >= 1.0 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number of seconds, as Prometheus cuts it")]
        let whole = size as u64;
        let (days, hours, minutes, seconds) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
        return match (days, hours, minutes) {
            (0, 0, 0) => format!("{sign}{}s", significant(size)),
            (0, 0, _) => format!("{sign}{minutes}m {seconds}s"),
            (0, ..) => format!("{sign}{hours}h {minutes}m {seconds}s"),
            _ => format!("{sign}{days}d {hours}h {minutes}m {seconds}s"),
        };
    }
    let (mut rest, mut prefix) = (value, "");
    for unit in ["m", "u", "n"] {
        if rest.abs() >= 1.0 {
            break;
        }
        prefix = unit;
        rest *= 1000.0;
    }
    format!("{}{prefix}s", significant(rest))
}

/// The prefixes above one of `humanize` and `humanize1024`.
fn scaled(value: f64, base: f64, prefixes: &[&str]) -> String {
    let (mut rest, mut at) = (value, 0);
    while rest.abs() >= base && at + 1 < prefixes.len() {
        rest /= base;
        at += 1;
    }
    // Below one `humanize` goes down to milli; no signal here has such a value without a unit of its own.
    if base < 1024.0 && rest != 0.0 && rest.abs() < 1.0 {
        return format!("{}m", significant(rest * 1000.0));
    }
    format!("{}{}", significant(rest), prefixes[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_prometheus_writes_them() {
        assert_eq!(Format::Percentage.apply(0.06), "6%");
        assert_eq!(Format::Percentage.apply(0.0499), "4.99%");
        assert_eq!(Format::Percentage.apply(1.0), "100%");
        assert_eq!(Format::Duration.apply(4.96), "4.96s");
        assert_eq!(Format::Duration.apply(0.496), "496ms");
        assert_eq!(Format::Duration.apply(90.0), "1m 30s");
        assert_eq!(Format::Number.apply(1_234_567.0), "1.235M");
        assert_eq!(Format::Number.apply(12.0), "12");
        assert_eq!(Format::Bytes.apply(2_097_152.0), "2MiB");
    }

    #[test]
    fn text_of_the_manifest_is_never_a_template() {
        assert_eq!(escape("a {{ .x }} b"), "a {{ \"{{\" }} .x }} b");
        assert_eq!(escape("ends {"), "ends {{ \"{\" }}");
        assert_eq!(escape("{{{"), "{{ \"{{\" }}{{ \"{\" }}");
        assert_eq!(escape("plain"), "plain");
        assert_eq!(escape("costs $value or {{ $labels.x }}"), "costs {{ \"$value\" }} or {{ \"{{\" }} {{ \"$labels\" }}.x }}");
    }
}
