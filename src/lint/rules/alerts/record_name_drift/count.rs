//! Names that say what is counted.

use crate::lint::context::Context;
use crate::lint::query::pins;
use crate::lint::world::Series;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::walk::without_parens;

/// What a service runs as, of which each has one `up`.
const TARGETS: &[&str] = &["instances", "targets", "replicas", "pods", "processes"];

/// A name that counts instances, and an expression that counts the series of a metric of which each instance has several.
pub(super) fn series_for_instances(metric: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    let said = metric.rsplit('_').next().filter(|word| TARGETS.contains(word))?;
    let ExprKind::Aggregate(count) = &without_parens(expr).kind else { return None };
    let ExprKind::Selector(selector) = &without_parens(&count.expr).kind else { return None };
    let keeps = |label: &str| count.grouping.as_ref().is_some_and(|by| by.keeps(label));
    let (_, read, Series::Base) = context.world.metric_of(selector)? else { return None };
    let has_several = |seen: &[String]| seen.len() > 1;
    let label = read.labels.iter().find(|label| {
        let name = label.name.value.as_str();
        let is_of_target = TARGETS.iter().any(|target| target.trim_end_matches('s') == name);
        has_several(label.values.as_ref().unwrap_or(&label.seen)) && !keeps(name) && !pins(selector, name) && !is_of_target
    })?;
    (count.op == AggregateOp::Count).then(|| {
        let message = format!("the name counts {said}, and each has a series for every `{}` here", label.name.value);
        (message, "count `up == 1`".to_owned())
    })
}
