//! `runbooks/<alert>.md`: what each alert means, what its tests proved, where to look first, and what is likely behind it.
//!
//! A page says nothing of its own: every sentence, query and panel on it is asked of the signal, as the rule's are.

use std::collections::BTreeSet;

use serde::Serialize;

use super::subject::Condition;
use super::{Artifact, Engine, File, SHARED, Subject, TemplateError};
use crate::model::alert::{Alert, Group, segment};
use crate::model::health::Target;
use crate::model::log_alert::{LogAlert, UNPROVEN};
use crate::model::signals::Proof;
use crate::model::{Dependency, Model, Service};
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk;
use crate::promql::{self, Expr};

/// Runbooks.
pub struct Runbooks;

/// A page: the rules that share a name.
#[derive(Serialize)]
struct Page<'a> {
    name: &'a str,
    service: Option<&'a str>,
    rules: Vec<Rule<'a>>,
    /// The language of its queries.
    language: &'static str,
    /// Queries without the threshold: what the alert looks at, as it is now.
    values: Vec<String>,
    /// The same, before it is summed up.
    parts: Vec<String>,
    panels: Vec<Drawn<'a>>,
    dashboard_url: Option<String>,
    causes: Vec<Cause<'a>>,
    checks: Vec<Asked<'a>>,
    links: Vec<(&'a str, &'a str)>,
}

#[derive(Serialize)]
struct Rule<'a> {
    summary: String,
    description: String,
    expr: String,
    severity: &'a str,
    burn: Option<&'a str>,
    hold: Option<String>,
    is_told: bool,
    stories: Vec<&'a str>,
    always: bool,
    unproven: Option<&'a str>,
}

#[derive(Serialize)]
struct Drawn<'a> {
    title: &'a str,
    description: &'a str,
}

/// A dependency that may be what is wrong.
#[derive(Serialize)]
struct Cause<'a> {
    name: &'a str,
    kind: &'static str,
    query: Option<String>,
    alerts: Vec<Reference<'a>>,
}

/// An alert with a page of its own.
#[derive(Serialize)]
struct Reference<'a> {
    name: &'a str,
    file: String,
}

/// A health check that tells more.
#[derive(Serialize)]
struct Asked<'a> {
    name: &'a str,
    address: &'a str,
    is_http: bool,
    covers: Vec<&'a str>,
}

impl Artifact for Runbooks {
    fn kind(&self) -> &'static str {
        "runbooks"
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let &Subject { service, common, .. } = subject;
        let mut names: Vec<&str> = service.alerts.iter().map(|alert| alert.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let told: Vec<Told> =
            subject.alerts().zip(subject.proofs()).map(|((alert, condition), proof)| Told { alert, condition, proof }).collect();
        let watched = watched(service, &told);
        let page = |name: &str| {
            let own: Vec<&Told> = told.iter().filter(|told| told.alert.name == name).collect();
            let folder = if common.is_fleet { format!("runbooks/{}", service.name) } else { "runbooks".to_owned() };
            file(engine, &folder, &of_alerts(subject, &own, &watched))
        };
        let watchdog = common.watchdog.iter().filter(|_| !common.is_fleet).map(|alert| always(engine, "runbooks", alert));
        let folder = if common.is_fleet { format!("runbooks/{}", service.name) } else { "runbooks".to_owned() };
        let of_logs = service.log_alerts.iter().map(|alert| file(engine, &folder, &of_log_alert(service, alert, &watched)));
        names.into_iter().map(page).chain(of_logs).chain(watchdog).collect()
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let folder = format!("runbooks/{SHARED}");
        model.common.watchdog.iter().filter(|_| model.common.is_fleet).map(|alert| always(engine, &folder, alert)).collect()
    }
}

fn file(engine: &Engine, folder: &str, page: &Page) -> Result<File, TemplateError> {
    Ok(File { path: format!("{folder}/{}.md", segment(page.name)), text: engine.render("runbook.md.j2", page)? })
}

/// The page of the alert that belongs to no service.
fn always(engine: &Engine, folder: &str, alert: &Alert) -> Result<File, TemplateError> {
    let condition = alert.expr().into();
    let page = Page {
        name: &alert.name,
        service: None,
        rules: vec![rule(Told { alert, condition: &condition, proof: &Proof::Always }, true)],
        language: PROMQL,
        values: Vec::new(),
        parts: Vec::new(),
        panels: Vec::new(),
        dashboard_url: None,
        causes: Vec::new(),
        checks: Vec::new(),
        links: Vec::new(),
    };
    file(engine, folder, &page)
}

