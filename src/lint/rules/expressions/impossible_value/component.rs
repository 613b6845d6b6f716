//! Components that the one Collector does not have, in what it tells of itself.

use super::META;
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::views::ViewKind;
use crate::lint::world::declared::Metric;
use crate::promql::ast::{MatchOp, Matcher};

/// A component that is asked for by its id, and that the configuration of the Collector does not have.
pub(super) fn of_no_component(query: &Query<'_>, matcher: &Matcher, metric: &Metric, context: &Context<'_>) -> Option<Diagnostic> {
    let section = match matcher.label.text.as_str() {
        "exporter" => "exporters",
        "receiver" => "receivers",
        "processor" => "processors",
        _ => return None,
    };
    if matcher.op != MatchOp::Equal || matcher.value.is_empty() || !metric.name.value.starts_with("otelcol_") {
        return None;
    }
    let mut all = context.views.iter().filter_map(|view| match &view.kind {
        ViewKind::Collector(config) if view.complete => Some(config),
        _ => None,
    });
    let (Some(config), None) = (all.next(), all.next()) else { return None };
    let ids: Vec<&str> = config.components(section).map(|(id, ..)| id).collect();
    let connectors = config.components("connectors").any(|(id, ..)| id == matcher.value);
    if ids.is_empty() || connectors || ids.contains(&matcher.value.as_str()) {
        return None;
    }
    let message = format!("the Collector has no {} `{}`", matcher.label.text, matcher.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message).path(query.path());
    Some(finding.help(format!("it has {}", ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "))))
}
