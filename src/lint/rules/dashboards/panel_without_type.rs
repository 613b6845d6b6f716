//! Panels that say not what they are.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::panel_layout::{panel_name, panel_place};
use crate::lint::views::DashboardView;

rule! {
    /// A panel has no `type`, so Grafana does not know how to draw it.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "title": "Requests", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 } } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Requests", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 } } ] }
    /// ```
    PanelWithoutType, "panel-without-type", Warning
}

impl Rule for PanelWithoutType {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // A panel of the library has its type there.
        for panel in view.dashboard.panels.iter().filter(|panel| panel.kind.is_empty() && panel.node.get("libraryPanel").is_none()) {
            found.push(
                META.finding(panel_place(panel), format!("the panel {} has no `type`", panel_name(panel)))
                    .path(panel.path.clone())
                    .help("add `\"type\": \"timeseries\"`, or the panel type that you mean"),
            );
        }
    }
}
