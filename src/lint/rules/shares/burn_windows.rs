//! The two windows of an alert on a burn rate.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::likeness::{differences, window_of, words};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::lint::words::number::plain;
use crate::promql::ast::{Binary, BinaryOp, Expr, ExprKind};
use crate::promql::duration::format_duration;
use crate::promql::walk::{only_selector, selectors, visit, without_parens};

rule! {
    /// An alert asks for one thing over a long window and over a short one, as alerts on the burn of an error budget do, so that it
    /// fires for what lasts and ends when it is over. Joined by `or` either window fires alone; with different limits, or compared
    /// in two directions, the shorter one adds nothing or takes all away; and a short window that is nearly as long as the other keeps
    /// the alert firing long after the end.
    /// Both windows are of one objective. A burn rate of 14.4 is that of an hour; and an alert with `for` as long as its long window comes when the budget is gone.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: slo
    ///     rules:
    ///       - alert: Burn
    ///         expr: job:errors:ratio_rate1h > 0.0144 or job:errors:ratio_rate5m > 0.0144
    ///         for: 2m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "the budget burns" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: slo
    ///     rules:
    ///       - alert: Burn
    ///         expr: job:slo_availability_errors:ratio_rate6h > 6 * 0.001 and job:slo_latency_errors:ratio_rate30m > 6 * 0.001
    ///         for: 2m
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: slo
    ///     rules:
    ///       - alert: Burn
    ///         expr: job:errors:ratio_rate1h > 0.0144 and job:errors:ratio_rate5m > 0.0144
    ///         for: 2m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "the budget burns" }
    /// ```
    BurnWindows, "burn-windows", Warning
}

impl Rule for BurnWindows {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(query) = view.query.filter(|_| view.rule.is_alert()) else { return };
        for (_, both) in query.binaries() {
            let (Some(one), Some(other)) = (condition(&both.left), condition(&both.right)) else { continue };
            if let Some((here, there)) = of_another(one.0, other.0).filter(|_| both.op == BinaryOp::And && one.1 != other.1) {
                let message = format!("the long window is of `{here}`, and the short one of `{there}`");
                let finding = META.finding(query.span(&other.0.left.range), message).path(query.path());
                found.push(finding.help("read both windows of one objective"));
                continue;
            }
            if !both.op.is_set() || !is_same_thing(&one.0.left, &other.0.left) || one.1 == other.1 {
                continue;
            }
            let (long, short) = (one.1.max(other.1), one.1.min(other.1));
            let (place, message, help) = if both.op != BinaryOp::And {
                let message = format!("two windows of one thing are joined by `{}`", both.op.symbol());
                (&both.op_range, message, "join them by `and`: the long window for what lasts, the short one for what still goes on")
            } else if one.0.op != other.0.op {
                let message = format!("one window is compared by `{}`, the other by `{}`", one.0.op.symbol(), other.0.op.symbol());
                (&other.0.op_range, message, "compare both in one direction")
            } else if one.2 * other.2 > 0.0 && (one.2 - other.2).abs() > 1e-9 * one.2.abs() {
                let message = format!("one window is compared with {}, the other with {}", plain(one.2), plain(other.2));
                (&other.0.right.range, message, "compare both with one limit")
            } else if long < short.saturating_mul(3) {
                let (long, short) = (format_duration(long), format_duration(short));
                let message = format!("the short window `{short}` is nearly as long as the long one, `{long}`");
                (&other.0.left.range, message, "a twelfth of the long window is usual, as `5m` beside `1h`")
            } else if view.rule.hold.is_some_and(|hold| hold >= long && hold >= 2 * 3_600_000) {
                let message = format!("the alert waits as long as the long window, `{}`, looks back", format_duration(long));
                (&both.op_range, message, "wait for some minutes: the windows wait already")
            } else if long > 2 * 3_600_000 && is_of_hour(&one.0.right) {
                let message = format!("a burn rate of 14.4 is that of an hour, and the long window is `{}`", format_duration(long));
                (&other.0.left.range, message, "look back over `1h` and `5m`, or take the rate of the longer windows")
            } else {
                continue;
            };
            found.push(META.finding(query.span(place), message).path(query.path()).help(help));
        }
    }
}

/// Two recorded shares that are compared with the same part of a budget, and whose names differ in one word beside the window; and those
/// words.
fn of_another<'e>(one: &'e Binary, other: &'e Binary) -> Option<(&'e str, &'e str)> {
    let name = |side: &'e Binary| only_selector(&side.left)?.metric_name().filter(|name| name.contains(':') && name.contains("ratio"));
    let (here, there) = (name(one)?, name(other)?);
    let words = |name: &'e str| -> Vec<&'e str> {
        let window = |word: &&str| !word.ends_with(['s', 'm', 'h', 'd', 'w']) || !word.contains(|c: char| c.is_ascii_digit());
        name.split([':', '_']).filter(window).collect()
    };
    let (here, there) = (words(here), words(there));
    let mut apart = here.iter().zip(&there).filter(|(one, other)| one != other);
    let only = apart.next().filter(|_| here.len() == there.len() && apart.next().is_none())?;
    let is_product = matches!(&without_parens(&one.right).kind, ExprKind::Binary(limit) if limit.op == BinaryOp::Mul);
    (is_product && without_parens(&one.right) == without_parens(&other.right)).then_some((*only.0, *only.1))
}

/// A comparison with a number, its window and the number.
fn condition(expr: &Expr) -> Option<(&Binary, i64, f64)> {
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
    let is_order = matches!(binary.op, BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual);
    let number = constant(&binary.right).filter(|_| is_order)?;
    Some((binary, window(&binary.left)?, number))
}

/// Whether a limit is the budget times 14.4: so it burns a fiftieth of that of 30 days in an hour.
fn is_of_hour(limit: &Expr) -> bool {
    let mut found = false;
    visit(limit, &mut |node| found |= matches!(&node.kind, ExprKind::Number(number) if (number.value - 14.4).abs() < 1e-9));
    found
}

/// The one window that an expression looks back over, of its own or in the name of what it reads.
fn window(expr: &Expr) -> Option<i64> {
    let mut windows: Vec<i64> = Vec::new();
    visit(expr, &mut |node| {
        if let ExprKind::Range { range, .. } = &node.kind {
            windows.extend(range.millis());
        }
    });
    let named = selectors(expr);
    let names = named.iter().filter_map(|found| found.selector.metric_name()).filter(|name| name.contains(':'));
    windows.extend(names.filter_map(window_of));
    let first = *windows.first()?;
    windows.iter().all(|window| *window == first).then_some(first)
}

/// Whether two expressions are one but for their windows.
fn is_same_thing(one: &Expr, other: &Expr) -> bool {
    let (one, other) = (words(one, &|_| false), words(other, &|_| false));
    differences(&one, &other).is_some_and(|apart| apart.is_empty())
}
