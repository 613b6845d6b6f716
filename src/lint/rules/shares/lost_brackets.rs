//! Operators that bind tighter, or less tight, than they were meant to.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{Binary, BinaryOp, ExprKind};
use crate::promql::walk::{calls, only_selector, selectors, without_parens};

rule! {
    /// `all - used / all` is `all - (used / all)`: `/` binds tighter than `-`, so nearly all of `all` is left whatever is used. The share of
    /// what is left is `(all - used) / all`. In the same way `errors / errors + successes` is one more than the successes.
    /// `errors / successes + errors` and `errors / (errors - successes)` are no shares either.
    ///
    /// `-x ^ 2` is `-(x ^ 2)` and never positive, `x % 24 * 3600` is `(x % 24) * 3600`, and in `a or b and on () hour() < 6` the hours are asked
    /// of `b` alone.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: disks
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: disk_size_bytes - disk_used_bytes / disk_size_bytes < 0.1
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: disks
    ///     rules:
    ///       - alert: DiskFull
    ///         expr: (disk_size_bytes - disk_used_bytes) / disk_size_bytes < 0.1
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    LostBrackets, "lost-brackets", Warning
}

impl Rule for LostBrackets {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, binary) in query.divisions() {
            let ExprKind::Binary(below) = &without_parens(&binary.right).kind else { continue };
            if below.op == BinaryOp::Sub && without_parens(&below.left) == without_parens(&binary.left) && constant(&below.right).is_none()
            {
                let message = "this divides a part by that part less another, which is no share";
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help("write `a / (a + b)`"));
            }
        }
        for (node, binary) in query.binaries().filter(|(_, binary)| matches!(binary.op, BinaryOp::Add | BinaryOp::Sub)) {
            let Some(help) = lost(binary) else { continue };
            let message = format!("`/` binds tighter than `{}`, so this is no share", binary.op.symbol());
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
        }
        for (node, binary) in query.binaries() {
            if let Some(stem) = half_an_apdex(binary) {
                let message = format!("`/` binds tighter than `+`, so a rate of `{stem}` is added to a share");
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help("write `(a + b) / 2 / c`"));
                continue;
            }
            let Some((message, help)) = one_side_alone(binary).or_else(|| remainder(binary)) else { continue };
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
        }
        for &node in &query.nodes {
            if let ExprKind::Unary { negative: true, expr } = &node.kind
                && let ExprKind::Binary(power) = &expr.kind
                && power.op == BinaryOp::Pow
                && constant(&power.left).is_none()
                && constant(&power.right).is_some_and(|by| by > 0.0 && by % 2.0 == 0.0)
            {
                let message = "`^` binds tighter than `-`, so this is the square turned negative";
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help("write `(-x) ^ 2`, or leave `-` out"));
            }
        }
    }
}

/// The histogram of which a bucket is added to the share of another bucket, for the brackets of an Apdex are missing.
fn half_an_apdex(binary: &Binary) -> Option<&str> {
    let stem = |expr: &'_ Expr, end: &str| Some(only_selector(expr)?.metric_name()?.strip_suffix(end)?.to_owned());
    let mut share = without_parens(&binary.right);
    if let ExprKind::Binary(half) = &share.kind
        && half.op == BinaryOp::Div
        && constant(&half.right).is_some()
    {
        share = without_parens(&half.left);
    }
    let ExprKind::Binary(quotient) = &share.kind else { return None };
    let first = only_selector(&binary.left).filter(|_| binary.op == BinaryOp::Add && quotient.op == BinaryOp::Div)?.metric_name()?;
    let own = first.strip_suffix("_bucket")?;
    let is_share = stem(&quotient.left, "_bucket").as_deref() == Some(own) && stem(&quotient.right, "_count").as_deref() == Some(own);
    is_share.then_some(own)
}

/// A condition of the clock or the calendar behind the last of several alternatives, which the others do not wait for.
fn one_side_alone(binary: &Binary) -> Option<(String, &'static str)> {
    let ExprKind::Binary(last) = &binary.right.kind else { return None };
    let is_limited = binary.op == BinaryOp::Or && last.op == BinaryOp::And && asks_clock(&last.right) && !asks_clock(&binary.left);
    // Two windows of their own are joined by brackets, or by `and` in each.
    (is_limited && !selectors(&last.left).is_empty() && !selectors(&binary.left).is_empty()).then(|| {
        let message = "`and` binds tighter than `or`, so the time is asked of the last alternative alone".to_owned();
        (message, "write `(a or b) and on () …`")
    })
}

/// Whether an expression asks what the clock or the calendar says, and nothing else.
fn asks_clock(expr: &Expr) -> bool {
    const CLOCK: &[&str] = &["hour", "minute", "day_of_week", "day_of_month", "day_of_year", "month"];
    selectors(expr).is_empty() && CLOCK.iter().any(|function| calls(expr, function))
}

/// The remainder of a division by a part of the number that was meant: `x % 24 * 3600`.
fn remainder(binary: &Binary) -> Option<(String, &'static str)> {
    let ExprKind::Binary(rest) = &binary.left.kind else { return None };
    let (by, times) = constant(&rest.right).zip(constant(&binary.right))?;
    // Hours of minutes of seconds.
    let is_span = times.abs() >= 60.0 && times % 60.0 == 0.0;
    (rest.op == BinaryOp::Mod && binary.op == BinaryOp::Mul && is_span && selectors(&rest.left).is_empty()).then(|| {
        let message = format!("`%` and `*` are taken from left to right, so this is the rest of a division by {by}, times {times}");
        (message, "write `x % (24 * 3600)`")
    })
}

/// What was meant, where a quotient without brackets is by what stands on the other side of it.
fn lost(binary: &Binary) -> Option<&'static str> {
    if let Some(quotient) = quotient(&binary.right)
        && constant(&binary.left).is_none()
        && without_parens(&binary.left) == without_parens(&quotient.right)
    {
        return Some("write `(a - b) / a`");
    }
    let quotient = quotient(&binary.left).filter(|_| binary.op == BinaryOp::Add && constant(&binary.right).is_none())?;
    if without_parens(&quotient.left) == without_parens(&binary.right) {
        return Some("write `a / (b + a)`");
    }
    (without_parens(&quotient.left) == without_parens(&quotient.right)).then_some("write `a / (a + b)`")
}

/// A quotient that stands without brackets.
fn quotient(expr: &Expr) -> Option<&Binary> {
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Div && constant(&binary.right).is_none() => Some(binary),
        _ => None,
    }
}
