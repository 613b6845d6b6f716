//! Labels of recorded series.

use super::META;
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::context::Context;
use crate::lint::inference::labels::selector_shape;
use crate::lint::query::{Query, is_placeholder};
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::promql::regex;

/// Rules that fill one series are looked through up to as many.
const MANY: usize = 64;

/// Labels that the rules which record a series do not leave on it. Other rules may fill it as well, elsewhere.
pub(super) fn of_recorded(query: &Query<'_>, selector: &Selector, name: &str, context: &Context<'_>) -> Vec<Diagnostic> {
    let recorded = context.world.recorded(name);
    let Some(rule) = recorded.first().and_then(|recorded| recorded.query.rule()).filter(|_| name.contains(':')) else { return Vec::new() };
    let plain = Selector { metric: selector.metric.clone(), matchers: Vec::new(), at: None, offset: None, extend: None };
    let labels = selector_shape(&plain, context.world);
    // What it comes to, where every series lacks the label.
    let outcome = |matcher: &Matcher| match matcher.op {
        MatchOp::Equal => (!matcher.value.is_empty()).then_some("finds nothing"),
        MatchOp::Regex => (!regex::matches_empty(&matcher.value)).then_some("finds nothing"),
        MatchOp::NotEqual => (!matcher.value.is_empty() && !is_placeholder(&matcher.value)).then_some("leaves nothing out"),
        MatchOp::NotRegex => (!regex::matches_empty(&matcher.value) && !is_placeholder(&matcher.value)).then_some("leaves nothing out"),
    };
    let gone = selector.matchers.iter().filter(|m| !labels.possible(&m.label.text) && !query.is_variable(&m.label.range));
    let report = |matcher: &Matcher| {
        let message = format!("`{name}` is recorded without the label `{}`, so this {}", matcher.label.text, outcome(matcher)?);
        let finding = META.finding_at(Level::Warning, query.span(&matcher.label.range), message).related(rule.name.span, "recorded here");
        let meant = did_you_mean(&matcher.label.text, labels.labels.iter().copied());
        Some(finding.help(meant.map_or_else(
            || "keep the label in the recording rule, or do without it here".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        )))
    };
    gone.filter_map(report).chain(other_values(query, selector, name, context)).collect()
}

/// Values of a label that no rule which records the series gives it, where all of them give it a fixed one.
fn other_values(query: &Query<'_>, selector: &Selector, name: &str, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // The rules of a fleet fill one series by the thousand, and one of them will have the value.
    if context.world.recorded(name).len() > MANY {
        return found;
    }
    for matcher in selector.matchers.iter().filter(|m| m.op == MatchOp::Equal && !m.value.is_empty() && !is_placeholder(&m.value)) {
        let label = matcher.label.text.as_str();
        let given = context.world.recorded(name).iter().map(|recorded| {
            let node = recorded.query.rule()?.label(label)?;
            node.as_str().filter(|text| !text.contains("{{")).map(|text| (text, node))
        });
        let Some(given) = given.collect::<Option<Vec<_>>>() else { continue };
        let Some((_, first)) = given.first().filter(|_| given.iter().all(|(text, _)| *text != matcher.value)) else { continue };
        let meant = did_you_mean(&matcher.value, given.iter().map(|(text, _)| *text));
        let message = format!("no rule records `{name}` with `{label}` as `{}`, so this finds nothing", matcher.value);
        let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message).related(first.span, "recorded here");
        found.push(finding.help(meant.map_or_else(
            || "ask for a label that is recorded, or record this one".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        )));
    }
    found
}
