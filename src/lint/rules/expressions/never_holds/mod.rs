//! Comparisons that hold for no value, or for every value.

mod difference;
mod probes;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::inference::condition::{is_always_there, unconditional};
use crate::lint::inference::value::interval;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::Interval;
use crate::lint::query::matches;
use crate::lint::query::order::is_at_most;
use crate::lint::query::share::{grouped, is_share};
use crate::lint::query::unit::multiplied;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::number::plain;
use crate::lint::world::Series;
use crate::promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Expr, ExprKind, Matcher};
use crate::promql::walk::{Found, selectors, without_parens};
use crate::source::Span;

rule! {
    /// A comparison holds for no value that its expression can have, so what depends on it never happens; or the
    /// condition of an alert holds for every value, so it always fires.
    ///
    /// `count` returns nothing rather than 0 where there is nothing to count, `up` is 0 or 1, a rate is not negative, a
    /// share lies between 0 and 1. To ask whether anything is there at all, use `absent(…)`.
    ///
    /// What says what a gauge is on a page of metrics gives its range, too: `Whether …` is 0 or 1, a share `0 to 1`, and of several states
    /// one holds. That something is there at all, as a build by its version, may well be what is asked.
    ///
    /// Nor has a probe that succeeds a status which its module takes for a failure, and more than one redirect where none is followed.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: NoInstance
    ///         expr: count(up{job="myapp"} == 1) == 0
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: NoInstance
    ///         expr: absent(up{job="myapp"} == 1)
    /// ```
    NeverHolds, "never-holds", Error
}

impl Rule for NeverHolds {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(expr) = &query.expr else { return };
        // One that is to fire always may have a condition that always holds.
        let name = query.rule().map_or("", |rule| rule.name()).to_lowercase();
        let alerts = query.is_alert() && !["watchdog", "deadman"].iter().any(|word| name.contains(word));
        found.extend(query.binaries().filter_map(|(_, joined)| probes::status_of_success(query, joined, context)));
        of_sides(query, expr, alerts, context, found);
        for compared in &query.comparisons {
            let &Comparison { node, side, op, number, place } = compared;
            // Variables stand for any number.
            if query.is_built_of_variables(node) {
                continue;
            }
            if number.is_nan() {
                if op != BinaryOp::NotEqual {
                    let message = "nothing compares with NaN, so this never holds";
                    let help = "a value that is NaN is the one that differs from itself: `x != x`";
                    found.push(META.finding(query.span(&place.range), message).help(help));
                }
                continue;
            }
            if has_its_own_rule(side) {
                continue;
            }
            if let Some(finding) = difference::never_above(query, compared).or_else(|| probes::redirects(query, compared, context)) {
                found.push(finding);
                continue;
            }
            let mut values = interval(side, context.world);
            // A page tells what its metrics are in the words of those who wrote it.
            let mut level = if rests_on_words(side, context) { Level::Warning } else { META.level };
            // What informs by its labels is 1, by convention alone; `> 0` of it asks whether it is there.
            let one = Interval { low: 1.0, high: 1.0 };
            if values.low < 1.0 && values.high > 1.0 && one.compared(op, number) == Some(false) && informs(side, context) {
                (values, level) = (one, Level::Warning);
            }
            // So the number of its changes is none.
            if changes_of_info(side, context) {
                (values, level) = (Interval { low: 0.0, high: 0.0 }, Level::Warning);
            }
            if let Some(finding) = of_status(side, op, number, query.span(&place.range), alerts) {
                found.push(finding);
                continue;
            }
            if let Some(step) =
                rounded_to(side).filter(|step| op == BinaryOp::Equal && ((number / step).round() * step - number).abs() > 1e-9)
            {
                let message = format!("this is a multiple of `{step}`, and `{number}` is none, so this never holds");
                found.push(META.finding(query.span(&place.range), message).help("compare with a multiple, or round less"));
                continue;
            }
            let is_reached = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Equal);
            if let Some(divisor) = divided_by(side).filter(|divisor| is_reached && number >= *divisor) {
                let message = format!("the remainder of a division by `{divisor}` is below `{divisor}`, so this never holds");
                found.push(META.finding(query.span(&place.range), message).help("compare with a number below it"));
                continue;
            }
            if alerts
                && is_condition(expr, node)
                && let Some(message) = some_state(side, op, number, context)
            {
                let help = "ask for one state, as in `{state=\"failed\"} == 1`";
                found.push(META.finding_at(Level::Warning, query.span(&place.range), message).help(help));
                continue;
            }
            match values.compared(op, number) {
                Some(false) if values.low <= values.high => {
                    let message = format!("{}, so this never holds", said(values));
                    found.push(META.finding_at(level, query.span(&place.range), message).help(advice(side, op)));
                }
                // What is never 0 asks whether something is there, which says nothing only of what always is.
                Some(true)
                    if alerts
                        && is_condition(expr, node)
                        && unconditional(side, context, 0).is_some()
                        && (values.low <= 0.0 || is_always_there(side, context.world) || is_quotient(side) && number > 0.0) =>
                {
                    let message = format!("{}, so this always holds and the alert always fires", said(values));
                    let help = "compare with a number that tells well from ill";
                    found.push(META.finding_at(Level::Warning, query.span(&place.range), message).help(help));
                }
                // Few enough are there at all, however many are counted.
                Some(true) if alerts && is_condition(expr, node) && values.high.is_finite() && is_most(op) && is_count(side) => {
                    let message = format!("{}, so this holds whenever there is anything to count", said(values));
                    let help = "compare with a number that there can be, or look at the targets";
                    found.push(META.finding_at(Level::Warning, query.span(&place.range), message).help(help));
                }
                _ => {}
            }
        }
    }
}

