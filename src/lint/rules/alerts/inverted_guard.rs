//! Guards of traffic that are the wrong way round.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// A share of requests is judged only where there are enough of them, and the guard that says so is the wrong way round: `unless` takes
    /// away what has traffic, `and … < 1` keeps what has none, and by `or` traffic alone fires the alert.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighErrorRate
    ///         expr: 'job:errors:ratio_rate5m > 0.05 unless job:requests:rate5m > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "too many errors" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighErrorRate
    ///         expr: 'job:errors:ratio_rate5m > 0.05 and job:requests:rate5m > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "too many errors" }
    /// ```
    InvertedGuard, "inverted-guard", Warning
}

impl Rule for InvertedGuard {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        let ExprKind::Binary(joined) = &without_parens(expr).kind else { return };
        if !matches!(joined.op, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless) {
            return;
        }
        let (ExprKind::Binary(judged), ExprKind::Binary(guard)) = (&without_parens(&joined.left).kind, &without_parens(&joined.right).kind)
        else {
            return;
        };
        let above = |op: BinaryOp| matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
        let below = |op: BinaryOp| matches!(op, BinaryOp::Less | BinaryOp::LessEqual);
        let limits = constant(&judged.right).is_some() && constant(&guard.right).is_some_and(|number| number >= 0.0);
        if !limits || !above(judged.op) || quantity(&judged.left, query) != Some(Quantity::Share) {
            return;
        }
        if !matches!(quantity(&guard.left, query), Some(Quantity::EventsPerSecond | Quantity::Events)) {
            return;
        }
        let (place, message, help) = match joined.op {
            BinaryOp::Unless if above(guard.op) => (&joined.op_range, "`unless` silences this where there is traffic", "write `and`"),
            BinaryOp::And if below(guard.op) => (&guard.op_range, "this keeps only what has next to no traffic", "write `>`"),
            BinaryOp::Or if above(guard.op) => (&joined.op_range, "by `or` traffic alone fires this", "write `and`"),
            _ => return,
        };
        found.push(META.finding(query.span(place), message).path(view.path("expr")).help(help));
    }
}
