//! `alerts.yml`: every alert, in groups by what it is for.

use serde::Serialize;

use super::{Artifact, Engine, File, KEEP_FIRING, Pair, SHARED, Subject, TemplateError, rule_path};
use crate::model::alert::{Alert, Group};
use crate::model::synthetic::Labels;
use crate::model::{Model, Service};

/// Alerting rules.
pub struct AlertRules;

#[derive(Serialize)]
struct RuleFile<'a> {
    groups: &'a [RuleGroup],
}

#[derive(Serialize)]
pub(super) struct RuleGroup {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    alert: String,
    expr: String,
    #[serde(rename = "for")]
    hold: Option<String>,
    keep_firing_for: Option<String>,
    labels: Labels,
    annotations: Vec<Pair<String>>,
}

impl Artifact for AlertRules {
    fn kind(&self) -> &'static str {
        "alerts"
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let &Subject { service, model, .. } = subject;
        let mut groups = groups(service, model);
        if !model.is_fleet() {
            groups.extend(shared(model));
        }
        if groups.is_empty() { Ok(Vec::new()) } else { Ok(vec![file(model, engine, &service.name, &groups)?]) }
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let shared = shared(model).filter(|_| model.is_fleet());
        shared.map(|group| file(model, engine, SHARED, &[group])).into_iter().collect()
    }
}

fn file(model: &Model, engine: &Engine, name: &str, groups: &[RuleGroup]) -> Result<File, TemplateError> {
    let text = engine.render("alerts.yml.j2", RuleFile { groups })?;
    Ok(File { path: rule_path(model, "alerts", name), text })
}

/// The groups of a service, and which of its alerts each holds.
fn members(service: &Service) -> impl Iterator<Item = (String, Vec<&Alert>)> {
    [Group::Alerts, Group::Objectives, Group::Safety].into_iter().filter_map(|group| {
        let alerts: Vec<&Alert> = service.alerts.iter().filter(|alert| alert.group == group).collect();
        (!alerts.is_empty()).then(|| (format!("{}-{}", service.name, group.name()), alerts))
    })
}

pub(super) fn groups(service: &Service, model: &Model) -> Vec<RuleGroup> {
    let group =
        |(name, alerts): (String, Vec<&Alert>)| RuleGroup { name, rules: alerts.into_iter().map(|alert| rule(alert, model)).collect() };
    members(service).map(group).collect()
}

/// What belongs to monitoring itself.
const MONITORING: &str = "monitoring";

pub(super) fn shared(model: &Model) -> Option<RuleGroup> {
    model.watchdog.as_ref().map(|alert| RuleGroup { name: MONITORING.to_owned(), rules: vec![rule(alert, model)] })
}

/// The names of the groups in a service's file, in their order.
pub(crate) fn group_names(service: &Service, model: &Model) -> Vec<String> {
    let shared = (!model.is_fleet() && model.watchdog.is_some()).then(|| MONITORING.to_owned());
    members(service).map(|(name, _)| name).chain(shared).collect()
}

fn rule(alert: &Alert, model: &Model) -> Rule {
    Rule {
        alert: alert.name.clone(),
        expr: alert.expr().to_string(),
        hold: (alert.hold.0 > 0).then(|| alert.hold.to_string()),
        keep_firing_for: alert.keep_firing.filter(|_| model.stack.prometheus >= KEEP_FIRING).map(|d| d.to_string()),
        // Labels are templates too, so text of the manifest must not look like one.
        labels: alert.labels.iter().map(|(name, value)| (name.clone(), crate::model::text::escape(value))).collect(),
        annotations: alert.annotations.iter().map(|(name, text)| Pair::new(name.clone(), text.template())).collect(),
    }
}
