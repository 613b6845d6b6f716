//! Panels without a place.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::panel_layout::{panel_name, panel_place};
use crate::lint::views::DashboardView;

rule! {
    /// A panel has no `gridPos`, so Grafana puts it at the top left, on all others that have none either.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Requests" } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Requests", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 } } ] }
    /// ```
    PanelWithoutGridPos, "panel-without-grid-pos", Warning
}

impl Rule for PanelWithoutGridPos {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // The rows of old schemas have a layout of their own.
        if view.dashboard.root.get("rows").is_some() || view.dashboard.layout_apart {
            return;
        }
        for panel in view.dashboard.panels.iter().filter(|panel| panel.node.get("gridPos").is_none()) {
            found.push(
                META.finding(panel_place(panel), format!("the panel {} has no `gridPos`", panel_name(panel)))
                    .path(panel.path.clone())
                    .help("add `\"gridPos\": {\"x\": 0, \"y\": 0, \"w\": 12, \"h\": 8}`; a row is 24 wide"),
            );
        }
    }
}
