//! Texts that name another limit than the alert has.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::measure::measured;
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::near;
use crate::lint::query::unit::{Quantity, calls, is_scaled, quantity, unscaled};
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::sentence::{Exact, Limit};
use crate::lint::template::shown::{Shown, shown};
use crate::lint::views::RuleView;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::{only_selector, operations, visit, without_aggregates, without_parens};
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
        objective(&said, query, view, found);
        // Of several conditions a text is about the one that the value comes from, where it names its unit; of others nobody can say.
        let compared = query.binaries().filter(|(_, binary)| binary.op.is_comparison()).count();
        let several = compared > 1;
        let only = match query.comparisons.as_slice() {
            [only] if !several => Some(*only),
            // A product with a fraction is a budget.
            _ => Comparison::of(principal(expr)).filter(|compared| !has_fraction(compared.place)),
        };
        let Some(Comparison { side, op, number: threshold, place, .. }) = only else { return };
        // What a recorded answer was asked, and what a square is of, is not what the alert compares with.
        if is_answer(side, context) || operations(side).contains(&"^") {
            return;
        }
        let of_value = if several { quantity(expr, query).or_else(|| shown_as(view).filter(|_| !is_scaled(side))) } else { None };
        if several && of_value.is_none() {
            return;
        }
        let mut known = None;
        let (inner, factor) = unscaled(side);
        let of_side = measured(side, query, context.world).or_else(|| shown_as(view).filter(|_| !is_scaled(side)));
        let of_inner = if factor > 1.0 { measured(inner, query, context.world) } else { None };
        // A sentence that shows nothing may be about something else where another text says what fits.
        let (mut misfits, mut fitting) = (Vec::new(), Vec::new());
        for (index, &text) in said.iter().enumerate() {
            for limit in &text.said.sentence.limits {
                let unit = limit.unit.as_str();
                let is_about = match of_value {
                    // What is left of a budget is a share, too, and of another whole.
                    Some(Quantity::Share) => matches!(unit, "%" | "percent") && !text.text.contains("budget"),
                    Some(Quantity::Seconds) => matches!(limit.exact, Some(Exact::Seconds(_))),
                    _ => false,
                };
                if several && !is_about || limit.counts && !is_other_count(limit, text, view, &said, (side, op, threshold)) {
                    continue;
                }
                let own = known.get_or_insert_with(|| numbers(query));
                let waits = |reading: f64| view.rule.hold.is_some_and(|hold| near(hold as f64 / 1000.0, reading));
                // A unit may be divided out of one number and not of the other.
                let is_own = |reading: f64| own.iter().any(|k| near(*k, reading)) || waits(reading);
                let words = text.text[limit.range.clone()].trim();
                // Less than 80% are well where more than 20% are not, and not where less than 20% are.
                let is_share = matches!(limit.exact, Some(Exact::Share(_)));
                let is_same_way = is_share && says_above(words).is_some_and(|above| Some(above) == is_above(op));
                let is_rest = |k: f64, reading: f64| !is_same_way && near(1.0 - k, reading);
                let is_known = |reading: f64| is_own(reading) || own.iter().any(|k| is_rest(*k, reading));
                let turned = |reading: f64| matches!(limit.exact, Some(Exact::Share(share)) if is_same_way && (share - 0.5).abs() > 1e-9 && (near(1.0 - share, reading) || near(100.0 - 100.0 * share, reading)));
                // An alert comes before a limit of something else is reached.
                let is_close = words.to_lowercase().starts_with("limit")
                    && limit.readings.iter().any(|reading| (0.5 * reading..*reading).contains(&threshold));
                // `the ratio over 6h` names a window.
                let is_window = words.to_lowercase().starts_with("over")
                    && matches!(limit.exact, Some(Exact::Seconds(_)))
                    && ![of_side, of_inner].contains(&Some(Quantity::Seconds));
                if is_close || is_window {
                    continue;
                }
                let fits = match (&limit.exact, of_side) {
                    // What is told in a unit that the value cannot have is about something else.
                    (
                        Some(Exact::Seconds(_)),
                        Some(Quantity::Events | Quantity::EventsPerSecond | Quantity::Bytes | Quantity::Share | Quantity::Percent),
                    ) if !limit.is_vague && !limit.readings.iter().any(|reading| near(*reading, threshold)) => true,
                    // A quotient of what is no time is none, and how long something was so within a window is a share of it.
                    (Some(Exact::Seconds(_)), None) if threshold < 1.0 && (is_quotient(side) || calls(side, "avg_over_time")) => true,
                    (Some(Exact::Share(share)), _) if of_growth(side) => {
                        own.iter().any(|k| near(*k, 1.0 + share) || near(*k, 1.0 - share) || near(*k, *share))
                    }
                    // `more than a day` may be 26 hours.
                    (Some(Exact::Seconds(seconds)), Some(Quantity::Seconds)) if limit.is_vague => {
                        own.iter().any(|own| (*seconds..2.0 * seconds).contains(own))
                    }
                    _ if limit.is_vague => true,
                    // Where it is compared with what is said elsewhere, this may be how long it waits.
                    (Some(Exact::Seconds(seconds)), Some(Quantity::Seconds)) => {
                        let is_hold = || {
                            let before = text.text[..limit.range.start].trim_end();
                            let others = || text.said.sentence.limits.iter().filter(|other| other.range != limit.range);
                            let is_window = text.text[limit.range.clone()].trim_start().to_lowercase().starts_with("over");
                            is_window
                                || before.ends_with("for")
                                || others().any(|other| other.readings.iter().any(|reading| near(*reading, threshold)))
                        };
                        // What is so old at first is older once the alert has waited.
                        let held = view.rule.hold.map_or(0.0, |hold| hold as f64 / 1000.0);
                        own.iter().any(|k| near(*k, *seconds) || near(*k + held, *seconds)) || waits(*seconds) && is_hold()
                    }
                    (Some(Exact::Bytes(decimal, binary)), Some(Quantity::Bytes)) => is_own(*decimal) || is_own(*binary),
                    (Some(Exact::Share(share)), Some(Quantity::Share)) => is_known(*share),
                    // A number of events is no share of them, and a quotient is no percentage.
                    (Some(Exact::Share(share)), Some(Quantity::Events | Quantity::EventsPerSecond)) if near(*share, threshold) => false,
                    (Some(Exact::Share(share)), None) if near(100.0 * share, threshold) && is_quotient(side) => false,
                    (Some(Exact::Bytes(decimal, binary)), None) if of_inner == Some(Quantity::Bytes) => {
                        own.iter().any(|k| near(k * factor, *decimal) || near(k * factor, *binary))
                    }
                    (Some(Exact::Seconds(seconds)), None) if of_inner == Some(Quantity::Seconds) => {
                        waits(*seconds) || own.iter().any(|k| near(k * factor, *seconds))
                    }
                    _ => limit.readings.iter().copied().filter(|reading| !turned(*reading)).any(is_known),
                };
                if fits {
                    fitting.push(index);
                    continue;
                }
                let span = text_map::Map::new(view.text, text.node).span(limit.place.clone());
                let message = format!("the text says `{words}`, and the expression compares with `{threshold}`");
                let path = view.text_path(text);
                let diagnostic = META.finding(span, message).path(path).related(query.span(&place.range), "compared with this");
                misfits.push((index, limit.is_bare, diagnostic.help("correct one of the two")));
            }
        }
        let is_other = |index: usize, is_bare: bool| is_bare && fitting.iter().any(|fitting| *fitting != index);
        found.extend(misfits.into_iter().filter(|(index, is_bare, _)| !is_other(*index, *is_bare)).map(|(.., finding)| finding));
    }
}

