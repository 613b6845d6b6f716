//! What was read of one file.

use super::node::Node;
use crate::diagnostic::Diagnostic;
use crate::text::{Span, Spanned};

/// The trees of a file, and what was met on the way.
#[derive(Debug, Default)]
pub struct Documents {
    /// The roots, one per YAML document.
    pub roots: Vec<Node>,
    /// Whether all there is was read: false after a syntax error.
    pub complete: bool,
    /// The `# obsgen: ignore[…]` comments.
    pub comments: Vec<Ignore>,
    /// What is wrong with the text as YAML or JSON.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether mappings may be empty only because they are to be read again.
    pub is_outline: bool,
}

/// An ignore comment.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// The whole comment, from `#` to the end of the line.
    pub span: Span,
    /// The rules it names, each with its place.
    pub rules: Vec<Spanned<String>>,
    /// Why; may be empty.
    pub reason: String,
    /// Whether nothing but the comment is on its line.
    pub own_line: bool,
}
