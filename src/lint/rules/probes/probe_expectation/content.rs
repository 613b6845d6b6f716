//! What an answer has to hold, or must not.

use regex::Regex;

use crate::diagnostic::Level;
use crate::lint::rule::Section;
use crate::lint::words::pattern::{matches_anything, never_matches};
use crate::source::Node;

/// Patterns that match nothing, whatever the answer is.
pub(super) fn impossible(http: &Node, report: &mut Section<'_>) {
    for (key, wanted) in [("not_matches", true), ("matches", false)] {
        let of_header = format!("fail_if_header_{key}");
        let of_body = format!("fail_if_body_{key}_regexp");
        let patterns = http.items_of(&of_header).filter_map(|item| item.get("regexp")).chain(http.items_of(&of_body));
        for (node, pattern) in patterns.filter_map(Node::with_str) {
            if let Some(why) = never_matches(pattern) {
                let effect = if wanted { "this always fails" } else { "this never fails" };
                let key = if http.items_of(&of_body).any(|own| std::ptr::eq(own, node)) { &of_body } else { &of_header };
                report.add(Level::Warning, node, key, format!("{} matches nothing, so {effect}: {why}", node.describe()), "correct it");
            }
        }
    }
}

/// Expressions of CEL, as far as their signs tell.
pub(super) fn expressions(http: &Node, report: &mut Section<'_>) {
    for key in ["fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"] {
        let Some((node, text)) = http.get_str(key) else { continue };
        // What stands in quotes is no part of the expression.
        let bare: String = text.split(['"', '\'']).step_by(2).collect::<Vec<_>>().join(" ");
        let bytes = bare.as_bytes();
        let single = bytes.iter().enumerate().any(|(at, byte)| {
            *byte == b'='
                && bytes.get(at + 1) != Some(&b'=')
                && !at.checked_sub(1).is_some_and(|at| matches!(bytes[at], b'=' | b'!' | b'<' | b'>'))
        });
        let reads = bare.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "body");
        if single {
            report.add(Level::Error, node, key, "one `=` compares nothing", "write `==`");
        } else if !reads && !text.trim().is_empty() {
            report.add(Level::Error, node, key, "the answer is called `body` in this expression", "write it as `body.status == \"ok\"`");
        }
    }
}

/// Words of a page that say that all is well, and that it is not.
const GOOD: &[&str] = &["ok", "up", "healthy", "ready", "success", "successful", "pass", "passing", "alive", "available"];

const BAD: &[&str] =
    &["error", "errors", "fail", "failed", "failure", "down", "unhealthy", "exception", "unavailable", "maintenance", "fatal", "critical"];

/// One pattern that has to match and must not.
pub(super) fn opposed(section: &Node, required: &str, forbidden: &str, report: &mut Section<'_>) {
    for node in section.items_of(forbidden) {
        if section.items_of(required).any(|other| other.as_str().is_some() && other.as_str() == node.as_str()) {
            let message = format!("{} has to match by `{required}` and must not here: this always fails", node.describe());
            report.add(Level::Error, node, forbidden, message, "remove one of the two");
            continue;
        }
        // Whatever matches the one begins with this.
        let Some(pattern) = node.as_str().and_then(|text| Regex::new(text).ok()) else { continue };
        let starts = section.items_of(required).filter_map(|other| Some((other, literal_start(other.as_str()?))));
        if let Some((other, start)) = starts.into_iter().find(|(_, start)| start.len() >= 3 && pattern.is_match(start)) {
            let message =
                format!("`{start}` has to be there by {}, and must not be by {}: this always fails", other.describe(), node.describe());
            report.add(Level::Error, node, forbidden, message, "remove one of the two");
        }
    }
}

