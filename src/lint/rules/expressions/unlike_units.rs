//! Sums and comparisons of what is measured in different units.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::BinaryOp;

rule! {
    /// Two sides are added, subtracted or compared that measure different things: bytes and seconds, seconds and milliseconds, a share
    /// of 1 and one of 100. The result means nothing, or is wrong by a factor.
    ///
    /// What is measured is told by the names of metrics and by what is done to them.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: max by (job) (request_duration_milliseconds) > max by (job) (request_limit_seconds)
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: max by (job) (request_duration_milliseconds) / 1000 > max by (job) (request_limit_seconds)
    ///         labels: { severity: warning }
    /// ```
    UnlikeUnits, "unlike-units", Warning
}

impl Rule for UnlikeUnits {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, binary) in query.binaries() {
            let alike = binary.op.is_comparison() || matches!(binary.op, BinaryOp::Add | BinaryOp::Sub);
            if !alike || constant(&binary.left).is_some() || constant(&binary.right).is_some() || query.is_built_of_variables(node) {
                continue;
            }
            let Some((left, right)) = quantity(&binary.left, query).zip(quantity(&binary.right, query)) else { continue };
            // Events are things, too.
            let both_count = [left, right].iter().all(|side| matches!(side, Quantity::Events | Quantity::Number));
            if left != right && !both_count {
                let message = format!("the left side is {}, and the right side {}", said(left), said(right));
                found.push(META.finding(query.span(&binary.op_range), message).path(query.path()).help("bring both to one unit"));
            }
        }
    }
}

fn said(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Seconds => "in seconds",
        Quantity::Millis => "in milliseconds",
        Quantity::Bytes => "in bytes",
        Quantity::BytesPerSecond => "in bytes per second",
        Quantity::EventsPerSecond => "in events per second",
        Quantity::Events => "a number of events",
        Quantity::Number => "a number of things",
        Quantity::Share => "a share from 0 to 1",
        Quantity::Percent => "a percentage from 0 to 100",
    }
}
