//! The functions that texts hand the value to.

use crate::lint::template::AlertText;
use crate::lint::template::parse::{Pipeline, Term};
use crate::lint::views::RuleView;
use std::ops::Range;

/// A function that is handed the value as it is: `{{ $value | f }}` or `{{ f $value }}`.
pub(super) struct Shown<'v> {
    /// The text that shows it.
    pub text: &'v AlertText<'v>,
    /// The name of the function.
    pub function: &'v str,
    /// Where in the text the name stands.
    pub range: Range<usize>,
}

/// The functions for a unit that the texts of a rule hand the value to.
pub(super) fn shown<'v>(view: &'v RuleView<'v>) -> Vec<Shown<'v>> {
    // Few texts have one, and the others need not be walked.
    let texts = view.texts.iter().filter(|text| text.text.contains("humanize"));
    texts
        .filter_map(|text| Some((text, text.template()?)))
        .flat_map(|(text, template)| template.actions.iter().map(move |action| (text, &action.pipeline)))
        .filter_map(|(text, pipeline)| {
            let (function, range) = called(pipeline)?;
            Some(Shown { text, function, range })
        })
        .collect()
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
