//! `dashboards/<service>.json`: the model's panels as Grafana's classic dashboard, which file provisioning reads; and one of a whole fleet.

mod overview;
pub mod resource;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ready::Tree;
use super::{Artifact, Engine, File, SHARED, Subject, TemplateError};
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Unit, View};
use crate::model::query::{PANEL_WINDOW, escape_regex};
use crate::model::{Dashboard, Model};

/// Dashboards.
pub struct Dashboards;

#[derive(Serialize)]
struct Values<'a> {
    uid: &'a str,
    title: &'a str,
    description: String,
    refresh: String,
    tags: Vec<&'a str>,
    links: Vec<Tree>,
    alerts: String,
    variables: Vec<Variable>,
    panels: Vec<Tree>,
}

/// What a reader chooses from, besides the data source.
#[derive(Serialize)]
struct Variable {
    name: &'static str,
    label: &'static str,
    query: String,
    /// The pattern of all of them.
    all: String,
}

impl Artifact for Dashboards {
    fn kind(&self) -> &'static str {
        "dashboard"
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        if subject.panels().is_empty() {
            return Ok(Vec::new());
        }
        let text = engine.render("dashboard.json.j2", values(subject))?;
        Ok(vec![File { path: format!("dashboards/{}.json", subject.service.name), text }])
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        if !model.common.is_fleet {
            return Ok(Vec::new());
        }
        let text = engine.render("dashboard.json.j2", overview::values(model))?;
        Ok(vec![File { path: format!("dashboards/{SHARED}.json"), text }])
    }
}

fn values<'a>(subject: &'a Subject) -> Values<'a> {
    let service = subject.service;
    let Dashboard { uid, title, refresh, links, .. } = &service.dashboard;
    let description = service.description.clone().unwrap_or_else(|| format!("What {} promises, and how it is doing.", service.name));
    let panels = layout(subject.panels(), service.tracing.is_some());
    let asks_for = |variable: &str| panels.iter().any(|panel| mentions(panel, variable));
    let by_instance = asks_for("$instance");
    let by_job = by_instance || asks_for("$job");
    let job = by_job.then(|| Variable {
        name: "job",
        label: "Job",
        query: format!("label_values(up{{job={}}}, job)", json!(service.job)),
        all: escape_regex(&service.job),
    });
    let instance = by_instance.then(|| Variable {
        name: "instance",
        label: "Instance",
        query: "label_values(up{job=~\"$job\"}, instance)".to_owned(),
        all: ".+".to_owned(),
    });
    Values {
        uid,
        title,
        description,
        refresh: refresh.to_string(),
        tags: vec!["obsgen", &service.name],
        links: links.iter().map(|(title, url)| link(title, url).into()).collect(),
        alerts: format!("ALERTS{{alertstate=\"firing\",service={}}}", json!(service.name)),
        variables: job.into_iter().chain(instance).collect(),
        panels: panels.into_iter().map(Tree::from).collect(),
    }
}

/// Whether a text somewhere in a value has a variable in it.
fn mentions(value: &Value, variable: &str) -> bool {
    match value {
        Value::String(text) => text.contains(variable),
        Value::Array(items) => items.iter().any(|item| mentions(item, variable)),
        Value::Object(entries) => entries.values().any(|entry| mentions(entry, variable)),
        _ => false,
    }
}

fn link(title: &str, url: &str) -> Value {
    json!({
        "title": title, "type": "link", "icon": "external link", "tooltip": title, "url": url, "tags": [],
        "asDropdown": false, "targetBlank": true, "includeVars": false, "keepTime": false,
    })
}

/// Panels in rows of 24 columns, each row under its title, with ids in the order in which they stand.
fn layout(panels: &[Panel], is_traced: bool) -> Vec<Value> {
    let mut all = Vec::new();
    let (mut id, mut y) = (0, 0);
    let mut next_id = || {
        id += 1;
        id
    };
    let mut rows: Vec<Row> = panels.iter().map(|panel| panel.row).collect();
    rows.dedup();
    for row in rows {
        let (mut x, mut height) = (0, 0);
        all.push(json!({
            "id": next_id(), "type": "row", "title": row.title(), "collapsed": false, "panels": [],
            "gridPos": { "h": 1, "w": 24, "x": 0, "y": y },
        }));
        y += 1;
        for panel in panels.iter().filter(|panel| panel.row == row) {
            let (w, h) = size(panel);
            if x + w > 24 {
                y += height;
                (x, height) = (0, 0);
            }
            all.push(panel_json(panel, next_id(), &json!({ "h": h, "w": w, "x": x, "y": y }), is_traced));
            x += w;
            height = height.max(h);
        }
        y += height;
    }
    all
}

fn size(panel: &Panel) -> (u32, u32) {
    match panel.view {
        View::Number => (4, 4),
        View::Table => (24, 6),
        View::States => (12, 5),
        View::Lines | View::Stacked | View::Heatmap => (12, 8),
    }
}

fn panel_json(panel: &Panel, id: u32, position: &Value, is_traced: bool) -> Value {
    let targets: Vec<Value> = panel.queries.iter().enumerate().map(|(i, query)| target(query, i, panel.view, is_traced)).collect();
    json!({
        "id": id,
        "type": plugin(panel.view),
        "title": literal(&panel.title),
        "description": literal(&panel.description),
        "datasource": datasource(),
        "gridPos": position,
        "fieldConfig": { "defaults": field_defaults(panel), "overrides": [] },
        "options": options(panel),
        "targets": targets,
    })
}

/// Text in which Grafana finds no variable: a zero-width joiner keeps a dollar sign from starting one.
fn literal(text: &str) -> String {
    text.replace('$', "$\u{200d}")
}

