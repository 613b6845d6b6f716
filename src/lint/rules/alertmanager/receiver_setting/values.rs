//! Values out of a list, and templates that give them.

use super::Report;
use crate::diagnostic::{Level, did_you_mean};
use crate::lint::template::pieces::{Piece, pieces};
use crate::source::Node;

pub(super) fn is_template(node: &Node) -> bool {
    node.as_str().is_none_or(|text| text.contains("{{") || text.contains("${") || text.starts_with('<'))
}

pub(super) fn word(node: &Node, key: &str, words: &[&str], path: &str, report: &mut Report<'_>) {
    let Some((value, text)) = node.get(key).filter(|value| !is_template(value)).and_then(Node::with_str) else {
        return;
    };
    if text.is_empty() || words.contains(&text) {
        return;
    }
    let help = did_you_mean(text, words.iter().copied()).map_or_else(|| one_of(words), |meant| format!("did you mean `{meant}`?"));
    report(Level::Error, value, path, format!("the service does not take {} as `{key}`", value.describe()), &help);
}

pub(super) fn one_of(words: &[&str]) -> String {
    format!("use one of {}", words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "))
}

/// A text that is not taken, of those between which a template decides, where it does nothing else.
pub(super) fn branch<'n>(node: &'n Node, key: &str, takes: impl Fn(&str) -> bool) -> Option<(&'n Node, &'n str)> {
    let (value, text) = node.get_str(key).filter(|(_, text)| text.contains("{{"))?;
    let mut texts = Vec::new();
    for piece in pieces(text)? {
        match piece {
            Piece::Text(text) => texts.push(text),
            Piece::Action(inner, _) if ["if ", "else", "end"].iter().any(|word| inner.starts_with(word)) => {}
            Piece::Action(..) => return None,
        }
    }
    let wrong = texts.iter().map(|text| text.trim()).find(|text| !text.is_empty() && !takes(text))?;
    Some((value, wrong))
}
