//! Statements and conditions in OTTL about what their context does not have.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::rules::collector::collector_statement::slip;
use crate::lint::views::CollectorView;
use crate::lint::words::ottl::{self, Use};
use crate::source::Node;

rule! {
    /// A statement or condition in OTTL reads a field that its context does not have, as a data point has no `body`, changes something
    /// where a condition is asked for, or changes nothing where it is to: the Collector refuses to start.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   filter: { logs: { log_record: ['kind == SPAN_KIND_SERVER'] } }
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { logs: { receivers: [otlp], processors: [filter], exporters: [otlp] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   filter: { logs: { log_record: ['severity_number < SEVERITY_NUMBER_INFO'] } }
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { logs: { receivers: [otlp], processors: [filter], exporters: [otlp] } } }
    /// ```
    StatementField, "statement-field", Error
}

/// What each context has, and no other need have.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "span",
        &[
            "span",
            "name",
            "kind",
            "status",
            "trace_id",
            "span_id",
            "parent_span_id",
            "trace_state",
            "start_time",
            "end_time",
            "start_time_unix_nano",
            "end_time_unix_nano",
            "events",
            "links",
            "flags",
            "dropped_attributes_count",
            "dropped_events_count",
            "dropped_links_count",
        ],
    ),
    ("spanevent", &["spanevent", "span", "name", "time", "time_unix_nano", "dropped_attributes_count", "event_index"]),
    ("metric", &["metric", "name", "description", "unit", "type", "aggregation_temporality", "is_monotonic", "data_points", "metadata"]),
    (
        "datapoint",
        &[
            "datapoint",
            "metric",
            "start_time",
            "time",
            "start_time_unix_nano",
            "time_unix_nano",
            "value_double",
            "value_int",
            "exemplars",
            "flags",
            "count",
            "sum",
            "min",
            "max",
            "bucket_counts",
            "explicit_bounds",
            "scale",
            "zero_count",
            "zero_threshold",
            "positive",
            "negative",
            "quantile_values",
        ],
    ),
    (
        "log",
        &[
            "log",
            "body",
            "severity_number",
            "severity_text",
            "time",
            "time_unix_nano",
            "observed_time",
            "observed_time_unix_nano",
            "trace_id",
            "span_id",
            "flags",
            "event_name",
            "dropped_attributes_count",
        ],
    ),
];

impl Rule for StatementField {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, _, body) in view.config.components("processors") {
            let mut report = Section::new(&META, format!("processors.{id}"), found);
            match kind(id) {
                "filter" => filter(body, &mut report),
                "transform" => transform(body, &mut report),
                "tail_sampling" => {
                    for condition in body.items_of("policies").filter_map(|policy| policy.get("ottl_condition")) {
                        for context in ["span", "spanevent"] {
                            judge(condition.items_of(context), context, Use::Condition, "policies", &mut report);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn filter(body: &Node, report: &mut Section<'_>) {
    for (signal, of_signal, context) in [
        ("traces", "span", "span"),
        ("traces", "spanevent", "spanevent"),
        ("metrics", "metric", "metric"),
        ("metrics", "datapoint", "datapoint"),
        ("logs", "log_record", "log"),
    ] {
        let conditions = body.get(signal).into_iter().flat_map(|signal| signal.items_of(of_signal));
        judge(conditions, context, Use::Condition, signal, report);
    }
}

fn transform(body: &Node, report: &mut Section<'_>) {
    for signal in ["trace_statements", "metric_statements", "log_statements"] {
        for group in body.items_of(signal) {
            let context = group.get("context").and_then(Node::as_str).unwrap_or("");
            judge(group.items_of("statements"), context, Use::Statement, signal, report);
            judge(group.items_of("conditions"), context, Use::Condition, signal, report);
        }
    }
}

/// Whether a path of any context begins with a word.
fn is_root(word: &str) -> bool {
    ottl::ROOTS.contains(&word) || FIELDS.iter().any(|(_, fields)| fields.contains(&word))
}

fn judge<'a>(texts: impl Iterator<Item = &'a Node>, context: &str, used: Use, key: &str, report: &mut Section<'_>) {
    let own = FIELDS.iter().find(|(name, _)| *name == context).map(|(_, fields)| *fields);
    for (node, text) in texts.filter_map(Node::with_str).filter(|(_, text)| !text.contains("${")) {
        if let Some((message, help)) = ottl::misused(text, used) {
            report.add(Level::Error, node, key, format!("{}: {message}", node.describe()), help);
            continue;
        }
        // A text without its quotes is told as such.
        let unknown = ottl::paths(text).into_iter().find(|word| !is_root(word));
        if let Some(word) = unknown.filter(|_| ottl::trouble(text).is_none()) {
            let message = format!("{}: no path begins with `{word}`", node.describe());
            report.add(Level::Error, node, key, message, "write an attribute as `attributes[\"name\"]`");
            continue;
        }
        let Some(own) = own else { continue };
        let stranger = ottl::fields(text).into_iter().find(|word| !is_root(word) && !own.contains(word));
        if let Some(word) = stranger.filter(|_| ottl::trouble(text).is_none() && slip(text).is_none()) {
            let message = format!("{}: the context `{context}` has no `{word}`", node.describe());
            report.add(Level::Error, node, key, message, "use a field of the context, or an attribute as `attributes[\"name\"]`");
            continue;
        }
        let foreign = |word: &&str| !own.contains(word) && FIELDS.iter().any(|(_, fields)| fields.contains(word));
        if let Some(word) = ottl::roots(text).into_iter().find(foreign) {
            let message = format!("{}: the context `{context}` has no `{word}`", node.describe());
            report.add(Level::Error, node, key, message, "use a field of the context, or another context");
        }
    }
}
