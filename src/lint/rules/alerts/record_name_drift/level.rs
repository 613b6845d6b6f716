//! Levels: by which labels a series is grouped.

use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
use crate::promql::ast::ExprKind;
use crate::promql::walk::selectors;
use crate::promql::{Expr, walk};

/// How the labels that an expression keeps differ from the level that the name of its series begins with.
pub(super) fn of_level(level: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    // A level of one label, and the expression keeps that one and others.
    if let ExprKind::Aggregate(aggregate) = &walk::without_parens(expr).kind
        && let Some(grouping) = aggregate.grouping.as_ref().filter(|grouping| !grouping.without && grouping.labels.len() > 1)
        && grouping.labels.iter().any(|label| label.text == level)
    {
        let kept: Vec<&str> = grouping.labels.iter().map(|label| label.text.as_str()).collect();
        // Where there is one instance there is one job, and both are carried along.
        let is_wide = |label: &str| matches!(label, "job" | "cluster");
        // What targets are labelled with goes with the instance.
        let is_own = |label: &str| level != "instance" || is_label(label, expr, context);
        let finer = |label: &&str| *label != level && (!is_wide(label) || is_wide(level)) && is_own(label);
        let message = || format!("the name promises one series for each `{level}`, and the expression keeps {}", kept.join(" and "));
        return kept.iter().any(finer).then(|| (message(), format!("name it `{}:…`, or write `by ({level})`", kept.join("_"))));
    }
    // Levels are joined by `_`, and so are parts of a label's name: only a level of one word can be told.
    let is_told = !level.is_empty()
        && !level.contains('_')
        && (matches!(level, "job" | "instance" | "service" | "cluster" | "namespace" | "pod" | "node") || is_label(level, expr, context));
    // `cluster` of `rabbitmq_cluster`
    let is_part = |label: &str| label != level && label.split('_').any(|part| part == level);
    let mut is_within = false;
    walk::visit(expr, &mut |node| {
        if let ExprKind::Aggregate(aggregate) = &node.kind {
            let by = aggregate.grouping.as_ref().filter(|grouping| !grouping.without);
            is_within |= by.is_some_and(|by| by.labels.iter().any(|label| is_part(&label.text)));
        }
    });
    (is_told && !is_within && !shape(expr, context.world).possible(level)).then(|| {
        let message = format!("the name promises one series for each `{level}`, and the expression keeps no such label");
        (message, format!("write `by ({level})`"))
    })
}

/// A level of several labels that the metric has, one of which the expression does not keep.
pub(super) fn levels(level: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    let is_known = |label: &str| label == "job" || label == "instance" || is_label(label, expr, context);
    let labels = parted(level, &is_known)?;
    if labels.len() < 2 {
        return None;
    }
    let result = shape(expr, context.world);
    let gone = labels.iter().find(|label| !result.possible(label))?;
    let message = format!("the name promises one series for each {}, and the expression keeps no `{gone}`", labels.join(" and "));
    Some((message, format!("write `by ({})`", labels.join(", "))))
}

/// The labels that a level is joined of: a label may have a `_` of its own.
fn parted<'l>(level: &'l str, is_known: &dyn Fn(&str) -> bool) -> Option<Vec<&'l str>> {
    if is_known(level) {
        return Some(vec![level]);
    }
    level.match_indices('_').filter(|(at, _)| is_known(&level[..*at])).find_map(|(at, _)| {
        let mut rest = parted(&level[at + 1..], is_known)?;
        rest.insert(0, &level[..at]);
        Some(rest)
    })
}

/// Whether a declared metric of an expression has a label.
fn is_label(name: &str, expr: &Expr, context: &Context<'_>) -> bool {
    let metrics = selectors(expr).into_iter().filter_map(|found| context.world.metric_of(found.selector));
    metrics.into_iter().any(|(_, metric, _)| metric.labels.iter().any(|label| label.name.value == name))
}
