//! Keys of dashboards that are nearly those that Grafana reads.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// A key of a panel, a query, a variable or an annotation is nearly one that Grafana reads. Grafana ignores it without a word, and
    /// what it was to set keeps its default.
    ///
    /// Keys that are like no known one are left alone, for plugins bring their own.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [
    ///   { "refId": "A", "expr": "up", "legendFromat": "{{job}}" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A", "targets": [
    ///   { "refId": "A", "expr": "up", "legendFormat": "{{job}}" } ] } ] }
    /// ```
    MisspeltKey, "misspelt-key", Warning
}

const PANEL: &[&str] = &[
    "id",
    "type",
    "title",
    "description",
    "datasource",
    "gridPos",
    "fieldConfig",
    "options",
    "targets",
    "transformations",
    "transparent",
    "repeat",
    "repeatDirection",
    "maxPerRow",
    "links",
    "interval",
    "maxDataPoints",
    "timeFrom",
    "timeShift",
    "hideTimeOverride",
    "cacheTimeout",
    "libraryPanel",
    "pluginVersion",
    "collapsed",
    "panels",
    // Of panels of old, and left behind in many that became newer ones.
    "lines",
];
const TARGET: &[&str] = &[
    "refId",
    "expr",
    "datasource",
    "legendFormat",
    "format",
    "instant",
    "range",
    "interval",
    "intervalFactor",
    "exemplar",
    "editorMode",
    "hide",
    "step",
    "metric",
    "query",
    "queryType",
];
const VARIABLE: &[&str] = &[
    "name",
    "label",
    "type",
    "query",
    "definition",
    "datasource",
    "regex",
    "refresh",
    "sort",
    "multi",
    "includeAll",
    "allValue",
    "current",
    "options",
    "hide",
    "skipUrlSync",
    "description",
    "auto",
    "auto_count",
    "auto_min",
];
const ANNOTATION: &[&str] = &[
    "name",
    "datasource",
    "enable",
    "hide",
    "iconColor",
    "expr",
    "titleFormat",
    "textFormat",
    "tagKeys",
    "step",
    "type",
    "builtIn",
    "target",
    "filter",
    "limit",
    "tags",
    "useValueForTime",
    "showIn",
];
const DEFAULTS: &[&str] = &[
    "unit",
    "min",
    "max",
    "decimals",
    "displayName",
    "color",
    "custom",
    "mappings",
    "thresholds",
    "links",
    "noValue",
    "description",
    "filterable",
    "fieldMinMax",
];

const OPTIONS: &[&str] = &[
    "reduceOptions",
    "orientation",
    "textMode",
    "colorMode",
    "graphMode",
    "justifyMode",
    "wideLayout",
    "showThresholdLabels",
    "showThresholdMarkers",
    "displayMode",
    "legend",
    "tooltip",
    "timezone",
    "text",
];

const LINK: &[&str] =
    &["title", "type", "url", "tags", "icon", "tooltip", "targetBlank", "asDropdown", "includeVars", "keepTime", "placement"];

/// Parts of the options of panels, and their keys.
const PARTS: &[(&str, &str, &[&str])] = &[
    (
        "legend",
        "`legend`",
        &["displayMode", "placement", "showLegend", "calcs", "asTable", "isVisible", "width", "sortBy", "sortDesc", "values", "show"],
    ),
    ("tooltip", "`tooltip`", &["mode", "sort", "maxHeight", "maxWidth", "hideZeros", "show", "yHistogram", "showColorScale"]),
    ("reduceOptions", "`reduceOptions`", &["calcs", "fields", "values", "limit"]),
];

impl Rule for MisspeltKey {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let dashboard = view.dashboard;
        if dashboard.layout_apart {
            return;
        }
        for panel in &dashboard.panels {
            keys(panel.node, "a panel", PANEL, &panel.path, found);
            for target in &panel.targets {
                keys(target.node, "a query", TARGET, &target.path, found);
            }
            for (part, what, known) in PARTS {
                let inner = panel.node.get("options").and_then(|options| options.get(part));
                if let Some(node) = inner {
                    keys(node, what, known, &panel.path, found);
                }
            }
            let steps = panel.node.get("fieldConfig").and_then(|config| config.get("defaults")?.get("thresholds")?.get("steps"));
            for step in steps.into_iter().flat_map(Node::items) {
                keys(step, "a step", &["color", "value", "name", "index", "state"], &panel.path, found);
            }
            if let Some(options) = panel.node.get("options").filter(|_| matches!(panel.kind, "stat" | "gauge" | "bargauge" | "timeseries"))
            {
                keys(options, "`options`", OPTIONS, &panel.path, found);
            }
            let Some(config) = panel.node.get("fieldConfig") else { continue };
            keys(config, "`fieldConfig`", &["defaults", "overrides"], &panel.path, found);
            if let Some(defaults) = config.get("defaults") {
                keys(defaults, "`defaults`", DEFAULTS, &panel.path, found);
                defaults.get("thresholds").into_iter().for_each(|node| keys(node, "`thresholds`", &["mode", "steps"], &panel.path, found));
            }
        }
        if let Some(time) = dashboard.root.get("time") {
            keys(time, "`time`", &["from", "to"], "time", found);
            for (name, key, _) in time.entries().filter(|(name, ..)| !matches!(*name, "from" | "to")) {
                if !found.iter().any(|other| other.rule == META.id && other.span == key.span) {
                    let finding = META.finding(key.span, format!("Grafana reads no `{name}` of `time`")).path("time");
                    found.push(finding.help("write `from` and `to`"));
                }
            }
        }
        for link in dashboard.root.items_of("links") {
            keys(link, "a link", LINK, "links", found);
        }
        for variable in &dashboard.variables {
            keys(variable.node, "a variable", VARIABLE, "templating.list", found);
        }
        for annotation in dashboard.root.get("annotations").and_then(|node| node.get("list")).into_iter().flat_map(Node::items) {
            keys(annotation, "an annotation", ANNOTATION, "annotations.list", found);
        }
    }
}

/// Keys that are one letter or their case away from a known one that is not there.
fn keys(node: &Node, what: &str, known: &[&str], path: &str, found: &mut Vec<Diagnostic>) {
    for (name, key, _) in node.entries().filter(|(name, ..)| !known.contains(name)) {
        let lower = name.to_lowercase();
        let is_near = |known: &&str| {
            let distance = strsim::damerau_levenshtein(&lower, &known.to_lowercase());
            distance <= usize::from(known.len() > 3) + usize::from(known.len() > 8) && node.get(known).is_none()
        };
        if let Some(meant) = known.iter().copied().find(|known| is_near(known)) {
            let message = format!("Grafana reads no `{name}` of {what}");
            found.push(META.finding(key.span, message).path(path).help(format!("did you mean `{meant}`?")));
        }
    }
}
