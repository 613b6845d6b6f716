//! Objectives and budgets that a text names, and what an expression multiplies.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::template::AlertText;
use crate::lint::views::RuleView;
use crate::lint::words::number::plain;
use crate::promql::ast::BinaryOp;
use crate::source::text_map;

/// An objective: `99.9% availability budget`, `SLO of 99.9 %`.
static OBJECTIVE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)\b(\d\d(?:\.\d+)?) ?%(?: [a-z-]+){0,2} (?:error budget|budget|objective|slo)\b|\b(?:slo|objective)(?: is| of|:)?(?: the)? (\d\d(?:\.\d+)?) ?%",
    )
    .ok()
});

/// What may fail: `budget of 0.1%`, and not `budget: 40% left`.
static BUDGET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i-u)\bbudget(?: is| of|:)?(?: only)? (\d+(?:\.\d+)?) ?%(?:$|[.,;:)\n])").ok());

/// What is spent of a budget within a time: `2 % of the month's budget is gone in 1 hour`.
static SPENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b([0-9]+(?:\.[0-9]+)?) ?% of (?:[a-z0-9'-]+ ){0,4}budget\b[^.%]{0,30}? (?:in|within) (?:just |only |about )?([0-9]+|an?|one) (hours?|days?|h|d)\b",
    )
    .ok()
});

/// For how long an objective holds: `over 30 days`.
static PERIOD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i-u)\b(\d+)[ -]days?\b").ok());

/// Of how much, and how much faster than it may, an alert wants to be spent.
struct Burn {
    budget: f64,
    factor: f64,
}

/// What is said of every objective or budget that a text names where the expression multiplies that of another one, and of what is said
/// to be spent where it multiplies by another factor.
pub(super) fn differs(query: &Expression<'_, '_>, view: &RuleView<'_>) -> Vec<Diagnostic> {
    let products = query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Mul);
    let numbers = products.filter_map(|(_, binary)| constant(&binary.left).zip(constant(&binary.right)));
    let burns: Vec<Burn> = numbers.map(|(one, other)| Burn { budget: one.min(other), factor: one.max(other) }).collect();
    let burns: Vec<Burn> = burns.into_iter().filter(|burn| burn.budget > 0.0 && burn.budget < 0.5).collect();
    let Some(first) = burns.first() else { return Vec::new() };
    let has = |budget: f64| burns.iter().any(|burn| (burn.budget - budget).abs() < 1e-9);
    let mut found = Vec::new();
    for text in view.annotations() {
        let mut say = |place: Range<usize>, message: String| {
            let span = text_map::Map::new(view.text, text.node).span(place);
            found.push(META.finding(span, message).path(view.text_path(text)).help("correct one of the two"));
        };
        for (place, share) in shares(&OBJECTIVE, text).filter(|(_, share)| *share > 0.5 && !has(1.0 - share)) {
            let (objective, leaves) = (plain(share * 100.0), plain(1.0 - share));
            say(place, format!("an objective of {objective}% leaves a budget of {leaves}, and the expression has `{}`", first.budget));
        }
        for (place, share) in shares(&BUDGET, text).filter(|(_, share)| *share < 0.1 && !has(*share)) {
            say(place, format!("a budget of {}% is {}, and the expression has `{}`", plain(share * 100.0), plain(share), first.budget));
        }
        for (place, said, days) in spent(text.text) {
            let whole = [period(view).as_slice(), &[28.0, 30.0]].concat();
            let share = |burn: &Burn, whole: &f64| burn.factor * days / whole;
            if !burns.iter().any(|burn| whole.iter().any(|whole| (share(burn, whole) / said - 1.0).abs() < 0.15)) {
                let percent = plain(100.0 * share(first, &whole[0]));
                say(place, format!("at {} times the pace {percent}% are spent by then, of a budget for {} days", first.factor, whole[0]));
            }
        }
    }
    found
}

/// The percentages that a pattern finds in a text, as shares.
fn shares(pattern: &'static LazyLock<Option<Regex>>, text: &AlertText<'_>) -> impl Iterator<Item = (Range<usize>, f64)> {
    pattern.iter().flat_map(|pattern| pattern.captures_iter(text.text)).filter_map(|captures| {
        let number = captures.get(1).or_else(|| captures.get(2))?;
        Some((number.range(), number.as_str().parse::<f64>().ok()? / 100.0))
    })
}

/// What a text says is spent of a budget: its place, the share, and within how many days.
fn spent(text: &str) -> impl Iterator<Item = (Range<usize>, f64, f64)> {
    SPENT.iter().flat_map(|pattern| pattern.captures_iter(text)).filter_map(|captures| {
        let (whole, share, number, unit) = (captures.get(0)?, captures.get(1)?, captures.get(2)?, captures.get(3)?);
        let number = number.as_str().parse().unwrap_or(1.0);
        let days = if unit.as_str().to_lowercase().starts_with('h') { number / 24.0 } else { number };
        Some((whole.range(), share.as_str().parse::<f64>().ok()? / 100.0, days))
    })
}

/// For how many days the texts of an alert say that an objective holds.
fn period(view: &RuleView<'_>) -> Vec<f64> {
    let texts = view.annotations().flat_map(|text| PERIOD.iter().flat_map(|pattern| pattern.captures_iter(text.text)));
    texts.filter_map(|captures| captures.get(1)?.as_str().parse().ok()).filter(|days| *days >= 7.0).collect()
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, OBJECTIVE, PERIOD, spent};

    #[test]
    fn what_texts_say_of_budgets_is_read() {
        assert!([&OBJECTIVE, &BUDGET, &PERIOD].into_iter().all(|pattern| pattern.is_some()));
        let found: Vec<_> =
            spent("At this pace 2 % of the month's budget is gone in 12 hours.").map(|(_, share, days)| (share, days)).collect();
        assert_eq!(found, [(0.02, 0.5)]);
    }
}
