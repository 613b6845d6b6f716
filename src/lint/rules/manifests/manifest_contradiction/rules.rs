//! Rules beside a manifest.

use std::collections::HashMap;

use super::contradict;
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::written::{Purpose, expressions};
use crate::manifest::variants;
use crate::promql::ast::ExprKind;
use crate::promql::duration::{format_duration, parse_duration};
use crate::promql::walk;
use crate::source::Node;

/// The window over which the budget of an objective is recorded.
pub(super) fn budgets(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    // An environment may have another one.
    let elsewhere = |name: &str, windows: &[i64]| {
        let said = variants(root).filter_map(|part| parse_duration(part.at(["objectives", name, "window"])?.as_str()?).ok());
        said.into_iter().any(|window| windows.contains(&window))
    };
    for (name, _, objective) in root.entries_of("objectives") {
        let Some((declared, window)) = objective.get_str("window").and_then(|(node, text)| Some((node, parse_duration(text).ok()?))) else {
            continue;
        };
        let is_own = |query: &&&Query<'_>| {
            query.rule().is_some_and(|rule| rule.label("slo").and_then(Node::as_str) == Some(name))
                && query.name().starts_with("job:slo_error_budget_remaining:")
        };
        let Some(query) = context.queries.iter().find(is_own) else { continue };
        let mut windows = Vec::new();
        if let Some(expr) = &query.expr {
            walk::visit(expr, &mut |node| {
                if let ExprKind::Range { range, .. } = &node.kind {
                    windows.extend(range.millis());
                }
            });
        }
        if !windows.is_empty() && windows.iter().all(|over| *over != window) && !elsewhere(name, &windows) {
            let over = format_duration(windows[0]);
            let message =
                format!("what is left of the budget of `{name}` is recorded over `{over}`, and the manifest says {}", declared.describe());
            let key = format!("objectives.{name}.window");
            contradict(found, (query.node.span, &query.path()), (declared.span, &key), &message, "the rule");
        }
    }
}

/// Alerts whose condition the manifest writes out, and that the rule of their name compares with another number.
pub(super) fn conditions(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    // Alerts of a fleet's services are called alike.
    let mut manifests = context.manifests();
    let (Some(manifest), None) = (manifests.next(), manifests.next()) else { return };
    let expressions = expressions(manifest.root);
    let alerts = expressions.iter().filter(|written| written.purpose == Purpose::Alert);
    let queries: Vec<Query<'_>> = alerts.filter_map(|written| Query::of_written(written, manifest.text)).collect();
    let written: HashMap<&str, &Query<'_>> = queries.iter().map(|query| (query.name(), query)).collect();
    if written.is_empty() {
        return;
    }
    let only = |query: &Query<'_>| {
        let all = Comparison::all(query.expr.as_ref()?);
        let [Comparison { op, number, place, .. }] = all.as_slice() else { return None };
        Some((*op, *number, query.span(&place.range)))
    };
    let metric = |query: &Query<'_>| {
        let used = query.selectors();
        let name = used.first()?.selector.metric_name()?;
        used.iter().all(|other| other.selector.metric_name() == Some(name)).then(|| name.to_owned())
    };
    for rule in context.queries.iter().filter(|query| query.rule().is_some() && query.is_alert()) {
        let Some(declared) = written.get(rule.name()).filter(|declared| metric(declared).is_some() && metric(declared) == metric(rule))
        else {
            continue;
        };
        let (Some((op, wanted, place)), Some((other, number, here))) = (only(declared), only(rule)) else { continue };
        if op == other && (wanted - number).abs() > 1e-9 * wanted.abs() {
            let message = format!("`{}` compares with `{number}` in the rules, and with `{wanted}` in the manifest", rule.name());
            contradict(found, (here, &rule.path()), (place, &declared.path()), &message, "the rule");
        }
    }
}
