//! What can be wrong with an expression, and where.
//!
//! Messages are lower case without a full stop, so that a caller can put them into a sentence or a label. Ranges are
//! those of Prometheus's own errors wherever it gives a useful one, so that both tools point at the same place.

use std::fmt;
use std::ops::Range;

use super::options::Feature;

/// One complaint about an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Byte range in the expression's text. Empty where something is missing.
    pub range: Range<usize>,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// Which sort of complaint it is.
    pub kind: ErrorKind,
}

impl ParseError {
    pub(crate) fn new(kind: ErrorKind, range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), kind }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParseError {}

/// The sorts of complaint, for callers that show them differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The text is not PromQL: a character, token or literal is wrong. Nothing after it was read, unless the text could
    /// still be understood (a bad number, a trailing comma).
    Syntax,
    /// The text can be read but Prometheus would refuse it: an unknown function, a wrong type, a wrong number of arguments.
    Semantic,
    /// A matcher's regular expression is not one of Go's.
    Regex,
    /// Valid, but only for a Prometheus that runs with a feature flag.
    NeedsFeature(Feature),
    /// Valid perhaps, but nested deeper than obsgen reads.
    Limit,
}
