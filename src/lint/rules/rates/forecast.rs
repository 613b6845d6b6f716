//! Forecasts that look nowhere, or the wrong way.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{only_selector, selectors, without_parens};

rule! {
    /// `predict_linear` looks ahead by seconds: `predict_linear(…, 4)` is four seconds from now, where four hours were meant. And an alert
    /// that asks whether what will be left is above 0 fires as long as there is any room.
    /// An alert that waits as long as it looks ahead comes too late.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: predict_linear(node_filesystem_avail_bytes[6h], 4) < 0
    ///         for: 1h
    ///         labels: { severity: warning }
    ///         annotations: { summary: "full soon" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: predict_linear(node_filesystem_avail_bytes[6h], 4 * 3600) < 0
    ///         for: 1h
    ///         labels: { severity: warning }
    ///         annotations: { summary: "full soon" }
    /// ```
    Forecast, "forecast", Warning
}

impl Rule for Forecast {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for &node in &query.nodes {
            match &node.kind {
                ExprKind::Call { function, arguments } if function.text == "predict_linear" => {
                    let ahead = arguments.get(1).and_then(|ahead| Some((ahead, constant(ahead)?)));
                    let window = match arguments.first().map(|of| &without_parens(of).kind) {
                        Some(ExprKind::Range { range, .. }) => range.millis().map(|millis| millis as f64 / 1000.0),
                        _ => None,
                    };
                    // A day from an hour is done; what is farther is a guess.
                    if let Some((window, (place, seconds))) = window.zip(ahead)
                        && seconds > 48.0 * window
                        && !query.is_variable(&node.range)
                    {
                        let message = format!("this looks {} times as far ahead as it looks back", (seconds / window).round());
                        let finding = META.finding(query.span(&place.range), message).path(query.path());
                        found.push(finding.help("look back over a longer window, such as `[6h]`"));
                    }
                    let hold = query.rule().filter(|rule| rule.is_alert()).and_then(|rule| rule.hold);
                    if let Some((place, seconds)) =
                        ahead.filter(|(_, seconds)| *seconds >= 60.0 && hold.is_some_and(|hold| hold as f64 / 1000.0 >= *seconds))
                    {
                        let message = format!("this looks {seconds} seconds ahead, and the alert waits as long or longer");
                        let finding = META.finding(query.span(&place.range), message).path(query.path());
                        found.push(finding.help("look farther ahead, or wait for a shorter time"));
                    }
                    if let Some((place, _)) = ahead.filter(|(place, seconds)| *seconds <= -60.0 && !query.is_variable(&place.range)) {
                        let finding = META.finding(query.span(&place.range), "this looks into the past").path(query.path());
                        found.push(finding.help("write the seconds ahead without a sign"));
                    }
                    if let Some((place, seconds)) =
                        ahead.filter(|(place, seconds)| seconds.abs() < 60.0 && !query.is_variable(&place.range))
                    {
                        let message = format!("this looks {seconds} seconds ahead");
                        found.push(
                            META.finding(query.span(&place.range), message).path(query.path()).help("count in seconds, as `4 * 3600`"),
                        );
                    }
                }
                ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Less | BinaryOp::LessEqual) && query.rule().is_some() => {
                    let ExprKind::Call { function, .. } = &without_parens(&binary.left).kind else { continue };
                    let forecast = selectors(&binary.left);
                    let whole =
                        forecast.first().and_then(|of| of.selector.metric_name()).filter(|name| forecast.len() == 1 && is_whole(name));
                    let used =
                        forecast.first().and_then(|of| of.selector.metric_name()).filter(|name| forecast.len() == 1 && is_used(name));
                    let below_none = function.text == "predict_linear" && constant(&binary.right) == Some(0.0);
                    if let Some(name) = used.filter(|_| below_none) {
                        let message = format!("`{name}` says how much is used, and that is never below 0");
                        let finding = META.finding(query.span(&binary.op_range), message).path(query.path());
                        found.push(finding.help("compare with the most that there is, as `> …_max_bytes`, or look at what is left"));
                        continue;
                    }
                    let runs_out = function.text == "predict_linear" && constant(&binary.right).is_some_and(|number| number <= 0.0);
                    if let Some(name) = whole.filter(|_| runs_out) {
                        let message = format!("`{name}` says how much there is in all, which does not run out");
                        let finding = META.finding(query.span(&binary.left.range), message).path(query.path());
                        found.push(finding.help("look at what is left, as `…_avail_bytes`"));
                    }
                }
                ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Greater | BinaryOp::GreaterEqual) && query.rule().is_some() => {
                    let ExprKind::Call { function, .. } = &without_parens(&binary.left).kind else { continue };
                    let is_left = |name: &str| ["avail", "free", "remaining"].iter().any(|word| name.contains(word));
                    let runs_out = || {
                        let says = |text: &str| {
                            ["run out", "runs out", "running out", "used up", "exhausted"].iter().any(|word| text.contains(word))
                        };
                        query.rule().is_some_and(|rule| rule.is_alert() && rule.texts().any(says))
                    };
                    let room = only_selector(&binary.right).and_then(|of| of.metric_name()).filter(|name| is_whole(name));
                    let own = only_selector(&binary.left).and_then(|of| of.metric_name()).filter(|name| is_left(name));
                    if let Some((left, room)) = own.zip(room).filter(|_| function.text == "predict_linear") {
                        let message = format!("`{left}` is never above `{room}`, and falls where something fills");
                        found.push(META.finding(query.span(&binary.op_range), message).path(query.path()).help("write `< 0`"));
                        continue;
                    }
                    let left = selectors(&binary.left).iter().any(|found| found.selector.metric_name().is_some_and(is_left)) || runs_out();
                    if function.text == "predict_linear" && left && constant(&binary.right) == Some(0.0) {
                        let message = format!("what will be left is `{} 0` as long as there is any room", binary.op.symbol());
                        found.push(META.finding(query.span(&binary.op_range), message).path(query.path()).help("write `< 0`"));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a gauge says how much of something is in use.
fn is_used(name: &str) -> bool {
    let words: Vec<String> = name.split(['_', ':']).map(str::to_ascii_lowercase).collect();
    let has = |all: &[&str]| words.iter().any(|word| all.contains(&word.as_str()));
    has(&["used", "usage", "allocated"]) && !has(&["free", "avail", "available", "remaining", "left", "unused"])
}

/// Whether a gauge says how large something is as a whole.
fn is_whole(name: &str) -> bool {
    let words = || name.split('_').map(str::to_ascii_lowercase);
    let is_size = |word: &str| matches!(word, "size" | "capacity" | "limit" | "memtotal" | "swaptotal" | "max");
    let is_rest = |word: &str| ["avail", "free", "remain", "left", "used"].iter().any(|rest| word.contains(rest));
    words().any(|word| is_size(&word)) && !words().any(|word| is_rest(&word))
}
