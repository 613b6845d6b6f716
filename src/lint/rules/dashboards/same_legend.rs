//! Series of a panel that cannot be told apart.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::fields;
use crate::lint::inference::cardinality::values;
use crate::lint::query::Origin;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::walk::{selectors, without_parens};
use crate::source::Node;

rule! {
    /// The legend of a query is a fixed text, and the query keeps a label that has several values: all its lines are called the same.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { http_requests_total: { type: counter, help: Requests, labels: { method: { values: [GET, POST] } } } }
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "timeseries", "title": "A", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 },
    ///   "datasource": { "type": "prometheus", "uid": "prometheus" }, "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "targets": [ { "refId": "A", "expr": "sum by (method) (rate(http_requests_total[$__rate_interval]))", "legendFormat": "requests" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"] }
    /// metrics: { http_requests_total: { type: counter, help: Requests, labels: { method: { values: [GET, POST] } } } }
    /// # file: dashboard.json
    /// { "title": "Web", "uid": "web", "panels": [ { "type": "timeseries", "title": "A", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 },
    ///   "datasource": { "type": "prometheus", "uid": "prometheus" }, "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "targets": [ { "refId": "A", "expr": "sum by (method) (rate(http_requests_total[$__rate_interval]))", "legendFormat": "{{method}}" } ] } ] }
    /// ```
    SameLegend, "same-legend", Warning
}

impl Rule for SameLegend {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Origin::Target { panel, target, .. } = query.origin else { return };
        let Some((node, legend)) =
            target.node.get_str("legendFormat").filter(|_| panel.kind == "timeseries" && !context.world.catalogues.is_empty())
        else {
            return;
        };
        let renamed =
            fields::properties(panel).any(|(_, id)| id == "displayName") || panel.node.items_of("transformations").next().is_some();
        if legend.is_empty() || legend.starts_with("__") || !fields::is_plain(legend) || renamed {
            return;
        }
        let is_hidden = target.node.get("hide").and_then(Node::as_bool) == Some(true);
        let Some(label) = query.expr.as_ref().filter(|_| !is_hidden).and_then(|expr| several(expr, context)) else { return };
        let finding = META.finding(node.span, format!("each `{label}` is a line of its own, and all are called `{legend}`"));
        found.push(
            finding
                .path(format!("{}.legendFormat", target.path))
                .related(query.node.span, "the query")
                .help(format!("write `{{{{{label}}}}}`")),
        );
    }
}

/// The label by which an expression groups and which is declared with several values.
fn several<'e>(expr: &'e Expr, context: &Context<'_>) -> Option<&'e str> {
    let ExprKind::Aggregate(aggregate) = &without_parens(expr).kind else { return None };
    let grouping = aggregate.grouping.as_ref().filter(|grouping| !grouping.without)?;
    let found = selectors(&aggregate.expr);
    let [only] = found.as_slice() else { return None };
    let (_, metric, _) = context.world.metric_of(only.selector).filter(|(catalogue, ..)| !catalogue.is_page())?;
    let many = |label: &&str| {
        let Some(known) = metric.labels.iter().find(|known| known.name.value == **label) else { return false };
        let is_compared = only.selector.matchers.iter().any(|matcher| matcher.label.text == **label);
        // A status, or whatever else has a shape, is not the same for ever.
        known.pattern.is_some() && !is_compared || values(only.selector, label, context.world).is_some_and(|count| count > 1)
    };
    grouping.labels.iter().map(|label| label.text.as_str()).find(many)
}
