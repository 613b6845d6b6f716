//! Labels of what exporters that everybody uses bring, and values that these never have.

use super::META;
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::inference::labels::selector_shape;
use crate::lint::query::{Query, is_placeholder, matches};
use crate::lint::world::exporters::{labels_of, usual_values, values_of};
use crate::promql::ast::{MatchOp, Matcher, Selector};

/// The name of a series that an exporter may bring.
fn exported<'s>(query: &Query<'_>, selector: &'s Selector, context: &Context<'_>) -> Option<&'s str> {
    selector.metric_name().filter(|name| !query.is_variable_metric(selector) && context.world.recorded(name).is_empty())
}

/// Values that a label never has of what an exporter which everybody uses brings.
pub(super) fn other_value(query: &Query<'_>, selector: &Selector, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(name) = selector.metric_name() else { return };
    let asks = |m: &&Matcher| matches!(m.op, MatchOp::Equal | MatchOp::Regex) && !m.value.is_empty() && !is_placeholder(&m.value);
    for matcher in selector.matchers.iter().filter(asks) {
        found.extend(slip(query, selector, name, matcher, context));
        let Some(values) = values_of(name, &matcher.label.text) else { continue };
        let declared = context.world.metric_of(selector).is_some_and(|(catalogue, ..)| !catalogue.is_page());
        if declared || exported(query, selector, context).is_none() || values.iter().any(|value| matches(matcher, value) != Some(false)) {
            continue;
        }
        let message = format!("`{name}` never has `{}` as `{}`", matcher.label.text, matcher.value);
        let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
        let meant = did_you_mean(&matcher.value, values.iter().copied());
        found.push(
            finding.help(meant.map_or_else(|| format!("it is one of {}", values.join(", ")), |meant| format!("did you mean `{meant}`?"))),
        );
    }
}

/// A value that is nearly one that the label usually has, and no other.
fn slip(query: &Query<'_>, selector: &Selector, name: &str, matcher: &Matcher, context: &Context<'_>) -> Option<Diagnostic> {
    let usual = usual_values(name, &matcher.label.text);
    if usual.is_empty() || exported(query, selector, context).is_none() || query.is_variable(&matcher.value_range) {
        return None;
    }
    let asked: Vec<&str> = if matcher.op == MatchOp::Equal { vec![&matcher.value] } else { matcher.value.split('|').collect() };
    let meant = |value: &str| {
        let is_near =
            |known: &&&str| known.eq_ignore_ascii_case(value) || value.len() > 5 && strsim::damerau_levenshtein(known, value) == 1;
        usual.iter().find(is_near).filter(|_| !usual.contains(&value))
    };
    let (value, meant) = asked.into_iter().find_map(|value| Some((value, meant(value)?)))?;
    let message = format!("`{name}` never has `{}` as `{value}`", matcher.label.text);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    Some(finding.help(format!("did you mean `{meant}`?")))
}

/// Labels that no target has, and that an exporter which everybody uses does not give.
pub(super) fn of_exporter(query: &Query<'_>, selector: &Selector, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(name) = exported(query, selector, context) else { return };
    let Some(own) = labels_of(name) else { return };
    let of_job = selector.matchers.iter().filter(|matcher| matcher.label.text == "job").cloned().collect();
    let plain = Selector { metric: selector.metric.clone(), matchers: of_job, at: None, offset: None, extend: None };
    let labels = selector_shape(&plain, context.world);
    let unknown = |m: &&Matcher| !labels.possible(&m.label.text) && !query.is_variable(&m.label.range) && !m.label.text.starts_with("__");
    for matcher in selector.matchers.iter().filter(|_| labels.closed).filter(unknown) {
        let finding =
            META.finding_at(Level::Warning, query.span(&matcher.label.range), format!("`{name}` has no label `{}`", matcher.label.text));
        let meant = did_you_mean(&matcher.label.text, own.iter().copied());
        found.push(finding.help(meant.map_or_else(
            || "correct the matcher, or give the targets such a label".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        )));
    }
}
