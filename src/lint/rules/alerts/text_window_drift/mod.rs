//! Texts of alerts that speak of another span of time, or of another factor, than the expression.

mod value;

use std::cell::LazyCell;
use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::near;
use crate::lint::query::likeness::window_of;
use crate::lint::query::parts::Use;
use crate::lint::query::unit::{Quantity, quantity, unscaled};
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::action::Actions;
use crate::lint::template::misfits::Misfits;
use crate::lint::template::sentence::Time;
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, DurationExpr, ExprKind};
use crate::promql::duration::parse_duration;
use crate::promql::walk::{calls, selectors};
use crate::source::text_map;

rule! {
    /// The text of an alert says "over the last hour" or "in four hours", and the expression looks back or ahead over another time;
    /// or it says "14.4 times too fast", and no such factor is there.
    /// Or it shows the value "over the last 30 minutes", which is the window of the other condition alone.
    /// Or it speaks of what was `a week ago`, and the expression looks back by another `offset`.
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

/// A factor as a sentence names it.
static FACTOR: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i-u)\b(\d+(?:\.\d+)?) ?(?:times|x)\b").ok());

impl Rule for TextWindowDrift {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, _)) = view.alert() else { return };
        let (mut known, multiplies) = (None, multiplies(query));
        // Few texts name a time, and only those are held against it.
        let timed = LazyCell::new(|| timed(query));
        let mut misfits = Misfits::default();
        let shifts = shifts(query);
        for (index, text) in view.annotations().filter(|text| text.text.contains(' ')).enumerate() {
            let differs = |at: std::ops::Range<usize>, what: &str| {
                let message = format!("the text says `{}`, and the expression has no such {what}", &text.text[at.clone()]);
                let place = text_map::Map::new(view.text, text.node).span(at);
                let finding = META.finding(place, message).path(view.text_path(text));
                finding.related(query.node.span, "the expression").help("correct one of the two")
            };
            for time in &text.said.sentence.times {
                // What was counted within a longer window is not what it waits for.
                let is_counted = time.is_past && least_counted(query).is_some_and(|window| time.seconds < window);
                let waits = !is_counted && view.rule.hold.is_some_and(|hold| near(hold as f64 / 1000.0, time.seconds));
                if waits {
                    misfits.fits(index);
                    continue;
                }
                if let Some(kept) = kept(view).filter(|kept| resolves(time, text.text) && *kept > 2.0 * time.seconds) {
                    let message = format!(
                        "the text says that it resolves `{}`, and it is kept firing for {kept} seconds",
                        &text.text[time.range.clone()]
                    );
                    let place = text_map::Map::new(view.text, text.node).span(time.range.clone());
                    found.push(META.finding(place, message).path(view.text_path(text)).help("correct the text, or `keep_firing_for`"));
                    continue;
                }
                if !time.is_past && is_no_span(time, text.text, query) {
                    continue;
                }
                let Some(known) = known.get_or_insert_with(|| spans(query, view, *timed, context)) else {
                    // What is so at one moment has been for as long as the alert waits.
                    let said = text.text[time.range.clone()].to_lowercase();
                    let is_far = || view.rule.hold.is_some_and(|hold| hold as f64 / 1000.0 >= 10.0 * time.seconds);
                    let is_exact = !time.is_vague
                        || said.starts_with("for more than a") && is_far()
                        || said.starts_with("for an ")
                        || said.starts_with("for a ");
                    let is_held = said.starts_with("for") && is_exact;
                    let is_told = || text.text[..time.range.start].contains("been ") && is_of_one_moment(query);
                    if is_held && view.rule.hold.is_some_and(|hold| hold > 0) && (is_state(query) || is_told()) {
                        misfits.differs(index, time.is_bare, differs(time.range.clone(), "span of time"));
                    }
                    continue;
                };
                // A unit may be divided out, unless what is compared is in seconds; `more than a day` may be 26 hours.
                let fits = |own: f64| match timed.is_some() {
                    true if time.is_vague => (time.seconds..2.0 * time.seconds).contains(&own),
                    true => near(own, time.seconds),
                    false => near(own, time.seconds) || near(own, time.number),
                };
                let is_hold = |own: f64| is_counted && view.rule.hold.is_some_and(|hold| near(hold as f64 / 1000.0, own));
                if known.iter().copied().any(|own| fits(own) && !is_hold(own)) && !value::is_of_other(time, text, query) {
                    misfits.fits(index);
                } else {
                    misfits.differs(index, time.is_bare, differs(time.range.clone(), "span of time"));
                }
            }
            found.extend(kept_on(view, text));
            // Few expressions look back at all, and only their texts are read for it.
            if !shifts.is_empty()
                && let Some((range, seconds)) = said_ago(text.text)
                && is_shifted_otherwise(&shifts, seconds)
            {
                found.push(differs(range, "span of time"));
            }
            if multiplies {
                found.extend(other_factors(text.text, query).into_iter().map(|range| differs(range, "factor")));
            }
        }
        found.extend(misfits.settled());
    }
}

