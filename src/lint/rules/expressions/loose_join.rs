//! Conditions on one thing that hold for all others of the same target.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::lint::query::expression::Expression;
use crate::lint::query::pins;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::exporters::labels_of;
use crate::promql::Expr;
use crate::promql::ast::{Binary, BinaryOp, ExprKind, Selector};
use crate::promql::walk::{only_selector, without_parens};

rule! {
    /// `and on (…)` and `unless on (…)` look for a series on the right side by the labels that are named. Both sides are of one kind of
    /// thing, as file systems, and have labels that tell these apart; `on` leaves them out, so that one of them that meets the condition
    /// on the right speaks for all the others of the target.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: disks
    ///     rules:
    ///       - alert: Full
    ///         expr: node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1 and on (instance) node_filesystem_readonly == 0
    ///         for: 15m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: disks
    ///     rules:
    ///       - alert: Full
    ///         expr: node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.1 and node_filesystem_readonly == 0
    ///         for: 15m
    ///         labels: { severity: warning }
    /// ```
    LooseJoin, "loose-join", Warning
}

impl Rule for LooseJoin {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, binary) in query.binaries().filter(|(_, binary)| matches!(binary.op, BinaryOp::And | BinaryOp::Unless)) {
            let Some(lost) = left_out(binary, context) else { continue };
            let message = format!("`{lost}` on the left is met by any other on the right: `on` leaves the label out");
            let finding = META.finding(query.span(&binary.op_range), message).path(query.path());
            found.push(finding.help(format!("leave `on (…)` out, or add `{lost}` to it")));
        }
    }
}

/// A label of both sides that tells the things they are about apart, and that `on` leaves out.
fn left_out<'e>(binary: &'e Binary, context: &Context<'e>) -> Option<String> {
    let matching = binary.matching.as_ref().filter(|matching| matching.on && !matching.labels.is_empty())?;
    let (left, right) = (first(&binary.left)?, plain(&binary.right)?);
    if !is_kin(left.metric_name()?, right.metric_name()?) {
        return None;
    }
    let known = |selector: &Selector| selector.metric_name().and_then(labels_of);
    let exported = known(left).zip(known(right));
    let named = |label: &str| matching.labels.iter().any(|name| name.text == label);
    // What a side asks for by its value does not tell its series apart.
    let asked = |label: &str| pins(left, label) || pins(right, label);
    let tells = |label: &&&str| !named(label) && !asked(label) && !matches!(**label, "job" | "instance" | "fstype" | "device_error");
    if let Some((left, right)) = exported {
        return right.iter().filter(|label| left.contains(*label)).find(tells).map(|label| (*label).to_owned());
    }
    let (left, right) = (shape(&binary.left, context.world), shape(&binary.right, context.world));
    right.certain.iter().filter(|label| left.certain.contains(*label)).find(tells).map(|label| (*label).to_owned())
}

/// The selector that a side begins with, below comparisons, quotients and what functions tell of its course.
fn first(expr: &Expr) -> Option<&Selector> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) => Some(selector),
        ExprKind::Call { arguments, .. } => match &arguments.first()?.kind {
            ExprKind::Range { selector, .. } => Some(selector),
            _ => None,
        },
        ExprKind::Binary(binary) if binary.op.is_comparison() || binary.op == BinaryOp::Div => first(&binary.left),
        _ => None,
    }
}

/// The selector of a side that is compared with a number, or with nothing; of a quotient the one that is divided.
fn plain(expr: &Expr) -> Option<&Selector> {
    match &without_parens(expr).kind {
        ExprKind::Selector(_) => only_selector(expr),
        ExprKind::Binary(binary) if binary.op.is_comparison() || binary.op == BinaryOp::Div => plain(&binary.left),
        _ => None,
    }
}

/// Whether two metrics are of one kind of thing: their names begin with the same two words.
fn is_kin(one: &str, other: &str) -> bool {
    let start = |name: &str| name.match_indices('_').nth(1).map(|(at, _)| name[..at].to_owned());
    start(one).is_some() && start(one) == start(other)
}
