//! Names and texts that speak of a fault, where the condition asks for the state of health.

use crate::lint::context::Context;
use crate::lint::inference::measure::gauge;
use crate::lint::inference::value::interval;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::interval::Interval;
use crate::lint::world::values::names_state;
use crate::promql::ast::{Expr, MatchOp, Matcher, Selector};
use crate::promql::walk::alternatives;

/// The states that a condition waits for: matchers of series that are 0 or 1, of which 1 is asked for.
fn awaited<'e>(expr: &'e Expr, context: &Context<'_>) -> Option<&'e Selector> {
    let conditions = alternatives(expr);
    let [only] = conditions.as_slice() else { return None };
    let Comparison { side, op, number, .. } = Comparison::of(only)?;
    let holds = |value: f64| Interval::one(value).compared(op, number) == Some(true);
    let selector = gauge(side).filter(|_| holds(1.0) && !holds(0.0))?;
    (interval(side, context.world) == Interval::SHARE).then_some(selector)
}

fn states(selector: &Selector) -> impl Iterator<Item = &Matcher> {
    let names = |label: &str| names_state(label) || Some(label) == selector.metric_name();
    selector.matchers.iter().filter(move |m| m.op == MatchOp::Equal && m.value.len() > 2 && names(&m.label.text))
}

/// A text that says `not ready` where the condition asks for what is ready.
pub(super) fn of_text(lower: &str, expr: &Expr, context: &Context<'_>) -> Option<String> {
    if !lower.contains("not ") {
        return None;
    }
    let selector = awaited(expr, context)?;
    let denied = |m: &Matcher| matches!(m.value.as_str(), "false" | "unknown") || m.op != MatchOp::Equal && names_state(&m.label.text);
    if selector.matchers.iter().any(denied) {
        return None;
    }
    let says = |state: &str| {
        let said = format!("not {state}");
        lower.match_indices(&said).any(|(at, _)| !lower[at + said.len()..].starts_with(|c: char| c.is_alphanumeric()))
    };
    let state = states(selector).map(|matcher| matcher.value.to_lowercase()).find(|state| says(state))?;
    Some(format!("this says `not {state}`, and the condition asks for what is {state}"))
}

/// A name that ends with another state of the same label than the one which is asked for: `BreakerOpen` for `state="closed"`.
pub(super) fn of_name(name: &str, expr: &Expr, context: &Context<'_>) -> Option<String> {
    let selector = awaited(expr, context)?;
    let (_, metric, _) = context.world.metric_of(selector)?;
    let label = &metric.values.states.as_ref()?.label;
    let asked = selector.matchers.iter().find(|m| m.label.text == *label && m.op == MatchOp::Equal)?;
    let plain = |text: &str| text.replace(['_', '-', ' '], "").to_lowercase();
    let (lower, own) = (plain(name), plain(&asked.value));
    let seen = &metric.labels.iter().find(|known| known.name.value == *label)?.seen;
    let others: Vec<&String> = seen.iter().filter(|state| plain(state).len() > 3 && lower.ends_with(&plain(state))).collect();
    let other =
        others.first().filter(|_| !lower.contains(&own) && !seen.iter().any(|state| plain(state) == own && lower.ends_with(&own)))?;
    Some(format!("`{name}` says `{other}`, and the condition asks for `{}`", asked.value))
}