/// Whether a time that is not over is none that is looked at: how fast something has to be, how long a budget lasts, within what time most
/// have to be, what was promised; how long something was so within a window, which is a share of it; or one event in so long.
fn is_no_span(time: &Time, text: &str, query: &Expression<'_, '_>) -> bool {
    const TOLD: &[&str] = &["at this pace", "at this rate", "budget", "promise", "keep", "retain", "will be", "none will"];
    let sentence = text[..time.range.start].rsplit(['.', '\n']).next().unwrap_or("").to_lowercase();
    let is_bound = sentence.contains('%') && text[time.range.clone()].to_lowercase().starts_with("within");
    time.seconds < 60.0
        || is_bound
        || TOLD.iter().any(|words| sentence.contains(words))
        || query.calls().any(|(_, function, _)| function == "avg_over_time")
        || is_rate_of(query, time.seconds)
}

/// The factors that a text names and the expression does not have.
fn other_factors(text: &str, query: &Expression<'_, '_>) -> Vec<std::ops::Range<usize>> {
    let actions = Actions::of(text);
    let is_there = |number: f64| {
        // A whole number stands for what is rounded to it.
        let is_rounded = |own: f64| number.fract().abs() < f64::EPSILON && (own - number).abs() < 0.5;
        query.nodes.iter().filter_map(|node| constant(node)).any(|own| near(own.abs(), number) || is_rounded(own.abs()))
    };
    let named = FACTOR.iter().flat_map(|factor| factor.captures_iter(text));
    let named = named.filter_map(|captures| Some((captures.get(0)?, captures.get(1)?.as_str().parse().ok()?)));
    named.filter(|(whole, number)| !actions.hold(whole.start()) && !is_there(*number)).map(|(whole, _)| whole.range()).collect()
}

/// Whether the rate that is compared with is one of so many whole events within a time: `rate(…) * 60 < 0.2` is less than one in five
/// minutes.
fn is_rate_of(query: &Expression<'_, '_>, seconds: f64) -> bool {
    let [only] = query.comparisons.as_slice() else { return false };
    let (inner, factor) = unscaled(only.side);
    let times = only.number * factor * seconds;
    quantity(inner, query) == Some(Quantity::EventsPerSecond) && times > 0.5 && (times - times.round()).abs() < 1e-6
}

/// A moment that a text compares with, as `a week ago`: its place, and how many seconds ago it was.
fn said_ago(text: &str) -> Option<(std::ops::Range<usize>, f64)> {
    const AGO: &[(&str, f64)] =
        &[("a week ago", 604_800.0), ("last week", 604_800.0), ("a day ago", 86_400.0), ("yesterday", 86_400.0), ("an hour ago", 3600.0)];
    let lower = text.to_ascii_lowercase();
    // `half an hour ago` is another time.
    let is_whole = |at: usize| !lower[..at].ends_with("half ") && !lower[..at].ends_with("quarter of ");
    AGO.iter().find_map(|(words, seconds)| lower.find(words).filter(|at| is_whole(*at)).map(|at| (at..at + words.len(), *seconds)))
}

