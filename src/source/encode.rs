//! The way back from meaning to writing: how a text is put inside a scalar that is already there, in the scalar's own style.

use super::node::{Node, Style};
use crate::text::Span;

/// How a text is written inside a scalar; `None` where that is not sure to keep its meaning.
pub fn encode(source_text: &str, node: &Node, text: &str) -> Option<String> {
    match node.as_scalar()?.style {
        Style::Literal => {
            let before = &source_text[..node.span.range().start];
            let indent = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
            Some(text.replace('\n', &format!("\n{}", " ".repeat(indent))))
        }
        Style::Double | Style::Json => serde_json::to_string(text).ok().map(|quoted| quoted[1..quoted.len() - 1].to_owned()),
        Style::Header => None,
        _ if text.contains(['\n', '\r']) => None,
        Style::Single => Some(text.replace('\'', "''")),
        Style::Folded => Some(text.to_owned()),
        // What could end the scalar, or its collection, is left to people.
        Style::Plain => {
            let ends = text.contains(": ") || text.contains(" #") || text.ends_with(':');
            let written = &source_text[node.span.range()];
            let in_block = written.contains([',', '{', '}', '[', ']']);
            (!ends && (in_block || !text.contains([',', '{', '}', '[', ']']))).then(|| text.to_owned())
        }
    }
}

/// Where the content of a scalar stands: without its quotes.
pub fn content(node: &Node) -> Span {
    let quoted = node.as_scalar().is_some_and(|scalar| matches!(scalar.style, Style::Single | Style::Double | Style::Json));
    let range = node.span.range();
    if quoted && range.len() >= 2 { Span::new(node.span.source, range.start + 1..range.end - 1) } else { node.span }
}
