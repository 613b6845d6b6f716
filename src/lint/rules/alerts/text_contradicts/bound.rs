//! Texts that speak of another time than the bucket that is asked for.

use crate::lint::query::expression::Expression;
use crate::lint::query::interval::near;
use crate::lint::template::AlertText;
use crate::lint::world::World;
use crate::promql::Expr;
use crate::promql::ast::{ExprKind, MatchOp, Selector};
use crate::promql::walk::selectors;

/// The one bound, in seconds, of the bucket that an expression counts, or that the recorded series do which it reads.
pub(super) fn bound(query: &Expression<'_, '_>, world: &World<'_>) -> Option<f64> {
    let direct = || query.selectors.iter().map(|used| used.selector);
    let recorded = direct().filter_map(|selector| {
        let [only] = world.recorded(selector.metric_name()?) else { return None };
        only.query.expr.as_ref()
    });
    let recorded: Vec<&Selector> = recorded.flat_map(selectors).map(|found| found.selector).collect();
    let bounds: Vec<f64> = direct()
        .chain(recorded)
        .filter(|selector| selector.metric_name().is_some_and(|name| name.contains("_seconds")))
        .flat_map(|selector| &selector.matchers)
        .filter(|matcher| matcher.label.text == "le" && matcher.op == MatchOp::Equal)
        .filter_map(|matcher| matcher.value.parse::<f64>().ok())
        .filter(|bound| bound.is_finite())
        .collect();
    let mut bounds = bounds.into_iter();
    let bound = bounds.next()?;
    // Of several it may be any.
    let is_one = bounds.all(|other| near(other, bound));
    let is_function = |node: &&Expr| matches!(&node.kind, ExprKind::Call { function, .. } if function.text.starts_with("histogram_"));
    (is_one && !query.nodes.iter().any(is_function)).then_some(bound)
}

/// A time below a minute that a text names, where the expression counts what took no longer than another one.
pub(super) fn other<'v, 't>(texts: impl Iterator<Item = &'v AlertText<'t>>, bound: f64) -> Option<(&'v AlertText<'t>, String)>
where
    't: 'v,
{
    let said: Vec<_> = texts.flat_map(|text| times(text.text).into_iter().map(move |said| (text, said))).collect();
    let (text, (word, _)) = said.first().filter(|_| said.iter().all(|(_, (_, seconds))| !near(*seconds, bound)))?;
    Some((text, format!("this speaks of `{word}`, and the bucket is that of `{bound}` seconds")))
}

/// The times in milliseconds or seconds that a text names outside of its templates, as they are written and in seconds.
fn times(text: &str) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let mut words = text.split_whitespace().peekable();
    let mut depth = 0_usize;
    while let Some(word) = words.next() {
        depth += word.matches("{{").count();
        depth = depth.saturating_sub(word.matches("}}").count());
        if depth > 0 || word.contains("}}") {
            continue;
        }
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
        let Ok(number) = word[..end].parse::<f64>() else { continue };
        let next = words.peek().map_or("", |next| next.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
        let unit = if end < word.len() { &word[end..] } else { next };
        let scale = match unit {
            "ms" | "millisecond" | "milliseconds" => 0.001,
            "s" | "second" | "seconds" => 1.0,
            _ => continue,
        };
        let written = if end < word.len() { word.to_owned() } else { format!("{word} {unit}") };
        found.push((written, number * scale));
    }
    found
}
