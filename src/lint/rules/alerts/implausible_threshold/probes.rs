//! How long a probe takes, beyond the time at which it is given up.

use crate::formats::tables::go_duration;
use crate::lint::context::Context;
use crate::lint::probes::probes;
use crate::lint::query::named_job;
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

/// After how many seconds the probes that a side measures are given up, and their job.
pub(super) fn given_up(side: &Expr, context: &Context<'_>) -> Option<(f64, String)> {
    let selector = measured(side)?;
    let job = named_job(selector).filter(|_| selector.metric_name().is_some_and(|name| DURATIONS.contains(&name)))?;
    if !context.world.is_configured(job) {
        return None;
    }
    let probes: Vec<_> = probes(context).into_iter().filter(|probe| probe.job.name() == job).collect();
    let millis = probes.iter().map(|probe| {
        let own = probe.module.node.get("timeout").and_then(|node| go_duration(node.as_str()?)).filter(|millis| *millis > 0.0);
        own.unwrap_or(f64::INFINITY).min(probe.job.timeout as f64)
    });
    let longest = millis.reduce(f64::max).filter(|millis| millis.is_finite())?;
    Some((longest / 1000.0, job.to_owned()))
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
