//! Names and values that an operator can have.

use super::{text, type_of};
use crate::diagnostic::{Level, misspelt};
use crate::lint::rule::Section;
use crate::source::Node;

/// Types of the operators of logs.
const OPERATORS: &[&str] = &[
    "add",
    "assign_keys",
    "container",
    "copy",
    "csv_parser",
    "file_input",
    "file_output",
    "filter",
    "flatten",
    "json_array_parser",
    "json_parser",
    "key_value_parser",
    "move",
    "noop",
    "recombine",
    "regex_parser",
    "regex_replace",
    "remove",
    "retain",
    "router",
    "sanitize_utf8",
    "scope_name_parser",
    "severity_parser",
    "stdin",
    "stdout",
    "syslog_parser",
    "time_parser",
    "trace_parser",
    "unquote",
    "uri_parser",
];

/// The operator that a name is nearly, or lacks its last word of.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let parser = || OPERATORS.iter().copied().find(|known| known.strip_suffix("_parser").is_some_and(|start| start == name));
    if OPERATORS.contains(&name) { None } else { parser().or_else(|| misspelt(name, OPERATORS)) }
}

pub(super) fn types(operator: &Node, report: &mut Section<'_>) {
    if let Some((node, meant)) = text(operator, "type").and_then(|(node, text)| Some((node, meant(text)?))) {
        let message = format!("there is no operator {}", node.describe());
        report.add(Level::Error, node, "operators", message, &format!("did you mean `{meant}`?"));
    }
    let place = operator.get("type").unwrap_or(operator);
    for key in ["from", "to"].iter().filter(|key| matches!(type_of(operator), "move" | "copy") && operator.get(key).is_none()) {
        report.add(Level::Error, place, "operators", format!("`{}` needs `{key}`", type_of(operator)), "add it");
    }
    if let (Some((_, from)), Some((node, to))) = (text(operator, "from"), text(operator, "to"))
        && from == to
    {
        report.add(Level::Error, node, "operators", format!("`{to}` is brought to where it is"), "name another field");
    }
}

/// What becomes of a line that an operator fails at.
const ON_ERROR: &[&str] = &["send", "send_quiet", "drop", "drop_quiet"];

/// How an operator is called, and what it does when it fails.
pub(super) fn names(operator: &Node, operators: &[&Node], report: &mut Section<'_>) {
    if let Some((node, _)) = text(operator, "on_error").filter(|(_, text)| !ON_ERROR.contains(text)) {
        report.add(
            Level::Error,
            node,
            "operators",
            format!("{} is nothing to do", node.describe()),
            "use `send`, `drop`, `send_quiet` or `drop_quiet`",
        );
    }
    let Some((node, id)) = text(operator, "id").filter(|(_, id)| !id.is_empty()) else { return };
    let first = operators.iter().find(|other| other.get("id").and_then(Node::as_str) == Some(id));
    if first.is_some_and(|first| !std::ptr::eq(*first, operator)) {
        report.add(Level::Error, node, "operators", format!("two operators are called `{id}`"), "rename one");
    }
}
