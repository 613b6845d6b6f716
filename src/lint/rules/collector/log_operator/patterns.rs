//! Patterns of parsers.

use super::{text, type_of};
use crate::diagnostic::Level;
use crate::lint::rule::Section;
use crate::promql::regex;
use crate::source::Node;

/// A condition that lets a parser of JSON see only what begins as no JSON does.
fn begins_otherwise(operator: &Node, report: &mut Section<'_>) {
    let Some((node, condition)) =
        text(operator, "if").filter(|(_, text)| type_of(operator) == "json_parser" && ![" or ", "||"].iter().any(|or| text.contains(or)))
    else {
        return;
    };
    let pattern = condition.trim().strip_prefix("body matches ").map(|rest| rest.trim().trim_matches(['"', '\'', '`']));
    let Some(first) = pattern.and_then(|pattern| pattern.strip_prefix('^')?.trim_start_matches('\\').chars().next()) else { return };
    if !matches!(first, '{' | '[' | '(' | '.' | 's' | ' ' | '"' | '$') {
        let message = format!("no line of JSON begins with `{first}`, so none is taken apart");
        report.add(Level::Warning, node, "operators", message, "write `body matches \"^{\"`");
    }
}

pub(super) fn patterns(operator: &Node, report: &mut Section<'_>) {
    begins_otherwise(operator, report);
    let place = operator.get("type").unwrap_or(operator);
    if type_of(operator) == "regex_parser" && operator.get("regex").is_none() {
        report.add(Level::Error, place, "operators", "`regex_parser` needs a `regex`", "add it, or use another parser");
    }
    let Some((node, pattern)) = text(operator, "regex") else { return };
    // Go names groups in both ways.
    let pattern = pattern.replace("(?P<", "(?<").replace("(?<=", "(?=").replace("(?<!", "(?!").replace("(?<", "(?P<");
    if regex::check(&pattern).is_err() {
        report.add(
            Level::Error,
            node,
            "operators",
            format!("{} is no regular expression", node.describe()),
            "write it in the syntax of RE2",
        );
    } else if type_of(operator) == "regex_parser" && !pattern.contains("(?P<") {
        let message = "no group has a name, so nothing is taken from a line";
        report.add(Level::Error, node, "operators", message, "name groups, as in `(?P<level>\\w+)`");
    }
}
