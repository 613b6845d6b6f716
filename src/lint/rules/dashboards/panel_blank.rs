//! Panels on which nothing can be seen.

use crate::diagnostic::Diagnostic;
use crate::formats::dashboard::Panel;
use crate::lint::context::Context;
use crate::lint::fields;
use crate::lint::inference::value::interval;
use crate::lint::query::Query;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// Nothing can be seen on a panel: it has no query; its lines have neither width nor filling nor points, or are hidden by an option of
    /// all fields; its axis begins above everything that its queries return; it takes over the result of a panel that is not there; or it
    /// is of a library, and does not say which panel of it.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A",
    ///   "fieldConfig": { "defaults": { "custom": { "lineWidth": 0, "fillOpacity": 0, "showPoints": "never" } } },
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "timeseries", "title": "A",
    ///   "fieldConfig": { "defaults": { "custom": { "lineWidth": 0, "fillOpacity": 30, "showPoints": "never" } } },
    ///   "targets": [ { "refId": "A", "expr": "sum by (job) (up)" } ] } ] }
    /// ```
    PanelBlank, "panel-blank", Warning
}

/// Panels of Grafana's own that show the results of queries.
const SHOWS: &[&str] = &[
    "timeseries",
    "stat",
    "gauge",
    "bargauge",
    "piechart",
    "barchart",
    "table",
    "heatmap",
    "state-timeline",
    "status-history",
    "histogram",
];

type Add<'r> = dyn FnMut(&Node, &str, String, &str) + 'r;

impl Rule for PanelBlank {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if view.dashboard.layout_apart {
            return;
        }
        let ids: Vec<i64> = view.dashboard.panels.iter().filter_map(|panel| panel.node.get("id")?.as_i64()).collect();
        for panel in &view.dashboard.panels {
            let mut add = |node: &Node, key: &str, message: String, help: &str| {
                found.push(META.finding(node.span, message).path(format!("{}.{key}", panel.path)).help(help));
            };
            if let Some(library) = panel.node.get("libraryPanel").filter(|library| !library.is_null()) {
                if library.get("uid").and_then(Node::as_str).is_none_or(str::is_empty) {
                    add(library, "libraryPanel", "this does not say which panel of the library is meant".to_owned(), "give its `uid`");
                }
                continue;
            }
            let lacks = SHOWS.contains(&panel.kind) && panel.node.get("targets").is_none() && panel.node.get("snapshotData").is_none();
            if let Some(kind) = panel.node.get("type").filter(|_| lacks) {
                add(
                    kind,
                    "targets",
                    "the panel has no query, so it shows nothing".to_owned(),
                    "add one under `targets`, or remove the panel",
                );
            }
            if let Some(list) = panel.node.get("targets").filter(|list| SHOWS.contains(&panel.kind) && is_empty(list)) {
                add(list, "targets", "the panel has no query, so it shows nothing".to_owned(), "add one, or remove the panel");
            }
            taken_over(panel, &ids, &mut add);
            no_field(panel, &mut add);
            if panel.kind == "timeseries" {
                without_time(panel, &mut add);
                undrawn(panel, &mut add);
                out_of_sight(panel, view.queries, context, &mut add);
            }
        }
    }
}

fn is_empty(list: &Node) -> bool {
    list.as_sequence().is_some_and(<[_]>::is_empty)
}

/// The result of a panel that is not there.
fn taken_over(panel: &Panel<'_>, ids: &[i64], add: &mut Add<'_>) {
    for target in &panel.targets {
        let of = [target.datasource, panel.datasource].into_iter().flatten().next();
        let of = of.and_then(|source| source.get("uid").unwrap_or(source).as_str());
        let wanted = target.node.get("panelId").filter(|_| of == Some("-- Dashboard --"));
        if let Some(node) = wanted.filter(|node| node.as_i64().is_some_and(|id| !ids.contains(&id))) {
            add(node, "targets", format!("the dashboard has no panel {}", node.describe()), "name the `id` of one");
        }
    }
}

