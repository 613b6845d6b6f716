//! The metric that a name says.

use crate::lint::context::Context;
use crate::lint::query::{constant, matches, named_job};
use crate::lint::world::declared::Label;
use crate::promql::ast::{BinaryOp, ExprKind, MatchOp};
use crate::promql::walk::{Found, selectors};
use crate::promql::{Expr, walk};

/// A name that says the job whose metric it is, and an expression that asks for another job.
pub(super) fn another_job(metric: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    let first = metric.split('_').next().filter(|first| first.len() > 3)?;
    let mut jobs = context.world.jobs.iter().map(|(name, _)| name.as_str());
    let said = jobs.find(|job| *job == first)?;
    let found = selectors(expr);
    let asked = named_job(found.first()?.selector).filter(|asked| *asked != said)?;
    let is_of_it =
        |found: &Found<'_>| named_job(found.selector) != Some(asked) || found.selector.metric_name().is_none_or(|name| name.contains(said));
    (!found.iter().any(is_of_it) && !asked.contains(said)).then(|| {
        (
            format!("the name says `{said}`, and the expression asks for the job `{asked}`"),
            format!("ask for `job=\"{said}\"`, or name it otherwise"),
        )
    })
}

/// The name speaks of one declared metric, and the expression reads others.
pub(super) fn another_metric(metric: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    let stem = |name: &str| name.strip_suffix("_total").unwrap_or(name).to_owned();
    let world = context.world;
    let full = format!("{metric}_total");
    let found = selectors(expr);
    // What a number leaves of one thing is the other.
    if matches!(&walk::without_parens(expr).kind, ExprKind::Binary(binary) if binary.op == BinaryOp::Sub && constant(&binary.left).is_some())
    {
        return None;
    }
    let Some((_, named, _)) = world.metric(metric).or_else(|| world.metric(&full)) else {
        let read = found.iter().filter_map(|found| world.metric_of(found.selector)).map(|(_, metric, _)| metric.name.value.as_str());
        let near = read.into_iter().find(|name| strsim::damerau_levenshtein(&stem(name), metric) == 1)?;
        let message = format!("the name speaks of `{metric}`, and the expression reads `{near}`");
        return Some((message, format!("did you mean `{}`?", stem(near))));
    };
    let read: Vec<&str> = found.iter().filter_map(|found| found.selector.metric_name()).collect();
    if let [one] = found.as_slice()
        && one.selector.metric_name() == Some(named.name.value.as_str())
        && let Some(matcher) = one.selector.matchers.iter().find(|m| {
            // One that takes every value that a page shows takes all.
            let takes_all = |label: &Label| !label.seen.is_empty() && label.seen.iter().all(|value| matches(m, value) == Some(true));
            named.labels.iter().any(|label| label.name.value == m.label.text && !takes_all(label))
        })
        && matches!(matcher.op, MatchOp::Equal | MatchOp::Regex)
    {
        let message =
            format!("the name speaks of all `{}`, and the expression takes only those with `{}`", named.name.value, matcher.label.text);
        return Some((message, "name it after what it takes, or take all".to_owned()));
    }
    // What builds on other recorded series may read it through them.
    if read.is_empty() || read.iter().any(|name| name.contains(':') || stem(name).contains(&stem(&named.name.value))) {
        return None;
    }
    let other = read.iter().find(|name| world.metric(name).is_some())?;
    let message = format!("the name speaks of `{}`, and the expression reads `{other}`", named.name.value);
    Some((message, format!("read `{}`, or name it after what it reads", named.name.value)))
}
