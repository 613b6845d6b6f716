//! Queries without a name.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::{Node, Span};

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
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (panel, target) in view.dashboard.panels.iter().flat_map(|panel| panel.targets.iter().map(move |target| (panel, target))) {
            if target.node.get("refId").and_then(Node::as_str).is_none_or(str::is_empty) {
                let place = target.node.as_mapping().and_then(<[_]>::first).map_or(target.node.span, |(key, _)| key.span);
                let mut diagnostic = META
                    .finding(place, "this query has no `refId`")
                    .path(target.path.clone())
                    .help("add `\"refId\": \"A\"`, another letter for each query of the panel");
                // Which letter another query without one should have is clear only after this one has its own.
                if panel.targets.len() == 1 && target.node.get("refId").is_none() && context.sources.text(place).starts_with('"') {
                    diagnostic = diagnostic.fix(Span { end: place.start, ..place }, "\"refId\": \"A\", ");
                }
                found.push(diagnostic);
            }
        }
    }
}
