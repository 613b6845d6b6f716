//! What texts say and an expression does not, held back until all of them are read.

use crate::diagnostic::Diagnostic;

/// What the texts of one alert say that fits, and what does not.
///
/// A sentence that shows nothing of the alert may be about something else where another text says what fits.
#[derive(Default)]
pub struct Misfits {
    fitting: Vec<usize>,
    misfits: Vec<(usize, bool, Diagnostic)>,
}

impl Misfits {
    /// The text of this index says what fits.
    pub fn fits(&mut self, text: usize) {
        self.fitting.push(text);
    }

    /// The text of this index says what does not fit, in a sentence that shows nothing (`is_bare`) or something of the alert.
    pub fn differs(&mut self, text: usize, is_bare: bool, finding: Diagnostic) {
        self.misfits.push((text, is_bare, finding));
    }

    /// What is to be said of all of them.
    pub fn settled(self) -> impl Iterator<Item = Diagnostic> {
        let Self { fitting, misfits } = self;
        let is_other = move |text: usize, is_bare: bool| is_bare && fitting.iter().any(|fitting| *fitting != text);
        misfits.into_iter().filter(move |(text, is_bare, _)| !is_other(*text, *is_bare)).map(|(.., finding)| finding)
    }
}
