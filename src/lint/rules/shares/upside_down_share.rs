//! Shares whose sides were swapped, and limits that a share never reaches.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::source::origin;
use crate::lint::query::expression::Expression;
use crate::lint::query::share::is_share;
use crate::lint::query::whole::{apart_by_word, is_hard, is_most, is_part, is_soft, most_of_share};
use crate::lint::query::{Query, constant, matches};
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Binary, BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// A division has the whole above and the part below, as in `redis_memory_max_bytes / redis_memory_used_bytes`, or the two are
    /// multiplied: the result is no share, and a limit below one is always exceeded. The same is said of a share of this kind that is
    /// compared with a number above one, as if it were counted in percent.
    ///
    /// What is part and what is whole is told by the names: `…_used_…` and `…_max_…`, `…_avail_…` and `…_size_…`. Of one counter, some
    /// requests are a part of all requests, where a panel draws the result as a share.
    ///
    /// A page that shows the whole below zero says that nothing limits it.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: redis
    ///     rules:
    ///       - alert: RedisFull
    ///         expr: redis_memory_max_bytes / redis_memory_used_bytes > 0.9
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "nearly full" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: redis
    ///     rules:
    ///       - alert: RedisFull
    ///         expr: redis_memory_used_bytes / redis_memory_max_bytes > 0.9
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "nearly full" }
    /// ```
    UpsideDownShare, "upside-down-share", Warning
}

impl Rule for UpsideDownShare {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, binary) in query.binaries() {
            let names = || name(&binary.left).zip(name(&binary.right));
            let message = match binary.op {
                BinaryOp::Div => names()
                    .filter(|(above, below)| is_part(below, above) && !is_soft(below) || is_failed(below, above))
                    .map(|(above, below)| (format!("`{below}` is a part of `{above}`, and stands below it"), "swap the two sides")),
                BinaryOp::Mul => names()
                    .filter(|(one, other)| is_part(one, other) || is_part(other, one))
                    .map(|(one, other)| (format!("the product of `{one}` and `{other}` means nothing"), "divide the part by the whole")),
                BinaryOp::Greater if constant(&binary.right).is_none() => name(&binary.left)
                    .zip(times_one(&binary.right))
                    .filter(|(part, whole)| is_part(part, whole) && is_hard(part, whole))
                    .map(|(part, whole)| {
                        (
                            format!("`{part}` is a part of `{whole}`, and never more than that"),
                            "compare the share with a limit: `… / … > 0.9`",
                        )
                    }),
                op if op.is_comparison() => {
                    share(origin(&binary.left, context.world)).zip(constant(&binary.right)).and_then(|((part, whole), number)| {
                        let is_order = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual);
                        let is_all = op == BinaryOp::Greater && number >= 1.0 && (is_hard(part, whole) || is_most(part, whole));
                        (is_order && number > most_of_share(part) || is_all).then(|| {
                            (format!("`{part} / {whole}` is a share, and never above {number}"), "compare with a number from 0 to 1")
                        })
                    })
                }
                _ => None,
            };
            let message = message
                .or_else(|| less_than_none(binary))
                .or_else(|| of_no_limit(binary, context))
                .or_else(|| drawn_upside_down(query, node, binary));
            if let Some((message, help)) = message {
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
            }
        }
    }
}

/// All of what is counted over some of it, which a panel draws as a share.
fn drawn_upside_down(query: &Query<'_>, node: &Expr, binary: &Binary) -> Option<(String, &'static str)> {
    let is_whole = query.expr.as_ref().is_some_and(|expr| std::ptr::eq(without_parens(expr), node));
    let unit = query.panel()?.unit()?.as_str().filter(|unit| is_whole && matches!(*unit, "percentunit" | "percent"))?;
    let is_turned = binary.op == BinaryOp::Div && is_share(&binary.right, &binary.left) && !is_share(&binary.left, &binary.right);
    is_turned.then(|| (format!("what stands below is a part of what stands above, and the unit is `{unit}`"), "swap the two sides"))
}

/// The metric that a side is, perhaps times a number of one or more.
fn times_one(expr: &Expr) -> Option<&str> {
    match &without_parens(expr).kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Mul => match (constant(&binary.left), constant(&binary.right)) {
            (Some(by), None) if by >= 1.0 => name(&binary.right),
            (None, Some(by)) if by >= 1.0 => name(&binary.left),
            _ => None,
        },
        ExprKind::Binary(_) => None,
        _ => name(expr),
    }
}

