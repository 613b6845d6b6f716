//! Panels that cannot show what they are to show.

mod colours;
mod fields;
mod frame;
mod overrides;
mod units;

use crate::diagnostic::{Diagnostic, misspelt};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;
pub(super) use colours::misspelt_colour;
pub(super) use fields::CUSTOM;
use fields::fields;
use frame::{all_alike, legends, place, repeated, title};
use overrides::overridden;
use units::UNITS;
pub(super) use units::meant_unit;

rule! {
    /// A panel has no title or another's, is of a type that Grafana has removed, has no width or height, a unit or a colour that is
    /// nearly a known one, thresholds in a mode or with values that Grafana does not take or without a lowest step, an override that
    /// matches by nothing or sets nothing, or is repeated in a direction that there is not.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "graph", "title": "A", "targets": [] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "templating": { "list": [ { "name": "sort", "type": "custom", "query": "1,2" } ] },
    ///   "panels": [ { "type": "timeseries", "title": "A", "targets": [
    ///   { "refId": "A", "expr": "sum(a) and on () (vector($sort) == 1)", "legendFormat": "All" },
    ///   { "refId": "B", "expr": "sum(b) and on () (vector($sort) == 2)", "legendFormat": "All" } ] } ] }
    /// ```
    PanelSetting, "panel-setting", Warning
}

/// Types that Grafana 12 has no more, and what took their place.
const REMOVED: &[(&str, &str)] = &[
    ("graph", "timeseries"),
    ("singlestat", "stat"),
    ("grafana-singlestat-panel", "stat"),
    ("table-old", "table"),
    ("grafana-piechart-panel", "piechart"),
    ("grafana-worldmap-panel", "geomap"),
    ("heatmap-new", "heatmap"),
];

impl Rule for PanelSetting {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.manifests() {
            let panels = view.root.get("dashboard").and_then(|dashboard| dashboard.get("panels")).into_iter().flat_map(Node::items);
            for node in panels.filter_map(|panel| panel.get("unit")) {
                let meant = |unit| misspelt(unit, UNITS).filter(|_| unit.len() > 2).or_else(|| meant_unit(unit));
                if let Some(meant) = node.as_str().and_then(meant) {
                    let message = format!("Grafana has no unit {}", node.describe());
                    found.push(META.finding(node.span, message).path("dashboard.panels").help(format!("did you mean `{meant}`?")));
                }
            }
        }
    }

    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let dashboard = view.dashboard;
        if dashboard.layout_apart {
            return;
        }
        let mut titles: Vec<&Node> = Vec::new();
        for panel in &dashboard.panels {
            let mut add = |node: &Node, key: &str, message: String, help: String| {
                found.push(META.finding(node.span, message).path(format!("{}{key}", panel.path)).help(help));
            };
            title(panel, &mut titles, &mut add);
            if let Some((node, (_, instead))) =
                panel.node.get("type").and_then(|node| Some((node, REMOVED.iter().find(|(removed, _)| Some(*removed) == node.as_str())?)))
            {
                add(node, ".type", format!("Grafana has no panel of type {} any longer", node.describe()), format!("use `{instead}`"));
            }
            place(panel, &mut add);
            repeated(panel, &mut add);
            legends(panel, &mut add);
            all_alike(panel, &mut add);
            for step in panel.node.items_of("transformations") {
                if let Some((node, meant)) = step.get("id").and_then(|node| Some((node, other_step(node.as_str()?)?))) {
                    let message = format!("Grafana has no transformation {}", node.describe());
                    add(node, ".transformations", message, format!("did you mean `{meant}`?"));
                }
            }
            let Some(config) = panel.node.get("fieldConfig") else { continue };
            if let Some(defaults) = config.get("defaults") {
                fields(defaults, &mut add);
            }
            for rule in config.items_of("overrides") {
                overridden(panel, rule, &mut add);
            }
        }
    }
}

type Add<'r> = dyn FnMut(&Node, &str, String, String) + 'r;

/// The transformation that a name is nearly, or begins with.
fn other_step(name: &str) -> Option<&'static str> {
    let is_longer = |known: &&&str| name.len() > known.len() && name.starts_with(**known);
    let begins = || TRANSFORMATIONS.iter().filter(|_| !TRANSFORMATIONS.contains(&name)).find(is_longer).copied();
    misspelt(name, TRANSFORMATIONS).or_else(begins)
}

/// Transformations that Grafana brings.
const TRANSFORMATIONS: &[&str] = &[
    "calculateField",
    "concatenate",
    "configFromData",
    "convertFieldType",
    "convertFrameType",
    "extractFields",
    "fieldLookup",
    "filterByRefId",
    "filterByValue",
    "filterFieldsByName",
    "formatString",
    "formatTime",
    "groupBy",
    "groupToNestedTable",
    "groupingToMatrix",
    "heatmap",
    "histogram",
    "joinByField",
    "joinByLabels",
    "labelsToFields",
    "limit",
    "merge",
    "organize",
    "partitionByValues",
    "prepareTimeSeries",
    "reduce",
    "regression",
    "renameByRegex",
    "rowsToFields",
    "seriesToColumns",
    "seriesToRows",
    "sortBy",
    "spatial",
    "timeSeriesTable",
    "transpose",
];
