//! Lines that are put on top of each other, though their sum means nothing.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::fields;
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::walk::{calls, without_parens};

rule! {
    /// A graph stacks quantiles, or the least, the mean and the greatest of something: each line is drawn on top of the one below it, so the
    /// axis shows sums that nothing was measured as.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "fieldConfig": { "defaults": { "custom": {
    ///   "stacking": { "mode": "normal", "group": "A" } } } }, "targets": [
    ///   { "refId": "A", "expr": "histogram_quantile(0.5, sum by (le) (rate(latency_seconds_bucket[5m])))", "legendFormat": "p50" },
    ///   { "refId": "B", "expr": "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))", "legendFormat": "p90" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "fieldConfig": { "defaults": { "custom": {
    ///   "stacking": { "mode": "normal", "group": "A" } } } }, "targets": [
    ///   { "refId": "A", "expr": "sum by (route) (rate(requests_total[5m]))", "legendFormat": "{{route}}" } ] } ] }
    /// ```
    StackedLines, "stacked-lines", Warning
}

impl Rule for StackedLines {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in fields::panels(view).filter(|panel| matches!(panel.kind, "timeseries" | "barchart")) {
            let way: &[&str] = if panel.kind == "barchart" {
                &["options", "stacking"]
            } else {
                &["fieldConfig", "defaults", "custom", "stacking", "mode"]
            };
            let mode = panel.node.at(way.iter().copied()).filter(|mode| matches!(mode.as_str(), Some("normal" | "percent")));
            let Some(mode) = mode.filter(|_| !fields::properties(panel).any(|(_, id)| id == "custom.stacking")) else { continue };
            let own: Vec<&Query<'_>> = view.queries.iter().filter(|query| query.is_of(panel)).collect();
            let Some(first) = own.first().filter(|_| own.len() > 1 && own.len() == panel.targets.len()) else { continue };
            let exprs: Option<Vec<&Expr>> = own.iter().map(|query| query.expr.as_ref()).collect();
            let Some(exprs) = exprs else { continue };
            let what = if exprs.iter().all(|expr| calls(expr, "histogram_quantile")) {
                "quantiles"
            } else if are_extremes(&exprs) {
                "the least, the mean and the greatest of something"
            } else {
                continue;
            };
            let finding = META.finding(mode.span, format!("these are {what}, and their sum means nothing"));
            let finding = finding.path(format!("{}.{}", panel.path, way.join(".")));
            found.push(finding.related(first.node.span, "one of the queries").help("write `none`"));
        }
    }
}

/// Whether all aggregate the same in different ways, and none of them adds up.
fn are_extremes(exprs: &[&Expr]) -> bool {
    let taken_apart = |expr: &Expr| match &without_parens(expr).kind {
        ExprKind::Aggregate(of) if matches!(of.op, AggregateOp::Min | AggregateOp::Max | AggregateOp::Avg | AggregateOp::Quantile) => {
            Some(of.expr.to_string())
        }
        _ => None,
    };
    let Some(all) = exprs.iter().map(|expr| taken_apart(expr)).collect::<Option<Vec<_>>>() else { return false };
    all.windows(2).all(|pair| pair[0] == pair[1])
}
