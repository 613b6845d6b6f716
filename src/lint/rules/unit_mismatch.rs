//! Panels with the wrong unit.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::query::{Query, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk;
use crate::source::content;

rule! {
    /// A panel's unit contradicts what its query returns: seconds shown as milliseconds are wrong a thousandfold, a share
    /// from 0 to 1 shown as `percent` a hundredfold, a rate of bytes shown as `bytes` is no amount.
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
    UnitMismatch, "unit-mismatch", Warning
}

/// What a query returns, as far as it is plain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantity {
    Seconds,
    Bytes,
    BytesPerSecond,
    Share,
}

impl Rule for UnitMismatch {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for query in view.queries {
            let Some(panel) = query.panel() else { continue };
            let Some((node, unit)) = panel.unit().and_then(|node| Some((node, node.as_str()?))) else { continue };
            let Some(quantity) = query.expr.as_ref().and_then(|expr| quantity(expr, query)) else { continue };
            let Some((what, right)) = contradiction(quantity, unit) else { continue };
            if panel.node.get("fieldConfig").and_then(|c| c.get("overrides")).is_some_and(|o| o.items().next().is_some()) {
                continue;
            }
            let mut diagnostic = META
                .finding(node.span, format!("the unit is `{unit}`, and the query returns {what}"))
                .path(format!("{}.fieldConfig.defaults.unit", panel.path))
                .related(query.node.span, "the query")
                .help(format!("use `{right}`"));
            // Where another query of the panel may need another unit, people decide.
            let mut others = view.queries.iter().filter(|other| other.panel().is_some_and(|p| std::ptr::eq(p, panel)));
            if panel.targets.len() == 1
                || others.all(|other| other.expr.as_ref().and_then(|expr| self::quantity(expr, other)) == Some(quantity))
            {
                diagnostic = diagnostic.fix(content(node), right);
            }
            found.push(diagnostic);
        }
    }
}

/// What is said where a unit does not fit, and the unit that does.
fn contradiction(quantity: Quantity, unit: &str) -> Option<(&'static str, &'static str)> {
    match quantity {
        Quantity::Seconds => {
            matches!(unit, "ms" | "µs" | "ns" | "m" | "h" | "bytes" | "decbytes" | "percent" | "percentunit" | "reqps" | "Bps")
                .then_some(("seconds", "s"))
        }
        Quantity::Bytes => matches!(
            unit,
            "kbytes"
                | "mbytes"
                | "gbytes"
                | "deckbytes"
                | "decmbytes"
                | "bits"
                | "decbits"
                | "s"
                | "ms"
                | "percent"
                | "percentunit"
                | "reqps"
        )
        .then_some(("bytes", "bytes")),
        Quantity::BytesPerSecond => matches!(unit, "bytes" | "decbytes" | "bps" | "s" | "ms").then_some(("bytes per second", "Bps")),
        Quantity::Share => (unit == "percent").then_some(("a share from 0 to 1", "percentunit")),
    }
}

fn quantity(expr: &Expr, query: &Query<'_>) -> Option<Quantity> {
    match &expr.kind {
        ExprKind::Paren(inner) => quantity(inner, query),
        ExprKind::Selector(selector) => of_name(selector.metric_name().filter(|_| !query.is_variable_metric(selector))?),
        ExprKind::Aggregate(aggregate) => {
            use crate::promql::ast::AggregateOp;
            match aggregate.op {
                AggregateOp::Count | AggregateOp::CountValues | AggregateOp::Group | AggregateOp::Stdvar => None,
                _ => quantity(&aggregate.expr, query),
            }
        }
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "histogram_quantile" => {
                let selectors = walk::selectors(arguments.get(1)?);
                let name = selectors.first()?.selector.metric_name().filter(|_| !query.is_variable_metric(selectors[0].selector))?;
                of_name(name.strip_suffix("_bucket").unwrap_or(name))
            }
            "avg_over_time" | "max_over_time" | "min_over_time" => quantity_of_range(arguments.first()?, query),
            "rate" | "irate" => {
                let selectors = walk::selectors(arguments.first()?);
                let name = selectors.first()?.selector.metric_name().filter(|_| !query.is_variable_metric(selectors[0].selector))?;
                name.strip_suffix("_bytes_total").map(|_| Quantity::BytesPerSecond)
            }
            _ => None,
        },
        ExprKind::Binary(binary) if binary.op == BinaryOp::Div && constant(&binary.right).is_none() => {
            share(&binary.left, &binary.right, query)
        }
        _ => None,
    }
}

fn quantity_of_range(expr: &Expr, query: &Query<'_>) -> Option<Quantity> {
    match &walk::without_parens(expr).kind {
        ExprKind::Range { selector, .. } => of_name(selector.metric_name().filter(|_| !query.is_variable_metric(selector))?),
        _ => None,
    }
}

fn of_name(name: &str) -> Option<Quantity> {
    // `…_timestamp_seconds` is a date.
    if name.ends_with("_seconds") && !name.contains("timestamp") && !name.contains("_time_seconds") {
        Some(Quantity::Seconds)
    } else if name.ends_with("_bytes") {
        Some(Quantity::Bytes)
    } else if name.ends_with("_ratio") {
        Some(Quantity::Share)
    } else {
        None
    }
}

/// A division of two rates or sums of the same counter is a share; `_sum` by `_count` is an average.
fn share(left: &Expr, right: &Expr, query: &Query<'_>) -> Option<Quantity> {
    let (left, right) = (walk::selectors(left), walk::selectors(right));
    let ([upper], [lower]) = (left.as_slice(), right.as_slice()) else { return None };
    if query.is_variable_metric(upper.selector) || query.is_variable_metric(lower.selector) {
        return None;
    }
    let (upper, lower) = (upper.selector.metric_name()?, lower.selector.metric_name()?);
    if upper == lower && upper.ends_with("_total") {
        return Some(Quantity::Share);
    }
    let base = upper.strip_suffix("_sum")?;
    (lower.strip_suffix("_count") == Some(base)).then(|| of_name(base)).flatten()
}
