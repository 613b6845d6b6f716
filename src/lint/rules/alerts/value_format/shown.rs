//! What texts hand the value to.

use std::ops::Range;

use crate::lint::template::parse::{Action, Pipeline, Term};
use crate::lint::template::{self, AlertText};
use crate::lint::views::RuleView;

/// A function that is handed the value as it is (`{{ $value | f }}` or `{{ f $value }}`), or the word that stands behind the value.
pub(super) struct Shown<'v> {
    /// The text that shows it.
    pub text: &'v AlertText<'v>,
    /// The name of the function, or the word.
    pub function: &'v str,
    /// Where in the text the name stands, or the value before the word.
    pub range: Range<usize>,
}

/// What the texts of a rule hand the value to.
pub(super) fn shown<'v>(view: &'v RuleView<'v>) -> Vec<Shown<'v>> {
    // Few texts show it, and the others need not be walked.
    let texts = view.texts.iter().filter(|text| text.text.contains("alue"));
    texts
        .filter_map(|text| Some((text, text.template()?)))
        .flat_map(|(text, template)| template.actions.iter().map(move |action| (text, action)))
        .filter_map(|(text, action)| {
            let (function, range) = called(&action.pipeline).or_else(|| behind(action, text.text))?;
            Some(Shown { text, function, range })
        })
        .collect()
}

/// The word behind a value that is shown as it is.
fn behind<'v>(action: &'v Action, text: &'v str) -> Option<(&'v str, Range<usize>)> {
    match template::shown::shown(action, text)? {
        template::shown::Shown::Before(word) if !word.is_empty() => Some((word, action.range.clone())),
        _ => None,
    }
}

fn called(pipeline: &Pipeline) -> Option<(&str, Range<usize>)> {
    let is_value = |term: &Term| {
        matches!(term, Term::Variable(name, fields) if name == "value" && fields.is_empty())
            || matches!(term, Term::Field(fields) if fields.as_slice() == ["Value"])
    };
    let (call, value) = match pipeline.commands.as_slice() {
        [first, second, ..] if first.len() == 1 && second.len() == 1 => (&second[0], &first[0]),
        [only] if only.len() == 2 => (&only[0], &only[1]),
        _ => return None,
    };
    match &call.term {
        Term::Function(name) if is_value(&value.term) => Some((name, call.range.clone())),
        _ => None,
    }
}