fn datasource() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

fn plugin(view: View) -> &'static str {
    match view {
        View::Lines | View::Stacked => "timeseries",
        View::Number => "stat",
        View::States => "state-timeline",
        View::Heatmap => "heatmap",
        View::Table => "table",
    }
}

fn target(query: &Query, index: usize, view: View, is_traced: bool) -> Value {
    let expr = match &query.expr {
        Ask::Tree(tree) => tree.to_string().replace(&format!("[{PANEL_WINDOW}]"), "[$__rate_interval]"),
        Ask::Text(text) => text.clone(),
    };
    let letter = u8::try_from(index).ok().and_then(|i| char::from_u32(u32::from(b'A' + i.min(25)))).unwrap_or('Z');
    let format = match view {
        View::Heatmap => "heatmap",
        View::Table => "table",
        _ => "time_series",
    };
    // A trace of one slow answer, drawn where its quantile is.
    let has_exemplars = is_traced && !query.instant && view == View::Lines && expr.contains("histogram_quantile(");
    json!({
        "refId": letter.to_string(), "datasource": datasource(), "editorMode": "code", "expr": expr, "format": format,
        "instant": query.instant, "range": !query.instant, "legendFormat": query.legend, "exemplar": has_exemplars,
    })
}

/// Grafana's id of a unit.
fn unit(unit: &Unit) -> &str {
    match unit {
        Unit::Ratio => "percentunit",
        Unit::Seconds => "s",
        Unit::Bytes => "bytes",
        Unit::PerSecond => "cps",
        Unit::RequestsPerSecond => "reqps",
        Unit::BytesPerSecond => "Bps",
        Unit::Count => "short",
        Unit::State => "bool_on_off",
        Unit::Named(name) => name,
    }
}

fn colour(colour: Colour) -> &'static str {
    match colour {
        Colour::Good => "green",
        Colour::Warning => "orange",
        Colour::Bad => "red",
        Colour::Plain => "blue",
    }
}

fn field_defaults(panel: &Panel) -> Value {
    let base = json!({ "color": colour(panel.base), "value": null });
    let steps = panel.steps.iter().map(|step| json!({ "color": colour(step.colour), "value": step.value }));
    let steps: Vec<Value> = [base].into_iter().chain(steps).collect();
    let by_threshold = matches!(panel.view, View::Number | View::States);
    let mut defaults = Map::new();
    defaults.insert("unit".to_owned(), json!(unit(&panel.unit)));
    defaults.insert("color".to_owned(), json!({ "mode": if by_threshold { "thresholds" } else { "palette-classic" } }));
    defaults.insert("thresholds".to_owned(), json!({ "mode": "absolute", "steps": steps }));
    if let Some(min) = panel.range.0 {
        defaults.insert("min".to_owned(), json!(min));
    }
    if let Some(max) = panel.range.1 {
        defaults.insert("max".to_owned(), json!(max));
    }
    if panel.unit == Unit::State {
        let states = json!({ "0": { "text": "down", "color": "red", "index": 0 }, "1": { "text": "up", "color": "green", "index": 1 } });
        defaults.insert("mappings".to_owned(), json!([{ "type": "value", "options": states }]));
    }
    defaults.insert("custom".to_owned(), custom(panel));
    Value::Object(defaults)
}

/// Settings of the panel's own plugin.
fn custom(panel: &Panel) -> Value {
    let style = if panel.steps.is_empty() { "off" } else { "line" };
    match panel.view {
        View::Lines => {
            json!({ "drawStyle": "line", "lineWidth": 1, "fillOpacity": 0, "showPoints": "never", "spanNulls": false, "thresholdsStyle": { "mode": style } })
        }
        View::Stacked => json!({
            "drawStyle": "line", "lineWidth": 1, "fillOpacity": 30, "showPoints": "never", "spanNulls": false,
            "stacking": { "group": "A", "mode": "normal" }, "thresholdsStyle": { "mode": style },
        }),
        View::States => json!({ "lineWidth": 0, "fillOpacity": 80 }),
        View::Heatmap => {
            json!({ "hideFrom": { "legend": false, "tooltip": false, "viz": false }, "scaleDistribution": { "type": "linear" } })
        }
        View::Number | View::Table => json!({}),
    }
}

fn options(panel: &Panel) -> Value {
    let reduce = json!({ "calcs": ["lastNotNull"], "fields": "", "values": false });
    match panel.view {
        View::Lines | View::Stacked => json!({
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
            "tooltip": { "mode": "multi", "sort": "desc" },
        }),
        View::Number => json!({
            "colorMode": "background", "graphMode": "area", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
            "wideLayout": true, "showPercentChange": false, "percentChangeColorMode": "standard", "reduceOptions": reduce,
        }),
        View::States => json!({
            "showValue": "auto", "mergeValues": true, "rowHeight": 0.8,
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": false, "calcs": [] },
            "tooltip": { "mode": "single", "sort": "none" },
        }),
        View::Heatmap => json!({
            "calculate": false, "cellGap": 1, "showValue": "never",
            "color": { "mode": "scheme", "scheme": "Oranges", "fill": "dark-orange", "exponent": 0.5, "steps": 64, "reverse": false },
            "yAxis": { "axisPlacement": "left", "unit": unit(&panel.unit) }, "legend": { "show": true },
            "tooltip": { "mode": "single", "yHistogram": false, "showColorScale": false }, "exemplars": { "color": "rgba(255,0,255,0.7)" },
        }),
        View::Table => json!({ "frameIndex": 0, "showHeader": true, "cellHeight": "sm" }),
    }
}
