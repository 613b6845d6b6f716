//! Sums of what is measured again and again.

use super::META;
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::interval;
use crate::lint::query::Query;
use crate::lint::world::Series;
use crate::lint::world::declared::MetricType;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::{selectors, visit};
use crate::source::Node;

/// A panel that shows one number, and adds up the samples of a gauge, a share or a rate for it: it grows with the range that is looked at.
pub(super) fn summed(query: &Query<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(panel), Some(expr)) = (query.panel(), query.expr.as_ref()) else { return };
    let Some(options) = panel.node.at(["options", "reduceOptions"]) else { return };
    let of_rows = options.get("values").and_then(Node::as_bool) == Some(true) || panel.node.items_of("transformations").next().is_some();
    if !matches!(panel.kind, "stat" | "gauge" | "bargauge") || of_rows || panel.targets.len() != 1 {
        return;
    }
    let Some(sum) = options.items_of("calcs").find(|node| node.as_str() == Some("sum")) else { return };
    let at_once = panel.targets.iter().any(|target| target.node.get("instant").and_then(Node::as_bool) == Some(true));
    if let Some(what) = measured(expr, context).filter(|_| !at_once && !query.is_built_of_variables(expr)) {
        let message = format!("this adds up every sample of {what}, and grows with the range that is looked at");
        let finding = META.finding(sum.span, message).path(format!("{}.options.reduceOptions", panel.path));
        found.push(finding.related(query.node.span, "the query").help("use `lastNotNull`, or `mean`"));
    }
}

/// What an expression measures at each moment, where nothing comes of its sum over time.
fn measured(expr: &Expr, context: &Context<'_>) -> Option<&'static str> {
    let (mut is_rate, mut is_other) = (false, false);
    visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, .. } => match function.text.as_str() {
            "rate" | "irate" | "histogram_quantile" => is_rate = true,
            "avg_over_time" | "min_over_time" | "max_over_time" | "last_over_time" | "quantile_over_time" | "clamp_min" | "clamp_max" => {}
            _ => is_other = true,
        },
        // What is multiplied by the step is an amount again.
        ExprKind::Binary(binary) if binary.op == BinaryOp::Mul => is_other = true,
        _ => {}
    });
    let values = interval(expr, context.world);
    let is_gauge = |expr: &Expr| {
        let read = selectors(expr);
        let of_gauge =
            |selector| matches!(context.world.metric_of(selector), Some((_, metric, Series::Base)) if metric.kind == MetricType::Gauge);
        !read.is_empty() && read.iter().all(|found| of_gauge(found.selector))
    };
    match () {
        () if is_other => None,
        () if values.low >= 0.0 && values.high <= 1.0 => Some("a share"),
        () if is_rate => Some("what is measured for each second"),
        () if is_gauge(expr) => Some("a gauge"),
        () => None,
    }
}
