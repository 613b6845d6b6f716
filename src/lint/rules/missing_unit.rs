//! Panels whose numbers have no unit.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::panel_layout::{panel_name, panel_place};
use crate::lint::views::DashboardView;

rule! {
    /// A panel shows numbers without a unit, and whoever is woken at night has to guess whether `0.5` is seconds, requests
    /// or half of everything.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "targets": [ { "refId": "A", "expr": "latency_seconds" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "Latency", "fieldConfig": { "defaults": { "unit": "s" } },
    ///   "targets": [ { "refId": "A", "expr": "latency_seconds" } ] } ] }
    /// ```
    MissingUnit, "missing-unit", Info
}

impl Rule for MissingUnit {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            // Old graphs keep their unit at the axes.
            let axes = panel.node.get("yaxes").is_some();
            if panel.unit().is_none() && !axes && panel.shows_values() && panel.targets.iter().any(|target| target.expr.is_some()) {
                found.push(
                    META.finding(panel_place(panel), format!("the panel {} has no unit", panel_name(panel)))
                        .path(panel.path.clone())
                        .help("set `fieldConfig.defaults.unit`: `s`, `reqps`, `percentunit`, `bytes`, `short` …"),
                );
            }
        }
    }
}
