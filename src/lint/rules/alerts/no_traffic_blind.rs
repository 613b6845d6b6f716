//! Alerts on no traffic that a vanished service silences.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::is_placeholder;
use crate::lint::query::parts::Use;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, ExprKind, MatchOp, Selector};
use crate::promql::walk;

rule! {
    /// An alert waits for a rate of zero. A service that is gone has no rate at all, not one of zero, so its alert on no
    /// traffic stays silent when it is needed most. It is sound beside an alert that sees the service go.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: NoTraffic
    ///         expr: sum(rate(http_requests_total{job="myapp"}[5m])) == 0
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: NoTraffic
    ///         expr: sum(rate(http_requests_total{job="myapp"}[5m])) == 0
    ///         labels: { severity: warning }
    ///       - alert: Gone
    ///         expr: absent(up{job="myapp"})
    ///         for: 5m
    ///         labels: { severity: critical }
    /// ```
    NoTrafficBlind, "no-traffic-blind", Warning
}

impl Rule for NoTrafficBlind {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // What watches the service is rendered beside the alerts of a manifest.
        if query.is_written() || !query.rule().is_some_and(crate::formats::rule_file::Rule::is_alert) {
            return;
        }
        let Some(expr) = &query.expr else { return };
        if query.selectors.iter().any(|s| s.inside("absent") || s.inside("absent_over_time")) || has_fallback(expr) {
            return;
        }
        let ExprKind::Binary(binary) = &walk::without_parens(expr).kind else { return };
        let zero = matches!(binary.op, BinaryOp::Equal | BinaryOp::LessEqual) && crate::lint::query::constant(&binary.right) == Some(0.0);
        let rates = query.selectors.iter().all(|s| matches!(s.function(), Some("rate" | "increase" | "irate")));
        if zero && rates && !query.selectors.is_empty() && !context.world.liveness(context.views).watches(job(&query.selectors)) {
            found.push(
                META.finding(query.span(&expr.range), "a service that is gone has no rate, not one of zero, so this stays silent then")
                    .help("add an alert on `absent(up{job=\"…\"})` or `up == 0`, or write `… == 0 or absent(…)`"),
            );
        }
    }
}

/// Whether something stands in for what is not there.
fn has_fallback(expr: &crate::promql::Expr) -> bool {
    let mut found = false;
    walk::visit(expr, &mut |node| found |= matches!(&node.kind, ExprKind::Binary(binary) if binary.op == BinaryOp::Or));
    found
}

/// The job that all of the selectors name.
fn job<'e>(selectors: &[Use<'e>]) -> Option<&'e str> {
    let pinned = |used: &Use<'e>| {
        let selector: &'e Selector = used.selector;
        selector
            .matchers
            .iter()
            .find(|m| m.label.text == "job" && m.op == MatchOp::Equal && !is_placeholder(&m.value))
            .map(|m| m.value.as_str())
    };
    let first = selectors.first().and_then(pinned)?;
    selectors.iter().all(|used| pinned(used) == Some(first)).then_some(first)
}
