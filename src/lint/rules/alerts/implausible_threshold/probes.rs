//! How long a probe takes, beyond the time at which it is given up.

use crate::formats::tables::go_duration;
use crate::lint::context::Context;
use crate::lint::probes::probes;
use crate::lint::query::{may_read, named_job};
use crate::lint::world::programs::is_of_probes;
use crate::promql::ast::{AggregateOp, Expr, ExprKind, Selector};
use crate::promql::walk::without_parens;

/// How long probes take, all in all or by their phases.
const DURATIONS: &[&str] = &[
    "probe_dns_duration_seconds",
    "probe_duration_seconds",
    "probe_grpc_duration_seconds",
    "probe_http_duration_seconds",
    "probe_icmp_duration_seconds",
];

/// After how many seconds the probes that a side measures are given up, and the job of those that are given the most.
pub(super) fn given_up(side: &Expr, context: &Context<'_>) -> Option<(f64, String)> {
    let selector = measured(side).filter(|selector| selector.metric_name().is_some_and(|name| DURATIONS.contains(&name)))?;
    if named_job(selector).is_some_and(|job| !context.world.is_configured(job)) {
        return None;
    }
    let known = probes(context);
    let jobs =
        context.world.prometheus.iter().flat_map(|config| &config.jobs).filter(|job| is_of_probes(job) && may_read(selector, job.name()));
    let given = jobs.map(|job| {
        let own = known.iter().filter(|probe| std::ptr::eq(probe.job, job)).map(|probe| {
            let own = probe.module.node.get("timeout").and_then(|node| go_duration(node.as_str()?)).filter(|millis| *millis > 0.0);
            own.unwrap_or(f64::INFINITY)
        });
        // Whatever a module says, the scrape is given up as well.
        (own.reduce(f64::max).unwrap_or(f64::INFINITY).min(job.timeout as f64), job)
    });
    let (millis, job) = given.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    Some((millis / 1000.0, job.name().to_owned()))
}

/// What one probe of those that a side measures takes: phases add up to it, and probes of several targets do not.
fn measured(side: &Expr) -> Option<&Selector> {
    match &without_parens(side).kind {
        ExprKind::Aggregate(aggregate) if aggregate.op == AggregateOp::Sum => {
            let is_of_one = aggregate.grouping.as_ref().is_some_and(|by| by.keeps("instance"));
            measured(&aggregate.expr).filter(|_| is_of_one)
        }
        ExprKind::Aggregate(aggregate) => {
            let keeps = matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg | AggregateOp::Quantile);
            measured(&aggregate.expr).filter(|_| keeps)
        }
        ExprKind::Call { function, arguments } => {
            let window = match function.text.as_str() {
                "avg_over_time" | "max_over_time" | "min_over_time" | "last_over_time" => arguments.first()?,
                "quantile_over_time" => arguments.get(1)?,
                _ => return None,
            };
            match &without_parens(window).kind {
                ExprKind::Range { selector, .. } => Some(selector),
                ExprKind::Subquery { expr, .. } => measured(expr),
                _ => None,
            }
        }
        ExprKind::Selector(selector) => Some(selector),
        _ => None,
    }
}