/// Conditions of which one side is never above the other.
fn of_sides(query: &Expression<'_, '_>, expr: &Expr, alerts: bool, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for &node in &query.nodes {
        let plain = match &node.kind {
            ExprKind::Binary(binary) if binary.matching.is_none() && !binary.return_bool && !query.is_built_of_variables(node) => binary,
            _ => continue,
        };
        let Some(holds) = ordered(plain, context) else {
            found.extend(of_itself(plain, query));
            continue;
        };
        if !holds {
            let message = "the one side is never above the other, so this never holds";
            found.push(META.finding(query.span(&plain.op_range), message).help(order_advice(plain)));
        } else if alerts && is_condition(expr, node) {
            let message = "the one side is never above the other, so this always holds and the alert always fires";
            found.push(META.finding_at(Level::Warning, query.span(&plain.op_range), message).help(order_advice(plain)));
        }
    }
}

/// Whether one thing is divided by another.
fn is_quotient(side: &Expr) -> bool {
    matches!(&without_parens(side).kind, ExprKind::Binary(binary) if binary.op == BinaryOp::Div)
}

/// A status of HTTP that there is not, or the first of a class, left out of what is asked for.
fn of_status(side: &Expr, op: BinaryOp, number: f64, place: Span, alerts: bool) -> Option<Diagnostic> {
    if !is_status(side) {
        return None;
    }
    if op == BinaryOp::Equal && !(100.0..600.0).contains(&number) && number.abs() > 0.0 {
        let finding = META.finding(place, format!("no HTTP status is `{number}`, so this never holds"));
        return Some(finding.help("statuses are 100 to 599, and 0 where there was no answer"));
    }
    let is_first = [400.0, 500.0].iter().any(|first: &f64| (first - number).abs() < f64::EPSILON);
    let finding = || META.finding_at(Level::Warning, place, format!("the status {number} itself is left out"));
    (alerts && op == BinaryOp::Greater && is_first).then(|| finding().help(format!("write `>= {number}`")))
}

/// What a comparison of a series with a multiple of itself asks for, where it may be below zero as well.
fn of_itself(binary: &Binary, query: &Expression<'_, '_>) -> Option<Diagnostic> {
    let is_itself = is_multiple(&binary.left, &binary.right) || is_multiple(&binary.right, &binary.left);
    let message = "both sides are one series at one moment, so this asks no more than whether it is above zero";
    let finding =
        || META.finding_at(Level::Warning, query.span(&binary.op_range), message).help("compare with what was before: `… offset 10m`");
    (is_itself && binary.op.is_comparison()).then(finding)
}

