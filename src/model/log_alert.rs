//! Alerts on lines of logs: Loki's ruler evaluates them, and Alertmanager routes them as it does the others.
//!
//! Their expressions are LogQL, which is no PromQL: they are no signals, no panel draws them, and promtool cannot prove them.

use rust_decimal::Decimal;

use super::synthetic::Labels;
use super::text::Sentence;
use crate::manifest::scalars::Duration;
use crate::promql::quoted;
use crate::source::Span;

/// Why an alert on lines of logs has no proof.
pub const UNPROVEN: &str = "Loki's rules cannot be run by promtool";

/// One alert on lines of logs.
#[derive(Debug)]
pub struct LogAlert {
    /// Its name.
    pub name: String,
    /// The lines that it counts.
    pub lines: Lines,
    /// The time in which they are counted.
    pub window: Duration,
    /// Above how many it fires.
    pub above: Decimal,
    /// How long the condition must hold.
    pub hold: Duration,
    /// How grave it is.
    pub severity: String,
    /// Every label that the rule adds, `severity` included.
    pub labels: Labels,
    /// Its annotations, by name, in the order in which they are written.
    pub annotations: Vec<(String, Sentence)>,
    /// Where it stands.
    pub span: Span,
}

/// Lines of a service's log.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The service.
    pub service: String,
    /// What brings the lines to Loki, which decides what their labels are called.
    pub origin: Origin,
    /// The text in a line; `None` for any line.
    pub text: Option<LineText>,
    /// The level; `None` for any.
    pub level: Option<String>,
}

/// What brings lines to Loki.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A log shipper, with the labels `service` and `level`.
    Shipper,
    /// The Collector over OTLP, of which Loki makes the label `service_name`, and structured metadata of the level.
    Collector,
}

/// A text in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineText {
    /// The line contains this text.
    Contains(String),
    /// The line has a match of this regular expression (RE2).
    Matches(String),
}

impl Lines {
    /// The lines in LogQL.
    pub fn query(&self) -> String {
        let level = self.level.as_ref().map(|level| quoted(&format!("(?i){}", super::query::escape_regex(level))));
        let service = quoted(&self.service);
        let (selector, filter) = match (self.origin, level) {
            (Origin::Shipper, Some(level)) => (format!("{{service={service}, level=~{level}}}"), None),
            (Origin::Shipper, None) => (format!("{{service={service}}}"), None),
            (Origin::Collector, level) => (format!("{{service_name={service}}}"), level.map(|level| format!(" | severity_text=~{level}"))),
        };
        let text = match &self.text {
            Some(LineText::Contains(text)) => format!(" |= {}", quoted(text)),
            Some(LineText::Matches(regex)) => format!(" |~ {}", quoted(regex)),
            None => String::new(),
        };
        format!("{selector}{text}{}", filter.unwrap_or_default())
    }

    /// As a sentence goes on: lines of `myapp` at level `error` that contain `panic`.
    pub fn in_words(&self) -> String {
        let level = self.level.as_ref().map(|level| format!(" at level `{level}`")).unwrap_or_default();
        let text = match &self.text {
            Some(LineText::Contains(text)) => format!(" that contain `{text}`"),
            Some(LineText::Matches(regex)) => format!(" that match `{regex}`"),
            None => String::new(),
        };
        format!("lines of {}'s log{level}{text}", self.service)
    }
}

impl LogAlert {
    /// The rule's expression in LogQL.
    pub fn expr(&self) -> String {
        let label = match self.lines.origin {
            Origin::Shipper => "service",
            Origin::Collector => "service_name",
        };
        format!("sum by ({label}) (count_over_time({} [{}])) > {}", self.lines.query(), self.window, self.above)
    }
}
