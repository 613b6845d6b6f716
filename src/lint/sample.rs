//! What the samples of a result are: numbers, or whole native histograms.

use super::declared::MetricType;
use super::world::{Series, World};
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

fn of_selector(selector: &Selector, world: &World<'_>, depth: usize) -> Option<Sample> {
    let name = selector.metric_name()?;
    if matches!(name, "up" | "ALERTS" | "ALERTS_FOR_STATE") || name.starts_with("scrape_") {
        return Some(Sample::Float);
    }
    if let Some((catalogue, metric, series)) = world.metric_of(selector) {
        return match (metric.kind, series) {
            // Text shows a native histogram as a classic one.
            (MetricType::Histogram, Series::Base) if catalogue.is_page() => None,
            (MetricType::Histogram, Series::Base) => metric.native.then_some(Sample::Histogram),
            (MetricType::Untyped, _) => None,
            _ => Some(Sample::Float),
        };
    }
    let recorded = world.recorded(name);
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

/// Whether an operator has a result for what stands on its two sides.
pub fn combines(op: BinaryOp, left: Sample, right: Sample) -> bool {
    match (left, right) {
        (Sample::Float, Sample::Float) => true,
        (Sample::Histogram, Sample::Histogram) => {
            matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Equal | BinaryOp::NotEqual)
        }
        (Sample::Histogram, Sample::Float) => matches!(op, BinaryOp::Mul | BinaryOp::Div | BinaryOp::TrimUpper | BinaryOp::TrimLower),
        (Sample::Float, Sample::Histogram) => op == BinaryOp::Mul,
    }
}
