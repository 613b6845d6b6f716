//! Heat maps that do not read their buckets as buckets.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::walk::{selectors, without_parens};
use crate::source::Node;

rule! {
    /// A heat map draws the buckets of a histogram, and is told to count the values of its queries into buckets of its own, or gets
    /// the series as a table: either way it does not show how the observations are distributed.
    ///
    /// A legend that calls every bucket the same leaves the axis without bounds; buckets without `rate` or `increase` hold all
    /// observations since the processes started.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "heatmap", "title": "A", "options": { "calculate": true },
    ///   "targets": [ { "refId": "A", "expr": "sum by (le) (increase(x_seconds_bucket[5m]))", "format": "heatmap" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "heatmap", "title": "A", "options": { "calculate": false },
    ///   "targets": [ { "refId": "A", "expr": "sum by (le) (increase(x_seconds_bucket[5m]))", "format": "heatmap" } ] } ] }
    /// ```
    HeatmapBuckets, "heatmap-buckets", Warning
}

impl Rule for HeatmapBuckets {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for query in view.queries {
            let (Some(panel), Some(expr)) = (query.panel().filter(|panel| panel.kind == "heatmap"), &query.expr) else { continue };
            let ExprKind::Aggregate(aggregate) = &without_parens(expr).kind else { continue };
            let by_bound = aggregate.grouping.as_ref().is_some_and(|by| !by.without && by.labels.iter().any(|label| label.text == "le"));
            let of_buckets = selectors(expr).iter().all(|found| found.selector.metric_name().is_some_and(|name| name.ends_with("_bucket")));
            if !by_bound || !of_buckets {
                continue;
            }
            if matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) {
                let message =
                    format!("the buckets of several series are added up, and `{}` takes one of them or their mean", aggregate.op.name());
                found.push(META.finding(query.node.span, message).path(query.path()).help("write `sum by (le) (…)`"));
                continue;
            }
            if aggregate.op != AggregateOp::Sum {
                continue;
            }
            let calculated = panel.node.get("options").and_then(|options| options.get("calculate"));
            if let Some(node) = calculated.filter(|node| node.as_bool() == Some(true)) {
                let finding = META.finding(node.span, "the query returns buckets, and this counts their values into others");
                found.push(
                    finding.path(format!("{}.options.calculate", panel.path)).related(query.node.span, "the query").help("write `false`"),
                );
            }
            let is_raw = |name: &str| !name.contains(':') && context.world.recorded(name).is_empty();
            if selectors(expr).iter().all(|found| found.range.is_none() && found.selector.metric_name().is_some_and(is_raw)) {
                let finding = META.finding(query.node.span, "each column shows all observations since the processes started");
                found.push(finding.path(query.path()).help("draw `sum by (le) (rate(…[$__rate_interval]))`"));
            }
            let target = panel.targets.iter().find(|target| target.expr.is_some_and(|node| std::ptr::eq(node, query.node)));
            let legend = target.and_then(|target| target.node.get_str("legendFormat"));
            let of_buckets = target.and_then(|target| target.node.get("format")?.as_str()) == Some("heatmap");
            if let Some((node, _)) =
                legend.filter(|(_, text)| of_buckets && !text.is_empty() && !text.starts_with("__") && !text.contains("{{"))
            {
                let finding = META.finding(node.span, "every bucket is called the same, so the axis has no bounds");
                found.push(finding.path(query.path()).related(query.node.span, "the query").help("write `{{le}}`"));
            }
            let format = target.and_then(|target| target.node.get("format")).filter(|node| node.as_str() == Some("table"));
            // What transformations make of a table is theirs.
            if let Some(node) = format.filter(|_| panel.node.get("transformations").is_none_or(|list: &Node| list.items().next().is_none()))
            {
                let finding = META.finding(node.span, "a heat map cannot tell the buckets of a table apart");
                found.push(finding.path(query.path()).help("write `heatmap`"));
            }
        }
    }
}
