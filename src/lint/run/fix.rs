//! Safe mends, carried out on the text: as few characters as they say, and never two that touch each other.

use std::sync::Arc;

use crate::diagnostic::Fix;
use crate::lint::run::request::Outcome;

/// A file whose text was mended.
#[derive(Clone, Debug)]
pub struct Mended {
    /// Its place among the inputs.
    pub input: usize,
    /// The new text.
    pub text: Arc<str>,
    /// How many findings were mended.
    pub count: usize,
}

/// Carries out what findings offer; of mends that touch each other only the first, for the next run to go on.
pub fn mend(outcome: &Outcome, inputs: usize) -> Vec<Mended> {
    let mut fixes: Vec<&Fix> = outcome.diagnostics.iter().filter_map(|d| d.fix.as_ref()).collect();
    fixes.retain(|fix| (fix.span.source.0 as usize) < inputs);
    fixes.sort_by_key(|fix| (fix.span, fix.replacement.as_str()));
    let mut mended = Vec::new();
    for of_file in fixes.chunk_by(|a, b| a.span.source == b.span.source) {
        let Some(first) = of_file.first() else { continue };
        let (text, count) = carried_out(&outcome.sources.get(first.span.source).text, of_file);
        mended.push(Mended { input: first.span.source.0 as usize, text: text.into(), count });
    }
    mended
}

fn carried_out(text: &str, fixes: &[&Fix]) -> (String, usize) {
    let (mut mended, mut at, mut count) = (String::with_capacity(text.len()), 0, 0);
    for fix in fixes {
        let range = fix.span.range();
        let touches = range.start < at || (count > 0 && range.start == at);
        let Some(before) = text.get(at..range.start).filter(|_| !touches && text.is_char_boundary(range.end)) else { continue };
        mended.push_str(before);
        mended.push_str(&fix.replacement);
        at = range.end;
        count += 1;
    }
    mended.push_str(&text[at..]);
    (mended, count)
}
