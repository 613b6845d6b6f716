//! Words that are taken from another language, or stand where they do nothing.

use super::paths::ROOTS;
use super::piece::{Piece, pieces};

/// What is wrong with a statement, and what to do.
pub type Trouble = (&'static str, &'static str);

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
            Piece::Text(pattern) if has_backspace(pattern) => {
                return Some(("in a text `\\b` is a backspace, and no end of a word", "write `\\\\b`"));
            }
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
            Piece::Sign("==" | "!=") if matches!(next, Some(Piece::Text(text)) if is_pattern(text)) => {
                return Some(("a text is compared as it is written, and this is a pattern", "write `IsMatch(…, \"…\")`"));
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
            Piece::Word("set") if next == Some(Piece::Sign("(")) && is_shortened(written(&pieces[index..])) => {
                return Some(("there is no constant of this name", "write its whole name, or a text between double quotes"));
            }
            Piece::Word("start_time_unix_nano") if is_short(&pieces[index + 1..]) => {
                return Some(("these are nanoseconds, and nearly every span takes longer", "write a second as `1000000000`"));
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

/// Whether a text can only be meant as a pattern.
fn is_pattern(text: &str) -> bool {
    [".*", ".+", "(.*)", "[0-9]", "\\\\d"].iter().any(|sign| text.contains(sign)) || text.starts_with('^') && text.len() > 2
}

/// Whether a text has `\b` with one backslash.
fn has_backspace(text: &str) -> bool {
    let (mut rest, mut found) = (text, false);
    while let Some(at) = rest.find('\\') {
        found |= rest[at + 1..].starts_with('b');
        rest = rest[at + 1..].get(1..).unwrap_or("");
    }
    found
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

/// Whether this is a word in capitals that is no whole name of a constant: those are of several words.
fn is_shortened(piece: Option<Piece<'_>>) -> bool {
    matches!(piece, Some(Piece::Word(word)) if word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// Whether this is the beginning of a text that somebody forgot the quotes of.
fn is_bare(piece: Option<Piece<'_>>) -> bool {
    matches!(piece, Some(Piece::Word(word)) if word.starts_with(|c: char| c.is_ascii_lowercase()) && word.len() > 2
        && !ROOTS.contains(&word) && !word.contains('_') && !matches!(word, "nil" | "true" | "false" | "trace" | "parent" | "kind" | "type" | "severity" | "time" | "flags"))
}

/// Whether the second argument of a call is one text.
fn keeps_one(inside: &[Piece<'_>]) -> bool {
    let comma = inside.iter().position(|piece| *piece == Piece::Sign(","));
    comma.is_some_and(|at| matches!(inside.get(at + 1), Some(Piece::Text(_))))
}

/// What a call writes, where it is a single piece.
fn written<'t>(call: &[Piece<'t>]) -> Option<Piece<'t>> {
    let comma = call.iter().position(|piece| *piece == Piece::Sign(","))?;
    let value = *call.get(comma + 1)?;
    (call.get(comma + 2) == Some(&Piece::Sign(")"))).then_some(value)
}

/// Whether a time is compared with less than a tenth of a millisecond.
fn is_short(behind: &[Piece<'_>]) -> bool {
    let [Piece::Sign(">" | ">="), Piece::Word(number), ..] = behind else { return false };
    number.parse::<u64>().is_ok_and(|number| number < 100_000)
}

/// What a text is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It changes something.
    Statement,
    /// It asks something.
    Condition,
}

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

#[cfg(test)]
mod tests {
    use super::{Use, misused, trouble};

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
            "set(severity_text, ERROR)",
            "end_time_unix_nano - start_time_unix_nano > 2000",
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
            "end_time_unix_nano - start_time_unix_nano > 2000000000",
            "set(severity_number, SEVERITY_NUMBER_ERROR)",
            "status.code == STATUS_CODE_ERROR and status.message == \"x\"",
        ] {
            assert_eq!(trouble(text), None, "{text}");
        }
    }

    #[test]
    fn what_changes_something_is_told_apart() {
        assert!(misused("IsMatch(name, \"a\")", Use::Statement).is_some() && misused("set(name, \"a\")", Use::Statement).is_none());
        assert!(misused("set(name, \"a\")", Use::Condition).is_some() && misused("IsMatch(name, \"set(\")", Use::Condition).is_none());
    }
}
