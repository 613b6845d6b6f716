//! Conditions of the attributes processor that match nothing, or that its signals do not have.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::collector::kind;
use crate::formats::tables::is_placeholder;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::walk::texts;
use crate::promql::regex;
use crate::source::Node;

rule! {
    /// A processor of attributes is for data that there is not: it compares with a pattern as if that were a name, leaves out what it
    /// takes in, or asks logs or metrics for what only spans have, which the Collector refuses. Or it changes an attribute that it has
    /// removed before.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   attributes:
    ///     include: { match_type: strict, services: ["web-.*"] }
    ///     actions: [{ key: user.email, action: delete }]
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [attributes], exporters: [otlp] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   attributes:
    ///     include: { match_type: regexp, services: ["web-.*"] }
    ///     actions: [{ key: user.email, action: delete }]
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [attributes], exporters: [otlp] } } }
    /// ```
    AttributeMatch, "attribute-match", Error
}

/// What only one signal can be asked for.
const OF_SIGNALS: &[(&str, &str)] = &[
    ("span_names", "traces"),
    ("span_kinds", "traces"),
    ("log_bodies", "logs"),
    ("log_severity_texts", "logs"),
    ("log_severity_number", "logs"),
    ("metric_names", "metrics"),
];

impl Rule for AttributeMatch {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, _, body) in view.config.components("processors").filter(|(id, ..)| matches!(kind(id), "attributes" | "resource" | "span"))
        {
            let mut report = Section::new(&META, format!("processors.{id}"), found);
            let uses = |pipeline: &Node| pipeline.items_of("processors").any(|node| node.as_str() == Some(id));
            let signals: Vec<&str> =
                view.config.pipelines.iter().filter(|(_, body)| uses(body)).filter_map(|(name, _)| Some(kind(name.as_str()?))).collect();
            for list in ["include", "exclude"] {
                if let Some(condition) = body.get(list) {
                    judge(condition, list, &signals, &mut report);
                }
            }
            if let Some((taken, left)) = body.get("include").zip(body.get("exclude"))
                && texts(taken) == texts(left)
            {
                report.add(Level::Error, left, "exclude", "all that is taken in is left out again", "leave less out");
            }
            removed(body, &mut report);
        }
    }
}

fn judge(condition: &Node, list: &str, signals: &[&str], report: &mut Section<'_>) {
    for (name, signal) in OF_SIGNALS {
        let Some((key, _)) = condition.entry(name) else { continue };
        if let Some(other) = signals.iter().find(|other| *other != signal) {
            let message = format!("`{name}` is asked of {signal}, and a pipeline of {other} has this processor");
            report.add(Level::Error, key, list, message, "use a processor of its own for each signal");
        }
    }
    let way = condition.get("match_type").and_then(Node::as_str);
    let lists = condition.entries().filter(|(name, ..)| matches!(*name, "services" | "span_names" | "log_bodies" | "metric_names"));
    for (node, text) in lists.flat_map(|(_, _, list)| list.items()).filter_map(Node::with_str).filter(|(_, text)| !is_placeholder(text)) {
        if way == Some("strict") && [".*", ".+"].iter().any(|part| text.contains(part)) {
            let message = format!("{} is compared as it stands, and nothing is called so", node.describe());
            report.add(Level::Warning, node, list, message, "write `match_type: regexp`");
        } else if way == Some("regexp") && regex::check(text).is_err() {
            report.add(Level::Error, node, list, format!("{} is no regular expression", node.describe()), "correct it");
        }
    }
}

/// Attributes that are changed behind their removal.
fn removed(body: &Node, report: &mut Section<'_>) {
    let mut gone: Vec<&str> = Vec::new();
    for action in body.items_of("actions").chain(body.items_of("attributes")) {
        let (Some((node, name)), Some(key)) = (action.get_str("action"), action.get("key").and_then(Node::as_str)) else { continue };
        // Go's patterns would be under `pattern`.
        if matches!(name, "delete" | "hash" | "update") && key.contains(['(', '|', '^', '*']) && !is_placeholder(key) {
            let place = action.get("key").unwrap_or(node);
            let message = format!("{} is compared as it stands, and no attribute is called so", place.describe());
            report.add(Level::Warning, place, "actions", message, "write it under `pattern`");
        }
        match name {
            "delete" => gone.push(key),
            "insert" | "upsert" => gone.retain(|other| *other != key),
            "update" | "hash" | "extract" | "convert" if gone.contains(&key) => {
                report.add(Level::Warning, node, "actions", format!("`{key}` is removed before this"), "leave one of the two out");
            }
            _ => {}
        }
        if let Some((node, from)) = action.get_str("from_attribute").filter(|(_, from)| gone.contains(from)) {
            report.add(Level::Warning, node, "actions", format!("`{from}` is removed before this"), "remove it behind");
        }
    }
}
