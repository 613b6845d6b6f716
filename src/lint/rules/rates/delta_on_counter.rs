//! Differences of counters.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::parts::Use;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::Series;
use crate::lint::world::declared::{Metric, MetricType};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::without_parens;

rule! {
    /// `delta`, `idelta` or `deriv` is taken of a metric that its manifest declares a counter. They know nothing of
    /// restarts: after each one the result is far below zero. `changes` of a counter counts scrapes.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { orders_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: NoOrders, expr: 'delta(orders_total[1h]) < 1', labels: { severity: warning } }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { orders_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: NoOrders, expr: 'increase(orders_total[1h]) < 1', labels: { severity: warning } }]
    /// ```
    DeltaOnCounter, "delta-on-counter", Warning
}

impl Rule for DeltaOnCounter {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        found.extend(against_its_past(query, context));
        for selector in &query.selectors {
            let Some((_, metric, series)) = context.world.metric_of(selector.selector) else {
                found.extend(by_name(query, selector, context));
                continue;
            };
            found.extend(changes(query, selector, metric));
            let Some(function @ ("delta" | "idelta" | "deriv" | "predict_linear")) = selector.function() else { continue };
            if matches!(metric.kind, MetricType::Counter | MetricType::Histogram) || series != Series::Base {
                let right = if matches!(function, "deriv" | "predict_linear") { "rate" } else { "increase" };
                found.push(
                    META.finding(
                        query.span(&selector.range),
                        format!(
                            "`{function}` of the counter `{}` falls below zero at every restart",
                            selector.selector.metric_name().unwrap_or(&metric.name.value)
                        ),
                    )
                    .related(metric.name.span, if metric.kind == MetricType::Counter { "declared a counter here" } else { "declared here" })
                    .help(format!("use `{right}`")),
                );
            }
        }
    }
}

/// A counter, perhaps summed, less what it was a while ago: below zero after every restart.
fn against_its_past(query: &Expression<'_, '_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (node, binary) in query.binaries().filter(|_| query.rule().is_some()) {
        let Some((now, before)) = counted(&binary.left).zip(counted(&binary.right)).filter(|_| binary.op == BinaryOp::Sub) else {
            continue;
        };
        let name = now.metric_name().unwrap_or_default();
        // What another asks somebody else for, as the restarts of a pod, may outlive who tells it.
        let known = context.world.metric_of(now);
        let counts = known.is_some_and(|(_, metric, series)| metric.kind == MetricType::Counter || series != Series::Base);
        let same = before.metric_name() == Some(name) && now.matchers == before.matchers;
        // What the orchestrator keeps count of outlives its exporter, and `>` passes over what is below zero.
        let is_kept = name.starts_with("kube_");
        if counts && same && !is_kept && now.offset.is_none() && before.offset.is_some() && context.world.recorded(name).is_empty() {
            let message = format!("the counter `{name}` less what it was falls below zero at every restart");
            found.push(META.finding(query.span(&node.range), message).help("use `increase` over that time"));
        }
    }
    found
}

/// The series that an expression is made of as they stand, perhaps summed.
fn counted(expr: &Expr) -> Option<&Selector> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) => Some(selector),
        ExprKind::Aggregate(aggregate) if aggregate.op == AggregateOp::Sum => counted(&aggregate.expr),
        _ => None,
    }
}

/// `changes` of a counter is at most the number of scrapes, whatever is counted.
fn changes(query: &Expression<'_, '_>, used: &Use<'_>, metric: &Metric) -> Option<Diagnostic> {
    used.function().filter(|function| *function == "changes" && metric.kind == MetricType::Counter)?;
    let ExprKind::Binary(comparison) = &without_parens(query.expr.as_ref()?).kind else { return None };
    constant(&comparison.right).filter(|number| *number >= 2.0 && comparison.op.is_comparison())?;
    let message = format!("`changes` counts the scrapes at which the counter `{}` had risen, and not by how much", metric.name.value);
    Some(META.finding(query.span(&used.range), message).related(metric.name.span, "declared a counter here").help("use `increase`"))
}

/// What nobody declared and is called as counters are, and as nothing else is.
fn by_name(query: &Expression<'_, '_>, used: &Use<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let function = used.function().filter(|function| matches!(*function, "delta" | "idelta"))?;
    let name = used.selector.metric_name().filter(|name| name.ends_with("_total") && !name.contains(':'))?;
    if context.world.metric(name).is_some() || !context.world.recorded(name).is_empty() {
        return None;
    }
    let message = format!("`{function}` of the counter `{name}` falls below zero at every restart");
    Some(META.finding(query.span(&used.range), message).help("use `increase`"))
}
