//! Sums of parts and of their total.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::growth::growth;
use crate::lint::query::matches;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Aggregate, AggregateOp, ExprKind, MatchOp, Selector};
use crate::promql::walk::{only_selector, without_parens};

rule! {
    /// A sum takes in series that are themselves the total of others: on the page of metrics some have a label, and one beside them
    /// without it is as much as all of those. So it is with the groups of control (cgroups) of a pod, which stand beside those of its
    /// containers with `container=""`. Everything is counted twice.
    ///
    /// ```yaml fires
    /// # file: kubelet.job.prom
    /// # HELP container_memory_working_set_bytes Memory in use.
    /// # TYPE container_memory_working_set_bytes gauge
    /// container_memory_working_set_bytes{pod="web-1",container=""} 300
    /// container_memory_working_set_bytes{pod="web-1",container="web"} 200
    /// container_memory_working_set_bytes{pod="web-1",container="proxy"} 100
    /// # file: alerts.yml
    /// groups:
    ///   - name: pods
    ///     rules:
    ///       - alert: PodLarge
    ///         expr: sum by (pod) (container_memory_working_set_bytes{job="kubelet"}) > 1e9
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.pod }} is large" }
    /// ```
    /// ```yaml silent
    /// # file: kubelet.job.prom
    /// # HELP container_memory_working_set_bytes Memory in use.
    /// # TYPE container_memory_working_set_bytes gauge
    /// container_memory_working_set_bytes{pod="web-1",container=""} 300
    /// container_memory_working_set_bytes{pod="web-1",container="web"} 200
    /// container_memory_working_set_bytes{pod="web-1",container="proxy"} 100
    /// # file: alerts.yml
    /// groups:
    ///   - name: pods
    ///     rules:
    ///       - alert: PodLarge
    ///         expr: sum by (pod) (container_memory_working_set_bytes{job="kubelet",container!=""}) > 1e9
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.pod }} is large" }
    /// ```
    TotalAmongParts, "total-among-parts", Warning
}

type Labels = BTreeMap<String, String>;

impl Rule for TotalAmongParts {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !context.world.has_pages {
            return;
        }
        for (node, aggregate) in query.aggregates().filter(|(_, aggregate)| aggregate.op == AggregateOp::Sum) {
            let inner = without_parens(&aggregate.expr);
            if growth(inner).is_none() && !matches!(inner.kind, ExprKind::Selector(_)) {
                continue;
            }
            let Some(selector) = only_selector(inner) else { continue };
            if let Some(label) = total(selector, aggregate, context) {
                let message = format!("series without `{label}` are the totals of those with it, and this adds up both");
                let finding = META.finding(query.span(&node.range), message).path(query.path());
                found.push(finding.help(format!("take the parts alone: `{label}!=\"\"`")));
            }
        }
    }
}

/// The label that tells the parts of a total apart, where an aggregation adds up both.
fn total<'c>(selector: &Selector, aggregate: &Aggregate, context: &Context<'c>) -> Option<&'c str> {
    let (catalogue, metric, _) = context.world.metric_of(selector).filter(|(catalogue, ..)| catalogue.is_page())?;
    let asks = |name: &str| selector.matchers.iter().any(|m| m.label.text == name && matches!(m.op, MatchOp::Equal | MatchOp::Regex));
    let summed = |name: &str| !aggregate.grouping.as_ref().is_some_and(|grouping| grouping.keeps(name)) && !asks(name);
    // A part that is told apart by what the total has as well is another thing.
    let snapshot = catalogue.snapshot.as_ref()?.get(selector.metric_name()?)?;
    let is_read = |labels: &Labels| {
        let value = |name: &str| labels.get(name).map_or("", String::as_str);
        selector.matchers.iter().filter(|m| labels.contains_key(&m.label.text)).all(|m| matches(m, value(&m.label.text)) != Some(false))
    };
    let series: Vec<&(Labels, f64)> = snapshot.iter().filter(|(labels, _)| is_read(labels)).collect();
    let optional = metric.labels.iter().filter(|label| label.optional && summed(&label.name.value));
    optional.map(|label| label.name.value.as_str()).find(|name| are_totals(name, &series))
}

/// Whether each series without a label is as much as those with it that have all else of it.
fn are_totals(name: &str, series: &[&(Labels, f64)]) -> bool {
    let has = |labels: &Labels| labels.get(name).is_some_and(|value| !value.is_empty());
    let mut checked = 0;
    for (total, value) in series.iter().filter(|(labels, value)| !has(labels) && *value > 0.0) {
        let known: Vec<(&String, &String)> = total.iter().filter(|(_, value)| !value.is_empty()).collect();
        // What is a path goes on below that of the total.
        let is_of = |own: &String, value: &str| own.strip_prefix(value).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_part =
            |labels: &Labels| has(labels) && known.iter().all(|(label, value)| labels.get(*label).is_some_and(|own| is_of(own, value)));
        let parts: Vec<f64> = series.iter().filter(|(labels, _)| is_part(labels)).map(|(_, value)| *value).collect();
        let sum: f64 = parts.iter().sum();
        if parts.is_empty() || known.is_empty() || (sum - value).abs() > 0.2 * value {
            return false;
        }
        checked += 1;
    }
    checked > 0
}
