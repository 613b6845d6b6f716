//! How the text of an alert shows its value.

use crate::lint::template::parse::{Action, Dot, Term};

/// How a value is shown: through a function that knows its unit, or as it is before a unit.
#[derive(Clone, Copy)]
pub enum Shown<'t> {
    /// Through a function that writes its unit, or reads one.
    Through(&'t str),
    /// Before a word.
    Before(&'t str),
}

/// How an action shows the value of an alert; `None` where it shows something else.
pub fn shown<'t>(action: &'t Action, text: &'t str) -> Option<Shown<'t>> {
    let mut functions = Vec::new();
    let mut is_value = false;
    action.pipeline.visit(&mut |command| {
        for located in command {
            match &located.term {
                Term::Function(name) => functions.push(name.as_str()),
                Term::Variable(name, _) => is_value |= name == "value",
                Term::Field(fields) => is_value |= action.dot == Dot::Root && fields.first().is_some_and(|field| field == "Value"),
                _ => {}
            }
        }
    });
    if !is_value || action.calls.is_some() || !action.pipeline.declares.is_empty() {
        return None;
    }
    if let Some(function) = functions.iter().find(|name| name.starts_with("humanize")) {
        return Some(Shown::Through(function));
    }
    if functions.iter().any(|name| *name != "printf") {
        return None;
    }
    // The unit may stand in the format.
    if let Some(at) = text[action.range.clone()].find("%%") {
        let at = action.range.start + at;
        return Some(Shown::Before(&text[at..=at]));
    }
    let rest = text[action.range.end..].trim_start_matches(' ');
    let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '%').unwrap_or(rest.len());
    Some(Shown::Before(&rest[..end]))
}
