//! Policies of tail sampling that keep nothing, or that cannot be read.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::collector::kind;
use crate::formats::tables::is_placeholder;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::promql::regex;
use crate::source::Node;

rule! {
    /// A policy of the Collector's tail sampling keeps no trace at all: its range is upside down, its list of values or of policies is
    /// empty, its patterns cannot be read, or it shares its rate among policies that it does not have. Or one that is called after errors
    /// keeps those that have none, or one asks for a value in other letters than the manifest's. Traces that nobody keeps are gone.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   tail_sampling:
    ///     policies: [{ name: long, type: span_count, span_count: { min_spans: 100, max_spans: 10 } }]
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [tail_sampling], exporters: [otlp] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors:
    ///   tail_sampling:
    ///     policies: [{ name: long, type: span_count, span_count: { min_spans: 10, max_spans: 100 } }]
    /// exporters: { otlp: { endpoint: "tempo:4317" } }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [tail_sampling], exporters: [otlp] } } }
    /// ```
    SamplingPolicy, "sampling-policy", Error
}

impl Rule for SamplingPolicy {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, _, body) in view.config.components("processors").filter(|(id, ..)| kind(id) == "tail_sampling") {
            let mut report = Section::new(&META, format!("processors.{id}"), found);
            if let Some(list) = body.get("policies").filter(|list| list.as_sequence().is_some_and(<[_]>::is_empty)) {
                report.add(Level::Error, list, "policies", "without a policy no trace is kept", "add one");
            }
            for policy in body.items_of("policies") {
                judge(policy, &mut report);
                otherwise_spelt(policy, context, &mut report);
            }
        }
    }
}

/// Ranges, by the policy and its two ends.
const RANGES: &[(&str, &str, &str)] = &[
    ("latency", "threshold_ms", "upper_threshold_ms"),
    ("numeric_attribute", "min_value", "max_value"),
    ("span_count", "min_spans", "max_spans"),
];

fn judge(policy: &Node, report: &mut Section<'_>) {
    called_after_errors(policy, report);
    for (section, low, high) in RANGES {
        let Some(section) = policy.get(section) else { continue };
        let number = |key: &str| section.get(key).and_then(|node| Some((node, node.as_i64()?)));
        if let (Some((_, least)), Some((node, most))) = (number(low), number(high))
            && most > 0
            && least > most
        {
            let message = format!("no trace has `{low}` {least} or more and `{high}` {most} or less");
            report.add(Level::Error, node, "policies", message, "swap the two");
        }
    }
    for section in ["string_attribute", "trace_state"].iter().filter_map(|key| policy.get(key)) {
        let inverts = section.get("invert_match").and_then(Node::as_bool) == Some(true);
        if let Some(list) = section.get("values").filter(|list| !inverts && list.as_sequence().is_some_and(<[_]>::is_empty)) {
            report.add(Level::Error, list, "policies", "no value is kept", "name some");
        }
        let by_pattern = section.get("enabled_regex_matching").and_then(Node::as_bool) == Some(true);
        for (node, text) in section.items_of("values").filter_map(Node::with_str).filter(|(_, text)| !is_placeholder(text)) {
            if by_pattern && regex::check(text).is_err() {
                report.add(Level::Error, node, "policies", format!("{} is no regular expression", node.describe()), "correct it");
            } else if !by_pattern && [".*", ".+"].iter().any(|part| text.contains(part)) {
                let message = format!("{} is compared as it stands, and no attribute has this value", node.describe());
                report.add(Level::Warning, node, "policies", message, "add `enabled_regex_matching: true`");
            }
        }
    }
    for joined in ["and", "not", "drop", "composite"].iter().filter_map(|key| policy.get(key)) {
        for (_, key, list) in joined.entries().filter(|(name, ..)| name.ends_with("_sub_policy")) {
            if list.as_sequence().is_some_and(<[_]>::is_empty) {
                report.add(Level::Error, key, "policies", "there is no policy in it", "add one");
            }
            list.items().for_each(|part| judge(part, report));
        }
    }
    if let Some(composite) = policy.get("composite") {
        shared(composite, report);
    }
}

/// A value of an attribute that is called as a label of the manifest's, in other letters than it has there.
fn otherwise_spelt(policy: &Node, context: &Context<'_>, report: &mut Section<'_>) {
    let Some(section) = policy.get("string_attribute") else { return };
    let Some(key) = section.get("key").and_then(Node::as_str).and_then(|key| key.rsplit('.').next()) else { return };
    if section.get("enabled_regex_matching").and_then(Node::as_bool) == Some(true) {
        return;
    }
    let declared = context.world.catalogues.iter().filter(|catalogue| !catalogue.is_page()).flat_map(|catalogue| &catalogue.metrics);
    let labels = declared.flat_map(|metric| &metric.labels).filter(|label| label.name.value == key);
    let known: Vec<&str> = labels.filter_map(|label| label.values.as_ref()).flatten().map(String::as_str).collect();
    for (node, text) in section.items_of("values").filter_map(Node::with_str).filter(|(_, text)| !known.contains(text)) {
        if let Some(meant) = known.iter().find(|value| value.eq_ignore_ascii_case(text)) {
            let message = format!("`{key}` is `{meant}` in the manifest, and {} is compared letter by letter", node.describe());
            report.add(Level::Warning, node, "policies", message, &format!("write `{meant}`"));
        }
    }
}

/// A policy that is called after errors, and keeps traces by their status that is none.
fn called_after_errors(policy: &Node, report: &mut Section<'_>) {
    let Some(list) = policy.at(["status_code", "status_codes"]) else { return };
    let codes: Vec<&str> = list.items().filter_map(Node::as_str).collect();
    let has_errors = codes.iter().any(|code| code.eq_ignore_ascii_case("ERROR") || is_placeholder(code));
    let Some((_, name)) = policy.get_str("name").filter(|_| !codes.is_empty() && !has_errors) else { return };
    let bare = name.to_lowercase();
    if (bare.contains("error") || bare.contains("fail")) && !["no", "without", "ok", "success"].iter().any(|word| bare.contains(word)) {
        let message = format!("`{name}` keeps the traces that have no error");
        report.add(Level::Warning, list, "policies", message, "write `[ERROR]`, or call it otherwise");
    }
}

/// The rate of a policy that is made of others.
fn shared(composite: &Node, report: &mut Section<'_>) {
    let own: Vec<&str> = composite.items_of("composite_sub_policy").filter_map(|part| part.get("name")?.as_str()).collect();
    let shares = || composite.items_of("rate_allocation");
    let named = composite.items_of("policy_order").chain(shares().filter_map(|share| share.get("policy")));
    for (node, name) in named.filter_map(Node::with_str).filter(|(_, name)| !own.is_empty() && !own.contains(name) && !is_placeholder(name))
    {
        report.add(
            Level::Error,
            node,
            "policies",
            format!("none of these policies is called `{name}`"),
            "name one of `composite_sub_policy`",
        );
    }
    let percent: Vec<(&Node, i64)> =
        shares().filter_map(|share| share.get("percent")).filter_map(|node| Some((node, node.as_i64()?))).collect();
    if let Some((node, _)) = percent.last().filter(|_| percent.iter().map(|(_, part)| *part).sum::<i64>() > 100) {
        report.add(Level::Error, node, "policies", "the shares are more than a hundred percent", "share less");
    }
}
