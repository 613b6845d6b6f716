//! Sides of a set operator that leave nothing.

use super::META;
use super::condition::{condition, conjuncts, joins_each_with_itself, of_time};
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{is_placeholder, named_job};
use crate::promql::ast::{Binary, Expr, ExprKind, Selector};
use crate::promql::walk::{Found, calls_absent, selectors, without_parens};

/// Whether the right side of an `and` asks of the same quantity what its left side excludes.
pub(super) fn excluding<'e>(query: &Expression<'_, '_>, binary: &'e Binary, context: &Context<'e>) -> Option<Diagnostic> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    // `up == 0 and on (job) up == 1` says that one target is down while another is up; the hour is the same for all.
    if joins_each_with_itself(binary, context.world) {
        conjuncts(&binary.left, context.world, &mut left);
        conjuncts(&binary.right, context.world, &mut right);
    } else {
        of_time(&binary.left, &mut left);
        of_time(&binary.right, &mut right);
    }
    let pairs = left.iter().flat_map(|one| right.iter().map(move |other| (one, other)));
    let (one, other) = pairs
        .into_iter()
        .find(|(one, other)| one.side == other.side && one.excludes(other) || one.is_below(other) || other.is_below(one))?;
    let diagnostic = META.finding(query.span(&other.node.range), "no number satisfies this and the condition before it");
    Some(
        diagnostic.related(query.span(&one.node.range), "the other condition").help("correct one of the two numbers, or join them by `or`"),
    )
}

/// Whether of two conditions that `or` joins one holds for any number.
pub(super) fn all_there_is(query: &Expression<'_, '_>, binary: &Binary) -> Option<Diagnostic> {
    let (one, other) = (condition(&binary.left)?, condition(&binary.right)?);
    if one.side == other.side && other.implies(&one) {
        let message = "whatever holds here holds on the left side, too, so this side adds nothing";
        let finding = META.finding_at(Level::Warning, query.span(&other.node.range), message);
        return Some(finding.related(query.span(&one.node.range), "the left side").help("leave it out, or correct one of the two numbers"));
    }
    let message = "one of the two holds for any number, so the alert always fires";
    (one.side == other.side && one.completes(&other)).then(|| {
        META.finding_at(Level::Warning, query.span(&other.node.range), message)
            .related(query.span(&one.node.range), "the other condition")
            .help("join them by `and`, or correct one of the two numbers")
    })
}

/// Whether the right side of an `unless` takes away all that the left side lets through: `x > 100 unless x > 10`.
pub(super) fn taken_away<'e>(query: &Expression<'_, '_>, binary: &'e Binary, context: &Context<'e>) -> Option<Diagnostic> {
    let on_nothing = binary.matching.as_ref().is_some_and(|matching| matching.on && matching.labels.is_empty());
    let is_vector = matches!(&without_parens(&binary.right).kind, ExprKind::Call { function, .. } if function.text == "vector");
    if on_nothing && is_vector {
        let message = "this is always there, so whatever the left side lets through is taken away";
        return Some(META.finding(query.span(&binary.right.range), message).help("compare it with something, or join the two by `and`"));
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    conjuncts(&binary.left, context.world, &mut left);
    conjuncts(&binary.right, context.world, &mut right);
    let whole = without_parens(&binary.right);
    if let ExprKind::Selector(_) = &whole.kind
        && let Some(one) = left.iter().find(|one| one.side == whole)
    {
        let message = "the left side reads these very series, so whatever it lets through is taken away";
        let diagnostic = META.finding(query.span(&whole.range), message).related(query.span(&one.node.range), "the left side");
        return Some(diagnostic.help("ask for other series, or compare these with a number"));
    }
    if is_there_with(binary) {
        let message = "`up` is there, as 1 or 0, wherever the left side is: whatever that lets through is taken away";
        return Some(META.finding_at(Level::Warning, query.span(&whole.range), message).help("compare it: `up == 0`"));
    }
    if let Some(name) = is_of_each_target(binary, context) {
        let message = format!("every target of this job has `{name}`: whatever the left side lets through is taken away");
        return Some(META.finding_at(Level::Warning, query.span(&whole.range), message).help("compare it with a number"));
    }
    let [other] = right.as_slice() else { return None };
    // Whatever the two are matched by, each on the left finds itself on the right; of what an `and` lets through only by all labels.
    let is_whole = |node: &Expr| binary.matching.is_none() || std::ptr::eq(node, without_parens(&binary.left));
    let one = left.iter().find(|one| one.side == other.side && one.implies(other) && is_whole(one.node))?;
    let diagnostic =
        META.finding(query.span(&other.node.range), "whatever the left side lets through is taken away here, so nothing is left");
    Some(diagnostic.related(query.span(&one.node.range), "the left side").help("correct one of the two numbers, or join them by `and`"))
}

/// Whether the right side of an `unless` is the plain `up` of the one job that the left side reads series of.
fn is_there_with(binary: &Binary) -> bool {
    let ExprKind::Selector(up) = &without_parens(&binary.right).kind else { return false };
    let of_targets = |label: &str| matches!(label, "job" | "instance");
    let by_targets = binary.matching.as_ref().is_some_and(|m| m.on && m.labels.iter().all(|label| of_targets(&label.text)));
    let still = |selector: &Selector| selector.offset.is_none() && selector.at.is_none();
    let Some(job) = named_job(up).filter(|job| !is_placeholder(job) && up.metric_name() == Some("up") && still(up)) else { return false };
    let read = selectors(&binary.left);
    let scraped = |found: &Found<'_>| {
        let name = found.selector.metric_name().unwrap_or(":");
        named_job(found.selector) == Some(job) && still(found.selector) && !name.contains(':') && !name.starts_with("ALERTS")
    };
    by_targets && up.matchers.len() == 1 && !read.is_empty() && read.iter().all(scraped) && !calls_absent(&binary.left)
}

/// The plain gauge on the right side of an `unless` that every target has of the job which the left side reads.
fn is_of_each_target<'b>(binary: &'b Binary, context: &Context<'_>) -> Option<&'b str> {
    let ExprKind::Selector(gauge) = &without_parens(&binary.right).kind else { return None };
    let by_targets =
        binary.matching.as_ref().is_some_and(|m| m.on && m.labels.iter().all(|label| matches!(label.text.as_str(), "job" | "instance")));
    let job = named_job(gauge).filter(|job| !is_placeholder(job) && by_targets)?;
    let name = gauge.metric_name().filter(|name| !name.contains(':'))?;
    let (_, metric, _) = context.world.metric_of(gauge)?;
    let plain = |selector: &Selector| selector.offset.is_none() && selector.at.is_none();
    // What has labels of its own may be there at some targets alone.
    let each = metric.labels.is_empty() && !metric.open && gauge.matchers.len() == 1 && plain(gauge);
    let read = selectors(&binary.left);
    let of_job = |found: &Found<'_>| named_job(found.selector) == Some(job) && plain(found.selector);
    (each && !read.is_empty() && read.iter().all(of_job) && !calls_absent(&binary.left)).then_some(name)
}
