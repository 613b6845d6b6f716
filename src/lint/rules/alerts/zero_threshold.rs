//! Alerts that compare a plain gauge with zero the wrong way.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::interval;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk;

rule! {
    /// An alert asks a gauge that counts something for `>= 0`, which always holds, or for `< 0`, which never does: an empty queue
    /// has no messages, and none has fewer.
    ///
    /// How far a clock is off may be below 0, so that `>` alone sees one direction of two.
    ///
    /// How old the oldest is of what waits is 0 while nothing waits, and `== 0` asks for that.
    ///
    /// Differences, forecasts, and gauges of what may be negative (temperatures, offsets, balances) are left alone.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Backlog
    ///         expr: max by (queue) (queue_depth) >= 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: shop
    ///     rules:
    ///       - alert: OutboxBlocked
    ///         expr: max(outbox_oldest_message_age_seconds) == 0
    ///         for: 30m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the outbox is blocked" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Full
    ///         expr: predict_linear(disk_free_bytes[6h], 86400) < 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    ZeroThreshold, "zero-threshold", Warning
}

/// Endings of names of gauges that count or measure what cannot be less than nothing.
const COUNTS: &[&str] = &[
    "_depth",
    "_length",
    "_size",
    "_bytes",
    "_connections",
    "_active",
    "_messages",
    "_pending",
    "_waiting",
    "_inflight",
    "_in_flight",
    "_count",
    "_total",
    "_ready",
    "_replicas",
    "_seconds",
    "_percent",
    "_ratio",
    "_clients",
    "_threads",
    "_workers",
    "_jobs",
    "_backlog",
    "_lag",
];

/// Words in the names of what may well be negative.
const SIGNED: &[&str] = &["offset", "drift", "skew", "balance", "temp", "celsius", "delta", "diff", "change", "margin", "until"];

/// Gauges of how far a clock is off, in either direction.
const TWO_WAYS: &[&str] =
    &["node_timex_offset_seconds", "node_ntp_offset_seconds", "ntp_offset_seconds", "chrony_tracking_last_offset_seconds"];

impl Rule for ZeroThreshold {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if query.alerting_rule().is_none() {
            return;
        }
        for &Comparison { side, op, number, place, .. } in &query.comparisons {
            if op == BinaryOp::Greater
                && let ExprKind::Selector(selector) = &walk::without_parens(side).kind
                && let Some(name) = selector.metric_name().filter(|name| TWO_WAYS.contains(name) && query.comparisons.len() == 1)
            {
                let message = format!("`{name}` is below 0 where the clock is off the other way, and this does not see that");
                found.push(META.finding(query.span(&side.range), message).path(query.path()).help("take the distance: `abs(…)`"));
                continue;
            }
            if op == BinaryOp::Equal
                && number == 0.0
                && let Some(name) = waiting(side).filter(|_| query.comparisons.len() == 1 && !tells_of_nothing(query))
            {
                let message = format!("`{name}` is 0 while nothing waits, so this fires when all is well");
                found.push(META.finding(query.span(&place.range), message).path(query.path()).help("ask for more than it may be: `> 600`"));
                continue;
            }
            if number != 0.0 || !is_plain(side) || is_shown_below_zero(side, context) {
                continue;
            }
            let message = match op {
                BinaryOp::GreaterEqual => "this is never below zero, so the condition always holds",
                // What can be proven is `never-holds`.
                BinaryOp::Less if interval(side, context.world).low >= 0.0 => continue,
                BinaryOp::Less => "this is never below zero, so the condition never holds",
                _ => continue,
            };
            found.push(META.finding(query.span(&place.range), message).help("compare with a number that tells well from ill"));
        }
    }
}

/// The gauge that says how old the oldest is of what waits.
fn waiting(side: &Expr) -> Option<&str> {
    let ExprKind::Selector(selector) = &walk::without_aggregates(side).kind else { return None };
    selector.metric_name().filter(|name| name.contains("oldest") && (name.contains("_age") || name.contains("_wait")))
}

/// Whether an alert says that there is nothing, as is so where what waits is 0.
fn tells_of_nothing(query: &Expression<'_, '_>) -> bool {
    const NOTHING: &[&str] = &["empty", "idle", "nothing", "no ", "none", "not ", "missing", "drained", "starv"];
    let says = |text: &str| NOTHING.iter().any(|word| text.to_lowercase().contains(word));
    query.name().starts_with("No")
        || says(query.name())
        || query.rule().is_some_and(|rule| rule.annotations().filter_map(|(_, _, text)| text.as_str()).take(1).any(says))
}

/// Whether a page shows one of the gauges below zero, as what is without a limit says -1.
fn is_shown_below_zero(expr: &Expr, context: &Context<'_>) -> bool {
    let below = |found: &walk::Found<'_>| {
        let known = context.world.metric_of(found.selector);
        known.and_then(|(_, metric, _)| metric.values.shown).is_some_and(|shown| shown.low < 0.0)
    };
    walk::selectors(expr).iter().any(below)
}

/// Whether nothing in an expression can make it negative, and all its gauges count something.
fn is_plain(expr: &Expr) -> bool {
    let (mut plain, mut counts) = (true, false);
    walk::visit(expr, &mut |node| match &node.kind {
        ExprKind::Binary(binary) => plain &= !matches!(binary.op, BinaryOp::Sub),
        ExprKind::Unary { negative, .. } => plain &= !negative,
        ExprKind::Number(number) => plain &= number.value >= 0.0,
        ExprKind::Call { function, .. } => {
            plain &= !matches!(
                function.text.as_str(),
                "delta"
                    | "idelta"
                    | "deriv"
                    | "predict_linear"
                    | "holt_winters"
                    | "double_exponential_smoothing"
                    | "sgn"
                    | "ln"
                    | "log2"
                    | "log10"
            );
        }
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
            let name = selector.metric_name().unwrap_or("");
            let counting = COUNTS.iter().any(|ending| name.ends_with(ending)) && !SIGNED.iter().any(|word| name.contains(word));
            plain &= counting && !name.contains(':');
            counts = true;
        }
        _ => {}
    });
    plain && counts
}
