//! Statements and conditions of the OpenTelemetry Transformation Language, as far as their words tell.

use crate::promql::regex;

/// What is wrong with a statement, and what to do.
pub type Trouble = (&'static str, &'static str);

/// A word, a text in quotes, or a sign of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Word(&'t str),
    Text(&'t str),
    Sign(&'t str),
}

/// Whether the last word before a sign names a field that holds one of several numbers.
fn is_number(before: &[Piece<'_>]) -> bool {
    match before {
        [.., Piece::Word("status"), Piece::Sign("."), Piece::Word("code")] => {
            !matches!(before.len().checked_sub(5).map(|at| before[at]), Some(Piece::Word("attributes" | "body" | "cache")))
        }
        [.., Piece::Word("severity_number")]
        | [Piece::Word("kind" | "type")]
        | [.., Piece::Word("span" | "metric"), Piece::Sign("."), Piece::Word("kind" | "type")] => true,
        [.., before, Piece::Word("kind" | "type")] => {
            matches!(before, Piece::Word("and" | "or" | "not" | "where") | Piece::Sign("("))
        }
        _ => false,
    }
}

/// What the language does not have, and what a person who knows another may write: quotes, operators and words.
pub fn trouble(text: &str) -> Option<Trouble> {
    let pieces = pieces(text);
    let at = |index: usize| pieces.get(index).copied();
    if matches!(pieces.last(), Some(Piece::Word("and" | "or" | "not" | "where") | Piece::Sign("==" | "!=" | "<" | ">" | "<=" | ">="))) {
        return Some(("it ends before it says all", "write what follows, or leave the last word out"));
    }
    if pieces.iter().filter(|piece| **piece == Piece::Word("where")).count() > 1 {
        return Some(("a statement has one `where`", "join the conditions by `and`"));
    }
    for (index, piece) in pieces.iter().enumerate() {
        let next = at(index + 1);
        let before = index.checked_sub(1).and_then(at);
        match piece {
            Piece::Sign("'") => return Some(("a text stands between double quotes", "write `\"…\"`")),
            Piece::Sign("&&") => return Some(("there is no `&&`", "write `and`")),
            Piece::Sign("||") => return Some(("there is no `||`", "write `or`")),
            Piece::Sign("==" | "!=") if matches!(next, Some(Piece::Word("null" | "None" | "undefined"))) => {
                return Some(("what is not there is called `nil`", "write `nil`"));
            }
            Piece::Sign("==" | "!=" | "<" | ">" | "<=" | ">=") if matches!(next, Some(Piece::Text(_))) && is_number(&pieces[..index]) => {
                return Some(("this is a number, and no text equals it", "write the name without quotes, as `STATUS_CODE_ERROR`"));
            }
            Piece::Sign("==" | "!=" | "<" | ">" | "<=" | ">=") if at(index + 2) != Some(Piece::Sign("(")) && is_shortened(next) => {
                return Some(("there is no constant of this name", "write its whole name, as `SPAN_KIND_SERVER`"));
            }
            Piece::Sign("==" | "!=") if at(index + 2) == Some(Piece::Sign(".")) && is_bare(next) => {
                return Some(("a text stands between double quotes", "write `\"…\"`"));
            }
            Piece::Word("if" | "when") if before == Some(Piece::Sign(")")) => {
                return Some(("the condition of a statement stands behind `where`", "write `where`"));
            }
            Piece::Word("attributes") if next == Some(Piece::Sign(".")) => {
                return Some(("an attribute is named in brackets", "write `attributes[\"name\"]`"));
            }
            Piece::Sign("[") if matches!(before, Some(Piece::Word("attributes" | "cache"))) => {
                if let (Some(Piece::Word(word)), Some(Piece::Sign("]"))) = (next, at(index + 2))
                    && word.bytes().any(|byte| byte.is_ascii_alphabetic())
                {
                    return Some(("the name of an attribute stands between quotes", "write `attributes[\"name\"]`"));
                }
            }
            Piece::Word("severity_number") if matches!(before, Some(Piece::Sign("("))) && next == Some(Piece::Sign(",")) => {
                if matches!(at(index + 2), Some(Piece::Text(_))) {
                    return Some(("`severity_number` is a number", "write `SEVERITY_NUMBER_ERROR`, or set `severity_text`"));
                }
            }
            Piece::Word("IsMatch") if next == Some(Piece::Sign("(")) && matches!(at(index + 2), Some(Piece::Text(_))) => {
                return Some(("the text that is looked at comes first, and its pattern second", "swap the two"));
            }
            Piece::Word("keep_keys")
                if next == Some(Piece::Sign("(")) && at(index + 2) != Some(Piece::Sign("[")) && keeps_one(&pieces[index + 2..]) =>
            {
                return Some(("the names that are kept are a list", "write `[\"name\"]`"));
            }
            _ => {}
        }
    }
    None
}

/// Whether this is a word in capitals that is no whole name of a constant: those are of several words.
fn is_shortened(piece: Option<Piece<'_>>) -> bool {
    matches!(piece, Some(Piece::Word(word)) if word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// What a path can begin with, for all that is known.
pub const ROOTS: &[&str] = &[
    "attributes",
    "body",
    "cache",
    "datapoint",
    "event",
    "events",
    "instrumentation_scope",
    "links",
    "log",
    "metric",
    "negative",
    "otelcol",
    "positive",
    "profile",
    "request",
    "resource",
    "sample",
    "scope",
    "span",
    "spanevent",
    "status",
];

/// Whether this is the beginning of a text that somebody forgot the quotes of.
fn is_bare(piece: Option<Piece<'_>>) -> bool {
    matches!(piece, Some(Piece::Word(word)) if word.starts_with(|c: char| c.is_ascii_lowercase()) && word.len() > 2
        && !ROOTS.contains(&word) && !word.contains('_') && !matches!(word, "nil" | "true" | "false" | "trace" | "parent" | "kind" | "type" | "severity" | "time" | "flags"))
}

/// What a text is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It changes something.
    Statement,
    /// It asks something.
    Condition,
}

/// Functions that change something.
pub const EDITORS: &[&str] = &[
    "append",
    "delete_index",
    "delete_key",
    "delete_matching_keys",
    "flatten",
    "keep_keys",
    "keep_matching_keys",
    "limit",
    "merge_maps",
    "replace_all_matches",
    "replace_all_patterns",
    "replace_match",
    "replace_pattern",
    "set",
    "stringify_all",
    "truncate_all",
];

/// A statement that changes nothing, or a condition that would.
pub fn misused(text: &str, used: Use) -> Option<Trouble> {
    let pieces = pieces(text);
    let is_call = |index: usize| pieces.get(index + 1) == Some(&Piece::Sign("("));
    match used {
        Use::Statement => {
            let first = matches!(pieces.first(), Some(Piece::Word(word)) if word.starts_with(|c: char| c.is_ascii_uppercase()));
            (first && is_call(0)).then_some(("this reads something, and changes nothing", "write it behind `where`, or into a `set(…)`"))
        }
        Use::Condition => pieces.iter().enumerate().find_map(|(index, piece)| match piece {
            Piece::Word("where") => {
                Some(("this is a condition already", "write what stands behind `where` alone, or join the two by `and`"))
            }
            Piece::Word(word) if EDITORS.contains(word) && is_call(index) => {
                Some(("a condition changes nothing", "ask for something, as in `name == \"x\"`"))
            }
            _ => None,
        }),
    }
}

/// The words that the paths of a text begin with.
pub fn roots(text: &str) -> Vec<&str> {
    let pieces = pieces(text);
    let at = |index: usize| pieces.get(index).copied();
    let is_root = |index: usize| {
        let behind_dot = index.checked_sub(1).and_then(at) == Some(Piece::Sign("."));
        !behind_dot && !matches!(at(index + 1), Some(Piece::Sign("(" | "=")))
    };
    let words = pieces.iter().enumerate().filter(|(index, _)| is_root(*index));
    words.filter_map(|(_, piece)| if let Piece::Word(word) = piece { Some(*word) } else { None }).collect()
}

/// The words that stand before the first dot of a path; none where functions are written into the text.
pub fn paths(text: &str) -> Vec<&str> {
    let pieces = pieces(text);
    if pieces.windows(2).any(|pair| pair == [Piece::Sign("="), Piece::Sign(">")]) {
        return Vec::new();
    }
    let dot = Piece::Sign(".");
    let begins = |at: usize| at.checked_sub(1).is_none_or(|before| pieces[before] != dot);
    let starts = (0..pieces.len()).filter(|at| begins(*at) && pieces.get(at + 1) == Some(&dot));
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
    starts.filter_map(|at| if let Piece::Word(word) = pieces[at] { Some(word) } else { None }).filter(is_name).collect()
}

/// The attribute that a statement writes with, and for which it is carried out only where it is missing.
pub fn reads_what_is_missing(text: &str) -> Option<&str> {
    let pieces = pieces(text);
    let at = pieces.iter().position(|piece| *piece == Piece::Word("where"))?;
    let (statement, condition) = (&pieces[..at], &pieces[at + 1..]);
    let [field @ .., Piece::Sign("["), Piece::Text(name), Piece::Sign("]"), Piece::Sign("=="), Piece::Word("nil")] = condition else {
        return None;
    };
    // Joined with another condition it may hold otherwise; a path is words and dots alone.
    if !field.iter().all(|piece| matches!(piece, Piece::Word("attributes" | "resource" | "span" | "log" | "scope") | Piece::Sign("."))) {
        return None;
    }
    let path = &condition[..condition.len() - 2];
    if !matches!(statement, [Piece::Word("set"), ..]) {
        return None;
    }
    let comma = target_end(statement)?;
    let value = &statement[comma + 1..];
    // What falls back to something else may be asked for what is not there.
    let falls_back = value.iter().any(|piece| matches!(piece, Piece::Word("Coalesce" | "When" | "IsEmpty")));
    let reads = value.windows(path.len()).enumerate().any(|(at, window)| {
        let before = at.checked_sub(1).map(|before| value[before]);
        window == path && before != Some(Piece::Sign(".")) && value.get(at + path.len()) != Some(&Piece::Sign("["))
    });
    (reads && !falls_back).then_some(*name)
}

/// Where the first argument of a call ends.
fn target_end(call: &[Piece<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, piece) in call.iter().enumerate() {
        match piece {
            Piece::Sign("(" | "[") => depth += 1,
            Piece::Sign(")" | "]") => depth = depth.saturating_sub(1),
            Piece::Sign(",") if depth == 1 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The attributes that a condition compares or looks for.
pub fn attributes(text: &str) -> Vec<&str> {
    let pieces = pieces(text);
    let named = pieces.windows(3).enumerate().filter(|(at, window)| {
        let own = at.checked_sub(1).is_none_or(|before| pieces[before] != Piece::Sign("."));
        own && matches!(window, [Piece::Word("attributes"), Piece::Sign("["), Piece::Text(_)])
    });
    named.filter_map(|(_, window)| if let Piece::Text(name) = window[2] { Some(name) } else { None }).collect()
}

/// The path that a condition wants a request to have, where it asks for nothing else.
pub fn compared_path(text: &str) -> Option<&str> {
    match pieces(text).as_slice() {
        [
            Piece::Word("attributes"),
            Piece::Sign("["),
            Piece::Text("url.path" | "http.route" | "http.target"),
            Piece::Sign("]"),
            Piece::Sign("=="),
            Piece::Text(path),
        ] => Some(*path),
        _ => None,
    }
}

/// Whether a condition holds for nothing: it asks one field to equal two texts, or a number another.
pub fn never(text: &str) -> bool {
    let pieces = pieces(text);
    let start = pieces.iter().rposition(|piece| *piece == Piece::Word("where")).map_or(0, |at| at + 1);
    let condition = &pieces[start..];
    let joined = |word: &str| condition.contains(&Piece::Word(word));
    if joined("or") || joined("not") {
        return false;
    }
    let mut asked: Vec<(&[Piece<'_>], &str)> = Vec::new();
    for part in condition.split(|piece| *piece == Piece::Word("and")) {
        match part {
            [Piece::Word(one), Piece::Sign("=="), Piece::Word(other)] if one != other => {
                let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
                if is_number(one) && is_number(other) {
                    return true;
                }
            }
            [field @ .., Piece::Sign("=="), Piece::Text(value)] => {
                if asked.iter().any(|(other, text)| *other == field && text != value) {
                    return true;
                }
                asked.push((field, value));
            }
            _ => {}
        }
    }
    false
}

/// The services that a condition compares the name with.
pub fn services(text: &str) -> Vec<&str> {
    let pieces = pieces(text);
    let compared =
        |window: &[Piece<'_>]| matches!(window, [Piece::Text("service.name"), Piece::Sign("]"), Piece::Sign("==" | "!="), Piece::Text(_)]);
    let names = pieces.windows(4).filter(|window| compared(window));
    names.filter_map(|window| if let Some(Piece::Text(name)) = window.last() { Some(*name) } else { None }).collect()
}

/// Whether a condition holds for all of a service, whatever else that has.
pub fn takes_service(text: &str, service: &str) -> bool {
    let pieces = pieces(text);
    let [
        Piece::Word("resource"),
        Piece::Sign("."),
        Piece::Word("attributes"),
        Piece::Sign("["),
        Piece::Text("service.name"),
        Piece::Sign("]"),
        Piece::Sign(sign),
        Piece::Text(name),
    ] = pieces.as_slice()
    else {
        return false;
    };
    match *sign {
        "==" => *name == service,
        "!=" => *name != service,
        _ => false,
    }
}

/// Whether a condition holds for all lines of a severity, by its number; nothing where it asks for anything else.
pub fn holds_for_severity(text: &str, severity: i64) -> Option<bool> {
    let pieces = pieces(text);
    let holds = |part: &[Piece<'_>]| -> Option<bool> {
        let (sign, word) = match part {
            [Piece::Word("severity_number"), Piece::Sign(sign), Piece::Word(word)]
            | [Piece::Word("log"), Piece::Sign("."), Piece::Word("severity_number"), Piece::Sign(sign), Piece::Word(word)] => {
                (*sign, *word)
            }
            _ => return None,
        };
        let limit = severity_number(word)?;
        match sign {
            "==" => Some(severity == limit),
            "!=" => Some(severity != limit),
            "<" => Some(severity < limit),
            "<=" => Some(severity <= limit),
            ">" => Some(severity > limit),
            ">=" => Some(severity >= limit),
            _ => None,
        }
    };
    let mut any = false;
    for part in pieces.split(|piece| *piece == Piece::Word("or")) {
        let mut all = true;
        for one in part.split(|piece| *piece == Piece::Word("and")) {
            all &= holds(one)?;
        }
        any |= all;
    }
    Some(any)
}

/// The number of a severity, by the constant or as it is.
fn severity_number(word: &str) -> Option<i64> {
    let Some(name) = word.strip_prefix("SEVERITY_NUMBER_") else { return word.parse().ok() };
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let step = name[bare.len()..].parse::<i64>().map_or(0, |step| step - 1);
    let first = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].iter().position(|known| *known == bare);
    match first {
        Some(at) => i64::try_from(at).ok().map(|at| at * 4 + 1 + step),
        None => (name == "UNSPECIFIED").then_some(0),
    }
}

/// Whether the second argument of a call is one text.
fn keeps_one(inside: &[Piece<'_>]) -> bool {
    let comma = inside.iter().position(|piece| *piece == Piece::Sign(","));
    comma.is_some_and(|at| matches!(inside.get(at + 1), Some(Piece::Text(_))))
}

/// Whether a condition holds for everything: one of those that `or` joins is true of itself.
pub fn always(condition: &str) -> bool {
    let pieces = pieces(condition);
    let joined = |word: &str| pieces.contains(&Piece::Word(word));
    if joined("and") || joined("not") {
        return condition.trim() == "not false";
    }
    let parts: Vec<&[Piece<'_>]> = pieces.split(|piece| *piece == Piece::Word("or")).collect();
    // What one part leaves out, another takes in.
    let both = parts.iter().any(|part| match part {
        [field @ .., Piece::Sign("=="), value] => {
            parts.iter().any(|other| matches!(other, [f @ .., Piece::Sign("!="), v] if f == field && v == value))
        }
        _ => false,
    });
    both || pieces.split(|piece| *piece == Piece::Word("or")).any(|part| match part {
        [Piece::Word("true")] => true,
        [Piece::Word(one), Piece::Sign("=="), Piece::Word(other)] => one == other,
        [Piece::Word("IsMatch"), Piece::Sign("("), .., Piece::Sign(","), Piece::Text(pattern), Piece::Sign(")")] => {
            matches!(*pattern, ".*" | "") || regex::matches_empty(pattern) && !pattern.contains(['^', '$', '|'])
        }
        _ => false,
    })
}

/// Whether a statement reads `attributes` of what it is about, not of what that belongs to.
pub fn reads_own_attributes(text: &str) -> bool {
    let pieces = pieces(text);
    pieces.iter().enumerate().any(|(index, piece)| {
        *piece == Piece::Word("attributes") && (index == 0 || pieces[index - 1] != Piece::Sign(".")) && {
            matches!(pieces.get(index + 1), Some(Piece::Sign("[")))
        }
    })
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            byte if byte.is_ascii_whitespace() => at += 1,
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                found.push(Piece::Text(text.get(start + 1..at.min(bytes.len())).unwrap_or("")));
                at += 1;
            }
            byte if is_word(byte) => {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                found.push(Piece::Word(&text[start..at]));
            }
            byte => {
                let pair = matches!(byte, b'=' | b'!' | b'<' | b'>') && bytes.get(at + 1) == Some(&b'=');
                at += if pair || matches!(byte, b'&' | b'|') && bytes.get(at + 1) == Some(&byte) { 2 } else { 1 };
                found.push(Piece::Sign(&text[start..at]));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{
        Use, always, holds_for_severity, misused, never, paths, reads_own_attributes, reads_what_is_missing, roots, services,
        takes_service, trouble,
    };

    #[test]
    fn words_of_other_languages_are_found() {
        for text in [
            "name == 'x'",
            "a == 1 && b == 2",
            "a == 1 || b == 2",
            "attributes[\"a\"] == null",
            "set(name, \"x\") if kind == 2",
            "attributes.url.path == \"/\"",
            "resource.attributes.service == \"a\"",
            "set(attributes[depot], \"x\")",
            "set(severity_number, \"ERROR\")",
            "IsMatch(\"panic\", body)",
            "keep_keys(attributes, \"a\")",
            "attributes[\"a\"] == \"b\" and",
            "set(name, \"x\") where kind == 2 where true",
            "status.code == \"ERROR\"",
            "span.status.code != \"STATUS_CODE_OK\" and name == \"a\"",
            "kind == \"SPAN_KIND_SERVER\"",
            "metric.type == SUM",
            "name == rpc.server.duration",
        ] {
            assert!(trouble(text).is_some(), "{text}");
        }
        for text in [
            "name == \"it's && || null\"",
            "set(attributes[\"a\"], nil) where attributes[\"b\"] != nil",
            "keep_keys(attributes, [\"a\"])",
            "attributes[attributes[\"which\"]] == 1",
            "attributes[Concat([\"a\", \"b\"], \".\")] == 1",
            "body.string == \"x\" and cache[0] == 1",
            "IsMatch(body, \"if .*\") and resource.attributes[\"service.name\"] == \"a\"",
            "severity_number >= SEVERITY_NUMBER_ERROR",
            "status.code == STATUS_CODE_ERROR and status.message == \"x\"",
        ] {
            assert_eq!(trouble(text), None, "{text}");
        }
    }

    #[test]
    fn conditions_that_hold_for_everything_are_known() {
        assert!(always("true") && always("1 == 1") && always("a == 2 or true") && always("IsMatch(name, \".*\")") && always("not false"));
        assert!(!always("a == 2") && !always("IsMatch(name, \"^$\")") && !always("true and a == 2") && !always("IsMatch(name, \"a.*\")"));
    }

    #[test]
    fn conditions_that_hold_for_nothing_are_known() {
        assert!(
            never("1 == 2") && never("name == \"a\" and name == \"b\"") && never("set(name, \"x\") where name == \"a\" and name == \"b\"")
        );
        assert!(!never("name == \"a\" and kind == \"b\"") && !never("name == \"a\" or name == \"b\"") && !never("name == body"));
        assert!(always("a == 1 or a != 1") && !always("a == 1 or a != 2"));
    }

    #[test]
    fn what_a_severity_is_asked_for_is_known() {
        let error = |text: &str| holds_for_severity(text, 17);
        assert_eq!(error("severity_number > SEVERITY_NUMBER_INFO"), Some(true));
        assert_eq!(error("severity_number < SEVERITY_NUMBER_INFO and severity_number != SEVERITY_NUMBER_UNSPECIFIED"), Some(false));
        assert_eq!(error("severity_number < SEVERITY_NUMBER_INFO or severity_number != SEVERITY_NUMBER_UNSPECIFIED"), Some(true));
        assert_eq!(error("log.severity_number == SEVERITY_NUMBER_ERROR2"), Some(false));
        assert_eq!(error("severity_number > 9 and body == \"x\""), None);
    }

    #[test]
    fn services_are_known() {
        let text = "resource.attributes[\"service.name\"] != \"web\"";
        assert_eq!(services(text), ["web"]);
        assert!(takes_service(text, "shop") && !takes_service(text, "web"));
        assert!(!takes_service("resource.attributes[\"service.name\"] == \"web\" and name == \"x\"", "web"));
    }

    #[test]
    fn what_changes_something_is_told_apart() {
        assert!(misused("IsMatch(name, \"a\")", Use::Statement).is_some() && misused("set(name, \"a\")", Use::Statement).is_none());
        assert!(misused("set(name, \"a\")", Use::Condition).is_some() && misused("IsMatch(name, \"set(\")", Use::Condition).is_none());
        assert_eq!(
            roots("set(attributes[\"a\"], body.x) where span.kind == 1 and Len(name) > 2"),
            ["attributes", "body", "where", "span", "1", "and", "name", "2"]
        );
    }

    #[test]
    fn paths_are_told_from_numbers_and_calls() {
        assert_eq!(paths("set(name, \"a.b\") where http.route != nil and duration > 0.5"), ["http"]);
        assert_eq!(paths("resource.attributes[\"a\"] == span.status.code"), ["resource", "span"]);
        assert_eq!(paths("Any(attributes[\"a\"], (x) => x.y == 1)"), Vec::<&str>::new());
    }

    #[test]
    fn what_is_missing_is_not_read() {
        let missing = |text: &str| reads_what_is_missing(text).is_some();
        assert!(missing("set(name, attributes[\"a\"]) where attributes[\"a\"] == nil"));
        assert!(missing("set(name, Concat([\"x\", resource.attributes[\"a\"]], \" \")) where resource.attributes[\"a\"] == nil"));
        assert!(!missing("set(attributes[\"a\"], attributes[\"b\"]) where attributes[\"a\"] == nil"));
        assert!(!missing("set(name, resource.attributes[\"a\"]) where attributes[\"a\"] == nil"));
        assert!(!missing("set(name, attributes[\"a\"]) where attributes[\"a\"] != nil"));
        assert!(!missing("set(name, attributes[\"a\"][\"b\"]) where attributes[\"a\"][\"b\"] == nil"));
        assert!(!missing("set(name, attributes[\"a\"]) where kind == 1 or attributes[\"a\"] == nil"));
    }

    #[test]
    fn attributes_of_the_thing_itself_are_told_apart() {
        assert!(reads_own_attributes("attributes[\"a\"] == 1") && reads_own_attributes("set(attributes[\"a\"], 1)"));
        assert!(!reads_own_attributes("resource.attributes[\"a\"] == 1") && !reads_own_attributes("name == \"attributes[\""));
    }
}
