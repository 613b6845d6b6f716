//! Panels with the wrong unit.

mod bytes;
mod moments;
mod overrides;
mod scale;
mod states;
mod units;

use self::bytes::bits;
use self::moments::{date, days_as_seconds, distance, moment};
use self::overrides::overridden;
use self::scale::{other_maximum, per_minute, scaled};
use self::states::{counted, flag, state};
use self::units::contradiction;
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::measure::recorded;
use crate::lint::query::expression::Expression;
use crate::lint::query::unit::quantity;
use crate::lint::query::written::Purpose;
use crate::lint::query::{Origin, Query, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::lint::world::declared::MetricType;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::{without_aggregates, without_parens};
use crate::source::{Node, content};

rule! {
    /// A panel's unit contradicts what its query returns: seconds shown as milliseconds are wrong a thousandfold, a share
    /// from 0 to 1 shown as `percent` a hundredfold, a rate of bytes shown as `bytes` is no amount, and an increase over minutes is
    /// nothing per second.
    ///
    /// Judged only where the query makes the unit plain: a quantile, average or plain value of a metric in `_seconds` or
    /// `_bytes`, or a division of two rates of one counter, with nothing multiplied.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "fieldConfig": { "defaults": { "unit": "ms" } },
    ///   "targets": [ { "refId": "A", "expr": "histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[5m])))" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "fieldConfig": { "defaults": { "unit": "s" } },
    ///   "targets": [ { "refId": "A", "expr": "histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[5m])))" } ] } ] }
    /// ```
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Requests", "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "targets": [ { "refId": "A", "expr": "sum(increase(requests_total[5m]))" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Requests", "fieldConfig": { "defaults": { "unit": "reqps" } },
    ///   "targets": [ { "refId": "A", "expr": "sum(increase(requests_total[5m])) / 300" } ] } ] }
    /// ```
    UnitMismatch, "unit-mismatch", Warning
}

/// What a query returns, as far as it is plain.
impl Rule for UnitMismatch {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Origin::Written(written) = query.origin else { return };
        let unit = written.unit.and_then(Node::with_str);
        let Some((node, unit)) = unit.filter(|_| written.purpose == Purpose::Panel) else { return };
        let Some((what, right)) = query.expr.as_ref().and_then(|expr| contradiction(quantity(expr, query)?, unit)) else { return };
        let finding = META.finding(node.span, format!("the unit is `{unit}`, and the query returns {what}"));
        found.push(
            finding.path(written.path.replace(".expr", ".unit")).related(query.node.span, "the query").help(format!("use `{right}`")),
        );
    }

    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in view.dashboard.panels.iter().filter(|_| !view.dashboard.layout_apart) {
            overridden(panel, view.queries, found);
        }
        for query in view.queries {
            found.extend(other_maximum(query, context));
            found.extend(undeclared(query, context));
            found.extend(per_minute(query));
            found.extend(flag(query));
            found.extend(date(query));
            found.extend(bits(query));
            found.extend(counted(query));
            found.extend(scaled(query));
            found.extend(moment(query));
            found.extend(distance(query));
            found.extend(days_as_seconds(query));
            found.extend(state(query));
            let Some(panel) = query.panel() else { continue };
            let Some((node, unit)) = panel.unit().and_then(Node::with_str) else { continue };
            // What is hidden is not shown in any unit.
            let is_hidden =
                matches!(query.origin, Origin::Target { target, .. } if target.node.get("hide").and_then(Node::as_bool) == Some(true));
            let returned = |expr| quantity(expr, query).or_else(|| recorded(expr, context.world));
            let Some(quantity) = query.expr.as_ref().filter(|_| !is_hidden).and_then(returned) else { continue };
            let Some((what, right)) = contradiction(quantity, unit) else { continue };
            let overrides = panel.node.get("fieldConfig").and_then(|config| config.get("overrides")).into_iter().flat_map(Node::items);
            let mut properties = overrides.filter_map(|one| one.get("properties")).flat_map(Node::items);
            if properties.any(|property| property.get("id").and_then(Node::as_str) == Some("unit")) {
                continue;
            }
            let mut diagnostic = META
                .finding(node.span, format!("the unit is `{unit}`, and the query returns {what}"))
                .path(format!("{}.fieldConfig.defaults.unit", panel.path))
                .related(query.node.span, "the query")
                .help(format!("use `{right}`"));
            // Where another query of the panel may need another unit, people decide.
            let mut others = view.queries.iter().filter(|other| other.is_of(panel));
            if panel.targets.len() == 1
                || others.all(|other| other.expr.as_ref().and_then(|expr| self::quantity(expr, other)) == Some(quantity))
            {
                diagnostic = diagnostic.fix(content(node), right);
            }
            found.push(diagnostic);
        }
    }
}

/// A gauge that the manifest declares without a unit, and whose name has none, drawn with one.
fn undeclared(query: &Query<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    const MEASURED: &[&str] = &[
        "sec", "milli", "time", "duration", "age", "latency", "delay", "lag", "byte", "size", "memory", "mem", "ratio", "percent", "usage",
        "util", "rate", "per", "share", "load", "_ms", "_s", "disk", "cpu", "wait", "interval", "ttl", "heap",
    ];
    let (panel, mut expr) = (query.panel()?, query.expr.as_ref()?);
    let node = panel.unit()?;
    while let ExprKind::Aggregate(aggregate) = &without_parens(expr).kind
        && matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg | AggregateOp::Sum)
    {
        expr = &aggregate.expr;
    }
    // A part of it has no unit either.
    if let ExprKind::Binary(binary) = &without_parens(expr).kind
        && binary.op == BinaryOp::Div
        && constant(&binary.right).is_some()
        && !matches!(node.as_str()?, "percent" | "percentunit")
    {
        expr = &binary.left;
    }
    expr = without_aggregates(expr);
    let ExprKind::Selector(selector) = &without_parens(expr).kind else { return None };
    let name = selector.metric_name().filter(|name| !MEASURED.iter().any(|word| name.contains(word)))?;
    let (catalogue, metric, _) = context.world.metric_of(selector)?;
    let plain = !catalogue.is_page() && metric.kind == MetricType::Gauge && metric.unit.is_none();
    let drawn =
        matches!(node.as_str()?, "s" | "ms" | "m" | "h" | "bytes" | "decbytes" | "percent" | "percentunit" | "reqps" | "ops" | "Bps");
    if !plain || !drawn {
        return None;
    }
    let message = format!("the unit is {}, and `{name}` is declared without one", node.describe());
    let finding = META.finding(node.span, message).path(format!("{}.fieldConfig.defaults.unit", panel.path));
    Some(finding.related(metric.name.span, "declared here").help("use `short`, or declare the unit"))
}

fn is_division(expr: &Expr) -> bool {
    matches!(&without_parens(expr).kind, ExprKind::Binary(binary) if binary.op == BinaryOp::Div && constant(&binary.right).is_none())
}
