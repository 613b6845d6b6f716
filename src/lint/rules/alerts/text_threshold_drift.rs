//! Texts that name another limit than the alert has.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::measure::measured;
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::sentence::Exact;
use crate::lint::views::RuleView;
use crate::promql::ast::ExprKind;
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

impl Rule for TextThresholdDrift {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let said: Vec<&AlertText<'_>> = view.annotations().filter(|text| !text.said.sentence.limits.is_empty()).collect();
        let Some((query, expr)) = view.alert().filter(|_| !said.is_empty()) else { return };
        // Of several conditions a text is about the one that the value comes from, where it names its unit; of others nobody can say.
        let several = query.comparisons.len() > 1;
        let only = match query.comparisons.as_slice() {
            [only] => Some(*only),
            _ => Comparison::of(principal(expr)).filter(|compared| matches!(compared.place.kind, ExprKind::Number(_))),
        };
        let Some(Comparison { side, number: threshold, place, .. }) = only else { return };
        let of_value = if several { quantity(expr, query) } else { None };
        if several && of_value.is_none() {
            return;
        }
        let mut known = None;
        for text in said {
            for limit in &text.said.sentence.limits {
                let unit = limit.unit.as_str();
                let is_about = match of_value {
                    // What is left of a budget is a share, too, and of another whole.
                    Some(Quantity::Share) => matches!(unit, "%" | "percent") && !text.text.contains("budget"),
                    Some(Quantity::Seconds) => matches!(unit, "ms" | "s"),
                    _ => false,
                };
                if several && !is_about {
                    continue;
                }
                let known = known.get_or_insert_with(|| numbers(query, view.rule.hold));
                let is_known = |reading: f64| known.iter().any(|k| near(*k, reading));
                let fits = match (&limit.exact, measured(side, query, context.world)) {
                    // `more than a day` may be 26 hours.
                    (Some(Exact::Seconds(seconds)), Some(Quantity::Seconds)) if limit.is_vague => {
                        known.iter().any(|own| (*seconds..2.0 * seconds).contains(own))
                    }
                    _ if limit.is_vague => true,
                    (Some(Exact::Seconds(seconds)), Some(Quantity::Seconds)) => is_known(*seconds),
                    (Some(Exact::Bytes(decimal, binary)), Some(Quantity::Bytes)) => is_known(*decimal) || is_known(*binary),
                    _ => limit.readings.iter().copied().any(is_known),
                };
                if fits {
                    continue;
                }
                let span = text_map::Map::new(view.text, text.node).span(limit.place.clone());
                let words = text.text[limit.range.clone()].trim();
                let message = format!("the text says `{words}`, and the expression compares with `{threshold}`");
                let path = view.text_path(text);
                let diagnostic = META.finding(span, message).path(path).related(query.span(&place.range), "compared with this");
                found.push(diagnostic.help("correct one of the two"));
            }
        }
    }
}

/// Every number of an expression: literals, sums and products of them, windows in seconds, and `for`.
fn numbers(query: &Expression<'_, '_>, hold: Option<i64>) -> Vec<f64> {
    let seconds = |millis: i64| millis as f64 / 1000.0;
    let mut known: Vec<f64> = hold.map(seconds).into_iter().collect();
    for node in &query.nodes {
        known.extend(constant(node).map(f64::abs));
        match &node.kind {
            ExprKind::Subquery { range, .. } => known.extend(range.millis().map(seconds)),
            ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
                if let ExprKind::Range { range, .. } = &node.kind {
                    known.extend(range.millis().map(seconds));
                }
                // The bound of a bucket, or the quantile of a summary.
                let bounds = selector.matchers.iter().filter(|matcher| matches!(matcher.label.text.as_str(), "le" | "quantile"));
                known.extend(bounds.filter_map(|matcher| matcher.value.parse::<f64>().ok()));
                known.extend(selector.offset.as_ref().and_then(crate::promql::ast::DurationExpr::millis).map(seconds));
            }
            _ => {}
        }
    }
    // A unit may be divided out of one number and not of the other.
    let constants = known.clone();
    known.extend(constants.iter().map(|number| 1.0 - number));
    known
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs())
}
