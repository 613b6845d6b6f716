//! Alerts on no traffic that a vanished service silences.

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::RuleFile;
use crate::lint::Context;
use crate::lint::query::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::promql::ast::{BinaryOp, ExprKind};
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
        if !query.rule().is_some_and(crate::formats::rule_file::Rule::is_alert) {
            return;
        }
        let Some(expr) = &query.expr else { return };
        if query.selectors.iter().any(|s| s.inside("absent") || s.inside("absent_over_time")) || has_fallback(expr) {
            return;
        }
        let ExprKind::Binary(binary) = &walk::without_parens(expr).kind else { return };
        let zero = matches!(binary.op, BinaryOp::Equal | BinaryOp::LessEqual) && crate::lint::query::constant(&binary.right) == Some(0.0);
        let rates = query.selectors.iter().all(|s| matches!(s.function(), Some("rate" | "increase" | "irate")));
        if zero && rates && !query.selectors.is_empty() && !sees_absence(context) {
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

/// Whether some alert of the inputs sees that a target is down or gone.
fn sees_absence(context: &Context<'_>) -> bool {
    let rules = context.views.iter().filter_map(|view| if let ViewKind::Rules(file) = &view.kind { Some(file) } else { None });
    rules.flat_map(RuleFile::rules).filter(|rule| rule.is_alert()).any(|rule| {
        let text = rule.expr.and_then(|expr| expr.as_str()).unwrap_or("");
        text.contains("absent") || text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "up")
    })
}
