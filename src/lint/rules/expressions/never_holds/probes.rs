//! What the modules leave no room for by which a job probes: statuses that a probe which succeeds cannot have, and redirects that
//! nobody follows.

use super::META;
use crate::diagnostic::{Diagnostic, Level};
use crate::formats::blackbox::Module;
use crate::lint::context::Context;
use crate::lint::probes::all_of;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::interval::Interval;
use crate::lint::query::named_job;
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::{without_aggregates, without_parens};
use crate::source::Node;

/// Redirects beyond those that are counted: without following, the first one alone is.
pub(super) fn redirects(query: &Expression<'_, '_>, compared: &Comparison<'_>, context: &Context<'_>) -> Option<Diagnostic> {
    let ExprKind::Selector(selector) = &without_aggregates(compared.side).kind else { return None };
    if selector.metric_name() != Some("probe_http_redirects") || !is_largest(compared.side) {
        return None;
    }
    let modules = modules(selector, context)?;
    let stays = |module: &&Module<'_>| {
        let flag = |key: &str| module.node.at(["http", key]).and_then(Node::as_bool);
        flag("follow_redirects") == Some(false) || flag("no_follow_redirects") == Some(true)
    };
    let counted = Interval::new(0.0, 1.0);
    if !modules.iter().all(stays) || counted.compared(compared.op, compared.number) != Some(false) {
        return None;
    }
    let module = modules.first()?;
    let message = format!("`{}` follows no redirects, so this is never above 1 and never holds", module.name());
    let finding = META.finding_at(Level::Warning, query.span(&compared.place.range), message).related(module.name.span, "the module");
    Some(finding.help("ask for `probe_http_status_code`, or follow redirects"))
}

/// Whether a side is what one probe says, or the greatest or least of several.
fn is_largest(side: &Expr) -> bool {
    match &without_parens(side).kind {
        ExprKind::Selector(_) => true,
        ExprKind::Aggregate(aggregate) => {
            matches!(aggregate.op, AggregateOp::Avg | AggregateOp::Max | AggregateOp::Min) && is_largest(&aggregate.expr)
        }
        _ => false,
    }
}

/// A status asked for beside `probe_success == 1`, which the modules of the job take for a failure.
pub(super) fn status_of_success(query: &Expression<'_, '_>, binary: &Binary, context: &Context<'_>) -> Option<Diagnostic> {
    let by_target = binary.matching.as_ref().is_none_or(|matching| {
        let has = |label: &str| matching.labels.iter().any(|own| own.text == label);
        has("instance") == matching.on
    });
    if binary.op != BinaryOp::And || !by_target {
        return None;
    }
    let of = |side, name: &str| {
        let compared = Comparison::of(without_parens(side))?;
        let ExprKind::Selector(selector) = &without_parens(compared.side).kind else { return None };
        (selector.metric_name() == Some(name)).then_some((compared, selector))
    };
    let pair = |one, other| Some((of(one, "probe_http_status_code")?, of(other, "probe_success")?));
    let ((status, asked), (success, other)) = pair(&binary.left, &binary.right).or_else(|| pair(&binary.right, &binary.left))?;
    let is_one = Interval::one(0.0).compared(success.op, success.number) == Some(false);
    if !is_one || named_job(asked) != named_job(other) {
        return None;
    }
    let modules = modules(asked, context)?;
    let fits = |status_code: f64| Interval::one(status_code).compared(status.op, status.number) != Some(false);
    let taken = |module: &&Module<'_>| {
        let own = module.node.get("http").into_iter().flat_map(|http| http.items_of("valid_status_codes"));
        let codes: Option<Vec<i64>> = own.map(Node::as_i64).collect();
        match codes {
            Some(codes) if codes.is_empty() => (200..300).any(|code| fits(f64::from(code))),
            Some(codes) => codes.iter().any(|code| fits(*code as f64)),
            None => true,
        }
    };
    if modules.iter().any(taken) {
        return None;
    }
    let module = modules.first()?;
    let message = format!("`{}` takes no such status for a success, so this never holds where `probe_success` is 1", module.name());
    let finding = META.finding_at(Level::Warning, query.span(&status.node.range), message).related(module.name.span, "the module");
    Some(finding.help("leave out `probe_success`, or take such a status as well"))
}

/// The modules that the one job asks for which a selector names, where all of them are known and ask over HTTP.
fn modules<'a>(selector: &Selector, context: &Context<'a>) -> Option<Vec<&'a Module<'a>>> {
    let [job] = context.world.jobs_named(named_job(selector)?) else { return None };
    let modules: Vec<&Module<'_>> = all_of(job, context)?.into_iter().map(|probe| probe.module).collect();
    let is_known = !modules.is_empty() && !job.honor_labels && modules.iter().all(|module| module.prober() == "http");
    is_known.then_some(modules)
}
