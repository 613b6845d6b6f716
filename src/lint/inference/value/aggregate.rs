//! The values that aggregations give.

use super::{Valuer, sum};
use crate::lint::inference::cardinality::{is_one_of_each, most_series, targets_in_groups, values};
use crate::lint::query::interval::Interval;
use crate::lint::world::values::States;
use crate::lint::world::{Series, World};
use crate::promql::ast::{Aggregate, AggregateOp, ExprKind};
use crate::promql::walk::without_parens;

impl Valuer<'_, '_> {
    pub(super) fn aggregate(self, aggregate: &Aggregate) -> Interval {
        let inner = self.expr(&aggregate.expr);
        if let Some(states) = states_put_together(aggregate, self.world) {
            let count = states.count as f64;
            match aggregate.op {
                AggregateOp::Max => return Interval::one(1.0),
                AggregateOp::Min => return Interval::one(0.0),
                AggregateOp::Avg => return Interval::one(1.0 / count),
                AggregateOp::Sum => return Interval::new(1.0, sets_in_group(aggregate, self.world)),
                AggregateOp::Count => return Interval::new(count, count * sets_in_group(aggregate, self.world)),
                _ => {}
            }
        }
        match aggregate.op {
            // As many as there are of what has a limit.
            AggregateOp::Sum if inner.high > 0.0 && inner.high.is_finite() => {
                let in_group = targets_in_groups(aggregate, self.world).map(|(_, most)| most);
                let most = in_group.or_else(|| most_series(&aggregate.expr, self.world));
                let most = most.map_or(f64::INFINITY, |most| most.max(1) as f64);
                Interval::new(if inner.low >= 0.0 { inner.low } else { f64::NEG_INFINITY }, inner.high * most)
            }
            AggregateOp::Sum => sum(inner),
            AggregateOp::Count if is_one_of_each(aggregate, self.world) => Interval::one(1.0),
            AggregateOp::Stddev | AggregateOp::Stdvar if is_one_of_each(aggregate, self.world) => Interval::one(0.0),
            AggregateOp::Count => {
                if let Some((least, most)) = targets_in_groups(aggregate, self.world) {
                    return Interval::new(least as f64, most as f64);
                }
                let most = most_series(&aggregate.expr, self.world).map_or(f64::INFINITY, |most| most.max(1) as f64);
                Interval::new(1.0, most)
            }
            AggregateOp::CountValues => Interval::new(1.0, f64::INFINITY),
            AggregateOp::Group => Interval::one(1.0),
            // Values are furthest apart where half of them are the least and half the greatest.
            AggregateOp::Stddev if inner.low.is_finite() && inner.high.is_finite() => Interval::new(0.0, (inner.high - inner.low) / 2.0),
            AggregateOp::Stdvar if inner.low.is_finite() && inner.high.is_finite() => {
                Interval::new(0.0, ((inner.high - inner.low) / 2.0).powi(2))
            }
            AggregateOp::Stddev | AggregateOp::Stdvar => Interval::NOT_NEGATIVE,
            AggregateOp::Quantile => {
                let share = aggregate.parameter.as_deref().map(|parameter| self.expr(parameter));
                if share.is_some_and(|q| q.low >= 0.0 && q.high <= 1.0) { inner } else { Interval::ALL }
            }
            _ => inner,
        }
    }
}

/// The states of something, one of which holds, where an aggregation puts all of them together.
fn states_put_together<'e>(aggregate: &Aggregate, world: &World<'e>) -> Option<&'e States> {
    let ExprKind::Selector(selector) = &without_parens(&aggregate.expr).kind else { return None };
    let (_, metric, Series::Base) = world.metric_of(selector)? else { return None };
    let states = metric.values.states.as_ref()?;
    let keeps = aggregate.grouping.as_ref().is_some_and(|grouping| grouping.keeps(&states.label));
    let narrowed = selector.matchers.iter().any(|matcher| matcher.label.text == states.label);
    (!keeps && !narrowed).then_some(states)
}

/// How many things with states an aggregation puts together at most: as many as there are targets, where it keeps all other labels.
fn sets_in_group(aggregate: &Aggregate, world: &World<'_>) -> f64 {
    let most = || {
        let ExprKind::Selector(selector) = &without_parens(&aggregate.expr).kind else { return None };
        let (_, metric, _) = world.metric_of(selector)?;
        let grouping = aggregate.grouping.as_ref().filter(|grouping| !grouping.without);
        let kept = |label: &str| grouping.is_some_and(|grouping| grouping.labels.iter().any(|by| by.text == label));
        let is_state = |label: &str| metric.values.states.as_ref().is_some_and(|states| states.label == label);
        // What has a name has one identity at a time.
        let fixed = |label: &str| kept(label) || is_state(label) || label == "uid" && kept("pod");
        let whole = !metric.open && metric.labels.iter().all(|label| fixed(&label.name.value));
        if whole && kept("instance") { Some(1) } else { values(selector, "instance", world).filter(|_| whole) }
    };
    most().map_or(f64::INFINITY, |most| most.max(1) as f64)
}
