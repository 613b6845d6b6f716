//! What is found while a manifest is understood.

use crate::diagnostic::{Diagnostic, Level};
use crate::manifest::scalars::Text;
use crate::source::Spanned;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) Vec<Diagnostic>);

impl Findings {
    /// Adds a finding.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// How many there are.
    pub(super) fn errors(&self) -> usize {
        self.0.iter().filter(|d| d.level == Level::Error).count()
    }
}

/// The id of findings about a value that is not what its key needs.
pub(super) const INVALID: &str = crate::manifest::RULE;

/// A text's words with its place.
pub(super) fn owned(text: &Spanned<Text>) -> String {
    text.value.0.clone()
}
