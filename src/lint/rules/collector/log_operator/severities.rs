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
        for (name, key, _) in severity.entries_of("mapping") {
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