/// Whether two sides, one of which is never above the other, compare so always or never.
fn ordered(binary: &Binary, context: &Context<'_>) -> Option<bool> {
    let (left, right) = (&binary.left, &binary.right);
    let holds = match binary.op {
        BinaryOp::Greater | BinaryOp::Less => false,
        BinaryOp::GreaterEqual | BinaryOp::LessEqual => true,
        BinaryOp::Equal => {
            let ((low, less), (high, more)) = (multiplied(left), multiplied(right));
            let apart = |low, less: f64, high, more: f64| is_at_most(low, high) && less > 0.0 && more > less * (1.0 + 1e-9);
            return (apart(low, less, high, more) || apart(high, more, low, less)).then_some(false);
        }
        _ => return None,
    };
    let lower_first = matches!(binary.op, BinaryOp::Greater | BinaryOp::LessEqual);
    let (low, high) = if lower_first { (left, right) } else { (right, left) };
    let is_below = || (is_multiple(low, high) || is_mean_of_sum(low, high)) && interval(low, context.world).low >= 0.0;
    (is_at_most(low, high) || is_below()).then_some(holds)
}

/// Whether one side is the other, taken once or more often, or a part of it: `x` and `2 * x`, `0.5 * x` and `x`.
fn is_multiple(low: &Expr, high: &Expr) -> bool {
    let ((low, less), (high, more)) = (multiplied(low), multiplied(high));
    less > 0.0 && more >= less && (more - less).abs() > f64::EPSILON && without_parens(low) == without_parens(high)
}

/// Whether one side is the mean of what the other adds up, or a part of it.
fn is_mean_of_sum(low: &Expr, high: &Expr) -> bool {
    let ((low, less), (high, more)) = (multiplied(low), multiplied(high));
    let (ExprKind::Aggregate(mean), ExprKind::Aggregate(sum)) = (&without_parens(low).kind, &without_parens(high).kind) else {
        return false;
    };
    let is_pair = mean.op == AggregateOp::Avg && sum.op == AggregateOp::Sum;
    is_pair && less > 0.0 && more >= less && grouped(mean) == grouped(sum) && mean.expr == sum.expr
}

/// What to do where one side is never above the other.
fn order_advice(binary: &Binary) -> &'static str {
    if is_share(&binary.left, &binary.right) || is_share(&binary.right, &binary.left) {
        return "compare the share of both with a limit";
    }
    "exchange the two, or compare how far they are apart with a limit"
}

/// Whether what is known of a metric's values is what a page says of it.
fn rests_on_words(side: &Expr, context: &Context<'_>) -> bool {
    let says = |found: &Found<'_>| {
        let known = context.world.metric_of(found.selector);
        known.is_some_and(|(_, metric, _)| metric.values.range.is_some() || metric.values.states.is_some())
    };
    selectors(side).iter().any(says)
}

/// What is wrong with a condition on the states of something, one of which is always 1 and the others 0, where it asks for several.
fn some_state(side: &Expr, op: BinaryOp, number: f64, context: &Context<'_>) -> Option<String> {
    let ExprKind::Selector(selector) = &without_parens(side).kind else { return None };
    let (_, metric, Series::Base) = context.world.metric_of(selector)? else { return None };
    let label = &metric.values.states.as_ref()?.label;
    let seen = &metric.labels.iter().find(|known| known.name.value == *label)?.seen;
    let asked: Vec<&Matcher> = selector.matchers.iter().filter(|matcher| matcher.label.text == *label).collect();
    let fits = seen.iter().filter(|value| asked.iter().all(|matcher| matches(matcher, value) != Some(false))).count();
    let holds = |value: f64| Interval::one(value).compared(op, number) == Some(true);
    if holds(0.0) && holds(1.0) || !is_always_there(side, context.world) {
        return None;
    }
    if fits > 1 && holds(0.0) {
        return Some(format!("of all values of `{label}` one is 1 and the others 0, so this always holds for one of those asked for"));
    }
    (asked.is_empty() && holds(1.0)).then(|| format!("one value of `{label}` is always 1, so this always holds for it"))
}

