//! Aggregations at one moment.

use std::collections::BTreeMap;

use super::Point;
use super::life::Life;
use crate::lint::world::relabel::Labels;
use crate::promql::ast::{Aggregate, AggregateOp, Grouping};

/// What an aggregation makes of series; `None` for operators that are not followed.
pub(super) fn aggregated(aggregate: &Aggregate, parameter: Option<f64>, points: Vec<Point>) -> Option<Vec<Point>> {
    let mut groups: BTreeMap<Labels, Vec<Point>> = BTreeMap::new();
    for point in points {
        groups.entry(group_of(&point, aggregate.grouping.as_ref())).or_default().push(point);
    }
    if let AggregateOp::Topk | AggregateOp::Bottomk = aggregate.op {
        let most = parameter.filter(|most| (1.0..=1e6).contains(most))?;
        let ranked: Option<Vec<Vec<Point>>> = groups.into_values().map(|group| ranked(group, most, aggregate.op)).collect();
        return Some(ranked?.into_iter().flatten().collect());
    }
    groups
        .into_iter()
        .map(|(labels, group)| {
            let life = match aggregate.op {
                AggregateOp::Count | AggregateOp::Group => Life::default(),
                _ => group.iter().map(|point| Some(point.life)).reduce(|one, other| one?.beside(other?))??,
            };
            let values: Vec<f64> = group.into_iter().map(|point| point.value).collect();
            Some(Point { labels, value: one_of(aggregate.op, parameter, values)?, life })
        })
        .collect()
}

fn group_of(point: &Point, grouping: Option<&Grouping>) -> Labels {
    let Some(grouping) = grouping else { return Labels::new() };
    let kept = |name: &str| grouping.keeps(name) && !(grouping.without && name == "__name__");
    point.labels.iter().filter(|(name, _)| kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The first of a group; `None` where the last of them is as large as one that is left out: any of the two may be taken.
fn ranked(mut group: Vec<Point>, most: f64, op: AggregateOp) -> Option<Vec<Point>> {
    // What is no number comes last in either order.
    let rank = |value: f64| if op == AggregateOp::Topk { -value } else { value };
    group.sort_by(|one, other| one.value.is_nan().cmp(&other.value.is_nan()).then(rank(one.value).total_cmp(&rank(other.value))));
    let kept = (1_u32..).zip(&group).take_while(|(place, _)| f64::from(*place) <= most).count();
    let is_tied = kept.checked_sub(1).zip(group.get(kept)).is_some_and(|(last, next)| {
        let last = group[last].value;
        (last - next.value).abs() <= 0.0 || last.is_nan() && next.value.is_nan()
    });
    group.truncate(kept);
    (!is_tied).then_some(group)
}

#[expect(clippy::cast_precision_loss, reason = "nobody has so many series")]
fn one_of(op: AggregateOp, parameter: Option<f64>, mut values: Vec<f64>) -> Option<f64> {
    let count = values.len() as f64;
    let sum: f64 = values.iter().sum();
    match op {
        AggregateOp::Sum => Some(sum),
        AggregateOp::Avg => Some(sum / count),
        AggregateOp::Count => Some(count),
        AggregateOp::Group => Some(1.0),
        AggregateOp::Max => values.into_iter().reduce(f64::max),
        AggregateOp::Min => values.into_iter().reduce(f64::min),
        AggregateOp::Quantile => {
            let at = parameter.filter(|at| (0.0..=1.0).contains(at))?;
            values.sort_by(f64::total_cmp);
            let rank = at * (count - 1.0);
            let part = rank.fract();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place among the values")]
            let below = rank.floor() as usize;
            let (low, high) = (values.get(below)?, values.get(below + 1).or(values.get(below))?);
            Some(low * (1.0 - part) + high * part)
        }
        _ => None,
    }
}