/// An alert, its expression, and how it is proven.
#[derive(Clone, Copy)]
struct Told<'a> {
    alert: &'a Alert,
    condition: &'a Condition,
    proof: &'a Proof,
}

fn of_alerts<'a>(subject: &'a Subject, own: &[&Told<'a>], watched: &[Watched<'a>]) -> Page<'a> {
    let service = subject.service;
    let conditions = || own.iter().map(|told| &told.condition.expr);
    let first = own.first().map(|told| told.alert);
    let annotations = first.map(Alert::annotations).unwrap_or_default();
    let annotation = |wanted: &str| annotations.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.in_words());
    // The link to the runbooks leads to where the reader is.
    let here = annotation("runbook_url").unwrap_or_default();
    let is_here = |url: &str| here.starts_with(url);
    // What watches over the scraping itself has nothing to do with a dependency's state.
    let is_symptom = first.is_some_and(|alert| alert.group != Group::Safety || alert.name == "NotReady");
    Page {
        name: first.map_or("", |alert| alert.name.as_str()),
        service: Some(&service.name),
        rules: own.iter().map(|told| rule(**told, tells(service, &told.alert.severity))).collect(),
        language: PROMQL,
        values: distinct(conditions().flat_map(values)),
        parts: distinct(conditions().flat_map(parts)),
        panels: panels(subject, own),
        dashboard_url: annotation("dashboard_url"),
        causes: if is_symptom { watched.iter().filter_map(|watched| cause(watched, first)).collect() } else { Vec::new() },
        checks: service.checks.iter().map(asked).collect(),
        links: service.dashboard.links.iter().map(|(title, url)| (title.as_str(), url.as_str())).filter(|(_, url)| !is_here(url)).collect(),
    }
}

const PROMQL: &str = "promql";

/// The page of an alert on lines of logs: the lines themselves are what to look at.
fn of_log_alert<'a>(service: &'a Service, alert: &'a LogAlert, watched: &[Watched<'a>]) -> Page<'a> {
    let text = |wanted: &str| alert.annotations.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.in_words());
    let rule = Rule {
        summary: text("summary").unwrap_or_default(),
        description: text("description").unwrap_or_default(),
        expr: alert.expr(),
        severity: &alert.severity,
        burn: None,
        hold: (alert.hold.0 > 0).then(|| alert.hold.to_string()),
        is_told: tells(service, &alert.severity),
        stories: Vec::new(),
        always: false,
        unproven: Some(UNPROVEN),
    };
    let here = text("runbook_url").unwrap_or_default();
    let links = service.dashboard.links.iter().map(|(title, url)| (title.as_str(), url.as_str()));
    Page {
        name: &alert.name,
        service: Some(&service.name),
        rules: vec![rule],
        language: "logql",
        values: vec![alert.lines.query()],
        parts: Vec::new(),
        panels: Vec::new(),
        dashboard_url: text("dashboard_url"),
        causes: watched.iter().filter_map(|watched| cause(watched, None)).collect(),
        checks: service.checks.iter().map(asked).collect(),
        links: links.filter(|(_, url)| !here.starts_with(*url)).collect(),
    }
}

fn rule(Told { alert, condition, proof }: Told<'_>, is_told: bool) -> Rule<'_> {
    let annotations = alert.annotations();
    let text = |wanted: &str| annotations.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.in_words()).unwrap_or_default();
    let stories = match proof {
        Proof::Scenarios(scenarios) => scenarios.iter().map(|scenario| scenario.name.as_str()).collect(),
        Proof::Always | Proof::Unproven(_) => Vec::new(),
    };
    Rule {
        summary: text("summary"),
        description: text("description"),
        expr: condition.text.clone(),
        severity: &alert.severity,
        burn: alert.own_labels.get("burn").map(String::as_str),
        hold: (alert.hold.0 > 0).then(|| alert.hold.to_string()),
        is_told,
        stories,
        always: matches!(proof, Proof::Always),
        unproven: if let Proof::Unproven(why) = proof { Some(why) } else { None },
    }
}