/// Whether a side is a recorded `bool`.
fn is_answer(side: &Expr, context: &Context<'_>) -> bool {
    let name = only_selector(side).and_then(|selector| selector.metric_name()).unwrap_or("");
    let asks = |expr: &Expr| matches!(&without_parens(expr).kind, ExprKind::Binary(binary) if binary.return_bool);
    name.ends_with(":bool") || context.world.recorded(name).iter().any(|recorded| recorded.query.expr.as_ref().is_some_and(asks))
}

/// Whether a side divides something by what it was.
fn of_growth(side: &Expr) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    let is_then = |side: &Expr| only_selector(side).is_some_and(|selector| selector.offset.is_some());
    binary.op == BinaryOp::Div && is_then(&binary.left) != is_then(&binary.right)
}

/// Whether a side divides one by another, and multiplies nothing.
fn is_quotient(side: &Expr) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    binary.op == BinaryOp::Div && constant(&binary.left).is_none() && constant(&binary.right).is_none() && !operations(side).contains(&"*")
}

/// Whether a text counts things of which the alert fires at another number, whatever they are: nothing else that it says is that
/// number, nor is it that number in another unit.
fn is_other_count(
    limit: &Limit,
    text: &AlertText<'_>,
    view: &RuleView<'_>,
    all: &[&AlertText<'_>],
    (side, op, threshold): (&Expr, BinaryOp, f64),
) -> bool {
    const SCALES: &[f64] = &[60.0, 100.0, 1000.0, 1024.0, 3600.0, 86_400.0, 1e6, 1_048_576.0, 1e9, 1_073_741_824.0];
    let words = text.text[limit.range.clone()].trim();
    let (Some(&said), Some(above)) = (limit.readings.first(), says_above(words)) else { return false };
    let ExprKind::Selector(counted) = &without_aggregates(side).kind else { return false };
    let is_unit = |name: &str| limit.unit.len() > 3 && name.contains(limit.unit.trim_end_matches('s'));
    let is_named = counted.metric_name().is_some_and(is_unit);
    if Some(above) != is_above(op) && !is_named || threshold < 1.0 || said < 1.0 {
        return false;
    }
    let is_near = |number: f64| (number - threshold).abs() <= 1.0 || view.rule.hold.is_some_and(|hold| near(hold as f64 / 1000.0, number));
    let fits = |number: f64| is_near(number) || SCALES.iter().any(|scale| is_near(number * scale) || is_near(number / scale));
    // A digit too many or too few is a slip; what else a text counts may be anything.
    let is_digit_off = near(said, 10.0 * threshold) || near(10.0 * said, threshold);
    if !is_digit_off && !is_named {
        return false;
    }
    let mut limits = all.iter().flat_map(|text| &text.said.sentence.limits);
    !limits.any(|limit| limit.readings.iter().any(|number| fits(*number)))
}

/// Whether a number is reckoned from a fraction, as `14.4 * 0.001` is.
fn has_fraction(place: &Expr) -> bool {
    let mut found = false;
    visit(place, &mut |node| found |= matches!(&node.kind, ExprKind::Number(number) if number.value < 1.0));
    found && !matches!(place.kind, ExprKind::Number(_))
}

/// Whether the words before a number say that something is above it, or below.
fn says_above(words: &str) -> Option<bool> {
    match words.split_whitespace().next()?.to_lowercase().as_str() {
        "above" | "over" | "more" | "higher" | "greater" | "larger" | "longer" | "older" | "exceeds" | ">" | ">=" => Some(true),
        "below" | "under" | "less" | "fewer" | "lower" | "<" | "<=" => Some(false),
        _ => None,
    }
}

fn is_above(op: BinaryOp) -> Option<bool> {
    match op {
        BinaryOp::Greater | BinaryOp::GreaterEqual => Some(true),
        BinaryOp::Less | BinaryOp::LessEqual => Some(false),
        _ => None,
    }
}

/// An objective that a text names, where the budget in the expression is that of another one.
fn objective(said: &[&AlertText<'_>], query: &Expression<'_, '_>, view: &RuleView<'_>, found: &mut Vec<Diagnostic>) {
    let budgets: Vec<f64> = query
        .binaries()
        .filter(|(_, binary)| binary.op == BinaryOp::Mul)
        .filter_map(|(_, binary)| constant(&binary.left).zip(constant(&binary.right)))
        .map(|(one, other)| one.min(other))
        .filter(|budget| *budget > 0.0 && *budget < 0.5)
        .collect();
    for text in said.iter().filter(|_| !budgets.is_empty()) {
        for limit in &text.said.sentence.limits {
            let is_objective = text.text[limit.range.clone()].trim_start().to_lowercase().starts_with("objective");
            let Some(Exact::Share(share)) = limit.exact.as_ref().filter(|_| is_objective) else { continue };
            if budgets.iter().any(|budget| (1.0 - share - budget).abs() < 1e-9) {
                continue;
            }
            let span = text_map::Map::new(view.text, text.node).span(limit.place.clone());
            let message = format!(
                "an objective of {}% leaves a budget of {}, and the expression has `{}`",
                share * 100.0,
                rounded(1.0 - share),
                budgets[0]
            );
            found.push(META.finding(span, message).path(view.text_path(text)).help("correct one of the two"));
        }
    }
}

fn rounded(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

/// What the texts of an alert take its value for, by the function that writes it.
fn shown_as(view: &RuleView<'_>) -> Option<Quantity> {
    let actions = view.annotations().flat_map(|text| {
        let template = text.template().into_iter();
        template.flat_map(|template| &template.actions).filter_map(|action| shown(action, text.text))
    });
    let mut all = actions.filter_map(|shown| match shown {
        Shown::Through("humanizeDuration") => Some(Quantity::Seconds),
        Shown::Through("humanizePercentage") => Some(Quantity::Share),
        _ => None,
    });
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// Every number of an expression: literals, sums and products of them, and windows in seconds.
fn numbers(query: &Expression<'_, '_>) -> Vec<f64> {
    let seconds = |millis: i64| millis as f64 / 1000.0;
    let mut known: Vec<f64> = Vec::new();
    for node in &query.nodes {
        known.extend(constant(node).map(f64::abs));
        match &node.kind {
            ExprKind::Subquery { range, .. } => known.extend(range.millis().map(seconds)),
            // What is above the 95th percentile is above it in more than 5 of 100.
            ExprKind::Call { function, arguments } if function.text.contains("quantile") => {
                known.extend(arguments.first().and_then(constant).map(|quantile| 1.0 - quantile));
            }
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
    known
}
