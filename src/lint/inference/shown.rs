//! The series that a page of metrics shows of what an expression comes to, for one target.
//!
//! They are there for certain, and no guess is needed for what they do together. There may be others.

use std::collections::{BTreeMap, BTreeSet};

use crate::formats::prometheus::Job;
use crate::lint::inference::source::origin;
use crate::lint::query::{constant, matches};
use crate::lint::words::anchored::anchored;
use crate::lint::world::relabel::{Effect, Labels, apply};
use crate::lint::world::{Series, World};
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, Expr, ExprKind, Matching, Selector};
use crate::promql::walk::string;
use crate::source::Span;

/// Series that are there, with their labels but for those of their target, and the place of their metric on the page.
struct Seen {
    all: BTreeSet<Labels>,
    place: Span,
}

/// A label that series on the page differ in while they agree in all that is matched, two of its values, and the metric's place.
pub struct Twins {
    /// The label.
    pub label: String,
    /// A value of the one and of the other; empty where the label is missing.
    pub values: [String; 2],
    /// Where the page shows the metric.
    pub place: Span,
}

/// Series of a side that agree in all labels that are matched.
pub fn twins(side: &Expr, matching: &Matching, world: &World<'_>) -> Option<Twins> {
    let compared = |label: &str| matching.labels.iter().any(|l| l.text == label) == matching.on;
    let compared = |labels: &Labels| labels.iter().filter(|(label, _)| compared(label)).map(|(l, v)| (l.clone(), v.clone())).collect();
    alike(&of(side, world)?, &compared)
}

/// Series that have the same labels once `label_replace` or `label_join` has written one of them.
pub fn merged(function: &str, arguments: &[Expr], world: &World<'_>) -> Option<Twins> {
    alike(&of(arguments.first()?, world)?, &|labels| labelled(function, arguments, labels.clone()).unwrap_or_else(|| labels.clone()))
}

/// Two series of which the same is left.
fn alike(seen: &Seen, left: &dyn Fn(&Labels) -> Labels) -> Option<Twins> {
    let mut known: BTreeMap<Labels, &Labels> = BTreeMap::new();
    for labels in &seen.all {
        if let Some(other) = known.insert(left(labels), labels) {
            let value = |labels: &Labels, name: &str| labels.get(name).cloned().unwrap_or_default();
            let label = labels.keys().chain(other.keys()).find(|name| value(labels, name) != value(other, name))?;
            return Some(Twins { label: label.clone(), values: [value(other, label), value(labels, label)], place: seen.place });
        }
    }
    None
}

/// The labels of a series behind `label_replace` or `label_join`; `None` where that is not known.
fn labelled(function: &str, arguments: &[Expr], mut labels: Labels) -> Option<Labels> {
    let text = |at: usize| string(arguments.get(at)?);
    let value = |name: &str| labels.get(name).cloned().unwrap_or_default();
    let written = if function == "label_replace" {
        let pattern = anchored(text(4)?)?;
        let from = value(text(3)?);
        // Labels of the target are there, and not here.
        let is_own = text(3)?.is_empty() || labels.contains_key(text(3)?);
        let Some(captures) = pattern.captures(&from) else { return is_own.then_some(labels) };
        let mut written = String::new();
        captures.expand(text(2)?, &mut written);
        is_own.then_some(written)?
    } else {
        let (separator, names) = (text(2)?, (3..arguments.len()).map(text).collect::<Option<Vec<_>>>()?);
        let values: Option<Vec<&str>> = names.iter().map(|name| labels.get(*name).map(String::as_str)).collect();
        values?.join(separator)
    };
    let label = text(1)?.to_owned();
    if written.is_empty() {
        labels.remove(&label);
    } else {
        labels.insert(label, written);
    }
    Some(labels)
}

