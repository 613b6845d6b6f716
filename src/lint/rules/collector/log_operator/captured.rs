//! Attributes that a pattern takes out of lines, and that others read.

use super::fields::{PLAIN, parts};
use super::{text, type_of};
use crate::diagnostic::{Level, did_you_mean};
use crate::lint::rule::Section;
use crate::source::Node;

/// Attributes that are read behind a pattern and that none of its groups is called.
pub(super) fn captured(body: &Node, operators: &[&Node], report: &mut Section<'_>) {
    // Static attributes, those of a header, and operators that go on elsewhere than at the next.
    if ["attributes", "header"].iter().any(|key| body.get(key).is_some()) || operators.iter().any(|one| one.get("output").is_some()) {
        return;
    }
    let (mut known, mut said): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for operator in operators {
        let to = ["parse_to", "to", "field"].iter().find_map(|key| text(operator, key)).map_or("attributes", |(_, to)| to);
        let brought = match type_of(operator) {
            "regex_parser" if to == "attributes" => text(operator, "regex").map_or_else(Vec::new, |(_, pattern)| groups(pattern)),
            "move" | "copy" | "add" | "regex_replace" => to.strip_prefix("attributes.").into_iter().collect(),
            "trace_parser" => Vec::new(),
            kind if PLAIN.contains(&kind) && kind != "container" && kind != "router" => Vec::new(),
            // Whatever else may bring anything.
            _ => return,
        };
        // What a parser reads itself is there before; its times and severities are read of what it brings.
        let is_parser = type_of(operator) == "regex_parser";
        let before = known.clone();
        known.extend(brought);
        for part in parts(operator) {
            let is_own = std::ptr::eq(part, *operator);
            let there = if is_own { &before } else { &known };
            let reads = ["parse_from", "from"].iter().chain(Some(&"field").filter(|_| type_of(operator) == "remove"));
            for (node, field) in reads.filter_map(|key| text(part, key)) {
                let Some(name) = field.strip_prefix("attributes.").filter(|name| is_missing(name, there)) else { continue };
                let is_said = said.contains(&name) || is_own && is_parser;
                if !is_said {
                    said.push(name);
                    let message = format!("no group of a pattern before this is called `{name}`");
                    report.add(Level::Warning, node, "operators", message, &help(name, there));
                }
            }
        }
        if let Some((node, condition)) = text(operator, "if").filter(|(_, condition)| !condition.contains("== nil")) {
            let read = condition.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.'));
            let names = read.filter_map(|word| word.strip_prefix("attributes."));
            if let Some(name) = names.into_iter().find(|name| is_missing(name, &before) && !said.contains(name)) {
                let message = format!("no group of a pattern before this is called `{name}`, so there is never one");
                report.add(Level::Warning, node, "operators", message, &help(name, &before));
            }
        }
    }
}

/// Whether a pattern has brought attributes, and not this one. What is known of files is there from the start.
fn is_missing(name: &str, known: &[&str]) -> bool {
    let is_given = ["log.", "logtag", "stream"].iter().any(|given| name.starts_with(given));
    !known.is_empty() && !is_given && !name.contains(['.', '[']) && !known.contains(&name)
}

fn help(name: &str, known: &[&str]) -> String {
    did_you_mean(name, known.iter().copied()).map_or_else(
        || format!("there are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
        |meant| format!("did you mean `{meant}`?"),
    )
}

/// The names of the groups of a pattern.
fn groups(pattern: &str) -> Vec<&str> {
    let starts = pattern.match_indices("(?").map(|(at, _)| pattern[at + 2..].trim_start_matches('P'));
    let named = starts.filter_map(|rest| rest.strip_prefix('<')?.split_once('>'));
    named.map(|(name, _)| name).filter(|name| !name.starts_with(['=', '!'])).collect()
}

/// The beginning of an entry of several lines, against the layout of the time that its pattern takes from there.
pub(super) fn first_of_lines(body: &Node, operators: &[&Node], report: &mut Section<'_>) {
    let Some((node, start)) = body.get("multiline").and_then(|lines| text(lines, "line_start_pattern")) else { return };
    let Some(operator) = operators.first().filter(|one| type_of(one) == "regex_parser" && one.get("parse_from").is_none()) else { return };
    let Some(first) = text(operator, "regex").and_then(|(_, regex)| regex.strip_prefix('^')).filter(|rest| rest.starts_with("(?")) else {
        return;
    };
    let Some(time) = operator.get("timestamp") else { return };
    let is_first =
        groups(first).first().is_some_and(|name| time.get("parse_from").and_then(Node::as_str) == Some(&format!("attributes.{name}")));
    let Some((layout, written)) = time.get_str("layout").filter(|_| is_first) else { return };
    let kind = time.get("layout_type").and_then(Node::as_str).unwrap_or("strptime");
    if let (Some(pattern), Some(sample)) = (signs(start), sample(written, kind))
        && pattern.iter().zip(&sample).any(|(one, other)| one != other)
    {
        let message = format!("no line begins so: its time is written as {}", layout.describe());
        report.add(Level::Warning, node, "multiline", message, "make the two say the same");
    }
}

/// The signs that a plain pattern begins with, with `0` for a digit; `None` where it is not plain.
fn signs(pattern: &str) -> Option<Vec<char>> {
    let (mut rest, mut all) = (pattern.strip_prefix('^')?, Vec::new());
    while let Some(first) = rest.chars().next() {
        let digit = ["\\d", "[0-9]"].iter().find_map(|class| rest.strip_prefix(class));
        let (sign, behind) = match digit {
            Some(behind) => ('0', behind),
            None => match rest.strip_prefix('\\') {
                Some(escaped) => (escaped.chars().next().filter(|c| !c.is_ascii_alphanumeric())?, escaped.get(1..)?),
                None if matches!(first, '-' | ':' | '/' | ' ' | ',') || first.is_ascii_alphabetic() => (first, &rest[1..]),
                None => return None,
            },
        };
        rest = behind;
        let mut times = 1;
        if let Some((number, behind)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            times = number.parse().ok().filter(|times: &usize| *times <= 16)?;
            rest = behind;
        }
        if rest.starts_with(['*', '+', '?']) {
            return None;
        }
        all.extend(std::iter::repeat_n(sign, times));
    }
    Some(all)
}

/// How a time begins that is written by a layout, with `0` for a digit, as far as it has numbers of one length.
fn sample(layout: &str, kind: &str) -> Option<Vec<char>> {
    let (mut rest, mut all) = (layout, Vec::new());
    let parts: &[(&str, usize)] = match kind {
        "gotime" => &[("2006", 4), ("01", 2), ("02", 2), ("15", 2), ("04", 2), ("05", 2)],
        "strptime" => &[("%Y", 4), ("%m", 2), ("%d", 2), ("%H", 2), ("%M", 2), ("%S", 2)],
        _ => return None,
    };
    while let Some(sign) = rest.chars().next() {
        if let Some((part, length)) = parts.iter().find(|(part, _)| rest.starts_with(part)) {
            all.extend(std::iter::repeat_n('0', *length));
            rest = &rest[part.len()..];
        } else if matches!(sign, '-' | ':' | '/' | ' ' | 'T') {
            all.push(sign);
            rest = &rest[1..];
        } else {
            break;
        }
    }
    Some(all).filter(|all| !all.is_empty())
}
