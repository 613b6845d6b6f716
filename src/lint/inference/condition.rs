//! Conditions: whether an expression returns something only when something holds.

use crate::lint::context::Context;
use crate::lint::query::matches;
use crate::lint::query::named::is_information;
use crate::lint::world::declared::{Metric, MetricType};
use crate::lint::world::{Series, World};
use crate::promql::ast::{BinaryOp, Expr, ExprKind, Matcher, Selector};
use crate::promql::walk::{selectors, without_parens};

/// The part of an expression that returns something whatever the values are.
pub fn unconditional<'e>(expr: &'e Expr, context: &Context<'_>, depth: usize) -> Option<&'e Expr> {
    let expr = without_parens(expr);
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op.is_comparison() => binary.return_bool.then_some(expr),
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Unless => None,
            BinaryOp::And => unconditional(&binary.left, context, depth).filter(|_| unconditional(&binary.right, context, depth).is_some()),
            BinaryOp::Or => unconditional(&binary.left, context, depth).or_else(|| unconditional(&binary.right, context, depth)),
            // A value is there only where both sides have one.
            _ => (unconditional(&binary.left, context, depth).is_some() && unconditional(&binary.right, context, depth).is_some())
                .then_some(expr),
        },
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "absent" | "absent_over_time" => None,
            "vector" | "time" => Some(expr),
            _ => arguments
                .iter()
                .find(|a| crate::promql::value_type(a) != crate::promql::ValueType::Scalar)
                .map_or(Some(expr), |argument| unconditional(argument, context, depth).map(|_| expr)),
        },
        ExprKind::Aggregate(aggregate) => unconditional(&aggregate.expr, context, depth).map(|_| expr),
        ExprKind::Unary { expr: inner, .. } | ExprKind::Subquery { expr: inner, .. } => unconditional(inner, context, depth).map(|_| expr),
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
            let name = selector.metric_name()?;
            // What exists only while something is wrong is a condition in itself.
            if matches!(name, "ALERTS" | "ALERTS_FOR_STATE") || is_reason(name) || depth > 8 || asks_presence(selector, context.world) {
                return None;
            }
            let recorded = context.world.recorded(name);
            let conditional =
                recorded.iter().any(|r| r.query.expr.as_ref().is_none_or(|inner| unconditional(inner, context, depth + 1).is_none()));
            (!conditional).then_some(expr)
        }
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Paren(_) => Some(expr),
    }
}

/// Whether the orchestrator's exporter exposes a series only while, or since, a container is out of order.
fn is_reason(name: &str) -> bool {
    const REASONS: &[&str] = &["_status_waiting_reason", "_status_terminated_reason", "_status_last_terminated_reason"];
    name.starts_with("kube_pod_") && REASONS.iter().any(|ending| name.ends_with(ending))
}

/// The matchers of a selector that choose among the series of a metric, rather than among targets.
fn choosing<'s>(selector: &'s Selector, metric: Option<&'s Metric>, world: &World<'_>) -> impl Iterator<Item = &'s Matcher> {
    let of_targets = if metric.is_none() { world.labels_read(selector).unwrap_or_default() } else { Vec::new() };
    selector.matchers.iter().filter(move |matcher| {
        let label = matcher.label.text.as_str();
        match metric {
            Some(metric) => metric.labels.iter().any(|known| known.name.value == label),
            None => !matches!(label, "__name__" | "job" | "instance") && !of_targets.contains(&label),
        }
    })
}

/// Whether a selector asks whether something is there: for a build by its version, or for series of a gauge of which a page shows none.
fn asks_presence(selector: &Selector, world: &World<'_>) -> bool {
    let Some(name) = selector.metric_name() else { return false };
    let known = world.metric_of(selector);
    let mut chosen = choosing(selector, known.map(|(_, metric, _)| metric), world).peekable();
    if is_information(name) && world.recorded(name).is_empty() {
        return chosen.peek().is_some();
    }
    let Some((catalogue, metric, Series::Base)) = known else { return false };
    let is_shown = catalogue.is_page() && matches!(metric.kind, MetricType::Gauge | MetricType::Untyped);
    is_shown && chosen.any(|matcher| is_unseen(metric, matcher))
}

/// Whether no series that a page shows of a metric has what a matcher asks for.
fn is_unseen(metric: &Metric, matcher: &Matcher) -> bool {
    let label = metric.labels.iter().find(|label| label.name.value == matcher.label.text);
    label.is_some_and(|label| !label.seen.is_empty() && label.seen.iter().all(|value| matches(matcher, value) == Some(false)))
}

/// Whether all that an expression reads is there while all is well: what a target always has, without a choice among series that may
/// come and go.
pub fn is_always_there(expr: &Expr, world: &World<'_>) -> bool {
    let there = |selector: &Selector| {
        let Some(name) = selector.metric_name() else { return false };
        if matches!(name, "up" | "probe_success") || name.starts_with("scrape_") {
            return true;
        }
        let Some((catalogue, metric, series)) = world.metric_of(selector) else {
            return is_information(name) && world.recorded(name).is_empty() && choosing(selector, None, world).next().is_none();
        };
        // A gauge keeps the series that a page shows of it.
        let keeps = catalogue.is_page() && series == Series::Base && metric.kind == MetricType::Gauge && !is_information(name);
        !metric.open && !is_reason(name) && choosing(selector, Some(metric), world).all(|matcher| keeps && !is_unseen(metric, matcher))
    };
    selectors(expr).iter().all(|found| there(found.selector))
}
