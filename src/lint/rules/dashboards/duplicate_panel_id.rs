//! Two panels of one id.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::content;

rule! {
    /// Two panels have the same `id`: links to a panel, and alerts that name one, lead to either.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "id": 1, "type": "stat", "title": "A" }, { "id": 1, "type": "stat", "title": "B" } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "id": 1, "type": "stat", "title": "A" }, { "id": 2, "type": "stat", "title": "B" } ] }
    /// ```
    DuplicatePanelId, "duplicate-panel-id", Warning
}

impl Rule for DuplicatePanelId {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut seen = std::collections::HashMap::new();
        let ids = view.dashboard.panels.iter().filter_map(|panel| panel.node.get("id")?.as_i64());
        let mut highest = ids.max().unwrap_or(0);
        for panel in &view.dashboard.panels {
            let Some(node) = panel.node.get("id") else { continue };
            let Some(id) = node.as_i64() else { continue };
            if let Some(first) = seen.insert(id, node) {
                highest = highest.saturating_add(1);
                let message = format!("two panels have the id `{id}`");
                found.push(
                    META.finding(node.span, message)
                        .path(format!("{}.id", panel.path))
                        .related(first.span, "the first one")
                        .help("give every panel its own id")
                        .fix(content(node), highest.to_string()),
                );
            }
        }
    }
}
