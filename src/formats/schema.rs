//! What the owners of the formats check when they load a file, as findings with places.

use crate::diagnostic::Diagnostic;
use crate::promql::duration::parse_duration;
use crate::source::path::Path;
use crate::source::{Node, WRONG_TYPE};

/// A duration that Prometheus cannot read.
pub const BAD_DURATION: &str = "bad-duration";
/// A name that may be there only once.
pub const DUPLICATE_NAME: &str = "duplicate-name";

/// Collects what is wrong with the shape of a document.
pub(super) struct Checker<'d> {
    pub(super) diagnostics: &'d mut Vec<Diagnostic>,
    /// Whether the owner takes `"yes"` and its kin for a boolean in quotes as well, as go-yaml v3 does.
    pub(super) quoted_flags: bool,
    /// Whether the owner takes only `true` and `false` for a boolean, as YAML 1.2 does.
    pub(super) strict_flags: bool,
}

impl<'d> Checker<'d> {
    pub(super) fn new(diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        Self { diagnostics, quoted_flags: false, strict_flags: false }
    }
}

impl Checker<'_> {
    pub(super) fn push(&mut self, diagnostic: Diagnostic, path: &Path<'_>) {
        let path = path.to_string();
        self.diagnostics.push(if path.is_empty() { diagnostic } else { diagnostic.path(path) });
    }

    /// Adds what was found in a part that was checked by itself.
    pub(super) fn extend(&mut self, found: Vec<Diagnostic>) {
        self.diagnostics.extend(found);
    }

    /// Reports keys that the format does not have.
    pub(super) fn keys(&mut self, node: &Node, known: &[&str], path: &Path<'_>) {
        for (name, key, _) in node.entries() {
            if !known.contains(&name) {
                self.push(crate::source::decode::unknown_key(key, known.iter().copied()), path);
            }
        }
    }

    pub(super) fn wrong_type(&mut self, node: &Node, expected: &str, path: &Path<'_>) {
        self.push(Diagnostic::error(WRONG_TYPE, node.span, format!("expected {expected}, found {}", node.describe())), path);
    }

    /// The items of a list below a key; nothing where it is null or missing, a finding where it is no list.
    pub(super) fn items<'a>(&mut self, node: &'a Node, key: &'a str, path: &Path<'_>) -> &'a [Node] {
        match node.get(key) {
            None => &[],
            Some(value) if value.is_null() => &[],
            Some(value) => value.as_sequence().unwrap_or_else(|| {
                self.wrong_type(value, "a list", &path.key(key));
                &[]
            }),
        }
    }

    /// The mapping below a key; `None` where it is null or missing, a finding where it is no mapping.
    pub(super) fn mapping<'a>(&mut self, node: &'a Node, key: &'a str, path: &Path<'_>) -> Option<&'a Node> {
        let value = node.get(key).filter(|value| !value.is_null())?;
        if value.as_mapping().is_none() {
            self.wrong_type(value, "a mapping", &path.key(key));
            return None;
        }
        Some(value)
    }

    /// The text below a key: the node, where it is a scalar that is not null.
    pub(super) fn text<'a>(&mut self, node: &'a Node, key: &'a str, path: &Path<'_>) -> Option<&'a Node> {
        let value = node.get(key).filter(|value| !value.is_null())?;
        if value.as_scalar().is_none() {
            self.wrong_type(value, "a string", &path.key(key));
            return None;
        }
        Some(value)
    }

    /// The duration below a key, in milliseconds.
    pub(super) fn duration(&mut self, node: &Node, key: &str, path: &Path<'_>) -> Option<i64> {
        let value = self.text(node, key, path)?;
        match parse_duration(value.as_str()?) {
            Ok(millis) => Some(millis),
            Err(error) => {
                let message = format!("{} is no duration: {error}", value.describe());
                self.push(
                    Diagnostic::error(BAD_DURATION, value.span, message).help("write a number with a unit, as `30s`, `5m` or `1h30m`"),
                    &path.key(key),
                );
                None
            }
        }
    }

    /// Reports a value that is neither true nor false.
    pub(super) fn boolean(&mut self, node: &Node, key: &str, path: &Path<'_>) -> Option<bool> {
        let value = node.get(key).filter(|value| !value.is_null())?;
        let read = value.as_bool();
        if read.is_none() {
            self.wrong_type(value, "`true` or `false`", &path.key(key));
        }
        read
    }
}
