//! What files give operators to read.

use super::fields::PLAIN;
use super::{text, type_of};
use crate::diagnostic::Level;
use crate::lint::rule::Section;
use crate::promql::regex;
use crate::source::Node;

/// Attributes that nothing brings before they are read, and the paths of files that `container` reads.
pub(super) fn of_files(body: &Node, operators: &[&Node], report: &mut Section<'_>) {
    let off = |node: &Node, key: &str| node.get(key).is_none_or(|value| value.as_bool() == Some(false));
    let container = operators.iter().find(|operator| type_of(operator) == "container");
    if let Some(operator) = container.filter(|operator| {
        operator.get("add_metadata_from_filepath").is_none_or(|node| node.as_bool() == Some(true)) && off(body, "include_file_path")
    }) {
        let place = body.get("include_file_path").or_else(|| operator.get("type")).unwrap_or(operator);
        let message = "`container` reads where a line is from out of the file's path, which is not included";
        let help = "write `include_file_path: true`, or `add_metadata_from_filepath: false`";
        report.add(Level::Warning, place, "include_file_path", message, help);
    }
    // Static attributes, those of a header, and operators that go on elsewhere than at the next.
    if ["attributes", "header"].iter().any(|key| body.get(key).is_some()) || operators.iter().any(|one| one.get("output").is_some()) {
        return;
    }
    // What is known of files, and of the runtime of containers.
    let is_given = |name: &str| ["log", "logtag", "time", "stream"].iter().any(|given| name.starts_with(given));
    for operator in operators {
        let to_attributes = |key: &str| text(operator, key).is_some_and(|(_, to)| to.starts_with("attributes") || to.starts_with('$'));
        let parses = type_of(operator).ends_with("_parser") && !PLAIN.contains(&type_of(operator));
        let brings = match type_of(operator) {
            kind if PLAIN.contains(&kind) => false,
            "move" | "copy" => to_attributes("to") || operator.get("to").is_none(),
            "add" | "regex_replace" => to_attributes("field") || operator.get("field").is_none(),
            _ if parses => {
                let elsewhere = |to: &str| to.starts_with("body") || to.starts_with("resource");
                operator.get("parse_to").is_none_or(|node| node.as_str().is_none_or(|to| !elsewhere(to)))
            }
            _ => true,
        };
        let own = [text(operator, "parse_from"), text(operator, "from")].into_iter().flatten();
        let below = ["timestamp", "severity"].into_iter().filter_map(|key| text(operator.get(key)?, "parse_from"));
        let below: Vec<_> = if brings { Vec::new() } else { below.collect() };
        for (node, field) in own.chain(below) {
            let name = field.strip_prefix("attributes.").filter(|_| operator.get("if").is_none() || parses);
            if name.is_some_and(|name| !is_given(name)) {
                let message = format!("no operator before this one brings `{field}`");
                let to = text(operator, "parse_to").filter(|(_, to)| to.starts_with("resource")).map(|(_, to)| to);
                let help = to.map_or_else(
                    || "read it from where it is, as from `body`".to_owned(),
                    |to| format!("read it from `{to}`, where this parser writes, or parse to `attributes`"),
                );
                report.add(Level::Warning, node, "operators", message, &help);
            }
        }
        if brings {
            return;
        }
    }
}

/// Fields of the body that are read or removed while that is still a line of text.
pub(super) fn of_text(operators: &[&Node], report: &mut Section<'_>) {
    const TEXTS: &[&str] = &["attributes.message", "attributes.msg", "attributes.log"];
    if operators.iter().any(|one| one.get("output").is_some() || type_of(one) == "router") {
        return;
    }
    for operator in operators {
        let writes = |key: &str| text(operator, key).is_some_and(|(_, to)| to.starts_with("body"));
        let brings_text = type_of(operator) == "move" && text(operator, "from").is_some_and(|(_, from)| TEXTS.contains(&from));
        let keeps = matches!(type_of(operator), "remove" | "regex_replace" | "unquote") || brings_text;
        let own = ["parse_from", "from"].into_iter().chain(Some("field").filter(|_| keeps)).filter_map(|key| text(operator, key));
        let below = ["timestamp", "severity"].into_iter().filter(|_| !writes("parse_to"));
        let below = below.filter_map(|key| text(operator.get(key)?, "parse_from"));
        for (node, field) in own.chain(below).filter(|(_, field)| field.starts_with("body.") || field.starts_with("body[")) {
            let message = format!("the body is a line of text here, and has no `{field}`");
            let name = field.trim_start_matches("body.");
            report.add(Level::Warning, node, "operators", message, &format!("a parser writes to `attributes`: `attributes.{name}`"));
        }
        if !keeps && ["parse_to", "to", "field"].into_iter().any(writes) {
            return;
        }
        if !KNOWN_TO_KEEP.contains(&type_of(operator)) && !type_of(operator).ends_with("_parser") {
            return;
        }
    }
}

/// Operators that leave a body as it is, or as another line of text, unless they are told to write to it.
const KNOWN_TO_KEEP: &[&str] =
    &["add", "container", "copy", "filter", "move", "noop", "regex_replace", "remove", "sanitize_utf8", "unquote"];

/// Where an entry of several lines begins or ends.
pub(super) fn multiline(body: &Node, report: &mut Section<'_>) {
    let Some(lines) = body.get("multiline") else { return };
    let ends: Vec<(&Node, &str)> =
        // A pattern may begin with `$`, as what is filled in does.
        ["line_start_pattern", "line_end_pattern"].iter().filter_map(|key| lines.get_str(key)).filter(|(_, text)| !text.is_empty()).collect();
    if let [_, (node, _)] = ends.as_slice() {
        report.add(Level::Error, node, "multiline", "an entry is told by its beginning or by its end, not by both", "keep one of the two");
    }
    if let Some((node, _)) = lines.get_str("line_end_pattern").filter(|(_, text)| text.starts_with('^') && text.len() > 1) {
        let message = format!("{} tells how an entry begins, and each is cut off behind it", node.describe());
        report.add(Level::Warning, node, "multiline", message, "write it under `line_start_pattern`");
    }
    for (node, _) in ends.iter().filter(|(_, pattern)| !pattern.contains("(?") && regex::check(pattern).is_err()) {
        report.add(
            Level::Error,
            node,
            "multiline",
            format!("{} is no regular expression", node.describe()),
            "write it in the syntax of RE2",
        );
    }
}
