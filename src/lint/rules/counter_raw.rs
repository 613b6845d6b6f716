//! Counters compared as they stand.

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::Context;
use crate::lint::query::{Expression, Use, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::{MetricType, Series};
use crate::promql::ast::{AggregateOp, ExprKind};

rule! {
    /// An alert compares a counter itself with a number. A counter only grows until its process restarts: the alert fires
    /// for ever once the number is passed, and is silent again after a deployment.
    ///
    /// A comparison with zero is left alone: it asks whether anything happened at all.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { errors_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: ManyErrors, expr: 'sum(errors_total) > 1000', labels: { severity: warning } }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { errors_total: { type: counter } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: ManyErrors, expr: 'sum(increase(errors_total[1h])) > 1000', labels: { severity: warning } }]
    /// ```
    CounterRaw, "counter-raw", Warning
}

impl Rule for CounterRaw {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in query.selectors.iter().filter(|_| query.rule().is_some_and(RuleOfFile::is_alert)) {
            let Some((catalogue, metric, series)) = context.world.metric_of(selector.selector) else {
                continue;
            };
            let counts = metric.kind == MetricType::Counter || series != Series::Base;
            if counts && !selector.is_range && is_compared_raw(selector) {
                found.push(
                    META.finding(
                        query.span(&selector.range),
                        format!("the counter `{}` is compared as it stands, and it only grows", metric.name.value),
                    )
                    .related(metric.name.span, catalogue.says())
                    .help("compare `increase(…[1h])` or `rate(…[5m])`"),
                );
            }
        }
    }
}

/// Whether nothing but aggregations stands between the selector and a comparison with a number other than zero.
fn is_compared_raw(selector: &Use<'_>) -> bool {
    for ancestor in selector.ancestors.iter().rev() {
        match &ancestor.kind {
            ExprKind::Paren(_) => {}
            ExprKind::Aggregate(aggregate)
                if matches!(aggregate.op, AggregateOp::Sum | AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) => {}
            ExprKind::Binary(binary) if binary.op.is_comparison() => return constant(&binary.right).is_some_and(|number| number != 0.0),
            _ => return false,
        }
    }
    false
}
