//! TOML text to nodes, for obsgen's own settings. The only file that names the TOML parser.

use toml::de::{DeTable, DeValue};

use super::documents::Documents;
use super::node::{Node, NodeKind, Scalar, Style};
use crate::diagnostic::Diagnostic;
use crate::text::{SourceId, Span};

pub(super) fn read(text: &str, source: SourceId) -> Documents {
    let (root, errors) = DeTable::parse_recoverable(text);
    let diagnostics = errors.iter().map(|error| {
        let end = |at: usize| if text.is_char_boundary(at) { at } else { text.len() };
        let range = error.span().map_or(0..0, |span| end(span.start.min(text.len()))..end(span.end.min(text.len())));
        Diagnostic::error(super::INVALID_TOML, Span::new(source, range), error.message().to_owned())
            .help("this is not valid TOML; https://toml.io shows how it is written")
    });
    let diagnostics: Vec<Diagnostic> = diagnostics.collect();
    let root = Node { span: Span::new(source, 0..text.len()), kind: table(root.get_ref(), source) };
    Documents { roots: vec![root], complete: diagnostics.is_empty(), diagnostics, ..Documents::default() }
}

fn table(table: &DeTable<'_>, source: SourceId) -> NodeKind {
    let key = |key: &toml::Spanned<std::borrow::Cow<'_, str>>| Node {
        span: Span::new(source, key.span()),
        kind: NodeKind::Scalar(Scalar::owned(key.get_ref().as_ref(), Style::Double)),
    };
    NodeKind::Mapping(table.iter().map(|(name, value)| (key(name), node(value, source))).collect())
}

/// The parser bounds the depth, so this may recurse.
fn node(value: &toml::Spanned<DeValue<'_>>, source: SourceId) -> Node {
    let plain = |text: &str| NodeKind::Scalar(Scalar::owned(text, Style::Plain));
    let kind = match value.get_ref() {
        DeValue::String(text) => NodeKind::Scalar(Scalar::owned(text.as_ref(), Style::Double)),
        DeValue::Integer(number) if number.radix() == 10 => plain(number.as_str()),
        DeValue::Integer(number) => {
            plain(&i64::from_str_radix(number.as_str(), number.radix()).map_or_else(|_| String::new(), |n| n.to_string()))
        }
        DeValue::Float(number) => plain(number.as_str()),
        DeValue::Boolean(value) => plain(if *value { "true" } else { "false" }),
        DeValue::Datetime(time) => NodeKind::Scalar(Scalar::owned(time.to_string(), Style::Double)),
        DeValue::Array(items) => NodeKind::Sequence(items.iter().map(|item| node(item, source)).collect()),
        DeValue::Table(entries) => table(entries, source),
    };
    Node { span: Span::new(source, value.span()), kind }
}
