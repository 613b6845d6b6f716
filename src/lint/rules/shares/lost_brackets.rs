//! Quotients that bind tighter than the difference they were meant for.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{Binary, BinaryOp, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// `all - used / all` is `all - (used / all)`: `/` binds tighter than `-`, so nearly all of `all` is left whatever is used. The share of
    /// what is left is `(all - used) / all`. In the same way `errors / errors + successes` is one more than the successes.
    /// `errors / successes + errors` and `errors / (errors - successes)` are no shares either.
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
    }
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
