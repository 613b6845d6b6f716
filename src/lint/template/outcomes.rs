//! What a text becomes, where only conditions choose between what is written.

use super::VARIABLES;
use super::parse::{Template, parse};

/// More ways than that are not followed.
const MOST: usize = 32;

/// Every text that a template can become; `None` where it shows anything but what is written.
pub fn outcomes(text: &str) -> Option<Vec<String>> {
    if !text.contains("{{") {
        return Some(vec![text.to_owned()]);
    }
    // What is no template is said elsewhere.
    let _: Template = parse(text, VARIABLES).ok()?;
    let mut rest = pieces(text)?.into_iter();
    let (all, end) = sequence(&mut rest)?;
    (end == End::Text).then_some(all)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    If,
    Else,
    ElseIf,
    End,
}

/// What a sequence ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Text,
    Else,
    ElseIf,
    Block,
}

fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut found = Vec::new();
    let (mut rest, mut trimmed) = (text, false);
    loop {
        let (before, behind) = rest.split_once("{{").map_or((rest, None), |(before, behind)| (before, Some(behind)));
        let before = if trimmed { before.trim_start() } else { before };
        let Some(behind) = behind else {
            found.push(Piece::Text(before));
            return Some(found);
        };
        let trims = behind.starts_with("- ");
        found.push(Piece::Text(if trims { before.trim_end() } else { before }));
        let (inner, after) = behind.split_once("}}")?;
        trimmed = inner.ends_with(" -");
        let inner = inner.strip_prefix('-').filter(|_| trims).unwrap_or(inner);
        let words: Vec<&str> = inner.strip_suffix('-').filter(|_| trimmed).unwrap_or(inner).split_whitespace().take(2).collect();
        match words.as_slice() {
            ["if", _] => found.push(Piece::If),
            ["else", "if"] => found.push(Piece::ElseIf),
            ["else"] => found.push(Piece::Else),
            ["end"] => found.push(Piece::End),
            _ => return None,
        }
        rest = after;
    }
}

fn sequence<'t>(pieces: &mut impl Iterator<Item = Piece<'t>>) -> Option<(Vec<String>, End)> {
    let mut all = vec![String::new()];
    while let Some(piece) = pieces.next() {
        let next = match piece {
            Piece::Text(text) => vec![text.to_owned()],
            Piece::If => branches(pieces)?,
            Piece::Else => return Some((all, End::Else)),
            Piece::ElseIf => return Some((all, End::ElseIf)),
            Piece::End => return Some((all, End::Block)),
        };
        all = all.iter().flat_map(|start| next.iter().map(move |end| format!("{start}{end}"))).collect();
        if all.len() > MOST {
            return None;
        }
    }
    Some((all, End::Text))
}

/// All ways behind an `if`, up to its `end`.
fn branches<'t>(pieces: &mut impl Iterator<Item = Piece<'t>>) -> Option<Vec<String>> {
    let (mut all, mut end) = sequence(pieces)?;
    let mut is_whole = false;
    while end != End::Block {
        is_whole |= end == End::Else;
        let (own, next) = sequence(pieces).filter(|(_, next)| *next != End::Text)?;
        all.extend(own);
        end = next;
    }
    if !is_whole {
        all.push(String::new());
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::outcomes;

    fn of(text: &str) -> Option<String> {
        outcomes(text).map(|all| all.join("|"))
    }

    #[test]
    fn each_branch_is_an_outcome() {
        assert_eq!(of("{{ if eq $labels.a \"b\" }}critical{{ else }}warning{{ end }}").as_deref(), Some("critical|warning"));
        assert_eq!(of("a{{- if $value }} b {{- else if .Value }}c{{ end }}").as_deref(), Some("a b|ac|a"));
        assert_eq!(of("plain").as_deref(), Some("plain"));
    }

    #[test]
    fn what_is_shown_is_not_known() {
        assert_eq!(of("{{ $labels.severity }}"), None);
        assert_eq!(of("{{ with $labels.a }}b{{ end }}"), None);
    }
}
