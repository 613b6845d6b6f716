//! Severities that are parsed.

use super::type_of;
use crate::diagnostic::{Level, misspelt};
use crate::lint::rule::Section;
use crate::source::Node;

/// Severities that a mapping may speak of; each but the first may have a number behind it.
const SEVERITIES: &[&str] = &["default", "trace", "debug", "info", "warn", "error", "fatal"];

pub(super) fn severities(operator: &Node, report: &mut Section<'_>) {
    let of_its_own = Some(operator).filter(|_| type_of(operator) == "severity_parser");
    for severity in operator.get("severity").into_iter().chain(of_its_own) {
        for (name, key, value) in severity.entries_of("mapping") {
            other_severity(name, value, severity, report);
            let bare = name.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase();
            // They may be numbered from 1 on, too.
            if !bare.is_empty() && !bare.contains('$') && !SEVERITIES.contains(&bare.as_str()) {
                let meant = misspelt(&bare, SEVERITIES).unwrap_or(match bare.as_str() {
                    "critical" | "emergency" | "panic" | "alert" => "fatal",
                    "warning" => "warn",
                    "notice" | "information" => "info",
                    _ => "error",
                });
                report.add(Level::Error, key, "operators", format!("there is no severity `{name}`"), &format!("did you mean `{meant}`?"));
            }
        }
    }
}

/// Names of severities as programs write them, in order.
const WRITTEN: &[&[&str]] = &[&["trace"], &["debug"], &["info"], &["warn", "warning"], &["error", "err"], &["fatal"]];

/// The name of one severity that is taken for another one, while nothing is taken for that.
fn other_severity(name: &str, value: &Node, severity: &Node, report: &mut Section<'_>) {
    let of = |text: &str| WRITTEN.iter().position(|names| names.contains(&text.to_lowercase().as_str()));
    let Some(own) = of(name) else { return };
    // What is taken for this together with its own name is meant so.
    if std::iter::once(value).chain(value.items()).filter_map(Node::as_str).any(|text| of(text) == Some(own)) {
        return;
    }
    for (node, text) in std::iter::once(value).chain(value.items()).filter_map(Node::with_str) {
        let Some(said) = of(text).filter(|said| *said != own) else { continue };
        // The lowest and the highest two are one to many.
        let is_near = matches!((own.min(said), own.max(said)), (0, 1) | (4, 5));
        let is_taken = severity.entries_of("mapping").any(|(other, ..)| of(other) == Some(said));
        if !is_near && !is_taken {
            let message = format!("{} is taken for `{name}`, and nothing for `{}`", node.describe(), WRITTEN[said][0]);
            report.add(Level::Warning, node, "operators", message, &format!("write it under `{}`", WRITTEN[said][0]));
        }
    }
}
