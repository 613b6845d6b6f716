//! Panels whose numbers have no unit.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::dashboards::panel_layout::{panel_name, panel_place};
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
    MissingUnit, "missing-unit", Info up to Warning
}

impl Rule for MissingUnit {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            // Old graphs keep their unit at the axes.
            let axes = panel.node.get("yaxes").is_some();
            let of_axis = panel.node.at(["options", "yAxis", "unit"]).filter(|_| panel.kind == "heatmap");
            let has_unit = panel.unit().or(of_axis).is_some_and(|unit| unit.as_str() != Some(""));
            if !has_unit && !axes && panel.shows_values() && panel.targets.iter().any(|target| target.expr.is_some()) {
                // A share of 0.05 or a time of 0.2 that is drawn bare is read as something else.
                let own = view.queries.iter().filter(|query| query.is_of(panel));
                let measured = own.map(|query| query.expr.as_ref().and_then(|expr| quantity(expr, query)));
                let level = if measured.clone().count() > 0
                    && measured.into_iter().all(|measured| matches!(measured, Some(Quantity::Share | Quantity::Seconds | Quantity::Bytes)))
                {
                    Level::Warning
                } else {
                    META.level
                };
                found.push(
                    META.finding_at(level, panel_place(panel), format!("the panel {} has no unit", panel_name(panel)))
                        .path(panel.path.clone())
                        .help("set `fieldConfig.defaults.unit`: `s`, `reqps`, `percentunit`, `bytes`, `short` …"),
                );
            }
        }
    }
}
