//! Texts of alerts that speak of another span of time, or of another factor, than the expression.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::likeness::window_of;
use crate::lint::query::constant;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::inside_action;
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, DurationExpr, ExprKind};
use crate::promql::duration::parse_duration;
use crate::promql::walk::visit;
use crate::source::text_map;

rule! {
    /// The text of an alert says "over the last hour" or "in four hours", and the expression looks back or ahead over another time;
    /// or it says "14.4 times too fast", and no such factor is there.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Failing
    ///         expr: increase(jobs_failed_total[5m]) > 10
    ///         labels: { severity: warning }
    ///         annotations: { summary: "jobs failed in the last 15 minutes" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Failing
    ///         expr: increase(jobs_failed_total[15m]) > 10
    ///         labels: { severity: warning }
    ///         annotations: { summary: "jobs failed in the last 15 minutes" }
    /// ```
    TextWindowDrift, "text-window-drift", Warning
}

/// A span of time as a sentence names it.
static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)\b(?:(?:last|past|previous)|(?:in|within|for)(?: at least| more than| over| about)?(?: an?)?) (?:(\d+(?:\.\d+)?|one|two|three|four|five|six|eight|ten|twelve|fifteen|twenty|thirty) ?)?(seconds?|minutes?|hours?|days?|[smhd])\b",
    )
    .ok()
});

/// What such a span begins with: most texts have none.
static STARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder().ascii_case_insensitive(true).build(["last ", "past ", "previous ", "in ", "within ", "for "]).ok()
});

/// A factor as a sentence names it.
static FACTOR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i-u)\b(\d+(?:\.\d+)?) ?(?:times|x)\b").ok());

impl Rule for TextWindowDrift {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(query) = view.query.filter(|_| view.rule.is_alert()) else { return };
        let (Some(expr), Some(starts), Some(span), Some(factor)) = (&query.expr, STARTS.as_ref(), SPAN.as_ref(), FACTOR.as_ref()) else {
            return;
        };
        let (mut known, has_factor) = (None, multiplies(expr));
        for (name, _, value) in view.rule.annotations() {
            let Some(text) = value.as_str().filter(|text| text.contains(' ')) else { continue };
            let mut report = |at: std::ops::Range<usize>, what: &str| {
                let message = format!("the text says `{}`, and the expression has no such {what}", &text[at.clone()]);
                let place = text_map::Map::new(view.text, value).span(at);
                let path = format!("{}.{name}", view.path("annotations"));
                found.push(
                    META.finding(place, message).path(path).related(query.node.span, "the expression").help("correct one of the two"),
                );
            };
            let spans_of_time = if starts.is_match(text) { Some(span.captures_iter(text)) } else { None };
            for captures in spans_of_time.into_iter().flatten() {
                let (Some(whole), Some(unit)) = (captures.get(0), captures.get(2)) else { continue };
                let said = whole.as_str().to_lowercase();
                // `for an hour`
                let one = [" an ", " a "].iter().any(|article| said.contains(article));
                let is_past = ["last", "past", "previous"].iter().any(|word| said.starts_with(word));
                let Some(number) = captures.get(1).map_or((is_past || one).then_some(1.0), |number| count(number.as_str())) else {
                    continue;
                };
                let seconds = number * seconds_of(unit.as_str());
                // `within 1s` is how fast something has to be.
                if !is_past && seconds < 60.0 {
                    continue;
                }
                // It mostly says how long the alert waits.
                if view.rule.hold.is_some_and(|hold| near(hold as f64 / 1000.0, seconds)) {
                    continue;
                }
                let Some(known) = known.get_or_insert_with(|| spans(expr, view)) else { break };
                if !inside_action(text, whole.start()) && !known.iter().any(|own| near(*own, seconds) || near(*own, number)) {
                    report(whole.range(), "span of time");
                }
            }
            if !has_factor {
                continue;
            }
            for captures in factor.captures_iter(text) {
                let Some((whole, number)) = captures.get(0).zip(captures.get(1).and_then(|number| number.as_str().parse::<f64>().ok()))
                else {
                    continue;
                };
                let factors = constants(expr);
                if !inside_action(text, whole.start()) && !factors.iter().any(|own| near(*own, number)) {
                    report(whole.range(), "factor");
                }
            }
        }
    }
}

