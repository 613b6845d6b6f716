//! PromQL with places: Prometheus 3.14's language, read into a tree whose every node knows its bytes.
//!
//! - [`parse`] reads and checks an expression, [`parse_all`] also returns what it can of a wrong one.
//! - [`walk`] finds things in a tree, [`build`] makes one, `Display` prints one.
//! - [`grafana`] makes a dashboard's expression readable without moving a byte.
//!
//! The room knows nothing of files: ranges count bytes of the expression's own text. It does no evaluation.

pub mod ast;
pub mod build;
mod check;
pub mod duration;
mod error;
pub mod functions;
pub mod grafana;
mod lexer;
mod number;
mod options;
mod parser;
mod printer;
pub mod regex;
mod strings;
mod token;
pub mod walk;

#[cfg(feature = "internals")]
pub use ast::ExprKind;
pub use ast::{Expr, ValueType};
pub use check::value_type;
pub use error::{ErrorKind, ParseError};
pub use options::Options;
#[cfg(feature = "internals")]
pub use parser::{MAX_HEIGHT, MAX_NESTING};
pub use printer::series;

/// What could be read of a text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree, where the text could be read to its end. It may still be wrong in content.
    pub expr: Option<Expr>,
    /// Everything that is wrong, in the order Prometheus would find it.
    pub errors: Vec<ParseError>,
}

/// Reads an expression and checks its types. The error is the first that Prometheus would report.
pub fn parse(text: &str, options: &Options) -> Result<Expr, ParseError> {
    let Parsed { expr, errors } = parse_all(text, options);
    match (expr, errors.into_iter().next()) {
        (Some(expr), None) => Ok(expr),
        (_, Some(error)) => Err(error),
        (None, None) => Err(ParseError::new(ErrorKind::Syntax, 0..text.len(), "not an expression")),
    }
}

/// Reads an expression and returns all that is wrong with it, and the tree where there is one.
///
/// Types are checked unless something graver is wrong than a feature that is not on.
pub fn parse_all(text: &str, options: &Options) -> Parsed {
    let mut parser = parser::Parser::new(text, *options);
    let expr = parser.whole();
    let mut errors = parser.errors;
    let sound = errors.iter().all(|error| matches!(error.kind, ErrorKind::NeedsFeature(_)));
    if let Some(expr) = expr.as_ref().filter(|_| sound) {
        check::check(expr, &mut errors);
    }
    Parsed { expr, errors }
}

/// A text as a string literal in double quotes, which LogQL reads as PromQL does.
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    strings::quote(text.as_bytes(), &mut out);
    out
}
