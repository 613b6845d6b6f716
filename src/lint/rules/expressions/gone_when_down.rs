//! Series of a target, asked for together with the target being down.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::{constant, matches, named_job};
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{Binary, BinaryOp, ExprKind, Matcher, Matching, Selector};
use crate::promql::walk::{selectors, visit, without_parens};

rule! {
    /// A condition asks for what a target exposes and for the same target being down. A target that cannot be scraped exposes nothing: its
    /// series end with the scrape that failed, so both never hold together. Either one or the other is meant.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: cache
    ///     rules:
    ///       - alert: CacheDown
    ///         expr: redis_up{job="redis"} == 0 and up{job="redis"} == 0
    ///         for: 5m
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: cache
    ///     rules:
    ///       - alert: CacheDown
    ///         expr: redis_up{job="redis"} == 0 or up{job="redis"} == 0
    ///         for: 5m
    ///         labels: { severity: critical }
    /// ```
    GoneWhenDown, "gone-when-down", Warning
}

impl Rule for GoneWhenDown {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Unless) {
            if let Some(name) = excuse(binary, context) {
                let message = format!("a target that is down exposes no `{name}`, so nothing is ever taken away");
                found.push(
                    META.finding(query.span(&binary.right.range), message).path(query.path()).help("look back: `last_over_time(…[15m])`"),
                );
            }
            if let Some(name) = left_where_up(binary, context) {
                let message = format!("`{name}` is exposed by targets that are up alone, so all of it is taken away");
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help("ask `up == 0` alone"));
            }
        }
        for (node, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::And) {
            for (side, other) in [(&binary.left, &binary.right), (&binary.right, &binary.left)] {
                let of_one = || down(side).filter(|_| binary.matching.as_ref().is_none_or(keeps_target));
                let Some((selector, is_all)) = of_one().map(|one| (one, false)).or_else(|| Some((gone(side)?, true))) else { continue };
                let Some(job) = named_job(selector) else { continue };
                let Some(name) = exposed(other, job, is_all, context) else { continue };
                let message = if is_all {
                    format!("without a target there is no `{name}`, so the two never hold together")
                } else {
                    format!("a target that is down exposes no `{name}`, so the two never hold together")
                };
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help("ask for one `or` the other"));
                break;
            }
        }
    }
}

/// A metric of one job that is read as it is, unless the target is up.
fn left_where_up<'e>(binary: &'e Binary, context: &Context<'e>) -> Option<&'e str> {
    let Comparison { side, op, number, .. } = Comparison::of(without_parens(&binary.right))?;
    let ExprKind::Selector(up) = &without_parens(side).kind else { return None };
    let is_up = op == BinaryOp::Equal && (number - 1.0).abs() < f64::EPSILON && up.metric_name() == Some("up");
    binary.matching.as_ref().filter(|matching| is_up && matching.on && keeps_target(matching))?;
    let found = selectors(&binary.left);
    let job = context.world.job_read(found.first()?.selector)?;
    let narrows = |matcher: &Matcher| matcher.label.text != "job" || matches(matcher, job) != Some(true);
    exposed(&binary.left, job, false, context).filter(|_| !up.matchers.iter().any(narrows))
}

/// The gauge of the very target that is down on the left side, by which an `unless` is to leave it out.
fn excuse<'e>(binary: &'e Binary, context: &Context<'_>) -> Option<&'e str> {
    let matching = binary.matching.as_ref();
    let up = down(&binary.left).filter(|_| matching.is_none_or(keeps_target))?;
    exposed(&binary.right, named_job(up)?, false, context)
}

/// Whether what is matched tells targets apart.
fn keeps_target(matching: &Matching) -> bool {
    matching.labels.iter().any(|label| label.text == "instance") == matching.on
}

/// The selector of `up` that is 0.
fn down(expr: &Expr) -> Option<&Selector> {
    let Comparison { side, op, number, .. } = Comparison::of(without_parens(expr))?;
    let ExprKind::Selector(selector) = &without_parens(side).kind else { return None };
    let is_zero =
        matches!(op, BinaryOp::Equal) && number.abs() < f64::EPSILON || op == BinaryOp::Less && (number - 1.0).abs() < f64::EPSILON;
    (is_zero && selector.metric_name() == Some("up")).then_some(selector)
}

/// The selector of `up` that finds nothing.
fn gone(expr: &Expr) -> Option<&Selector> {
    let ExprKind::Call { function, arguments } = &without_parens(expr).kind else { return None };
    let ExprKind::Selector(selector) = &without_parens(arguments.first()?).kind else { return None };
    let of_job_alone = selector.matchers.iter().all(|matcher| matches!(matcher.label.text.as_str(), "job" | "__name__"));
    (function.text == "absent" && selector.metric_name() == Some("up") && of_job_alone).then_some(selector)
}

/// A metric of the job that is read at the moment, where nothing else is read: of one target, or of all.
fn exposed<'e>(expr: &'e Expr, job: &str, of_all: bool, context: &Context<'_>) -> Option<&'e str> {
    let mut may_be_there = constant(expr).is_some();
    visit(expr, &mut |node| {
        may_be_there |= match &node.kind {
            ExprKind::Call { function, .. } => matches!(function.text.as_str(), "absent" | "absent_over_time" | "vector"),
            ExprKind::Binary(binary) => matches!(binary.op, BinaryOp::Or | BinaryOp::Unless),
            ExprKind::Aggregate(_) => !of_all,
            ExprKind::Range { .. } | ExprKind::Subquery { .. } => true,
            _ => false,
        };
    });
    let found = selectors(expr);
    let first = own_metric(found.first()?.selector, job, context)?;
    (!may_be_there && found.iter().all(|used| own_metric(used.selector, job, context).is_some())).then_some(first)
}

/// The metric that a selector reads of the targets of a job, as they are now.
fn own_metric<'e>(selector: &'e Selector, job: &str, context: &Context<'_>) -> Option<&'e str> {
    let name = selector.metric_name()?;
    let of_page = || context.world.metric_of(selector).and_then(|(catalogue, ..)| catalogue.job());
    let is_own = named_job(selector).or_else(of_page) == Some(job) && selector.offset.is_none() && context.world.recorded(name).is_empty();
    (is_own && name != "up" && !name.starts_with("scrape_") && !name.starts_with("ALERTS") && !name.contains(':')).then_some(name)
}
