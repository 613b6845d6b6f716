//! `dashboards/_shared.json`: what is wrong in a whole fleet, and the way to each service's own dashboard.

use serde_json::{Value, json};

use super::{Values, Variable, layout};
use crate::artifacts::ready::Tree;
use crate::manifest::scalars::Duration;
use crate::model::Model;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};

/// The dashboard's uid; no service's begins so.
const UID: &str = "obsgen_fleet";

/// What a day's page for a budget of 30 days burns in an hour: 14.4 times what it may.
const FAST_BURN_AN_HOUR: f64 = 0.02;

pub(super) fn values(model: &Model) -> Values<'static> {
    let promises = model.services.iter().any(|service| !service.objectives.is_empty());
    let mut panels = layout(&panels(promises), false);
    let url = url(model);
    for panel in panels.iter_mut().filter(|panel| panel["type"] == "table") {
        // Every field of a row leads there: the row's service is the same for all of them.
        let link = super::link("Dashboard of ${__data.fields.service}", url);
        panel["fieldConfig"]["defaults"]["links"] = json!([link]);
    }
    let refresh = model.services.iter().map(|service| service.dashboard.refresh).max().unwrap_or(Duration::seconds(30));
    let service = promises.then(|| Variable {
        name: "service",
        label: "Service",
        query: "label_values(job:slo_requests:rate5m, service)".to_owned(),
        all: ".+".to_owned(),
    });
    Values {
        uid: UID,
        title: "All services",
        description: "What fires, which budgets are spent and what is down, over all services; their names lead to their dashboards."
            .to_owned(),
        refresh: refresh.to_string(),
        tags: vec!["obsgen"],
        links: vec![Tree::from(every_dashboard())],
        alerts: "ALERTS{alertstate=\"firing\",service=~\".+\"}".to_owned(),
        variables: service.into_iter().collect(),
        panels: panels.into_iter().map(Tree::from).collect(),
    }
}

/// A list of every dashboard that obsgen rendered.
fn every_dashboard() -> Value {
    json!({
        "title": "Services", "type": "dashboards", "icon": "dashboard", "tooltip": "Every service's dashboard", "url": "", "tags": ["obsgen"],
        "asDropdown": true, "targetBlank": false, "includeVars": false, "keepTime": true,
    })
}

/// Where a service's dashboard is: at its uid where every uid follows from the name, and else among those with its tag.
fn url(model: &Model) -> &'static str {
    let follows = |service: &crate::model::Service| service.dashboard.uid == format!("obsgen-{}", service.name);
    if model.services.iter().all(follows) {
        "/d/obsgen-${__data.fields.service}"
    } else {
        "/dashboards?tag=obsgen&tag=${__data.fields.service}"
    }
}

fn panels(promises: bool) -> Vec<Panel> {
    let services = if promises { "service=~\"$service\"" } else { "service=~\".+\"" };
    let firing = format!("ALERTS{{alertstate=\"firing\",alertname!=\"Watchdog\",{services}}}");
    let critical = format!("ALERTS{{alertstate=\"firing\",severity=\"critical\",{services}}}");
    let bad = |value: f64| vec![Step { value, colour: Colour::Bad }];
    let tile = |title: &str, description: &str, expr: String| Panel {
        title: title.to_owned(),
        description: description.to_owned(),
        view: View::Number,
        unit: Unit::Count,
        queries: vec![Query { expr: Ask::Text(expr), legend: title.to_owned(), instant: true }],
        steps: bad(1.0),
        base: Colour::Good,
        row: Row::Now,
        range: (Some(0.0), None),
    };
    let table = |title: &str, description: &str, expr: String| Panel {
        view: View::Table,
        base: Colour::Plain,
        steps: Vec::new(),
        ..tile(title, description, expr)
    };
    let mut all = vec![
        tile(
            "Services with alerts",
            "How many services have an alert that fires.",
            format!("count(count by (service) ({firing})) or vector(0)"),
        ),
        tile("Critical alerts", "How many critical alerts fire.", format!("count({critical}) or vector(0)")),
        tile("Targets down", "How many targets cannot be scraped, of any job.", "count(up == 0) or vector(0)".to_owned()),
        table(
            "Alerts by service",
            "How many alerts of which severity fire.",
            format!("sort_desc(count by (service, severity) ({firing}))"),
        ),
    ];
    if promises {
        let left = format!("job:slo_error_budget_remaining:ratio{{{services}}}");
        all.push(Panel {
            unit: Unit::Ratio,
            row: Row::Objectives,
            range: (None, Some(1.0)),
            ..table(
                "Least error budget left",
                "What each objective may still spend of its window's budget, the least first; below 0 it is broken.",
                format!("bottomk(20, min by (service, slo) ({left}))"),
            )
        });
        all.push(Panel {
            title: "Error budget spent in an hour".to_owned(),
            description: "The ten objectives that spend most. At the line, a budget for 30 days is spent in two. What leaves the window comes back, so spending can be below 0."
                .to_owned(),
            view: View::Lines,
            unit: Unit::Ratio,
            queries: vec![Query {
                expr: Ask::Text(format!("topk(10, max by (service, slo) ({left} offset 1h - {left}))")),
                legend: "{{service}} {{slo}}".to_owned(),
                instant: false,
            }],
            steps: bad(FAST_BURN_AN_HOUR),
            base: Colour::Good,
            row: Row::Objectives,
            range: (None, None),
        });
        all.push(Panel {
            title: "Errors per request, last hour".to_owned(),
            description: "The ten objectives with the most errors.".to_owned(),
            view: View::Lines,
            unit: Unit::Ratio,
            queries: vec![Query {
                expr: Ask::Text(format!("topk(10, max by (service, slo) (job:slo_errors_per_request:ratio_rate1h{{{services}}}))")),
                legend: "{{service}} {{slo}}".to_owned(),
                instant: false,
            }],
            steps: Vec::new(),
            base: Colour::Good,
            row: Row::Objectives,
            range: (Some(0.0), None),
        });
    }
    all.push(Panel {
        title: "Targets down by job".to_owned(),
        description: "How many targets of each job cannot be scraped.".to_owned(),
        view: View::Lines,
        unit: Unit::Count,
        queries: vec![Query { expr: Ask::Text("count by (job) (up == 0)".to_owned()), legend: "{{job}}".to_owned(), instant: false }],
        steps: Vec::new(),
        base: Colour::Good,
        row: Row::Availability,
        range: (Some(0.0), None),
    });
    all
}
