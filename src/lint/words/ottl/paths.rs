//! The fields and attributes that a text reads.

use super::piece::{Piece, pieces};

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

/// The words that are compared or written, and are neither called nor part of something longer.
pub fn fields(text: &str) -> Vec<&str> {
    let pieces = pieces(text);
    if pieces.windows(2).any(|pair| pair == [Piece::Sign("="), Piece::Sign(">")]) {
        return Vec::new();
    }
    let at = |index: Option<usize>| index.and_then(|index| pieces.get(index).copied());
    let is_field = |index: usize, word: &str| {
        let (before, next) = (at(index.checked_sub(1)), at(Some(index + 1)));
        let compares = |piece: Option<Piece<'_>>| matches!(piece, Some(Piece::Sign("==" | "!=" | "<" | ">" | "<=" | ">=")));
        let is_written =
            before == Some(Piece::Sign("(")) && at(index.checked_sub(2)) == Some(Piece::Word("set")) && next == Some(Piece::Sign(","));
        let is_name = word.starts_with(|c: char| c.is_ascii_lowercase())
            && !matches!(word, "nil" | "true" | "false" | "and" | "or" | "not" | "where");
        is_name && (is_written || compares(next) && !matches!(before, Some(Piece::Sign("."))))
    };
    pieces
        .iter()
        .enumerate()
        .filter_map(|(index, piece)| if let Piece::Word(word) = piece { Some((index, *word)) } else { None })
        .filter(|(index, word)| is_field(*index, word))
        .map(|(_, word)| word)
        .collect()
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

/// The attributes of what sent it that a condition compares or looks for.
pub fn resource_attributes(text: &str) -> Vec<&str> {
    let pieces = pieces(text);
    let named = pieces.windows(5).filter_map(|window| match window {
        [Piece::Word("resource"), Piece::Sign("."), Piece::Word("attributes"), Piece::Sign("["), Piece::Text(name)] => Some(*name),
        _ => None,
    });
    named.collect()
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

#[cfg(test)]
mod tests {
    use super::{fields, paths, reads_own_attributes, reads_what_is_missing, roots};

    #[test]
    fn paths_are_told_from_numbers_and_calls() {
        assert_eq!(
            roots("set(attributes[\"a\"], body.x) where span.kind == 1 and Len(name) > 2"),
            ["attributes", "body", "where", "span", "1", "and", "name", "2"]
        );
        assert_eq!(paths("set(name, \"a.b\") where http.route != nil and duration > 0.5"), ["http"]);
        assert_eq!(paths("resource.attributes[\"a\"] == span.status.code"), ["resource", "span"]);
        assert_eq!(paths("Any(attributes[\"a\"], (x) => x.y == 1)"), Vec::<&str>::new());
    }

    #[test]
    fn what_is_compared_or_written_is_told_from_values() {
        assert_eq!(fields("duration > 2000 and name == \"duration == 1\""), ["duration", "name"]);
        assert_eq!(fields("set(severity, \"ERROR\") where attributes[\"a\"] == nil and kind == SPAN_KIND_SERVER"), ["severity", "kind"]);
        assert_eq!(fields("span.kind == 1 or Len(body) > 2 or true == nil"), Vec::<&str>::new());
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