/// The text that everything begins with which a pattern matches, as far as it is plain.
fn literal_start(pattern: &str) -> String {
    let mut start = String::new();
    let mut rest = pattern.trim_start_matches('^').chars().peekable();
    if pattern.contains('|') || pattern.starts_with("(?") {
        return start;
    }
    while let Some(c) = rest.next() {
        let literal = match c {
            '\\' => match rest.next().filter(|next| !next.is_ascii_alphanumeric()) {
                Some(next) => next,
                None => break,
            },
            '.' | '[' | '(' | '{' | '*' | '+' | '?' | '$' => break,
            c => c,
        };
        // What may be there or not is no part of it.
        if matches!(rest.peek(), Some('*' | '?' | '{')) {
            break;
        }
        start.push(literal);
    }
    start
}

/// A value behind a key of JSON that is written as Python writes it, and how JSON does.
fn word_of_python(pattern: &str) -> Option<(&'static str, &'static str)> {
    const WORDS: &[(&str, &str)] = &[("True", "true"), ("False", "false"), ("None", "null")];
    // Letters may count alike, and one of several alternatives may match.
    if pattern.contains("(?") || pattern.contains('|') {
        return None;
    }
    let bare = pattern.replace("\\s", " ");
    bare.split("\":").skip(1).find_map(|rest| {
        let value = rest.trim_start_matches([' ', '*', '+', '?']);
        let is_word = |word: &str| {
            value.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '?' | '*' | '_')))
        };
        WORDS.iter().find(|(word, _)| is_word(word)).copied()
    })
}

pub(super) fn body(http: &Node, report: &mut Section<'_>) {
    let codes: Vec<i64> = http.items_of("valid_status_codes").filter_map(Node::as_i64).collect();
    let empty = |code: &i64| matches!(code, 204 | 205 | 304) || (100..200).contains(code);
    let required = http.entry("fail_if_body_not_matches_regexp").filter(|(_, list)| list.items().next().is_some());
    if let Some(((key, _), code)) = required.zip(codes.iter().find(|code| empty(code))) {
        let message = format!("an answer with the status {code} has no body, and always fails by this");
        let level = if codes.iter().all(empty) { Level::Error } else { Level::Warning };
        report.add(level, key, "fail_if_body_not_matches_regexp", message, "expect another status, or nothing of the body");
    }
    opposed(http, "fail_if_body_not_matches_regexp", "fail_if_body_matches_regexp", report);
    for (key, wanted) in [("fail_if_body_matches_regexp", false), ("fail_if_body_not_matches_regexp", true)] {
        for node in http.items_of(key) {
            let Some(pattern) = node.as_str() else { continue };
            if matches_anything(pattern) {
                let effect = if wanted { "so this never fails" } else { "so this always fails" };
                report.add(Level::Warning, node, key, format!("{} matches any page, {effect}", node.describe()), "say what is expected");
                continue;
            }
            if pattern.starts_with("^\"") && pattern.contains("\":") {
                let message = "no page starts with a key: JSON starts with a brace".to_owned();
                report.add(Level::Warning, node, key, message, "remove the `^`");
                continue;
            }
            if let Some((word, meant)) = word_of_python(pattern) {
                let effect = if wanted { "this always fails" } else { "this never fails" };
                let message = format!("JSON writes `{meant}`, and never `{word}`, so {effect}");
                report.add(Level::Warning, node, key, message, &format!("did you mean `{meant}`?"));
                continue;
            }
            let words: Vec<String> = pattern.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
            let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
            if !wanted && says(GOOD) && !says(BAD) {
                let message = format!("the probe fails where the page says {}", node.describe());
                report.add(Level::Warning, node, key, message, "was `fail_if_body_not_matches_regexp` meant?");
            } else if wanted && says(BAD) && !says(GOOD) {
                let message = format!("the probe fails unless the page says {}", node.describe());
                report.add(Level::Warning, node, key, message, "was `fail_if_body_matches_regexp` meant?");
            }
        }
    }
    let small = http.get("body_size_limit").filter(|limit| {
        limit
            .as_str()
            .is_some_and(|text| text.ends_with('B') && text[..text.len() - 1].bytes().all(|b| b.is_ascii_digit()) && text.len() < 5)
    });
    if let Some(limit) = small {
        report.add(Level::Warning, limit, "body_size_limit", format!("no page fits into {}", limit.describe()), "write a size as `1MB`");
    }
}