/// How far an expression looks back, wherever it does.
fn shifts<'q>(query: &Expression<'q, '_>) -> Vec<&'q DurationExpr> {
    let shift = |node: &&'q Expr| match &node.kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => selector.offset.as_ref(),
        ExprKind::Subquery { offset, .. } => offset.as_ref(),
        _ => None,
    };
    query.nodes.iter().filter_map(shift).collect()
}

/// Whether all that an expression looks back to are other moments than one of so many seconds ago.
fn is_shifted_otherwise(shifts: &[&DurationExpr], seconds: f64) -> bool {
    shifts.iter().all(|shift| shift.millis().is_some_and(|millis| !near(millis.abs() as f64 / 1000.0, seconds)))
}

/// Whether an expression writes a limit as a product, as in `14.4 * 0.001`.
fn multiplies(query: &Expression<'_, '_>) -> bool {
    let share = |number: f64| (0.0..1.0).contains(&number);
    query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Mul).any(|(_, binary)| {
        let numbers = constant(&binary.left).zip(constant(&binary.right));
        numbers.is_some_and(|(one, other)| share(one) || share(other))
    })
}

/// A time that is compared with a number, which is how many seconds that are where it is divided into minutes, hours or days.
#[derive(Clone, Copy)]
struct Timed {
    divided: Option<f64>,
}

/// How an alert compares how long something takes, or how long ago it was.
fn timed(query: &Expression<'_, '_>) -> Option<Timed> {
    let [only] = query.comparisons.as_slice() else { return None };
    let is_time = |side: &Expr| quantity(side, query) == Some(Quantity::Seconds);
    let (inner, factor) = unscaled(only.side);
    let is_divided = [60.0, 3600.0, 86_400.0].contains(&factor) && (calls(inner, "time") || is_time(inner));
    (is_divided || is_time(only.side)).then(|| Timed { divided: is_divided.then_some(only.number * factor) })
}

