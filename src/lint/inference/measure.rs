//! What the values of an expression measure, where what is known of a metric says more than its name.

use crate::lint::query::unit::{Quantity, factored, is_scaled, names_unit, quantity, scaled};
use crate::lint::query::{Query, constant};
use crate::lint::world::declared::MetricType;
use crate::lint::world::{Recorded, Series, World};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, MatchOp, Selector};
use crate::promql::walk::{only_selector, without_parens};

/// What the values of an expression measure; `None` where nothing says so.
pub fn measured(expr: &Expr, query: &Query<'_>, world: &World<'_>) -> Option<Quantity> {
    // The name of what is recorded in another unit says how it was found.
    if only_rule(expr, world).and_then(|only| only.query.expr.as_ref()).is_some_and(is_scaled) {
        return recorded(expr, world).filter(|measured| !matches!(measured, Quantity::EventsPerSecond | Quantity::BytesPerSecond));
    }
    let known = quantity(expr, query).or_else(|| grown(expr, query, world)).or_else(|| told(gauge(expr)?, world));
    known.or_else(|| recorded(expr, world)).or_else(|| {
        let compared = match &without_parens(expr).kind {
            ExprKind::Binary(binary) if binary.op.is_comparison() && !binary.return_bool => &binary.left,
            _ => expr,
        };
        let (inner, by) = factored(compared);
        let is_changed = (by - 1.0).abs() > f64::EPSILON;
        is_changed.then(|| scaled(recorded(inner, world)?, by)).flatten()
    })
}

/// The one rule that fills the recorded series which an expression reads.
fn only_rule<'w, 'a>(expr: &Expr, world: &'w World<'a>) -> Option<&'w Recorded<'a>> {
    let name = gauge(expr)?.metric_name().filter(|name| name.contains(':'))?;
    if let [only] = world.recorded(name) { Some(only) } else { None }
}

/// What a recorded series measures, where its name does not say so: what the one rule returns that fills it.
pub(in crate::lint) fn recorded(expr: &Expr, world: &World<'_>) -> Option<Quantity> {
    // What is left of a whole is measured as that.
    if let ExprKind::Binary(rest) = &without_parens(expr).kind
        && rest.op == BinaryOp::Sub
        && constant(&rest.left).is_some()
    {
        return recorded(&rest.right, world);
    }
    let only = only_rule(expr, world)?;
    quantity(only.query.expr.as_ref()?, only.query)
}

/// What the growth of a counter measures that is known to be one, though its name does not end as theirs do.
fn grown(expr: &Expr, query: &Query<'_>, world: &World<'_>) -> Option<Quantity> {
    match &innermost(expr).kind {
        ExprKind::Binary(binary) if binary.op.is_comparison() && !binary.return_bool => grown(&binary.left, query, world),
        ExprKind::Call { function, arguments } => {
            let measured = match function.text.as_str() {
                "rate" | "irate" => Quantity::EventsPerSecond,
                "increase" => Quantity::Events,
                _ => return None,
            };
            let selector = only_selector(arguments.first()?).filter(|selector| !query.is_variable_metric(selector))?;
            let (_, metric, Series::Base) = world.metric_of(selector)? else { return None };
            let name = metric.name.value.as_str();
            let is_time = name.split('_').any(|word| matches!(word, "time" | "duration" | "latency" | "sum" | "ms"));
            let is_counter = matches!(metric.kind, MetricType::Counter | MetricType::Untyped);
            (is_counter && !names_unit(name) && !is_time).then_some(measured)
        }
        _ => None,
    }
}

/// The selector whose own values an expression has: as they are, or the greatest, the least, the mean or the last of them.
pub(in crate::lint) fn levels(expr: &Expr) -> Option<&Selector> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => Some(selector),
        ExprKind::Aggregate(of) if matches!(of.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) => levels(&of.expr),
        ExprKind::Call { function, arguments }
            if matches!(function.text.as_str(), "max_over_time" | "min_over_time" | "avg_over_time" | "last_over_time") =>
        {
            levels(arguments.first()?)
        }
        _ => None,
    }
}

/// The one selector whose values an expression has, compared or aggregated.
pub(in crate::lint) fn gauge(expr: &Expr) -> Option<&Selector> {
    match &innermost(expr).kind {
        ExprKind::Selector(selector) => Some(selector),
        ExprKind::Binary(binary) if binary.op.is_comparison() && !binary.return_bool => gauge(&binary.left),
        _ => None,
    }
}

/// What is aggregated, where the aggregation picks one of the values or adds them up.
pub(in crate::lint) fn innermost(expr: &Expr) -> &Expr {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate)
            if matches!(aggregate.op, AggregateOp::Sum | AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) =>
        {
            innermost(&aggregate.expr)
        }
        _ => without_parens(expr),
    }
}

/// What says what a gauge is, or the label that names a resource.
fn told(selector: &Selector, world: &World<'_>) -> Option<Quantity> {
    if matches!(resource(selector), Some("memory" | "ephemeral_storage")) {
        return Some(Quantity::Bytes);
    }
    let (_, metric, Series::Base) = world.metric_of(selector)? else { return None };
    let help = metric.values.help.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| help.contains(word));
    if says(&["in milliseconds", "(milliseconds)"]) {
        Some(Quantity::Millis)
    } else if says(&["in seconds", "(seconds)"]) && !says(&["epoch", "1970", "unix time", "timestamp"]) {
        Some(Quantity::Seconds)
    } else if says(&["in bytes", "(bytes)"]) {
        Some(Quantity::Bytes)
    } else {
        None
    }
}

/// The resource that a selector of the orchestrator's exporter asks for.
pub(in crate::lint) fn resource(selector: &Selector) -> Option<&str> {
    let name = selector.metric_name()?;
    let has_resources = matches!(
        name,
        "kube_pod_container_resource_limits"
            | "kube_pod_container_resource_requests"
            | "kube_node_status_capacity"
            | "kube_node_status_allocatable"
    );
    let matcher = selector.matchers.iter().find(|matcher| matcher.label.text == "resource" && matcher.op == MatchOp::Equal);
    matcher.filter(|_| has_resources).map(|matcher| matcher.value.as_str())
}