/// Whether somebody is told of this severity.
fn tells(service: &Service, severity: &str) -> bool {
    service
        .routing
        .as_ref()
        .is_some_and(|routing| routing.default.is_some() || routing.receivers.iter().any(|(known, _)| known == severity))
}

/// What a condition compares, without what it is compared with.
fn values(condition: &Expr) -> Vec<String> {
    match &condition.kind {
        ExprKind::Paren(inner) => values(inner),
        ExprKind::Binary(binary) if binary.op == BinaryOp::Unless => values(&binary.left),
        ExprKind::Binary(binary) if binary.op.is_set() || binary.op.is_comparison() => {
            let sides = [&binary.left, &binary.right].into_iter().filter(|side| !matches!(side.kind, ExprKind::Number(_)));
            sides.flat_map(|side| values(side)).collect()
        }
        _ => vec![condition.to_string()],
    }
}

/// The functions over ranges in a condition, series by series, and what is selected without a range.
fn parts(condition: &Expr) -> Vec<String> {
    let mut found = Vec::new();
    let mut ranges = BTreeSet::new();
    walk::visit(condition, &mut |node| match &node.kind {
        ExprKind::Call { arguments, .. } if arguments.iter().any(|argument| matches!(argument.kind, ExprKind::Range { .. })) => {
            ranges.insert(node.to_string());
        }
        ExprKind::Selector(_) => found.push(node.to_string()),
        _ => {}
    });
    ranges.into_iter().chain(found).collect()
}

fn distinct(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut known = BTreeSet::new();
    all.filter(|text| known.insert(text.clone())).collect()
}

/// The panels of the alert's own signal, and those of the objective that it belongs to.
fn panels<'a>(subject: &'a Subject, own: &[&Told]) -> Vec<Drawn<'a>> {
    let mut titles: BTreeSet<String> = BTreeSet::new();
    for alert in own.iter().map(|told| told.alert) {
        titles.extend(alert.signal.panels().into_iter().map(|panel| panel.title));
        let objective =
            alert.own_labels.get("slo").and_then(|slo| subject.service.objectives.iter().find(|objective| objective.name == *slo));
        titles.extend(objective.into_iter().flat_map(|objective| objective.panels()).map(|panel| panel.title));
    }
    let drawn = subject.panels().iter().filter(|panel| titles.contains(&panel.title));
    drawn.map(|panel| Drawn { title: &panel.title, description: &panel.description }).collect()
}

/// A dependency and the alerts that watch it.
struct Watched<'a> {
    dependency: &'a Dependency,
    by: Vec<&'a Alert>,
}

/// A service's dependencies, and the alerts that read what their jobs bring.
fn watched<'a>(service: &'a Service, told: &[Told<'a>]) -> Vec<Watched<'a>> {
    let reads = |told: &Told, job: &str| {
        let of_job = |found: &walk::Found| found.selector.matchers.iter().any(|m| m.label.text == "job" && m.value == job);
        walk::selectors(&told.condition.expr).iter().any(of_job)
    };
    let by = |job: &str| told.iter().filter(|told| reads(told, job)).map(|told| told.alert).collect();
    service.dependencies.iter().map(|dependency| Watched { dependency, by: by(&dependency.job) }).collect()
}

/// A dependency, the state of its exporter, and the alerts that watch it.
fn cause<'a>(&Watched { dependency, by: ref watching }: &Watched<'a>, own: Option<&Alert>) -> Option<Cause<'a>> {
    // An alert is no cause of itself.
    if own.is_some_and(|own| watching.iter().any(|alert| alert.name == own.name)) {
        return None;
    }
    Some(Cause {
        name: &dependency.name,
        kind: dependency.kind.title(),
        query: dependency
            .exporter
            .as_ref()
            .map(|_| promql::series(dependency.kind.up_metric().unwrap_or("up"), [("job", dependency.job.as_str())])),
        alerts: watching.iter().map(|alert| Reference { name: &alert.name, file: format!("{}.md", segment(&alert.name)) }).collect(),
    })
}

fn asked(check: &crate::model::health::Check) -> Asked<'_> {
    Asked {
        name: &check.name,
        address: check.target.address(),
        is_http: matches!(check.target, Target::Http(_)),
        covers: check.covers.iter().map(|covered| covered.name.as_str()).collect(),
    }
}