fn count(word: &str) -> Option<f64> {
    let words = ["one", "two", "three", "four", "five", "six", "eight", "ten", "twelve", "fifteen", "twenty", "thirty"];
    let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 30.0];
    let word = word.to_lowercase();
    word.parse().ok().or_else(|| words.iter().position(|known| *known == word).map(|at| numbers[at]))
}

fn seconds_of(unit: &str) -> f64 {
    match unit.chars().next().map(|c| c.to_ascii_lowercase()) {
        Some('m') => 60.0,
        Some('h') => 3600.0,
        Some('d') => 86_400.0,
        _ => 1.0,
    }
}

/// Whether an expression writes a limit as a product, as in `14.4 * 0.001`.
fn multiplies(expr: &Expr) -> bool {
    let mut found = false;
    visit(expr, &mut |node| {
        if let ExprKind::Binary(binary) = &node.kind {
            let share = |side: &Expr| constant(side).is_some_and(|number| (0.0..1.0).contains(&number));
            found |= binary.op == BinaryOp::Mul
                && constant(&binary.left).is_some()
                && constant(&binary.right).is_some()
                && (share(&binary.left) || share(&binary.right));
        }
    });
    found
}

/// Every number that is written in an expression, or worked out from numbers alone.
fn constants(expr: &Expr) -> Vec<f64> {
    let mut all = Vec::new();
    visit(expr, &mut |node| all.extend(constant(node).map(f64::abs)));
    all
}

/// Every span of time of an alert, in seconds; `None` where there is none that a text could be about, or some cannot be told.
fn spans(expr: &Expr, view: &RuleView<'_>) -> Option<Vec<f64>> {
    let mut windows: Vec<i64> = Vec::new();
    let mut unknown = false;
    visit(expr, &mut |node| match &node.kind {
        ExprKind::Range { range, selector, .. } => {
            windows.extend(range.millis());
            unknown |= range.millis().is_none();
            windows.extend(selector.offset.as_ref().and_then(DurationExpr::millis));
        }
        ExprKind::Subquery { range, .. } => windows.extend(range.millis()),
        ExprKind::Selector(selector) => {
            windows.extend(selector.offset.as_ref().and_then(DurationExpr::millis));
            let Some(name) = selector.metric_name().filter(|name| name.contains(':')) else { return };
            match window_of(name) {
                Some(window) => windows.push(window),
                None => unknown = true,
            }
        }
        _ => {}
    });
    if windows.is_empty() || unknown {
        return None;
    }
    let kept = view.rule.node.get("keep_firing_for").and_then(|node| parse_duration(node.as_str()?).ok());
    windows.extend(view.rule.hold.into_iter().chain(kept).map(i64::abs));
    // What has to hold for a while was so over the window before, too.
    let together = view.rule.hold.into_iter().flat_map(|hold| windows.iter().map(move |window| window + hold).collect::<Vec<_>>());
    let all: Vec<i64> = windows.iter().copied().chain(together).collect();
    Some(all.into_iter().map(|millis| millis.abs() as f64 / 1000.0).chain(whole_constants(expr)).collect())
}

/// The numbers of an expression, without those that they are reckoned from: of `24 * 3600`, a day alone.
fn whole_constants(expr: &Expr) -> Vec<f64> {
    match constant(expr) {
        Some(number) => vec![number.abs()],
        None => crate::promql::walk::children(expr).flat_map(whole_constants).collect(),
    }
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-6 * one.abs().max(other.abs())
}