/// A part that is compared with a whole, or divided by it, where a page shows the whole below zero: nothing limits it.
fn of_no_limit(binary: &Binary, context: &Context<'_>) -> Option<(String, &'static str)> {
    let (compared, whole) = match &without_parens(&binary.left).kind {
        ExprKind::Binary(division) if division.op == BinaryOp::Div => (constant(&binary.right)?, without_parens(&division.right)),
        _ => (f64::NAN, without_parens(&binary.right)),
    };
    let ExprKind::Selector(selector) = &whole.kind else { return None };
    let part = if compared.is_nan() {
        name(&binary.left)
    } else {
        name(match &without_parens(&binary.left).kind {
            ExprKind::Binary(division) => &division.left,
            _ => return None,
        })
    };
    let above = matches!(binary.op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    let limit = selector.metric_name()?;
    part.filter(|part| above && is_part(part, limit))?;
    let (_, metric, _) = context.world.metric_of(selector)?;
    let fits = |label: &str, value: &str| selector.matchers.iter().all(|m| m.label.text != label || matches(m, value) != Some(false));
    let (some, all) = metric.values.below_zero(fits);
    if compared.is_nan() && some {
        return Some((
            format!("`{limit}` is below zero on the page where nothing limits it, and there this always holds"),
            "leave those out: `… / (… > 0) > 0.9`",
        ));
    }
    (compared >= 0.0 && all)
        .then(|| (format!("`{limit}` is below zero on the page, for nothing limits it, so this never holds"), "ask for what has a limit"))
}

/// A part less the whole, perhaps divided, of which something positive is asked.
fn less_than_none(binary: &Binary) -> Option<(String, &'static str)> {
    let above = matches!(binary.op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    constant(&binary.right).filter(|number| above && *number >= 0.0 && (*number > 0.0 || binary.op == BinaryOp::Greater))?;
    let mut difference = &without_parens(&binary.left).kind;
    if let ExprKind::Binary(division) = difference
        && division.op == BinaryOp::Div
    {
        name(&division.right)?;
        difference = &without_parens(&division.left).kind;
    }
    let ExprKind::Binary(sub) = difference else { return None };
    let (part, whole) = name(&sub.left).zip(name(&sub.right)).filter(|_| sub.op == BinaryOp::Sub)?;
    let plain = |side: &Expr| matches!(without_parens(side).kind, ExprKind::Selector(_));
    (is_part(part, whole) && is_hard(part, whole) && plain(&sub.left) && plain(&sub.right))
        .then(|| (format!("`{part}` is a part of `{whole}`, so this is never positive"), "write the whole first: `whole - part`"))
}

/// The part and the whole of a share, whatever it is aggregated by.
fn share(expr: &Expr) -> Option<(&str, &str)> {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) if matches!(aggregate.op.name(), "max" | "min" | "avg") => share(&aggregate.expr),
        ExprKind::Binary(binary) if binary.op == BinaryOp::Div => {
            let (part, whole) = (name(&binary.left)?, name(&binary.right)?);
            is_part(part, whole).then_some((part, whole))
        }
        _ => None,
    }
}

/// The one metric that a side is made of, below aggregations, rates and filters.
fn name(expr: &Expr) -> Option<&str> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => selector.metric_name(),
        ExprKind::Aggregate(aggregate) if matches!(aggregate.op.name(), "sum" | "max" | "min" | "avg") => name(&aggregate.expr),
        ExprKind::Call { function, arguments }
            if matches!(function.text.as_str(), "rate" | "increase" | "max_over_time" | "avg_over_time") =>
        {
            name(arguments.first()?)
        }
        ExprKind::Binary(binary) if binary.op.is_comparison() && constant(&binary.right).is_some() => name(&binary.left),
        _ => None,
    }
}

/// Whether two metrics are called alike but for one word, which says that the one is of what failed and the other of all.
fn is_failed_of(part: &str, whole: &str) -> bool {
    const FAILED: &[&str] = &["errors", "failed", "failures", "rejected", "5xx"];
    const ALL: &[&str] = &["requests", "received", "started", "calls", "handled", "processed", "attempts"];
    apart_by_word(part, whole, &[':', '_']).is_some_and(|(one, other)| FAILED.contains(&one) && ALL.contains(&other))
}

/// Whether a recorded series is of what failed, and the other of all: they are called alike but for that word.
fn is_failed(part: &str, whole: &str) -> bool {
    const FAILED: &[&str] = &["errors", "error", "failed", "failures", "5xx"];
    if is_failed_of(part, whole) {
        return true;
    }
    if !part.contains(':') || !whole.contains(':') || part.len() <= whole.len() {
        return false;
    }
    let words = |name: &str| name.split([':', '_']).map(str::to_owned).collect::<Vec<_>>();
    let own = words(part);
    FAILED.iter().any(|word| own.contains(&(*word).to_owned())) && {
        let rest: Vec<String> = own.into_iter().filter(|word| !FAILED.contains(&word.as_str())).collect();
        rest == words(whole)
    }
}