/// A pattern of fields that matches none of the series.
fn no_field(panel: &Panel<'_>, add: &mut Add<'_>) {
    let wanted = panel.node.at(["options", "reduceOptions", "fields"]).and_then(Node::with_str);
    let Some((node, text)) = wanted.filter(|(_, text)| text.starts_with('/') && fields::steps(panel).is_empty()) else { return };
    let (Some(drawn), Some(pattern)) = (fields::drawn(panel), fields::anywhere(text)) else { return };
    if !drawn.iter().chain(&["Time"]).any(|name| pattern.is_match(name)) {
        let message = format!("no series of the panel is called as {} says", node.describe());
        add(node, "options.reduceOptions.fields", message, "write a pattern of the legends, or leave it empty");
    }
}

/// Lines over time of fields among which there is none of time.
fn without_time(panel: &Panel<'_>, add: &mut Add<'_>) {
    for step in fields::steps(panel) {
        let excluded = step.options.at(["excludeByName", "Time"]).filter(|node| step.id == "organize" && node.as_bool() == Some(true));
        if let Some(node) = excluded {
            add(node, "transformations", "the time is left out, and lines are drawn over it".to_owned(), "keep `Time`");
        }
        // What follows may make a time of something else.
        if !step.is_plain() {
            return;
        }
    }
}

/// Lines that are not drawn, by what is set for all of them.
fn undrawn(panel: &Panel<'_>, add: &mut Add<'_>) {
    let Some(custom) = panel.node.at(["fieldConfig", "defaults", "custom"]) else { return };
    let overridden =
        |names: &[&str]| fields::properties(panel).any(|(_, id)| names.iter().any(|name| id.strip_prefix("custom.") == Some(name)));
    let hidden = custom.get("hideFrom").and_then(|from| from.get("viz")).filter(|node| node.as_bool() == Some(true));
    if let Some(node) = hidden.filter(|_| !overridden(&["hideFrom"])) {
        add(node, "fieldConfig.defaults.custom", "every line is hidden".to_owned(), "write `false`, or hide some by overrides");
    }
    let word = |key: &str| custom.get(key).and_then(Node::as_str);
    let none = |key: &str| custom.get(key).and_then(Node::as_f64).is_some_and(|number| number.abs() < f64::EPSILON);
    let line = matches!(word("drawStyle"), None | Some("line"));
    let least = panel.node.at(["fieldConfig", "defaults", "min"]).and_then(Node::as_f64).is_some_and(|least| least >= 0.0);
    if let Some(node) = custom.get("transform").filter(|node| least && node.as_str() == Some("negative-Y") && !overridden(&["transform"])) {
        add(
            node,
            "fieldConfig.defaults.custom",
            "every line is drawn below zero, and the axis begins above".to_owned(),
            "leave `min` or this out",
        );
    }
    let bare = none("lineWidth") && none("fillOpacity") && word("showPoints") == Some("never");
    if let Some((key, _)) = custom.entry("lineWidth")
        && line
        && bare
        && !overridden(&["lineWidth", "fillOpacity", "showPoints", "drawStyle", "fillBelowTo", "lineStyle"])
    {
        let message = "the lines have neither width nor filling nor points".to_owned();
        add(key, "fieldConfig.defaults.custom", message, "give them a width of 1");
    }
}

/// An axis that begins above everything that the queries return.
fn out_of_sight(panel: &Panel<'_>, queries: &[Query<'_>], context: &Context<'_>, add: &mut Add<'_>) {
    let Some((node, least)) = panel.node.at(["fieldConfig", "defaults", "min"]).and_then(|node| Some((node, node.as_f64()?))) else {
        return;
    };
    let own: Vec<&Query<'_>> = queries.iter().filter(|query| query.is_of(panel)).collect();
    let overridden = fields::properties(panel).any(|(_, id)| id == "min" || id == "custom.axisPlacement");
    if own.is_empty() || own.len() != panel.targets.len() || overridden || !fields::steps(panel).is_empty() {
        return;
    }
    let most = own.iter().map(|query| {
        let expr = query.expr.as_ref().filter(|expr| !query.is_built_of_variables(expr))?;
        let values = interval(expr, context.world);
        (values.low <= values.high && values.high.is_finite()).then_some(values.high)
    });
    let most = most.collect::<Option<Vec<_>>>().and_then(|most| most.into_iter().reduce(f64::max));
    if let Some(most) = most.filter(|most| least >= *most && least > 0.0) {
        let message = format!("the axis begins at {}, and the queries return {most} at most", node.describe());
        add(node, "fieldConfig.defaults.min", message, "begin lower, as at 0");
    }
}