/// Every span of time of an alert, in seconds; `None` where there is none that a text could be about, or some cannot be told.
fn spans(query: &Expression<'_, '_>, view: &RuleView<'_>, timed: Option<Timed>, context: &Context<'_>) -> Option<Vec<f64>> {
    let (mut windows, mut bounds): (Vec<i64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut unknown = false;
    for node in &query.nodes {
        match &node.kind {
            ExprKind::Range { range, selector, .. } => {
                windows.extend(range.millis());
                // The bound of a bucket is how long something took.
                let own = selector.matchers.iter().filter(|matcher| matcher.label.text == "le");
                bounds.extend(own.filter_map(|matcher| matcher.value.parse::<f64>().ok()));
                windows.extend(selector.offset.as_ref().and_then(DurationExpr::millis));
            }
            ExprKind::Subquery { range, .. } => windows.extend(range.millis()),
            ExprKind::Selector(selector) => {
                windows.extend(selector.offset.as_ref().and_then(DurationExpr::millis));
                let Some(name) = selector.metric_name().filter(|name| name.contains(':')) else { continue };
                match window_of(name) {
                    Some(window) => windows.push(window),
                    // What is recorded without a window is of one moment.
                    None => unknown |= !is_of_moment(name, context),
                }
            }
            _ => {}
        }
    }
    if windows.is_empty() && timed.is_none() || unknown {
        return None;
    }
    // What has to hold for a while was so over the window before, too.
    let together: Vec<i64> =
        view.rule.hold.into_iter().flat_map(|hold| windows.iter().map(move |window| window.saturating_add(hold))).collect();
    windows.extend(view.rule.hold.map(i64::abs));
    windows.extend(together);
    let hold = view.rule.hold.filter(|_| timed.is_some()).map(|hold| hold as f64 / 1000.0);
    Some(
        windows
            .into_iter()
            .map(|millis| millis.abs() as f64 / 1000.0)
            .chain(kept(view))
            .chain(bounds)
            .chain(timed.and_then(|timed| timed.divided))
            .chain(query.expr.iter().flat_map(whole_constants).flat_map(|own| [own, own + hold.unwrap_or(0.0)]))
            .collect(),
    )
}

/// For how many seconds an alert is kept firing once its cause is gone.
fn kept(view: &RuleView<'_>) -> Option<f64> {
    let kept = view.rule.node.get("keep_firing_for")?.as_str()?;
    parse_duration(kept).ok().map(|millis| millis as f64 / 1000.0)
}

/// A text that says that an alert ends at once, where it is kept firing for an hour or longer.
fn kept_on(view: &RuleView<'_>, text: &AlertText<'_>) -> Option<Diagnostic> {
    let kept = kept(view).filter(|kept| *kept >= 3600.0)?;
    let at = text.text.find(" as soon as ")? + 1;
    let sentence = text.text[..at].rsplit(['.', ';', '\n']).next().unwrap_or("").trim_end().to_lowercase();
    if !["resolves", "clears", "ends", "goes away"].iter().any(|word| sentence.ends_with(word)) {
        return None;
    }
    let message = format!("the text says that it ends at once, and it is kept firing for {kept} seconds");
    let place = text_map::Map::new(view.text, text.node).span(at..at + "as soon as".len());
    Some(META.finding(place, message).path(view.text_path(text)).help("correct the text, or `keep_firing_for`"))
}

/// Whether a time is that within which a text says an alert ends by itself.
fn resolves(time: &Time, text: &str) -> bool {
    let sentence = text[..time.range.start].rsplit(['.', ';', '\n']).next().unwrap_or("").to_lowercase();
    !time.is_past && ["resolves", "clears", "ends by itself", "goes away"].iter().any(|word| sentence.contains(word))
}

/// The shortest window over which something is counted, in seconds, where all that is looked at is counted.
fn least_counted(query: &Expression<'_, '_>) -> Option<f64> {
    let counted = query.calls().filter(|(_, function, _)| matches!(*function, "increase" | "changes" | "resets"));
    let windows: Option<Vec<f64>> = counted
        .map(|(_, _, arguments)| match &arguments.first()?.kind {
            ExprKind::Range { range, .. } => range.millis().map(|millis| millis as f64 / 1000.0),
            _ => None,
        })
        .collect();
    let all = query.nodes.iter().filter(|node| matches!(node.kind, ExprKind::Range { .. } | ExprKind::Subquery { .. })).count();
    windows.filter(|windows| windows.len() == all)?.into_iter().reduce(f64::min)
}

/// Whether what is asked is how something is at one moment: whether a target is up.
fn is_state(query: &Expression<'_, '_>) -> bool {
    let is_flag = |compared: &Comparison<'_>| compared.op == BinaryOp::Equal && matches!(compared.number, 0.0 | 1.0);
    is_of_one_moment(query) && matches!(query.comparisons.as_slice(), [only] if is_flag(only))
}

/// Whether all that an expression reads is of one moment, and compared once.
fn is_of_one_moment(query: &Expression<'_, '_>) -> bool {
    let is_plain = |used: &Use<'_>| used.selector.metric_name().is_some_and(|name| !name.contains(':'));
    let is_window = |node: &&Expr| matches!(node.kind, ExprKind::Range { .. } | ExprKind::Subquery { .. });
    query.selectors.iter().all(is_plain) && !query.nodes.iter().any(is_window) && query.comparisons.len() == 1
}

/// Whether all that is recorded for a series is read at one moment.
fn is_of_moment(name: &str, context: &Context<'_>) -> bool {
    let recorded = context.world.recorded(name);
    let is_plain = |expr: &Expr| {
        let found = selectors(expr);
        found.iter().all(|used| used.range.is_none() && used.selector.metric_name().is_some_and(|name| !name.contains(':')))
    };
    !recorded.is_empty() && recorded.iter().all(|recorded| recorded.query.expr.as_ref().is_some_and(is_plain))
}

/// The numbers of an expression, without those that they are reckoned from: of `24 * 3600`, a day alone.
fn whole_constants(expr: &Expr) -> Vec<f64> {
    match constant(expr) {
        Some(number) => vec![number.abs()],
        None => crate::promql::walk::children(expr).flat_map(whole_constants).collect(),
    }
}
