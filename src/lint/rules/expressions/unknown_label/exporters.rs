//! Labels of what exporters that everybody uses bring, and values that these never have.

use super::META;
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::inference::labels::selector_shape;
use crate::lint::query::{Query, is_placeholder, matches};
use crate::lint::world::exporters::{labels_of, values_of};
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
