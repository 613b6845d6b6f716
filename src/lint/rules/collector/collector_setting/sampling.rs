//! Shares and policies of sampling.

use super::{number, time};
use crate::diagnostic::Level;
use crate::formats::collector::policies;
use crate::formats::tables::go_duration;
use crate::lint::rule::Section;
use crate::source::Node;

pub(super) fn percentage(body: &Node, key: &str, report: &mut Section<'_>) {
    if let Some((node, value)) = body.get(key).and_then(|node| Some((node, node.as_f64()?))) {
        if !(0.0..=100.0).contains(&value) {
            report.add(Level::Error, node, key, "a share is 0 to 100", "write a percentage");
        } else if value == 0.0 {
            report.add(Level::Warning, node, key, "nothing is kept", "write a percentage above 0");
        } else if value < 0.001 {
            report.add(Level::Warning, node, key, "hardly anything is kept", "write a percentage");
        }
    }
}

/// A share as a part of one, where the name of the policy says which: `half` with 0.5 keeps one of two hundred.
fn fraction(policy: &Node, section: &Node, report: &mut Section<'_>) {
    const PARTS: &[(&str, f64)] = &[("half", 0.5), ("third", 0.33), ("quarter", 0.25), ("fifth", 0.2), ("tenth", 0.1)];
    let Some((node, share)) = section.get("sampling_percentage").and_then(|node| Some((node, node.as_f64()?))) else { return };
    let name = policy.get("name").and_then(Node::as_str).unwrap_or("").to_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let is_said = |word: &str| {
        let part = PARTS.iter().any(|(known, part)| *known == word && (part - share).abs() < 1e-9);
        let digits = ["percent", "pct", "p"].iter().find_map(|end| word.strip_suffix(end));
        part || digits.and_then(|digits| digits.parse::<f64>().ok()).is_some_and(|percent| (percent / 100.0 - share).abs() < 1e-9)
    };
    if words.any(is_said) {
        let message = format!("this is a percentage: {} of a hundred, which the name does not say", node.describe());
        report.add(Level::Warning, node, "policies", message, "write it times 100");
    }
}

/// Types of policies that have a section of their own.
const POLICIES: &[&str] = &[
    "latency",
    "numeric_attribute",
    "probabilistic",
    "status_code",
    "string_attribute",
    "rate_limiting",
    "bytes_limiting",
    "span_count",
    "boolean_attribute",
    "ottl_condition",
    "trace_state",
];

pub(super) fn sampling(body: &Node, report: &mut Section<'_>) {
    let mut names: Vec<&str> = Vec::new();
    for policy in body.items_of("policies") {
        let kind = policy.get("type").and_then(Node::as_str).unwrap_or("");
        if let Some((node, name)) = policy.get_str("name") {
            if names.contains(&name) {
                report.add(Level::Error, node, "policies", format!("two policies are called `{name}`"), "rename one");
            }
            names.push(name);
        }
        if !matches!(kind, "always_sample" | "" | "trace_flags") && policy.get(kind).is_none() {
            let node = policy.get("type").unwrap_or(policy);
            report.add(Level::Warning, node, "policies", format!("the policy has no section `{kind}`"), "add it");
        }
        let mut unread = POLICIES.iter().filter(|other| **other != kind && POLICIES.contains(&kind) || kind == "always_sample");
        if let Some((key, _)) = unread.find_map(|other| policy.entry(other)) {
            let message = format!("the policy is of the type `{kind}`, and does not read {}", key.describe());
            report.add(Level::Warning, key, "policies", message, "name its type, or remove the section");
        }
    }
    for policy in policies(body) {
        let Some(section) = policy.get("probabilistic") else { continue };
        percentage(section, "sampling_percentage", report);
        fraction(policy, section, report);
    }
    if let Some((node, _)) = number(body, "num_traces").filter(|(_, most)| *most < 100) {
        report.add(
            Level::Warning,
            node,
            "num_traces",
            format!("no more than {} traces are kept until it is decided", node.describe()),
            "keep thousands",
        );
    }
    for policy in body.items_of("policies") {
        if let Some(list) =
            policy.get("status_code").and_then(|section| section.get("status_codes")).filter(|list| list.items().next().is_none())
        {
            report.add(Level::Error, list, "policies", "a policy of statuses needs at least one", "add `ERROR`");
        }
        if let Some(section) = policy.get("probabilistic").filter(|_| policy.get("type").and_then(Node::as_str) == Some("probabilistic")) {
            let known = ["sampling_percentage", "hash_salt"];
            for (name, key, value) in section.entries() {
                if !known.contains(&name) {
                    report.add(Level::Error, key, "policies", format!("there is no setting `{name}`"), "write `sampling_percentage`");
                } else if name == "sampling_percentage"
                    && value.as_f64().is_none()
                    && !value.as_str().is_some_and(|text| text.contains('$'))
                {
                    report.add(Level::Error, value, "policies", format!("{} is no number", value.describe()), "write one from 0 to 100");
                }
            }
        }
        for code in policy.get("status_code").and_then(|section| section.get("status_codes")).into_iter().flat_map(Node::items) {
            if code.as_str().is_some_and(|text| !matches!(text, "OK" | "ERROR" | "UNSET")) {
                report.add(
                    Level::Error,
                    code,
                    "policies",
                    format!("{} is no status of a span", code.describe()),
                    "use `OK`, `ERROR` or `UNSET`",
                );
            }
        }
        let latency = policy.get("latency").filter(|_| policy.get("type").and_then(Node::as_str) == Some("latency"));
        if let Some(section) = latency {
            match section.get("threshold_ms") {
                Some(node) if node.as_i64().is_some_and(|millis| millis <= 0) => {
                    report.add(
                        Level::Warning,
                        node,
                        "policies",
                        format!("every trace takes longer than {} ms", node.describe()),
                        "write milliseconds",
                    );
                }
                None => report.add(Level::Warning, section, "policies", "there is no `threshold_ms`, so every trace is slow", "add it"),
                Some(_) => {}
            }
        }
        let all = policy.get("probabilistic").and_then(|section| section.get("sampling_percentage"));
        if let Some(node) = all.filter(|node| node.as_f64() == Some(100.0)) {
            report.add(
                Level::Warning,
                node,
                "policies",
                "this policy takes every trace, and the others decide nothing",
                "take a part of them",
            );
        }
    }
    let wait = body.get("decision_wait").map_or(Some(30_000.0), |node| node.as_str().and_then(go_duration));
    for node in policies(body).filter_map(|policy| policy.at(["latency", "threshold_ms"])) {
        if let Some((millis, wait)) = node.as_f64().zip(wait).filter(|(millis, wait)| millis > wait) {
            let message = format!("it is decided after {wait} ms, when no trace has been seen to take {millis}");
            report.add(Level::Warning, node, "policies", message, "write milliseconds, or wait longer");
        }
    }
    if let Some((node, _)) = time(body, "decision_wait").filter(|(_, millis)| *millis < 1000.0) {
        report.add(Level::Warning, node, "decision_wait", format!("most spans come later than after {}", node.describe()), "wait seconds");
    }
}
