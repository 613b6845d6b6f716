//! Settings of services that wake people: PagerDuty, Opsgenie and Pushover.

use super::Report;
use super::values::{branch, is_template, one_of, word};
use crate::diagnostic::Level;
use crate::lint::words::hosts::host;
use crate::promql::duration::parse_duration;
use crate::source::Node;

/// Severities of PagerDuty, and its address, which differs with the kind of the key.
pub(super) fn pagerduty(node: &Node, path: &str, report: &mut Report<'_>) {
    let words = ["critical", "error", "warning", "info"];
    word(node, "severity", &words, path, report);
    if let Some((value, wrong)) = branch(node, "severity", |text| words.contains(&text)) {
        let message = format!("the service does not take `{wrong}` as `severity`");
        report(Level::Error, value, path, message, &one_of(&words));
    }
    if let Some((severity, _)) = node.get_str("severity").filter(|(_, text)| text.contains("toUpper") || text.contains("title }}")) {
        let message = "PagerDuty takes severities in small letters alone".to_owned();
        report(Level::Error, severity, path, message, "leave the function out, or use `toLower`");
    }
    let first = ["service_key", "service_key_file"].iter().find_map(|key| node.entry(key));
    let unsent = ["severity", "class", "component", "group", "images", "links"].iter().find(|key| node.get(key).is_some());
    if let Some(((key, _), name)) = first.zip(unsent) {
        let message = format!("a service key goes to version 1 of the events, which has no `{name}`: it is not sent");
        report(Level::Warning, key, path, message, "use `routing_key`, or leave the rest out");
    }
    let Some((url, text)) = node.get("url").filter(|url| !is_template(url)).and_then(Node::with_str) else { return };
    if !host(text).ends_with("pagerduty.com") {
        return;
    }
    let routed = ["routing_key", "routing_key_file"].iter().any(|key| node.get(key).is_some());
    if routed && text.contains("/generic/") {
        let message = "a routing key goes to version 2 of the events, and this is version 1".to_owned();
        report(Level::Error, url, path, message, "leave `url` out, or use `service_key`");
    } else if !routed && text.contains("/v2/") {
        let message = "a service key goes to version 1 of the events, and this is version 2".to_owned();
        report(Level::Error, url, path, message, "leave `url` out, or use `routing_key`");
    } else if !host(text).starts_with("events.") {
        report(
            Level::Warning,
            url,
            path,
            format!("`{}` takes no events", host(text)),
            "leave `url` out: `events.pagerduty.com` is the default",
        );
    }
}

/// Priorities of Opsgenie, and whom it tells.
pub(super) fn opsgenie(node: &Node, path: &str, report: &mut Report<'_>) {
    let priorities = ["P1", "P2", "P3", "P4", "P5"];
    word(node, "priority", &priorities, path, report);
    if let Some((value, wrong)) = branch(node, "priority", |text| priorities.contains(&text)) {
        let message = format!("the service does not take `{wrong}` as `priority`");
        report(Level::Error, value, path, message, &one_of(&priorities));
    }
    let kinds = ["team", "teams", "user", "escalation", "schedule"];
    node.items_of("responders").for_each(|item| word(item, "type", &kinds, path, report));
    let named = |item: &Node| {
        let given: Vec<&Node> = ["id", "name", "username"].iter().filter_map(|key| item.get(key)).collect();
        // Where none is written, that is said by the format.
        given.is_empty() || given.iter().any(|one| one.as_str() != Some(""))
    };
    for item in node.items_of("responders").filter(|item| !named(item)) {
        report(Level::Error, item, path, "a responder is named by nothing".to_owned(), "add `name:`, `id:` or `username:`");
    }
}

/// What Pushover takes.
pub(super) fn pushover(node: &Node, path: &str, report: &mut Report<'_>) {
    word(node, "priority", &["-2", "-1", "0", "1", "2"], path, report);
    let short = |retry: &&Node| retry.as_str().and_then(|text| parse_duration(text).ok()).is_some_and(|millis| millis < 30_000);
    if let Some(retry) = node.get("retry").filter(short) {
        let message = "Pushover repeats no sooner than after 30 seconds".to_owned();
        report(Level::Error, retry, path, message, "write `30s` or more");
    }
}
