//! Two queries of one name.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;

rule! {
    /// Two queries of a panel have the same `refId`, so Grafana shows the result of one for both.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "up" }, { "refId": "A", "expr": "down" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "up" }, { "refId": "B", "expr": "down" } ] } ] }
    /// ```
    DuplicateRefId, "duplicate-ref-id", Warning
}

impl Rule for DuplicateRefId {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            let mut seen = std::collections::HashMap::new();
            for target in &panel.targets {
                let Some(node) = target.node.get("refId") else { continue };
                let Some(id) = node.as_str().filter(|id| !id.is_empty()) else { continue };
                if let Some(first) = seen.insert(id, node) {
                    let message = format!("two queries of this panel have the `refId` `{id}`");
                    found.push(
                        META.finding(node.span, message)
                            .path(format!("{}.refId", target.path))
                            .related(first.span, "the first one")
                            .help("use another letter"),
                    );
                }
            }
        }
    }
}
