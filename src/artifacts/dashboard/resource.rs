//! `dashboards-v2/<service>.json`: the same dashboards as resources of Grafana's own API, whose schema is called v2.
//!
//! Panels lie apart from where they stand, a query says which plugin answers it, and rows hold a grid each.

use serde_json::{Map, Value, json};

use super::{Values, Variable, overview, values};
use crate::artifacts::ready::Tree;
use crate::artifacts::{Artifact, Engine, File, SHARED, Subject, TemplateError};
use crate::model::Model;

/// Dashboards as resources.
pub struct Resources;

impl Artifact for Resources {
    fn kind(&self) -> &'static str {
        "dashboard-v2"
    }

    fn by_default(&self) -> bool {
        false
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        if subject.panels().is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![file(engine, &subject.service.name, &values(subject))?])
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        if !model.common.is_fleet {
            return Ok(Vec::new());
        }
        Ok(vec![file(engine, SHARED, &overview::values(model))?])
    }
}

fn file(engine: &Engine, name: &str, values: &Values) -> Result<File, TemplateError> {
    let text = engine.render("dashboard-v2.json.j2", json!({ "resource": resource(values) }))?;
    Ok(File { path: format!("dashboards-v2/{name}.json"), text })
}

fn resource(values: &Values) -> Value {
    let variables: Vec<Value> = [datasource()].into_iter().chain(values.variables.iter().map(variable)).collect();
    json!({
        "apiVersion": "dashboard.grafana.app/v2beta1",
        "kind": "Dashboard",
        // What the classic dashboard's uid is, but that no underscore can stand in it.
        "metadata": { "name": values.uid.replace('_', "-") },
        "spec": {
            "title": values.title,
            "description": values.description,
            "tags": values.tags,
            "cursorSync": "Crosshair",
            "preload": false,
            "editable": false,
            "links": values.links.iter().map(Tree::json).collect::<Vec<_>>(),
            "annotations": [firing(&values.alerts)],
            "variables": variables,
            "elements": elements(&values.panels),
            "layout": layout(&values.panels),
            "timeSettings": {
                "timezone": "browser", "from": "now-6h", "to": "now", "autoRefresh": values.refresh,
                "autoRefreshIntervals": ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"],
                "hideTimepicker": false, "fiscalYearStartMonth": 0,
            },
        },
    })
}

/// A query of Prometheus, with what its plugin reads.
fn query(spec: &Value) -> Value {
    json!({ "kind": "DataQuery", "group": "prometheus", "version": "v0", "datasource": { "name": "${datasource}" }, "spec": spec })
}

fn firing(alerts: &str) -> Value {
    let spec = json!({
        "expr": alerts, "step": "60s", "titleFormat": "{{alertname}}", "textFormat": "{{severity}} {{instance}}", "tagKeys": "severity",
    });
    json!({
        "kind": "AnnotationQuery",
        "spec": { "name": "Firing alerts", "enable": true, "hide": false, "iconColor": "red", "query": query(&spec) },
    })
}

fn datasource() -> Value {
    json!({
        "kind": "DatasourceVariable",
        "spec": {
            "name": "datasource", "label": "Data source", "pluginId": "prometheus", "refresh": "onDashboardLoad", "regex": "",
            "current": { "text": "Prometheus", "value": "prometheus" }, "options": [], "multi": false, "includeAll": false,
            "hide": "dontHide", "skipUrlSync": false, "allowCustomValue": true,
        },
    })
}

fn variable(variable: &Variable) -> Value {
    json!({
        "kind": "QueryVariable",
        "spec": {
            "name": variable.name, "label": variable.label, "query": query(&json!({ "query": variable.query })), "definition": variable.query,
            "current": { "text": ["All"], "value": ["$__all"] }, "options": [], "multi": true, "includeAll": true, "allValue": variable.all,
            "refresh": "onTimeRangeChanged", "sort": "alphabeticalAsc", "regex": "", "hide": "dontHide", "skipUrlSync": false,
            "allowCustomValue": true,
        },
    })
}

/// The panels that are no rows, each under a name.
fn elements(panels: &[Tree]) -> Value {
    Value::Object(panels.iter().map(Tree::json).filter(|panel| !is_row(panel)).map(|panel| (name(panel), element(panel))).collect())
}

fn is_row(panel: &Value) -> bool {
    panel["type"] == "row"
}

fn name(panel: &Value) -> String {
    format!("panel-{}", panel["id"])
}

fn element(panel: &Value) -> Value {
    let target = |target: &Value| {
        let mut spec: Map<String, Value> = target.as_object().cloned().unwrap_or_default();
        let letter = spec.remove("refId");
        spec.remove("datasource");
        json!({ "kind": "PanelQuery", "spec": { "query": query(&Value::Object(spec)), "refId": letter, "hidden": false } })
    };
    let queries: Vec<Value> = panel["targets"].as_array().into_iter().flatten().map(target).collect();
    json!({
        "kind": "Panel",
        "spec": {
            "id": panel["id"], "title": panel["title"], "description": panel["description"], "links": [],
            "data": { "kind": "QueryGroup", "spec": { "queries": queries, "transformations": [], "queryOptions": {} } },
            "vizConfig": {
                "kind": "VizConfig", "group": panel["type"], "version": "",
                "spec": { "options": panel["options"], "fieldConfig": panel["fieldConfig"] },
            },
        },
    })
}

/// Rows of panels, each of which is placed from the top of its row.
fn layout(panels: &[Tree]) -> Value {
    let mut rows: Vec<(Value, Vec<Value>)> = Vec::new();
    let mut top = 0;
    for panel in panels.iter().map(Tree::json) {
        let place = &panel["gridPos"];
        let number = |key: &str| place[key].as_i64().unwrap_or_default();
        if is_row(panel) {
            top = number("y") + number("h");
            rows.push((panel["title"].clone(), Vec::new()));
        } else if let Some((_, items)) = rows.last_mut() {
            let spec = json!({
                "x": number("x"), "y": number("y") - top, "width": number("w"), "height": number("h"),
                "element": { "kind": "ElementReference", "name": name(panel) },
            });
            items.push(json!({ "kind": "GridLayoutItem", "spec": spec }));
        }
    }
    let row = |(title, items): (Value, Vec<Value>)| {
        let grid = json!({ "kind": "GridLayout", "spec": { "items": items } });
        json!({ "kind": "RowsLayoutRow", "spec": { "title": title, "collapse": false, "layout": grid } })
    };
    json!({ "kind": "RowsLayout", "spec": { "rows": rows.into_iter().map(row).collect::<Vec<_>>() } })
}
