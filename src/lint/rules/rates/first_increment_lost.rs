//! Counters that are born with the event that counts.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::MetricType;
use crate::promql::ast::{BinaryOp, ExprKind, MatchOp};

rule! {
    /// An alert asks for the first event of a kind with `increase(…) > 0`. A series with labels mostly appears with its first
    /// event, at 1, and from nothing to 1 Prometheus sees no increase: the first event is missed.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { errors_total: { type: counter, labels: { status: {} } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: AnyError
    ///         expr: increase(errors_total{status="500"}[5m]) > 0
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { errors_total: { type: counter, labels: { status: {} } } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: AnyError
    ///         expr: increase(errors_total{status="500"}[5m]) > 0 or (errors_total{status="500"} unless errors_total offset 5m)
    ///         labels: { severity: warning }
    /// ```
    FirstIncrementLost, "first-increment-lost", Warning
}

impl Rule for FirstIncrementLost {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !query.is_alert() {
            return;
        }
        // Whoever looks back to before the series was there has thought of it.
        if query.selectors.iter().any(|selector| selector.selector.offset.is_some()) {
            return;
        }
        for selector in &query.selectors {
            let Some((_, metric, _)) = context.world.metric_of(selector.selector).filter(|(catalogue, ..)| !catalogue.is_page()) else {
                continue;
            };
            let picks_event = selector.selector.matchers.iter().any(|matcher| {
                matches!(matcher.op, MatchOp::Equal | MatchOp::Regex)
                    && metric.labels.iter().any(|label| label.name.value == matcher.label.text)
            });
            let born_late = metric.kind == MetricType::Counter && picks_event;
            if born_late && matches!(selector.function(), Some("increase" | "rate")) && asks_for_first(selector.ancestors.as_slice()) {
                let message = format!("a series of `{}` appears with its first event, which this does not see", metric.name.value);
                found.push(
                    META.finding(query.span(&selector.range), message)
                        .related(metric.name.span, "declared here, with labels")
                        .help("let the process expose the series at 0 from the start, or add `or (… unless … offset 5m)`"),
                );
            }
        }
    }
}

/// Whether nothing but functions and aggregations stands between a selector and a comparison `> 0`.
fn asks_for_first(ancestors: &[&crate::promql::Expr]) -> bool {
    for ancestor in ancestors.iter().rev() {
        match &ancestor.kind {
            ExprKind::Call { .. } | ExprKind::Aggregate(_) | ExprKind::Paren(_) => {}
            ExprKind::Binary(binary) => {
                let number = constant(&binary.right);
                return match binary.op {
                    BinaryOp::Greater => number == Some(0.0),
                    BinaryOp::GreaterEqual => number == Some(1.0),
                    _ => false,
                };
            }
            _ => return false,
        }
    }
    false
}
