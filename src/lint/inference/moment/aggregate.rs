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
        return Some(groups.into_values().flat_map(|group| ranked(group, most, aggregate.op)).collect());
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

fn ranked(mut group: Vec<Point>, most: f64, op: AggregateOp) -> Vec<Point> {
    group.sort_by(|one, other| one.value.total_cmp(&other.value));
    if op == AggregateOp::Topk {
        group.reverse();
    }
    group.into_iter().zip(1_u32..).take_while(|(_, place)| f64::from(*place) <= most).map(|(point, _)| point).collect()
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
