//! What the samples of a result are: numbers, or whole native histograms.

use crate::lint::world::declared::MetricType;
use crate::lint::world::{Series, World};
use crate::promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Expr, ExprKind, Selector};

/// What a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// A number.
    Float,
    /// A native histogram.
    Histogram,
}

/// So many recorded series, each of which builds on another, are followed.
const DEPTH: usize = 8;

/// What the samples of an expression are; `None` where that is not known, or where it has none.
pub fn sample(expr: &Expr, world: &World<'_>) -> Option<Sample> {
    of(expr, world, DEPTH)
}

fn of(expr: &Expr, world: &World<'_>, depth: usize) -> Option<Sample> {
    match &expr.kind {
        ExprKind::Number(_) => Some(Sample::Float),
        ExprKind::String(_) => None,
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => of_selector(selector, world, depth),
        ExprKind::Subquery { expr, .. } | ExprKind::Paren(expr) | ExprKind::Unary { expr, .. } => of(expr, world, depth),
        ExprKind::Aggregate(aggregate) => of_aggregate(aggregate, world, depth),
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "rate" | "increase" | "irate" | "delta" | "idelta" | "sum_over_time" | "avg_over_time" | "last_over_time"
            | "first_over_time" | "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" | "label_replace" | "label_join" => {
                of(arguments.first()?, world, depth)
            }
            _ => Some(Sample::Float),
        },
        ExprKind::Binary(binary) => of_binary(binary, world, depth),
    }
}

/// Rules that fill one series are looked through up to as many.
const MANY: usize = 64;

fn of_selector(selector: &Selector, world: &World<'_>, depth: usize) -> Option<Sample> {
    let name = selector.metric_name()?;
    if matches!(name, "up" | "ALERTS" | "ALERTS_FOR_STATE") || name.starts_with("scrape_") {
        return Some(Sample::Float);
    }
    if let Some((catalogue, metric, series)) = world.metric_of(selector) {
        return match (metric.kind, series) {
            // Text shows a native histogram as a classic one.
            (MetricType::Histogram, Series::Base) if catalogue.is_page() && !metric.native => None,
            (MetricType::Histogram, Series::Base) => metric.native.then_some(Sample::Histogram),
            (MetricType::Untyped, _) => None,
            _ => Some(Sample::Float),
        };
    }
    // The rules of a fleet fill one series by the thousand, and to go through them for each reader is work.
    let recorded = Some(world.recorded(name)).filter(|all| all.len() <= MANY)?;
    let depth = depth.checked_sub(1)?;
    let mut samples = recorded.iter().map(|rule| of(rule.query.expr.as_ref()?, world, depth));
    let first = samples.next()??;
    samples.all(|other| other == Some(first)).then_some(first)
}

fn of_aggregate(aggregate: &Aggregate, world: &World<'_>, depth: usize) -> Option<Sample> {
    match aggregate.op {
        AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Limitk | AggregateOp::LimitRatio => of(&aggregate.expr, world, depth),
        _ => Some(Sample::Float),
    }
}

fn of_binary(binary: &Binary, world: &World<'_>, depth: usize) -> Option<Sample> {
    let left = of(&binary.left, world, depth)?;
    match binary.op {
        BinaryOp::And | BinaryOp::Unless => Some(left),
        BinaryOp::Or => of(&binary.right, world, depth).filter(|right| *right == left),
        _ if binary.op.is_comparison() && binary.return_bool => Some(Sample::Float),
        _ if binary.op.is_comparison() => Some(left),
        _ => match (left, of(&binary.right, world, depth)?) {
            (Sample::Float, Sample::Float) => Some(Sample::Float),
            _ => Some(Sample::Histogram),
        },
    }
}

/// Functions that leave numbers out.
const OF_HISTOGRAMS: &[&str] = &["histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev", "histogram_stdvar"];
/// Functions that leave histograms out.
const OF_FLOATS: &[&str] = &[
    "abs",
    "ceil",
    "clamp",
    "clamp_max",
    "clamp_min",
    "deriv",
    "exp",
    "floor",
    "ln",
    "log10",
    "log2",
    "max_over_time",
    "min_over_time",
    "predict_linear",
    "quantile_over_time",
    "round",
    "sgn",
    "sqrt",
    "stddev_over_time",
    "stdvar_over_time",
];

/// What a function or an aggregation works on, and the only samples that it takes.
pub fn takes(node: &Expr) -> Option<(&Expr, Sample)> {
    match &node.kind {
        ExprKind::Call { function, arguments } => {
            let function = function.text.as_str();
            if OF_HISTOGRAMS.contains(&function) {
                return Some((arguments.first()?, Sample::Histogram));
            }
            let of = arguments.get(usize::from(function == "quantile_over_time"))?;
            OF_FLOATS.contains(&function).then_some((of, Sample::Float))
        }
        ExprKind::Aggregate(aggregate) => match aggregate.op {
            AggregateOp::Max
            | AggregateOp::Min
            | AggregateOp::Stddev
            | AggregateOp::Stdvar
            | AggregateOp::Quantile
            | AggregateOp::Topk
            | AggregateOp::Bottomk => Some((&aggregate.expr, Sample::Float)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether nothing is returned because samples of one kind stand where those of the other are taken.
pub fn is_lost(node: &Expr, world: &World<'_>) -> bool {
    if let ExprKind::Binary(binary) = &node.kind {
        let sides = (!binary.op.is_set()).then(|| sample(&binary.left, world).zip(sample(&binary.right, world))).flatten();
        return sides.is_some_and(|(left, right)| !combines(binary.op, left, right));
    }
    takes(node).is_some_and(|(of, taken)| sample(of, world).is_some_and(|given| given != taken))
}

/// Whether an operator has a result for what stands on its two sides.
fn combines(op: BinaryOp, left: Sample, right: Sample) -> bool {
    match (left, right) {
        (Sample::Float, Sample::Float) => true,
        (Sample::Histogram, Sample::Histogram) => {
            matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Equal | BinaryOp::NotEqual)
        }
        (Sample::Histogram, Sample::Float) => matches!(op, BinaryOp::Mul | BinaryOp::Div | BinaryOp::TrimUpper | BinaryOp::TrimLower),
        (Sample::Float, Sample::Histogram) => op == BinaryOp::Mul,
    }
}
