//! Texts that name another limit than the alert has.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::inside_action;
use crate::lint::unit::{Quantity, quantity};
use crate::lint::value::{comparisons, principal};
use crate::lint::views::RuleView;
use crate::manifest::scalars::Duration;
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::walk;
use crate::source::text_map;

rule! {
    /// The text of an alert says "above 5%" and its expression compares with something else. Whoever is woken believes the
    /// text.
    ///
    /// Numbers are looked for behind words such as "above", "more than" and "below", with their unit; a number that occurs
    /// anywhere in the expression, in `for` or as a window is never reported.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.1
    ///         labels: { severity: warning }
    ///         annotations: { summary: "More than 5% of requests fail" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Errors
    ///         expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.05
    ///         for: 10m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "More than 5% of requests fail for more than 10 minutes" }
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 2.5
    ///         labels: { severity: warning }
    ///         annotations: { summary: "The slowest take more than 2s500ms" }
    /// ```
    TextThresholdDrift, "text-threshold-drift", Warning
}

/// A limit as a sentence names it.
static CLAIM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:\babove|\bover|\bmore than|\bexceed(?:s|ed|ing)?|\bgreater than|\bhigher than|\bbelow|\bunder|\bless than|\blower than|\blonger than|\bthreshold(?: is| of|:)?|[<>]=?)\s+(\d[\d,]*(?:\.\d+)?)\s*(%|percent\b|ms\b|milliseconds?\b|s\b|secs?\b|seconds?\b|m\b|mins?\b|minutes?\b|h\b|hours?\b|d\b|days?\b|weeks?\b|[kMGT]i?B\b|[a-zA-Z]+)?",
    )
    .ok()
});

impl Rule for TextThresholdDrift {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(query) = view.query.filter(|_| view.rule.is_alert()) else { return };
        let (Some(expr), Some(claim)) = (&query.expr, CLAIM.as_ref()) else { return };
        let mut thresholds = Vec::new();
        comparisons(expr, &mut |_, _, _, number, place| thresholds.push((number, place)));
        // Of several conditions a text is about the one that the value comes from, where it names its unit; of others nobody can say.
        let several = thresholds.len() > 1;
        if several {
            thresholds.clear();
            comparisons(principal(expr), &mut |node, _, _, number, place| {
                if std::ptr::eq(node, principal(expr)) && matches!(place.kind, ExprKind::Number(_)) {
                    thresholds.push((number, place));
                }
            });
        }
        let [(threshold, place)] = thresholds.as_slice() else { return };
        let measured = if several { quantity(expr, query) } else { None };
        if several && measured.is_none() {
            return;
        }
        let mut known = None;
        for (name, _, value) in view.rule.annotations() {
            let Some(text) = value.as_str().filter(|text| text.bytes().any(|byte| byte.is_ascii_digit())) else { continue };
            for captures in claim.captures_iter(text) {
                let Some((whole, number)) =
                    captures.get(0).zip(captures.get(1).and_then(|n| n.as_str().replace(',', "").parse::<f64>().ok()))
                else {
                    continue;
                };
                let unit = captures.get(2).map_or("", |unit| unit.as_str());
                let is_about = match measured {
                    // What is left of a budget is a share, too, and of another whole.
                    Some(Quantity::Share) => matches!(unit, "%" | "percent") && !text.contains("budget"),
                    Some(Quantity::Seconds) => matches!(unit, "ms" | "s"),
                    _ => false,
                };
                if several && !is_about {
                    continue;
                }
                let Some(readings) = compound(&text[captures.get(1).map_or(0, |n| n.start())..]).or_else(|| readings(number, unit)) else {
                    continue;
                };
                let path = format!("{}.{name}", view.path("annotations"));
                let known = known.get_or_insert_with(|| numbers(expr, view.rule.hold));
                if inside_action(text, whole.start()) || readings.iter().any(|reading| known.iter().any(|k| near(*k, *reading))) {
                    continue;
                }
                let span = text_map::Map::new(view.text, value).span(captures.get(1).map_or(whole.range(), |n| n.start()..whole.end()));
                let message = format!("the text says `{}`, and the expression compares with `{threshold}`", text[whole.range()].trim());
                let diagnostic = META.finding(span, message).path(path).related(query.span(&place.range), "compared with this");
                found.push(diagnostic.help("correct one of the two"));
            }
        }
    }
}

/// What a time of several units may be, as in `1m30s`; `None` where a text begins with no such time.
fn compound(text: &str) -> Option<Vec<f64>> {
    let written = text.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let units = written.split(|c: char| c.is_ascii_digit()).filter(|unit| !unit.is_empty()).count();
    let millis = Duration::parse(written).ok().filter(|_| units > 1)?.0 as f64;
    Some(vec![millis / 1000.0, millis])
}

/// What a number with its unit may be in an expression; `None` where the unit is a word that counts something unknown.
fn readings(number: f64, unit: &str) -> Option<Vec<f64>> {
    let times = |factors: &[f64]| Some(factors.iter().map(|factor| number * factor).collect());
    // `M` is a million here, `m` a minute.
    match unit {
        "k" | "K" => return times(&[1.0, 1e3]),
        "M" => return times(&[1.0, 60.0, 1e6]),
        "G" | "B" => return times(&[1.0, 1e9]),
        _ => {}
    }
    match unit.to_lowercase().as_str() {
        // A share of time may be counted in milliseconds a second.
        "%" | "percent" => Some(vec![number, number / 100.0, 100.0 - number, 1.0 - number / 100.0, number * 10.0]),
        "ms" | "millisecond" | "milliseconds" => times(&[1.0, 0.001]),
        "s" | "sec" | "secs" | "second" | "seconds" => times(&[1.0, 1000.0]),
        "m" | "min" | "mins" | "minute" | "minutes" => times(&[1.0, 60.0, 60_000.0]),
        "h" | "hour" | "hours" => times(&[1.0, 3600.0, 3_600_000.0, 60.0]),
        "d" | "day" | "days" => times(&[1.0, 24.0, 86_400.0, 86_400_000.0]),
        // Without a unit a number is the threshold itself, or a percentage.
        "" => times(&[1.0, 0.01]),
        _ => None,
    }
}

/// Every number of an expression: literals, sums and products of them, windows in seconds, and `for`.
fn numbers(expr: &Expr, hold: Option<i64>) -> Vec<f64> {
    let seconds = |millis: i64| millis as f64 / 1000.0;
    let mut known: Vec<f64> = hold.map(seconds).into_iter().collect();
    walk::visit(expr, &mut |node| {
        known.extend(constant(node).map(f64::abs));
        match &node.kind {
            ExprKind::Range { range, .. } | ExprKind::Subquery { range, .. } => known.extend(range.millis().map(seconds)),
            ExprKind::Selector(selector) => {
                known.extend(selector.offset.as_ref().and_then(crate::promql::ast::DurationExpr::millis).map(seconds));
            }
            _ => {}
        }
    });
    // A unit may be divided out of one number and not of the other.
    let constants = known.clone();
    known.extend(constants.iter().map(|number| 1.0 - number));
    known
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs())
}