fn of(expr: &Expr, world: &World<'_>) -> Option<Seen> {
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
            "label_replace" | "label_join" => {
                let inner = of(arguments.first()?, world)?;
                let all = inner.all.into_iter().map(|labels| labelled(&function.text, arguments, labels)).collect::<Option<_>>()?;
                Some(Seen { all, place: inner.place })
            }
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
            let kept = |labels: Labels| labels.into_iter().filter(|(label, _)| keeps(label)).collect();
            Some(Seen { all: inner.all.into_iter().map(kept).collect(), place: inner.place })
        }
        ExprKind::Binary(binary) => of_binary(binary, world),
        ExprKind::Number(_) | ExprKind::String(_) => None,
    }
}

/// What is reckoned with a number is there as it was; what is compared or joined may not be.
fn of_binary(binary: &Binary, world: &World<'_>) -> Option<Seen> {
    if binary.op.is_comparison() && !binary.return_bool || matches!(binary.op, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless) {
        return None;
    }
    match (constant(&binary.left), constant(&binary.right)) {
        (None, Some(_)) => of(&binary.left, world),
        (Some(_), None) => of(&binary.right, world),
        _ => None,
    }
}

fn of_selector(selector: &Selector, world: &World<'_>) -> Option<Seen> {
    let (catalogue, metric, series) = world.metric_of(selector).filter(|(_, metric, _)| !metric.series.is_empty())?;
    if !catalogue.is_page() || selector.offset.is_some() || selector.at.is_some() {
        return None;
    }
    let (job, targets) = scraped(selector, world)?;
    let steps = job.map_or(&[][..], |job| job.metric_relabel.as_slice());
    // The labels of targets win, unless the job honours those of its series; what is written of them is not known here.
    let is_of_target = |label: &str| targets.contains(&label);
    let mixes = steps.iter().any(|step| step.sources.iter().any(|source| is_of_target(source)));
    if mixes || metric.labels.iter().any(|label| is_of_target(&label.name.value)) {
        return None;
    }
    let name = selector.metric_name()?;
    let kept = |labels: &Vec<(String, String)>| {
        let mut labels: Labels = labels.iter().cloned().collect();
        labels.insert("__name__".to_owned(), name.to_owned());
        for step in steps {
            if apply(step, &mut labels)? == Effect::Dropped {
                return Some(None);
            }
        }
        labels.retain(|label, value| !value.is_empty() && label != "__name__");
        Some(Some(labels))
    };
    let all: Vec<Labels> = metric.series.iter().map(kept).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let own = |label: &str| metric.labels.iter().any(|known| known.name.value == label) || all.iter().any(|one| one.contains_key(label));
    let asks: Vec<_> = selector.matchers.iter().filter(|matcher| own(&matcher.label.text)).collect();
    let fits = |labels: &Labels| {
        let value = |name: &str| labels.get(name).map_or("", String::as_str);
        asks.iter().all(|matcher| matches(matcher, value(&matcher.label.text)) == Some(true))
    };
    // The bounds of a histogram, and the quantiles of a summary, are the same in every series.
    let of_bounds = series == Series::Base && metric.quantiles.len() > 1;
    let all: BTreeSet<Labels> = all.into_iter().filter(fits).collect();
    (!of_bounds && !all.is_empty()).then_some(Seen { all, place: metric.name.span })
}

/// The one job that scrapes what a selector reads, where there is one, and the labels that its targets bring beside `job` and
/// `instance`, where they win over those of the series; `None` where any may be.
fn scraped<'w, 'a>(selector: &Selector, world: &'w World<'a>) -> Option<(Option<&'w Job<'a>>, Vec<&'a str>)> {
    if world.prometheus.is_empty() {
        return Some((None, vec!["job", "instance"]));
    }
    let name = world.job_read(selector)?;
    let [job] = world.jobs_named(name) else { return None };
    if job.honor_labels {
        return Some((Some(job), Vec::new()));
    }
    let mut labels = world.labels_of(name)?;
    labels.extend(["job", "instance"]);
    Some((Some(job), labels))
}
