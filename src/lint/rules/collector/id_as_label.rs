//! Ids that become labels of Loki.

use crate::diagnostic::Diagnostic;
use crate::formats::logs::{Component, Shipper};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::shipping;
use crate::source::{Node, Span};

rule! {
    /// A log shipper makes a label of Loki out of a field that is an id, or has as many values as one: every value is a stream of its
    /// own, Loki's index grows without end, and it refuses lines once its limit of streams is reached.
    ///
    /// Send such fields as structured metadata, or leave them in the line.
    ///
    /// ```yaml fires
    /// # file: vector.yml
    /// sources: { lines: { type: stdin } }
    /// sinks:
    ///   out: { type: loki, inputs: [lines], endpoint: "http://loki:3100", encoding: { codec: text }, labels: { request_id: "{{ request_id }}" } }
    /// ```
    /// ```yaml silent
    /// # file: vector.yml
    /// sources: { lines: { type: stdin } }
    /// sinks:
    ///   out: { type: loki, inputs: [lines], endpoint: "http://loki:3100", encoding: { codec: text }, labels: { level: "{{ level }}" } }
    /// ```
    IdAsLabel, "id-as-label", Warning
}

/// Words behind which `_id` names one of a few.
const FEW: &[&str] =
    &["app", "cluster", "datacenter", "host", "instance", "machine", "node", "org", "project", "region", "service", "tenant", "zone"];

/// Names of fields with as many values as there are ids.
const MANY: &[&str] = &[
    "duration",
    "duration_ms",
    "email",
    "guid",
    "ip",
    "client_ip",
    "remote_addr",
    "path",
    "url",
    "uri",
    "query",
    "query_string",
    "user_agent",
    "timestamp",
    "message",
    "uuid",
];

/// Whether a field has a value of its own in nearly every line.
fn is_id(name: &str) -> bool {
    let snake = name.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() && out.ends_with(|last: char| last.is_ascii_lowercase()) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        out
    });
    let last = snake.rsplit(['.', '[', '/']).next().unwrap_or(&snake).trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let of = last
        .strip_suffix("_id")
        .or_else(|| last.strip_suffix("id").filter(|of| matches!(*of, "trace" | "span" | "request" | "user" | "session")));
    of.is_some_and(|of| !FEW.contains(&of)) || MANY.contains(&last)
}

impl Rule for IdAsLabel {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, pipeline) in shipping::pipelines(context) {
            for component in &pipeline.components {
                for (name, span, path) in labels(pipeline.shipper, component) {
                    if is_id(&name) {
                        let message = format!("`{name}` becomes a label, and each of its values a stream of its own");
                        found.push(META.finding(span, message).path(path).help("send it as structured metadata"));
                    }
                }
            }
        }
    }
}

/// What becomes labels: names of fields, with the places.
fn labels(shipper: Shipper, component: &Component<'_>) -> Vec<(String, Span, String)> {
    let mut all = Vec::new();
    match (shipper, component.kind) {
        (Shipper::Alloy, "loki.process") => alloy(component.body, &component.path, &mut all),
        (Shipper::Vector, "loki") => {
            for (name, key, value) in component.body.entries_of("labels") {
                let path = format!("{}.labels.{name}", component.path);
                // A text without a template is the same for every line.
                let template = value.as_str().and_then(|text| text.trim().strip_prefix("{{")?.strip_suffix("}}"));
                match template {
                    Some(_) if is_id(name) => all.push((name.to_owned(), key.span, path)),
                    Some(field) => all.push((field.trim().to_owned(), value.span, path)),
                    None => {}
                }
            }
        }
        (Shipper::FluentBit, "loki") => {
            for (name, _, value) in component.body.entries() {
                let text = value.as_str().unwrap_or("");
                let is_label = name.eq_ignore_ascii_case("label_keys") || name.eq_ignore_ascii_case("labels");
                for part in text.split(',').filter(|_| is_label) {
                    let (label, field) = part.split_once('=').unwrap_or((part, part));
                    if let Some(field) = field.trim().strip_prefix('$') {
                        let field = field.replace("['", ".").replace("']", "");
                        let named = if is_id(label.trim().trim_start_matches('$')) {
                            label.trim().trim_start_matches('$').to_owned()
                        } else {
                            field
                        };
                        all.push((named, value.span, format!("{}.{name}", component.path)));
                    }
                }
            }
        }
        _ => {}
    }
    all
}

fn alloy(body: &Node, path: &str, all: &mut Vec<(String, Span, String)>) {
    for (name, _, inner) in body.entries() {
        match name {
            "stage.labels" => {
                for (label, key, source) in inner.entries_of("values") {
                    let source = source.as_str().filter(|source| !source.is_empty() && !is_id(label)).unwrap_or(label);
                    all.push((source.to_owned(), key.span, format!("{path}.{name}.values.{label}")));
                }
            }
            "stage.match" => alloy(inner, path, all),
            _ => {}
        }
    }
}
