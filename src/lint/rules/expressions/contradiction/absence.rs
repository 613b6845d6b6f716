//! Conditions about what is absent.

use super::META;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{constant, is_placeholder, named_job};
use crate::promql::ast::{Binary, BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::{Found, selectors, visit, without_aggregates, without_parens};

/// The metric that stands first in an expression.
pub(super) fn first_name(expr: &Expr) -> Option<&str> {
    match &without_parens(expr).kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => selector.metric_name(),
        ExprKind::Aggregate(aggregate) => first_name(&aggregate.expr),
        ExprKind::Call { arguments, .. } => arguments.iter().find_map(first_name),
        ExprKind::Binary(binary) => first_name(&binary.left).or_else(|| first_name(&binary.right)),
        ExprKind::Subquery { expr, .. } | ExprKind::Unary { expr, .. } => first_name(expr),
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Paren(_) => None,
    }
}

/// Whether one side of an `and` reads what the other waits to be gone.
pub(super) fn absent_too(query: &Expression<'_, '_>, binary: &Binary) -> Option<Diagnostic> {
    let gone = |expr: &Expr| match &without_parens(expr).kind {
        ExprKind::Call { function, arguments } if function.text == "absent" => match &without_parens(arguments.first()?).kind {
            ExprKind::Selector(selector) if selector.offset.is_none() && selector.at.is_none() => Some(selector.clone()),
            _ => None,
        },
        _ => None,
    };
    let (waited, other, place) = match (gone(&binary.left), gone(&binary.right)) {
        (None, Some(selector)) => (selector, &binary.left, &binary.right),
        (Some(selector), None) => (selector, &binary.right, &binary.left),
        _ => return None,
    };
    let ExprKind::Binary(comparison) = &without_parens(other).kind else { return None };
    let ExprKind::Selector(read) = &without_aggregates(&comparison.left).kind else { return None };
    let same = comparison.op.is_comparison()
        && read.metric_name().is_some()
        && read.metric_name() == waited.metric_name()
        && read.offset.is_none()
        && read.at.is_none()
        && waited.matchers.iter().all(|matcher| {
            read.matchers.iter().any(|own| own.label == matcher.label && own.op == matcher.op && own.value == matcher.value)
        });
    let finding = || META.finding(query.span(&place.range), "the series cannot be there and absent at once, so this is always empty");
    same.then(|| finding().related(query.span(&other.range), "this reads the series").help("join the two by `or`"))
}

/// Whether one side of an `and` waits for a target that cannot be scraped, and the other reads what is scraped of it: all of that ends
/// with the first scrape that fails.
pub(super) fn gone_together(query: &Expression<'_, '_>, binary: &Binary, context: &Context<'_>) -> Option<Diagnostic> {
    let by_instance = binary.matching.as_ref().is_none_or(|m| m.on == m.labels.iter().any(|label| label.text == "instance"));
    let down = |expr: &Expr| {
        let ExprKind::Binary(compared) = &without_parens(expr).kind else { return None };
        let ExprKind::Selector(up) = &without_parens(&compared.left).kind else { return None };
        let number = constant(&compared.right)?;
        let is_zero = compared.op == BinaryOp::Equal && number.abs() < f64::EPSILON || compared.op == BinaryOp::Less && number <= 1.0;
        let job = named_job(up).filter(|job| !is_placeholder(job))?;
        (up.metric_name() == Some("up") && is_zero && up.offset.is_none() && up.at.is_none()).then(|| job.to_owned())
    };
    let (job, other) = match (down(&binary.left), down(&binary.right)) {
        (Some(job), None) => (job, &binary.right),
        (None, Some(job)) => (job, &binary.left),
        _ => return None,
    };
    let matcher = |selector: &Selector| selector.matchers.iter().any(|m| m.label.text == "job" && m.value == job);
    let hands_on = context.world.prometheus.iter().flat_map(|config| &config.jobs).any(|known| known.name() == job && known.honor_labels);
    let scraped = |found: &Found<'_>| {
        let name = found.selector.metric_name().unwrap_or(":");
        let own = !matches!(name, "up" | "ALERTS" | "ALERTS_FOR_STATE") && !name.starts_with("scrape_") && !name.contains(':');
        // Samples with times of their own are not ended by a scrape that fails.
        own && !name.starts_with("container_")
            && context.world.recorded(name).is_empty()
            && found.range.is_none()
            && found.selector.offset.is_none()
            && found.selector.at.is_none()
            && matcher(found.selector)
    };
    let read = selectors(other);
    let mut plain = true;
    visit(other, &mut |node| {
        plain &= !matches!(&node.kind, ExprKind::Subquery { .. })
            && !matches!(&node.kind, ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Or))
            && !matches!(&node.kind, ExprKind::Call { function, .. } if matches!(function.text.as_str(), "absent" | "absent_over_time" | "vector"));
    });
    let keeps_instance = matches!(&without_parens(other).kind, ExprKind::Binary(compared) if compared.op.is_comparison())
        || matches!(&without_parens(other).kind, ExprKind::Selector(_));
    let together = by_instance && !hands_on && plain && keeps_instance && !read.is_empty() && read.iter().all(scraped);
    let message = "where `up` is 0 nothing is scraped, and this ends with the first scrape that fails: the two never hold at once";
    together.then(|| {
        let finding = META.finding_at(Level::Warning, query.span(&other.range), message);
        finding.help("join the two by `or`, or look back: `last_over_time(…[10m])`")
    })
}
