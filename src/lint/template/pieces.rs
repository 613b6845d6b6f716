//! What a template consists of: what is sent as it is written, and actions between braces.

use std::ops::Range;

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// What is sent as it is written, without the blanks that an action beside it takes away. It may be empty.
    Text(&'t str),
    /// An action, without its braces and the blanks inside of them, and where it begins in the template.
    Action(&'t str, usize),
}

/// What a text says itself: without what is filled in.
pub fn said(text: &str) -> String {
    let (mut said, mut rest) = (String::new(), text);
    while let Some((before, action)) = rest.split_once("{{") {
        said += before;
        rest = action.split_once("}}").map_or("", |(_, behind)| behind);
    }
    said + rest
}

/// The pieces of a template in order, which begins and ends with a text; `None` where an action is never closed.
pub fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut found = Vec::new();
    let (mut at, mut trimmed) = (0, false);
    loop {
        let open = text[at..].find("{{").map(|found| at + found);
        let written = &text[at..open.unwrap_or(text.len())];
        let written = if trimmed { written.trim_start() } else { written };
        let Some(open) = open else {
            found.push(Piece::Text(written));
            return Some(found);
        };
        let close = closing(text, open)?;
        let inner = inside(text, open, close);
        found.push(Piece::Text(if inner.start > open + 2 { written.trim_end() } else { written }));
        trimmed = inner.end < close;
        let bare = text[inner.clone()].trim_start();
        found.push(Piece::Action(bare.trim_end(), inner.end - bare.len()));
        at = close + 2;
    }
}

/// Where the action that opens here is closed.
pub(super) fn closing(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let rest = text[open + 2..].trim_start_matches('-').trim_start();
    if rest.starts_with("/*") {
        let comment_end = text[open..].find("*/").map(|i| open + i + 2)?;
        return text[comment_end..].find("}}").map(|i| comment_end + i);
    }
    let (mut at, mut quote) = (open + 2, None);
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            (None, b @ (b'"' | b'`' | b'\'')) => quote = Some(b),
            (Some(b'"' | b'\''), b'\\') => at += 1,
            // A quoted text ends on its line; whatever follows is a fault that is said elsewhere.
            (Some(b'"' | b'\''), b'\n') => quote = None,
            (Some(q), b) if q == b => quote = None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// What stands inside of the braces of an action, without the markers that trim the text beside it.
pub(super) fn inside(text: &str, open: usize, close: usize) -> Range<usize> {
    const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];
    let (mut start, mut end) = (open + 2, close);
    let inner = &text[start..end];
    // Trim markers need a blank beside them; `{{-1}}` is a number.
    if inner.starts_with('-') && inner[1..].starts_with(BLANKS) {
        start += 1;
    }
    if text[start..end].ends_with('-') && text[start..end - 1].ends_with(BLANKS) {
        end -= 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn texts_lose_the_blanks_that_markers_take() {
        let of = |text: &str| {
            let shown = pieces(text)?.into_iter().map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Action(inner, start) => format!("<{inner}@{start}>"),
            });
            Some(shown.collect::<String>())
        };
        assert_eq!(of("a {{- if .x -}} b {{ end }} c").as_deref(), Some("a<if .x@6>b <end@21> c"));
        assert_eq!(of("{{ \"}}\" }}").as_deref(), Some("<\"}}\"@3>"));
        assert_eq!(of("{{-1}}{{/* }} */}}").as_deref(), Some("<-1@2></* }} */@8>"));
        assert_eq!(of("a {{ b"), None);
    }
}
