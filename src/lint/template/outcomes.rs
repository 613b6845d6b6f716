//! What a text becomes, where only conditions choose between what is written.

use super::VARIABLES;
use super::parse::{Template, parse};
use super::pieces::{Piece, pieces};

/// More ways than that are not followed.
const MOST: usize = 32;
/// Nor conditions within more conditions than that.
const DEPTH: usize = 16;

/// Every text that a template can become; `None` where it shows anything but what is written.
pub fn outcomes(text: &str) -> Option<Vec<String>> {
    if !text.contains("{{") {
        return Some(vec![text.to_owned()]);
    }
    // What is no template is said elsewhere.
    let _: Template = parse(text, VARIABLES).ok()?;
    let mut rest = pieces(text)?.into_iter();
    let (all, end) = sequence(&mut rest, DEPTH)?;
    (end == End::Text).then_some(all)
}

/// What a sequence ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Text,
    Else,
    ElseIf,
    Block,
}

fn sequence<'t>(pieces: &mut impl Iterator<Item = Piece<'t>>, depth: usize) -> Option<(Vec<String>, End)> {
    let mut all = vec![String::new()];
    while let Some(piece) = pieces.next() {
        let next = match piece {
            Piece::Text(text) => vec![text.to_owned()],
            Piece::Action(inner, _) => match inner.split_whitespace().take(2).collect::<Vec<_>>().as_slice() {
                ["if", _] => branches(pieces, depth.checked_sub(1)?)?,
                ["else"] => return Some((all, End::Else)),
                ["else", "if"] => return Some((all, End::ElseIf)),
                ["end"] => return Some((all, End::Block)),
                _ => return None,
            },
        };
        all = all.iter().flat_map(|start| next.iter().map(move |end| format!("{start}{end}"))).collect();
        if all.len() > MOST {
            return None;
        }
    }
    Some((all, End::Text))
}

/// All ways behind an `if`, up to its `end`.
fn branches<'t>(pieces: &mut impl Iterator<Item = Piece<'t>>, depth: usize) -> Option<Vec<String>> {
    let (mut all, mut end) = sequence(pieces, depth)?;
    let mut is_whole = false;
    while end != End::Block {
        is_whole |= end == End::Else;
        let (own, next) = sequence(pieces, depth).filter(|(_, next)| *next != End::Text)?;
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

    #[test]
    fn conditions_within_conditions_without_end_are_not_followed() {
        let nested = |depth: usize| of(&("{{ if $value }}".repeat(depth) + "a" + &"{{ end }}".repeat(depth)));
        assert_eq!(nested(100_000), None);
        assert!(nested(10).is_some());
    }
}
