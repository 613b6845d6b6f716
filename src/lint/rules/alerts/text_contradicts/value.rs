//! Texts that name another value of a label than the one that is asked for.

use std::ops::Deref;

use crate::lint::context::Context;
use crate::lint::inference::value::principal;
use crate::lint::world::World;
use crate::lint::world::declared::{Label, Metric};
use crate::promql::Expr;
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::promql::walk::{calls, selectors};

/// Labels that say where something is, and that texts name for other reasons.
const PLACES: &[&str] = &["job", "instance", "le", "quantile", "method", "namespace", "pod", "cluster", "env", "environment", "region"];

/// More values than these are no kinds of something.
const MANY: usize = 20;

/// A value that the texts of an alert speak of, where the expression asks for another one of the same label, which they do not name.
pub(super) fn other(texts: &impl Deref<Target = String>, expr: &Expr, context: &Context<'_>) -> Option<String> {
    // Of `a and b` the value is that of `a`, and `b` says when it counts.
    let found = selectors(principal(expr));
    // What changes is the one and then the other.
    if calls(expr, "changes") {
        return None;
    }
    for used in &found {
        let Some(metric) = measured(used.selector, context.world, LEVELS) else { continue };
        for matcher in used.selector.matchers.iter().filter(|m| m.op == MatchOp::Equal && !PLACES.contains(&m.label.text.as_str())) {
            let Some(label) = metric.labels.iter().find(|label| label.name.value == matcher.label.text) else { continue };
            let known = values(label);
            let is_kind = (2..=MANY).contains(&known.len()) && known.contains(&matcher.value.as_str());
            if !is_kind || names(texts, &matcher.value) {
                continue;
            }
            let asked_elsewhere =
                |value: &str| found.iter().flat_map(|used| &used.selector.matchers).any(|other| takes(other, matcher, value));
            let mut named = known.into_iter().filter(|value| {
                *value != matcher.value
                    && !matcher.value.contains(*value)
                    && names(texts, value)
                    && !names(&metric.name.value.to_lowercase(), value)
                    && !asked_elsewhere(value)
            });
            let (Some(value), None) = (named.next(), named.next()) else { continue };
            // That it failed is said of every way to fail.
            if matches!(value, "error" | "errors" | "failed" | "failure" | "fail") && fails(&matcher.value) {
                continue;
            }
            // Of few that go well many do not.
            if fails(value) && matches!(matcher.value.as_str(), "ok" | "success" | "succeeded" | "completed" | "OK") {
                continue;
            }
            return Some(format!("this speaks of `{value}`, and the expression asks for `{}=\"{}\"`", matcher.label.text, matcher.value));
        }
    }
    None
}

/// So many rules record one from the other: what is read over more of them is no longer what was measured.
const LEVELS: usize = 3;

/// The metric that a selector reads, or that the one rule does which records what it reads.
fn measured<'a>(selector: &Selector, world: &World<'a>, levels: usize) -> Option<&'a Metric> {
    if let Some((_, metric, _)) = world.metric_of(selector) {
        return Some(metric);
    }
    let [only] = world.recorded(selector.metric_name()?) else { return None };
    let read = selectors(only.query.expr.as_ref()?);
    read.iter().filter(|_| levels > 0).find_map(|found| measured(found.selector, world, levels - 1))
}

fn values(label: &Label) -> Vec<&str> {
    label.values.as_ref().unwrap_or(&label.seen).iter().map(String::as_str).collect()
}

/// Whether another matcher of the same label asks for a value.
fn takes(other: &Matcher, matcher: &Matcher, value: &str) -> bool {
    other.label.text == matcher.label.text && crate::lint::query::matches(other, value) == Some(true)
}

/// Whether texts, in small letters, name a value, perhaps in another form of the word.
fn names(texts: &str, value: &str) -> bool {
    let value = value.to_lowercase();
    // A route is named as it is.
    if value.starts_with('/') && value.len() > 1 {
        let is_end = |c: char| c.is_whitespace() || ".,;:!?)\"'`".contains(c);
        return texts.match_indices(&value).any(|(at, _)| {
            let rest = &texts[at + value.len()..];
            let before = texts[..at].chars().next_back();
            before.is_none_or(|c| c.is_whitespace() || "(\"'`".contains(c)) && (rest.is_empty() || rest.starts_with(is_end))
        });
    }
    let is_word = value.len() >= 4 && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-');
    let stem = &value[..value.len().saturating_sub(value.len() / 5)];
    is_word && texts.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.starts_with(stem))
}

/// Whether a value says that something did not go well.
fn fails(value: &str) -> bool {
    const WORDS: &[&str] =
        &["err", "fail", "time", "reject", "refus", "declin", "abort", "cancel", "drop", "crash", "lost", "invalid", "corrupt", "den"];
    WORDS.iter().any(|word| value.to_lowercase().contains(word)) && !matches!(value, "deny" | "denied")
}

/// Methods of HTTP, as texts write them.
const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH"];

/// The one method that texts name, where the expression asks for another one alone.
pub(super) fn other_method<'t>(texts: impl Iterator<Item = &'t str>, expr: &Expr) -> Option<String> {
    let found = selectors(expr);
    let mut asked = found.iter().flat_map(|found| &found.selector.matchers).filter(|m| METHODS.contains(&m.value.as_str()));
    let own = asked.next().filter(|m| m.op == MatchOp::Equal)?;
    if asked.any(|other| other.value != own.value) {
        return None;
    }
    let words = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    let mut named = words.filter(|word| METHODS.contains(word));
    let said = named.next().filter(|said| *said != own.value)?;
    (!named.any(|word| word != said))
        .then(|| format!("this speaks of `{said}`, and the expression asks for `{}=\"{}\"`", own.label.text, own.value))
}
