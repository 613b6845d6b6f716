//! Guards that are the wrong way round.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::{selectors, without_parens};

rule! {
    /// A share of requests is judged only where there are enough of them, and the guard that says so is the wrong way round: `unless` takes
    /// away what has traffic, `and … < 1` keeps what has none, and by `or` traffic alone fires the alert. Or a guard keeps what the
    /// condition is not about: only file systems that cannot be written to, only instances that are no replicas.
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

/// Guards by a state: what is judged, the state, and what is left with the other value of it.
const STATES: &[(&str, &str, f64, &str)] = &[
    ("node_filesystem_", "node_filesystem_readonly", 1.0, "cannot be written to, and does not fill up"),
    ("pg_replication_lag", "pg_replication_is_replica", 0.0, "is no replica, and lags behind nothing"),
];

/// A guard that keeps what the condition is not about: its state, and what it keeps.
fn by_state<'e>(judged: &Expr, op: BinaryOp, guard: &'e Expr) -> Option<(&'e str, &'static str)> {
    let ExprKind::Binary(guard) = &without_parens(guard).kind else { return None };
    let ExprKind::Selector(state) = &without_parens(&guard.left).kind else { return None };
    let name = state.metric_name()?;
    let kept = match (op, guard.op, constant(&guard.right)?) {
        (BinaryOp::And, BinaryOp::Equal, value) => value,
        (BinaryOp::Unless, BinaryOp::Equal, value) | (BinaryOp::And, BinaryOp::NotEqual, value) => 1.0 - value,
        _ => return None,
    };
    let is_judged =
        |start: &str| selectors(judged).iter().any(|used| used.selector.metric_name().is_some_and(|name| name.starts_with(start)));
    let (_, _, _, keeps) =
        STATES.iter().find(|(start, known, wrong, _)| *known == name && (kept - wrong).abs() < 1e-9 && is_judged(start))?;
    Some((name, keeps))
}

impl Rule for InvertedGuard {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        let ExprKind::Binary(joined) = &without_parens(expr).kind else { return };
        if let Some((name, keeps)) = by_state(&joined.left, joined.op, &joined.right) {
            let message = format!("this keeps only what {keeps}");
            let finding = META.finding(query.span(&joined.right.range), message).path(view.path("expr"));
            found.push(finding.help(format!("turn the condition of `{name}` round")));
            return;
        }
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
