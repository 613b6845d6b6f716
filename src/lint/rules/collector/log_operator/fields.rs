//! Fields, identifiers and expressions of operators.

use super::{text, type_of};
use crate::diagnostic::{Level, misspelt};
use crate::lint::rule::Section;
use crate::source::Node;

/// Keys that name a field of an entry.
const FIELDS: &[&str] = &["parse_from", "parse_to", "from", "to", "field", "combine_field"];

/// What an entry consists of.
const ROOTS: &[&str] = &["attributes", "body", "resource"];

/// The ids of a trace and of a span, read of one field.
pub(super) fn same_ids(operator: &Node, report: &mut Section<'_>) {
    let from = |key: &str| operator.get(key).and_then(|id| text(id, "parse_from"));
    if let (Some((_, trace)), Some((node, span))) = (from("trace_id"), from("span_id"))
        && trace == span
    {
        let message = format!("{} is the id of the trace, too, and that of a span is half as long", node.describe());
        report.add(Level::Error, node, "operators", message, "read each of its own field");
    }
}

/// A parser that asks whether a field is there, and reads another one.
pub(super) fn another_field(operator: &Node, report: &mut Section<'_>) {
    let Some((_, condition)) = text(operator, "if") else { return };
    let Some((node, from)) = text(operator, "parse_from").filter(|_| type_of(operator).ends_with("_parser")) else { return };
    let asked = condition.trim().strip_suffix("!= nil").map(str::trim).filter(|field| !field.contains(' '));
    if let Some(asked) = asked.filter(|asked| *asked != from && asked.starts_with("attributes.") && from == "body") {
        let message = format!("this is asked for `{asked}`, and reads {}", node.describe());
        report.add(Level::Warning, node, "operators", message, &format!("write `parse_from: {asked}`"));
    }
}

/// Signs that the language of conditions does not have.
pub(super) fn expressions(operator: &Node, report: &mut Section<'_>) {
    let routes = operator.items_of("routes").filter_map(|route| text(route, "expr"));
    let own = ["if", "expr", "is_first_entry", "is_last_entry"].into_iter().filter_map(|key| text(operator, key));
    for (node, expression) in own.chain(routes) {
        let takes_all = operator.get("drop_ratio").is_none_or(|ratio| ratio.as_f64() == Some(1.0));
        if type_of(operator) == "filter" && takes_all && matches!(expression.trim(), "true" | "1 == 1") {
            report.add(Level::Error, node, "operators", "every line is dropped", "say which ones");
        }
        // What stands in quotes is no part of the expression.
        let bare: String = expression.split(['"', '\'', '`']).step_by(2).collect::<Vec<_>>().join(" ");
        let words = bare.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')).filter(|word| !word.is_empty());
        if let Some(word) = words.into_iter().find(|word| matches!(*word, "is" | "null" | "NULL" | "None" | "AND" | "OR" | "NOT")) {
            let message = format!("{}: there is no `{word}`, and the Collector refuses it", node.describe());
            report.add(Level::Error, node, "operators", message, "write `!= nil`, `and`, `or`, `not`");
        }
        if bare.contains("=~") || bare.contains("!~") {
            let message = format!("{}: there is no `=~`", node.describe());
            report.add(Level::Error, node, "operators", message, "write `body matches \"…\"`");
        }
    }
}

/// Operators that bring no attributes.
pub(super) const PLAIN: &[&str] = &[
    "container",
    "filter",
    "noop",
    "recombine",
    "remove",
    "retain",
    "router",
    "sanitize_utf8",
    "severity_parser",
    "time_parser",
    "unquote",
];

/// The operator with the parts of it that name fields.
pub(super) fn parts(operator: &Node) -> impl Iterator<Item = &Node> {
    let below = ["timestamp", "severity", "scope_name"].into_iter().filter_map(|key| operator.get(key));
    let trace = operator.get("trace").unwrap_or(operator);
    let ids = ["trace_id", "span_id", "trace_flags"].into_iter().filter_map(|key| trace.get(key));
    std::iter::once(operator).chain(below).chain(ids)
}

pub(super) fn fields(operator: &Node, report: &mut Section<'_>) {
    for part in parts(operator) {
        for (node, name) in FIELDS.iter().filter_map(|key| text(part, key)) {
            let own = name.strip_prefix("attributes.").filter(|own| matches!(*own, "body" | "resource"));
            if let Some(own) = own.filter(|_| type_of(operator) == "move" && part.get("to").is_some_and(|to| std::ptr::eq(to, node))) {
                let message = format!("this is an attribute that is called `{own}`, and the line itself stays as it is");
                report.add(Level::Warning, node, "operators", message, &format!("write `to: {own}`"));
            }
            let root = name.trim_start_matches('$').split(['.', '[']).next().unwrap_or("");
            if !root.is_empty() && !ROOTS.contains(&root) {
                let help = misspelt(root, ROOTS)
                    .map_or_else(|| format!("write `attributes.{name}` or `body.{name}`"), |meant| format!("did you mean `{meant}`?"));
                report.add(Level::Error, node, "operators", format!("an entry has no `{root}`"), &help);
            }
        }
    }
    if let Some((node, "attributes")) = text(operator, "field").filter(|_| type_of(operator) == "remove") {
        report.add(Level::Warning, node, "operators", "every attribute is removed, with those that were parsed before", "name one of them");
    }
    if let Some((node, name)) = text(operator, "parse_from")
        && matches!(type_of(operator), "json_parser" | "regex_parser" | "csv_parser" | "key_value_parser")
        && matches!(name, "attributes" | "resource")
    {
        report.add(Level::Error, node, "operators", format!("all of `{name}` is no text"), &format!("write `{name}.NAME`, or `body`"));
    }
}
