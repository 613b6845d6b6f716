//! What the whole condition says of the value that a text shows: how it was divided, how fast it grows, and which of two sides it is of.

use super::says_each;
use crate::lint::inference::measure::measured;
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::unit::{Quantity, is_scaled, unscaled};
use crate::lint::template::shown::Shown;
use crate::lint::world::World;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::{only_selector, without_aggregates, without_parens};

/// What the text behind a shown value says, and the condition does not.
pub(super) fn contradiction(query: &Expression<'_, '_>, shown: Shown<'_>, rest: &str, world: &World<'_>) -> Option<(String, &'static str)> {
    let expr = query.expr.as_ref()?;
    other_power(expr, rest, query, world)
        .or_else(|| power(expr, rest))
        .or_else(|| squares(expr, rest))
        .or_else(|| always_none(expr, rest))
        .or_else(|| adds_what_is_counted(expr, rest))
        .or_else(|| growth(expr, rest))
        .or_else(|| of_second(expr, shown, query, world))
}

/// Bytes that are divided into one unit and told in another.
fn other_power(expr: &Expr, rest: &str, query: &Expression<'_, '_>, world: &World<'_>) -> Option<(String, &'static str)> {
    const UNITS: &[&[&str]] = &[&["KB", "kB", "KiB"], &["MB", "MiB"], &["GB", "GiB"], &["TB", "TiB"]];
    let (inner, by) = unscaled(Comparison::of(principal(expr))?.side);
    if measured(inner, query, world) != Some(Quantity::Bytes) {
        return None;
    }
    let is_power = |base: f64, power: usize| (by / base.powi(i32::try_from(power).unwrap_or(0)) - 1.0).abs() < 1e-6;
    let power = (1..=UNITS.len()).find(|power| is_power(1024.0, *power) || is_power(1000.0, *power))?;
    let word = rest.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    UNITS.iter().position(|words| words.contains(&word)).map(|at| at + 1).filter(|said| *said != power)?;
    let right = UNITS[power - 1].last().copied().unwrap_or_default();
    Some((format!("the value is in {right}, and is shown as {word}"), "write that unit, or divide by what makes the other"))
}

/// Watts that are told as thousands of them.
fn power(expr: &Expr, rest: &str) -> Option<(String, &'static str)> {
    let side = Comparison::of(principal(expr))?.side;
    let name = only_selector(side).filter(|_| !is_scaled(side))?.metric_name()?;
    let in_watts = name.split([':', '_']).any(|word| word == "watts");
    let word =
        rest.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().filter(|word| in_watts && matches!(*word, "kW" | "MW"))?;
    Some((format!("the value is in watts, and is shown as {word}"), "divide it in the expression, or write `{{ $value | humanize }}W`"))
}

/// A variance that is told in the unit of what varies.
fn squares(expr: &Expr, rest: &str) -> Option<(String, &'static str)> {
    let is_variance = match &without_parens(Comparison::of(principal(expr))?.side).kind {
        ExprKind::Call { function, .. } => function.text == "stdvar_over_time",
        ExprKind::Aggregate(of) => of.op == AggregateOp::Stdvar,
        _ => false,
    };
    let word = rest.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    let is_unit = matches!(word, "ms" | "s" | "milliseconds" | "seconds" | "bytes" | "B" | "KiB" | "MiB" | "GiB" | "MB" | "GB" | "degrees");
    (is_variance && is_unit).then(|| (format!("the value is a variance, which is in squares of {word}"), "take the deviation: `stddev…`"))
}

/// A value that is always 0, told as how many are down.
fn always_none(expr: &Expr, rest: &str) -> Option<(String, &'static str)> {
    let compared = Comparison::of(principal(expr))?;
    let ExprKind::Selector(_) = &without_parens(compared.side).kind else { return None };
    let sentence = rest.split(['.', ';', ',']).next().unwrap_or("");
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let [noun, "are", state, ..] = words.as_slice() else { return None };
    let is_down = matches!(*state, "down" | "unreachable" | "offline" | "gone" | "missing" | "failing" | "unhealthy" | "not");
    let is_none = compared.op == BinaryOp::Equal && compared.number.abs() < f64::EPSILON;
    let message = || "the value is always 0 here, and is told as how many are so".to_owned();
    (is_none && is_down && noun.ends_with('s')).then(|| (message(), "leave it out, or count them"))
}

/// A sum of what is above a limit, told as how many are.
fn adds_what_is_counted(expr: &Expr, rest: &str) -> Option<(String, &'static str)> {
    let ExprKind::Aggregate(sum) = &without_parens(Comparison::of(principal(expr))?.side).kind else { return None };
    let ExprKind::Binary(filter) = &without_parens(&sum.expr).kind else { return None };
    let ExprKind::Aggregate(each) = &without_parens(&filter.left).kind else { return None };
    let filters = sum.op == AggregateOp::Sum && filter.op.is_comparison() && !filter.return_bool;
    let by = each.grouping.as_ref().filter(|by| !by.without && filters)?;
    let noun = rest.split_whitespace().next()?.trim_end_matches(|c: char| !c.is_alphanumeric());
    by.labels.iter().any(|label| noun.strip_suffix('s') == Some(label.text.as_str())).then(|| {
        (format!("the value adds up what is filtered, and is told as how many {noun} there are"), "take `count` of what is filtered")
    })
}

/// How fast a gauge grows in a second, which is told as how fast it grows in another time.
fn growth(expr: &Expr, rest: &str) -> Option<(String, &'static str)> {
    let ExprKind::Call { function, .. } = &without_aggregates(Comparison::of(principal(expr))?.side).kind else { return None };
    (function.text == "deriv" && says_each(rest, &["minute", "min", "hour", "day"])).then(|| {
        ("the value is how fast it grows in a second, and the text says another time".to_owned(), "multiply it by the seconds of that time")
    })
}

/// A time, where the value is that of a first side which is none, and the second one is.
fn of_second(expr: &Expr, shown: Shown<'_>, query: &Expression<'_, '_>, world: &World<'_>) -> Option<(String, &'static str)> {
    const TIMES: &[&str] = &["second", "duration", "latency", "age", "time", "lag", "delay", "uptime"];
    let ExprKind::Binary(both) = &without_parens(expr).kind else { return None };
    let is_time = matches!(shown, Shown::Through("humanizeDuration")) && both.op == BinaryOp::And;
    let (first, second) = (Comparison::of(without_parens(&both.left))?, Comparison::of(without_parens(&both.right))?);
    let name = only_selector(first.side).filter(|_| is_time)?.metric_name()?;
    let says_time = TIMES.iter().any(|word| name.contains(word)) || measured(first.side, query, world) == Some(Quantity::Seconds);
    let is_meant = measured(second.side, query, world) == Some(Quantity::Seconds);
    (is_meant && !says_time).then(|| {
        (format!("the value is that of the first side, `{name}`, and the time is on the second"), "write the side that is shown first")
    })
}
