//! Directions and units of limits that a text names.

use super::near;
use crate::lint::inference::value::principal;
use crate::lint::query::constant;
use crate::lint::query::unit::Quantity;
use crate::lint::template::AlertText;
use crate::lint::template::sentence::Exact;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{calls, without_parens};

/// How an alert compares, and with which number, where that is all there is to it.
pub(super) fn condition(expr: &Expr) -> Option<(BinaryOp, f64)> {
    let ExprKind::Binary(binary) = &principal(expr).kind else { return None };
    // Of `x > 0.05 < 1` the text is about the one or the other.
    if matches!(&without_parens(&binary.left).kind, ExprKind::Binary(inner) if inner.op.is_comparison()) {
        return None;
    }
    let is_order = matches!(binary.op, BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual);
    let number = constant(&binary.right).or_else(|| share_of_whole(&binary.right));
    Some((binary.op, number.filter(|_| is_order)?))
}

/// The part of a whole that something is compared with, as in `0.85 * limit`.
fn share_of_whole(expr: &Expr) -> Option<f64> {
    let ExprKind::Binary(product) = &without_parens(expr).kind else { return None };
    let number = constant(&product.left).or_else(|| constant(&product.right)).filter(|_| product.op == BinaryOp::Mul)?;
    (0.0..1.0).contains(&number).then_some(number)
}

/// A direction that is not that of the condition, before the number that it compares with.
pub(super) fn direction(words: &[&str], (op, number): (BinaryOp, f64)) -> Option<String> {
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    words.iter().enumerate().find_map(|(at, word)| {
        let says_above = match word.to_lowercase().as_str() {
            "above" | "over" | "exceeds" => true,
            "below" | "under" => false,
            "than" => match words.get(at.checked_sub(1)?)?.to_lowercase().as_str() {
                "more" | "higher" | "greater" | "larger" | "longer" => true,
                "less" | "lower" | "fewer" | "smaller" | "shorter" => false,
                _ => return None,
            },
            _ => return None,
        };
        // What is to stay below a number is above it now.
        let is_turned =
            |word: &&str| matches!(word.to_lowercase().as_str(), "no" | "not" | "never" | "stay" | "remain" | "keep" | "kept" | "be");
        let negated = words[at.saturating_sub(3)..at].iter().any(is_turned);
        let is_whole = |value: f64| value.fract().abs() < f64::EPSILON && number.fract().abs() < f64::EPSILON && number.abs() < 20.0;
        // `more than one minute` counts minutes.
        let is_time = |word: &str| ["second", "minute", "hour", "day", "week"].iter().any(|unit| word.starts_with(unit));
        let is_word = words.get(at + 1).is_some_and(|word| word.chars().all(char::is_alphabetic));
        if is_word && words.get(at + 2).is_some_and(|word| is_time(word)) {
            return None;
        }
        let mut said = measures(words.get(at + 1)?)?;
        // `85 %`
        if words.get(at + 2).is_some_and(|word| word.starts_with('%')) {
            said.extend(said.first().map(|value| value / 100.0));
        }
        let same = said.iter().any(|value| near(*value, number) || is_whole(*value) && (value - number).abs() <= 1.0);
        // Half of one is half of the other.
        let is_half = words.get(at + 1).is_some_and(|word| word.contains('%')) && near(number, 0.5);
        (says_above != is_above && same && !negated && !is_half)
            .then(|| format!("this says `{word} {}`, and the condition is `{op} {number}`", words[at + 1]))
    })
}

/// A direction that is not that of the condition, before a time that is the one it compares with, in whatever unit it is said.
pub(super) fn direction_of_limit(text: &AlertText<'_>, expr: &Expr, (op, number): (BinaryOp, f64), measured: Quantity) -> Option<String> {
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    text.said.sentence.limits.iter().find_map(|limit| {
        let Some(Exact::Seconds(seconds)) = limit.exact else { return None };
        let said = text.text[limit.range.clone()].trim();
        let first = said.split_whitespace().next()?.to_lowercase();
        let says_above = match first.as_str() {
            "above" | "over" | "more" | "longer" | "older" | "higher" | "greater" | "larger" | "exceeds" | ">" | ">=" => true,
            "below" | "under" | "less" | "fewer" | "lower" | "<" | "<=" => false,
            _ => return None,
        };
        let before = text.text[..limit.range.start].to_lowercase();
        let sentence = before.rsplit(['.', '\n']).next().unwrap_or("");
        // What has not happened for so long is as old.
        let negated = !calls(expr, "time") && ["not ", "no ", "never ", "n't "].iter().any(|word| sentence.contains(word));
        (measured == Quantity::Seconds && near(seconds, number) && says_above != is_above && !negated)
            .then(|| format!("this says `{said}`, and the condition is `{op} {number}`"))
    })
}

/// A time in another unit than the one that is compared with: `above 500ms` where 500 counts seconds.
pub(super) fn scale(words: &[&str], number: f64, measured: Quantity) -> Option<String> {
    words.windows(2).find_map(|pair| {
        if !matches!(pair[0].to_lowercase().as_str(), "above" | "over" | "exceeds" | "below" | "under" | "than") {
            return None;
        }
        let word = pair[1].trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let written: f64 = word[..end].parse().ok()?;
        let seconds = match &word[end..] {
            "ms" => written / 1000.0,
            "s" => written,
            _ => return None,
        };
        let (right, unit) = match measured {
            Quantity::Seconds => (seconds, "seconds"),
            Quantity::Millis => (seconds * 1000.0, "milliseconds"),
            _ => return None,
        };
        let wrong = !near(right, number) && [seconds, seconds * 1000.0, seconds / 1000.0].iter().any(|other| near(*other, number));
        wrong.then(|| format!("this says `{word}`, and the condition compares with {number} {unit}"))
    })
}

/// Small numbers, as texts write them.
const WORDS: &[&str] = &["one", "two", "three", "four", "five"];

/// What a number with its unit may be in an expression.
fn measures(word: &str) -> Option<Vec<f64>> {
    let word = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '%');
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    if let Some(at) = WORDS.iter().position(|known| *known == word) {
        return Some(vec![at as f64 + 1.0]);
    }
    let number: f64 = word[..end].parse().ok()?;
    Some(match &word[end..] {
        "" => vec![number],
        "%" => vec![number, number / 100.0],
        "s" => vec![number, number * 1000.0],
        "ms" => vec![number, number / 1000.0],
        "m" | "min" => vec![number, number * 60.0],
        "h" => vec![number, number * 3600.0],
        "d" => vec![number, number * 86_400.0],
        _ => return None,
    })
}
