//! Shares whose sides were swapped, and limits that a share never reaches.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::source::origin;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// A division has the whole above and the part below, as in `redis_memory_max_bytes / redis_memory_used_bytes`, or the two are
    /// multiplied: the result is no share, and a limit below one is always exceeded. The same is said of a share of this kind that is
    /// compared with a number above one, as if it were counted in percent.
    ///
    /// What is part and what is whole is told by the names: `…_used_…` and `…_max_…`, `…_avail_…` and `…_size_…`.
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
                    .filter(|(above, below)| is_part(below, above) || is_failed(below, above))
                    .map(|(above, below)| (format!("`{below}` is a part of `{above}`, and stands below it"), "swap the two sides")),
                BinaryOp::Mul => names()
                    .filter(|(one, other)| is_part(one, other) || is_part(other, one))
                    .map(|(one, other)| (format!("the product of `{one}` and `{other}` means nothing"), "divide the part by the whole")),
                BinaryOp::Greater if constant(&binary.right).is_none() => name(&binary.left)
                    .zip(times_one(&binary.right))
                    .filter(|(part, whole)| is_part(part, whole) && is_hard(whole))
                    .map(|(part, whole)| {
                        (
                            format!("`{part}` is a part of `{whole}`, and never more than that"),
                            "compare the share with a limit: `… / … > 0.9`",
                        )
                    }),
                op if op.is_comparison() => {
                    share(origin(&binary.left, context.world)).zip(constant(&binary.right)).and_then(|((part, whole), number)| {
                        let is_order = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual);
                        let is_all = op == BinaryOp::Greater && number >= 1.0 && is_hard(whole);
                        (is_order && number > 1.0 || is_all).then(|| {
                            (format!("`{part} / {whole}` is a share, and never above {number}"), "compare with a number from 0 to 1")
                        })
                    })
                }
                _ => None,
            };
            if let Some((message, help)) = message {
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
            }
        }
    }
}

/// Whether a whole is all there is, rather than a limit that may be passed.
fn is_hard(whole: &str) -> bool {
    let whole = whole.to_ascii_lowercase();
    whole == "process_max_fds" || whole.split('_').any(|word| matches!(word, "size" | "capacity" | "memtotal" | "swaptotal"))
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

/// Whether a recorded series is of what failed, and the other of all: they are called alike but for that word.
fn is_failed(part: &str, whole: &str) -> bool {
    const FAILED: &[&str] = &["errors", "error", "failed", "failures", "5xx"];
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

const PARTS: &[&str] =
    &["used", "usage", "use", "avail", "available", "free", "memavailable", "memfree", "swapfree", "working", "open", "active", "busy"];
const WHOLES: &[&str] = &["size", "max", "limit", "capacity", "maximum", "memtotal", "swaptotal", "total"];

/// What a gauge is called after, where another says how high it may go.
const MOST: &[&str] = &["max", "limit", "capacity", "maximum"];
/// Words for some of what was asked for, and for all of it.
const HITS: &[&str] = &["hits", "misses"];
const LOOKUPS: &[&str] = &["lookups", "requests", "gets", "queries", "accesses"];

/// Whether names say that one metric is a part of another: both begin alike, one goes on with a word for a part, the other with
/// one for the whole.
fn is_part(part: &str, whole: &str) -> bool {
    // Most divisions are of one metric.
    if part == whole {
        return false;
    }
    let of = |name: &str| -> Vec<String> { name.to_ascii_lowercase().split('_').map(str::to_owned).collect() };
    // `_total` at the end of a name says that it counts.
    let counted = |name: &str| name.strip_suffix("_total").map(str::to_owned);
    let counters = counted(part).zip(counted(whole));
    let (part, whole) = (of(part), of(whole.strip_suffix("_total").unwrap_or(whole)));
    let alike = part.iter().zip(&whole).take_while(|(one, other)| one == other).count();
    let has = |words: &[String], known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let (own, rest) = (&part[alike..], &whole[alike..]);
    if let (Some(_), [one, total], [other]) = (counters, own, rest) {
        return alike >= 1 && total == "total" && HITS.contains(&one.as_str()) && LOOKUPS.contains(&other.as_str());
    }
    // What there is, and the most that there may be: `connections` of `connections_max`.
    let most = own.is_empty() && matches!(rest, [word] if MOST.contains(&word.as_str()));
    let holds = matches!((own, rest), ([size], [capacity]) if size == "size" && capacity == "capacity");
    alike >= 1 && (most || holds || has(own, PARTS) && has(rest, WHOLES) && !has(own, WHOLES) && !has(rest, PARTS))
}
