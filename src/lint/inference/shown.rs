//! The series that a page of metrics shows of what an expression comes to, for one target.
//!
//! They are there for certain, and no guess is needed for what they do together. There may be others.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::prometheus::Relabel;
use crate::lint::inference::source::origin;
use crate::lint::query::{constant, matches};
use crate::lint::world::{Series, World};
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, Expr, ExprKind, Matching, Selector};
use crate::source::Span;

/// The labels of a series, but for those of its target, in their order.
type Labels<'e> = Vec<(&'e str, &'e str)>;

/// Series that are there, and the place of their metric on the page.
struct Seen<'e> {
    all: BTreeSet<Labels<'e>>,
    place: Span,
}

/// A label that series on the page differ in while they agree in all that is matched, two of its values, and the metric's place.
pub struct Twins<'e> {
    /// The label.
    pub label: &'e str,
    /// A value of the one and of the other; empty where the label is missing.
    pub values: [&'e str; 2],
    /// Where the page shows the metric.
    pub place: Span,
}

/// Series of a side that agree in all labels that are matched.
pub fn twins<'x, 'e: 'x>(side: &'x Expr, matching: &Matching, world: &World<'e>) -> Option<Twins<'x>> {
    let seen = of(side, world)?;
    let compared = |label: &str| matching.labels.iter().any(|l| l.text == label) == matching.on;
    let mut known: BTreeMap<Labels<'_>, &Labels<'_>> = BTreeMap::new();
    for labels in &seen.all {
        let key: Labels<'_> = labels.iter().copied().filter(|(label, _)| compared(label)).collect();
        if let Some(other) = known.get(&key) {
            let value = |labels: &Labels<'x>, name: &str| labels.iter().find(|(label, _)| *label == name).map_or("", |(_, value)| *value);
            let mut names = labels.iter().chain(other.iter()).map(|(name, _)| *name);
            let label = names.find(|name| value(labels, name) != value(other, name))?;
            return Some(Twins { label, values: [value(other, label), value(labels, label)], place: seen.place });
        }
        known.insert(key, labels);
    }
    None
}

fn of<'x, 'e: 'x>(expr: &'x Expr, world: &World<'e>) -> Option<Seen<'x>> {
    let expr = origin(expr, world);
    match &expr.kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => of_selector(selector, world),
        ExprKind::Unary { expr, .. } | ExprKind::Subquery { expr, .. } | ExprKind::Paren(expr) => of(expr, world),
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "rate" | "increase" | "irate" | "delta" | "idelta" | "deriv" | "avg_over_time" | "min_over_time" | "max_over_time"
            | "sum_over_time" | "count_over_time" | "last_over_time" | "present_over_time" | "stddev_over_time" | "changes" | "resets"
            | "predict_linear" | "abs" | "ceil" | "floor" | "round" | "clamp" | "clamp_min" | "clamp_max" | "sqrt" | "exp" | "ln"
            | "timestamp" => of(arguments.first()?, world),
            "quantile_over_time" => of(arguments.get(1)?, world),
            _ => None,
        },
        ExprKind::Aggregate(aggregate) => {
            if !matches!(
                aggregate.op,
                AggregateOp::Sum
                    | AggregateOp::Max
                    | AggregateOp::Min
                    | AggregateOp::Avg
                    | AggregateOp::Count
                    | AggregateOp::Group
                    | AggregateOp::Stddev
                    | AggregateOp::Stdvar
                    | AggregateOp::Quantile
            ) {
                return None;
            }
            let inner = of(&aggregate.expr, world)?;
            let keeps = |label: &str| aggregate.grouping.as_ref().is_some_and(|by| by.keeps(label));
            let kept = |labels: Labels<'x>| labels.into_iter().filter(|(label, _)| keeps(label)).collect();
            Some(Seen { all: inner.all.into_iter().map(kept).collect(), place: inner.place })
        }
        ExprKind::Binary(binary) => of_binary(binary, world),
        ExprKind::Number(_) | ExprKind::String(_) => None,
    }
}

/// What is reckoned with a number is there as it was; what is compared or joined may not be.
fn of_binary<'x, 'e: 'x>(binary: &'x Binary, world: &World<'e>) -> Option<Seen<'x>> {
    if binary.op.is_comparison() && !binary.return_bool || matches!(binary.op, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless) {
        return None;
    }
    match (constant(&binary.left), constant(&binary.right)) {
        (None, Some(_)) => of(&binary.left, world),
        (Some(_), None) => of(&binary.right, world),
        _ => None,
    }
}

fn of_selector<'x, 'e: 'x>(selector: &'x Selector, world: &World<'e>) -> Option<Seen<'x>> {
    let (catalogue, metric, series) = world.metric_of(selector).filter(|(_, metric, _)| !metric.series.is_empty())?;
    if !catalogue.is_page() || selector.offset.is_some() || selector.at.is_some() {
        return None;
    }
    let targets = of_targets(selector, world)?;
    let own = |label: &str| metric.labels.iter().any(|known| known.name.value == label);
    // The labels of targets win, unless the job honours those of its series.
    if metric.labels.iter().any(|label| targets.iter().any(|target| *target == label.name.value)) {
        return None;
    }
    let asks: Vec<_> = selector.matchers.iter().filter(|matcher| own(&matcher.label.text)).collect();
    let fits = |labels: &&Vec<(String, String)>| {
        let value = |name: &str| labels.iter().find(|(label, _)| label == name).map_or("", |(_, value)| value.as_str());
        asks.iter().all(|matcher| matches(matcher, value(&matcher.label.text)) == Some(true))
    };
    let plain = |labels: &'e Vec<(String, String)>| -> Labels<'x> {
        labels.iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| (label.as_str(), value.as_str())).collect()
    };
    // The bounds of a histogram, and the quantiles of a summary, are the same in every series.
    let of_bounds = series == Series::Base && metric.quantiles.len() > 1;
    let all: BTreeSet<Labels<'x>> = metric.series.iter().filter(fits).map(plain).collect();
    (!of_bounds && !all.is_empty()).then_some(Seen { all, place: metric.name.span })
}

/// The labels that the targets of a job bring beside `job` and `instance`, where they win over those of the series; `None` where any
/// may be, or where series are changed behind the scrape.
fn of_targets<'e>(selector: &Selector, world: &World<'e>) -> Option<Vec<&'e str>> {
    if world.prometheus.is_empty() {
        return Some(vec!["job", "instance"]);
    }
    let name = world.job_read(selector)?;
    let [job] = world.jobs_named(name) else { return None };
    let by_name = |step: &Relabel<'_>| matches!(step.action.as_str(), "keep" | "drop") && step.sources == ["__name__"];
    if !job.metric_relabel.iter().all(by_name) {
        return None;
    }
    if job.honor_labels {
        return Some(Vec::new());
    }
    let mut labels = world.labels_of(name)?;
    labels.extend(["job", "instance"]);
    Some(labels)
}
