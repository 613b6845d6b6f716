//! Sums of a whole and of a part of it.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::whole::is_part;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Binary, BinaryOp};
use crate::promql::walk::{only_selector, operations};

rule! {
    /// Two metrics are added up, and the name of the one says that it is a part of the other: `queue_messages` counts what is in
    /// `queue_messages_ready`, too. What is in both is counted twice.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: queue
    ///     rules:
    ///       - alert: QueueLong
    ///         expr: queue_messages + queue_messages_ready > 5000
    ///         for: 10m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: queue
    ///     rules:
    ///       - alert: QueueLong
    ///         expr: queue_messages_unacknowledged + queue_messages_ready > 5000
    ///         for: 10m
    ///         labels: { severity: warning }
    /// ```
    PartAdded, "part-added", Warning
}

impl Rule for PartAdded {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Add) {
            let Some((part, whole)) = part_and_whole(binary) else { continue };
            let is_recorded = [part, whole].iter().any(|name| name.contains(':') || !context.world.recorded(name).is_empty());
            if is_recorded || query.is_built_of_variables(node) {
                continue;
            }
            let message = format!("`{part}` is a part of `{whole}`, and is counted twice");
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help("take the whole alone, or the parts"));
        }
    }
}

/// The metrics of two sides that are treated alike, one of which goes on where the other ends.
fn part_and_whole(binary: &Binary) -> Option<(&str, &str)> {
    if operations(&binary.left) != operations(&binary.right) {
        return None;
    }
    let (left, right) = (only_selector(&binary.left)?, only_selector(&binary.right)?);
    if left.matchers.iter().any(|matcher| matcher.label.text != "__name__" && !right.matchers.contains(matcher)) {
        return None;
    }
    let (left, right) = (left.metric_name()?, right.metric_name()?);
    if goes_on(left, right) { Some((left, right)) } else { goes_on(right, left).then_some((right, left)) }
}

/// Whether one is called after the other and a state.
fn goes_on(part: &str, whole: &str) -> bool {
    let stem = |name: &'_ str| name.strip_suffix("_total").unwrap_or(name).to_owned();
    let (own, all) = (stem(part), stem(whole));
    let rest = own.strip_prefix(&all).and_then(|rest| rest.strip_prefix('_'));
    rest.is_some_and(|rest| STATES.contains(&rest)) || is_part(part, whole)
}

/// Words for a state in which some of a whole is.
const STATES: &[&str] = &[
    "ready",
    "unacknowledged",
    "unacked",
    "active",
    "idle",
    "busy",
    "running",
    "waiting",
    "pending",
    "failed",
    "errors",
    "used",
    "free",
    "available",
    "xx",
    "4xx",
    "5xx",
    "hit",
    "hits",
    "misses",
    "success",
    "succeeded",
    "error",
    "failures",
    "dropped",
    "rejected",
    "open",
];