/// Whether it is a metric that informs by its labels, as `app_info`.
fn informs(side: &Expr, context: &Context<'_>) -> bool {
    let ExprKind::Selector(selector) = &without_parens(side).kind else { return false };
    selector.metric_name().is_some_and(|name| context.world.informs(name))
}

/// Whether it counts the changes of what informs by its labels.
fn changes_of_info(side: &Expr, context: &Context<'_>) -> bool {
    let ExprKind::Call { function, arguments } = &without_parens(side).kind else { return false };
    let Some(ExprKind::Range { selector, .. }) = arguments.first().map(|argument| &without_parens(argument).kind) else { return false };
    matches!(function.text.as_str(), "changes" | "resets") && selector.metric_name().is_some_and(|name| context.world.informs(name))
}

/// Whether a comparison asks for no more than a number.
fn is_most(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Less | BinaryOp::LessEqual)
}

fn is_count(side: &Expr) -> bool {
    matches!(&without_parens(side).kind, ExprKind::Aggregate(aggregate) if matches!(aggregate.op, AggregateOp::Count | AggregateOp::Sum))
}

/// Whether targets are counted, be they up or down.
fn is_count_of_up(aggregate: &Aggregate) -> bool {
    let inner = &without_parens(&aggregate.expr).kind;
    aggregate.op == AggregateOp::Count && matches!(inner, ExprKind::Selector(selector) if selector.metric_name() == Some("up"))
}

/// What a value is rounded to.
fn rounded_to(side: &Expr) -> Option<f64> {
    let ExprKind::Call { function, arguments } = &without_parens(side).kind else { return None };
    let step = arguments.get(1).and_then(constant).filter(|_| function.text == "round")?;
    (step > 0.0).then_some(step)
}

/// What a remainder is left by.
fn divided_by(side: &Expr) -> Option<f64> {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return None };
    constant(&binary.right).filter(|divisor| binary.op == BinaryOp::Mod && *divisor > 0.0)
}

/// Whether it is the status that a probe was answered with.
fn is_status(side: &Expr) -> bool {
    matches!(&without_parens(side).kind, ExprKind::Selector(selector) if selector.metric_name() == Some("probe_http_status_code"))
}

/// Shares above 1 are `burn-unreachable`, and quantiles outside of their buckets have rules that know the buckets.
fn has_its_own_rule(side: &Expr) -> bool {
    match &without_parens(side).kind {
        ExprKind::Call { function, .. } => function.text == "histogram_quantile",
        ExprKind::Binary(binary) => binary.op == BinaryOp::Div && binary.matching.is_none() && is_share(&binary.left, &binary.right),
        _ => false,
    }
}

/// Whether a comparison is the whole condition, or one of several that are joined by `and`.
fn is_condition(expr: &Expr, node: &Expr) -> bool {
    let expr = without_parens(expr);
    std::ptr::eq(expr, node)
        || matches!(&expr.kind, ExprKind::Binary(binary) if binary.op == BinaryOp::Or && (is_condition(&binary.left, node) || is_condition(&binary.right, node)))
}

fn said(values: Interval) -> String {
    let (low, high) = (plain(values.low), plain(values.high));
    match (low.is_finite(), high.is_finite()) {
        (true, true) if (high - low).abs() < f64::EPSILON => format!("this is always `{low}`"),
        (true, true) => format!("this lies between `{low}` and `{high}`"),
        (true, false) => format!("this is never below `{low}`"),
        (false, true) => format!("this is never above `{high}`"),
        (false, false) => "this is contradictory".to_owned(),
    }
}

fn advice(side: &Expr, op: BinaryOp) -> &'static str {
    match &without_parens(side).kind {
        ExprKind::Aggregate(aggregate) if is_count_of_up(aggregate) => {
            "`count` takes in what is down: `sum(up)` says how many are up, as `count(up == 1)` does where any is"
        }
        ExprKind::Aggregate(_) if matches!(op, BinaryOp::Equal | BinaryOp::Less | BinaryOp::LessEqual) => {
            "where there is nothing to count the result is empty; use `absent(…)`, or add `or vector(0)`"
        }
        _ => "compare with a value that it can have",
    }
}
