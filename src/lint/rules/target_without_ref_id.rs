//! Queries without a name.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// A query has no `refId`. Grafana tells the queries of a panel apart by it, and expressions, overrides and alerts
    /// refer to it.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "expr": "up" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "up" } ] } ] }
    /// ```
    TargetWithoutRefId, "target-without-ref-id", Warning
}

impl Rule for TargetWithoutRefId {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for target in view.dashboard.panels.iter().flat_map(|panel| &panel.targets) {
            if target.node.get("refId").and_then(Node::as_str).is_none_or(str::is_empty) {
                let place = target.node.as_mapping().and_then(<[_]>::first).map_or(target.node.span, |(key, _)| key.span);
                found.push(
                    META.finding(place, "this query has no `refId`")
                        .path(target.path.clone())
                        .help("add `\"refId\": \"A\"`, another letter for each query of the panel"),
                );
            }
        }
    }
}
