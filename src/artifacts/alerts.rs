//! `alerts.yml`: every alert, in groups by what it is for.

use serde::Serialize;

use super::subject::Condition;
use super::{Artifact, Engine, File, KEEP_FIRING, Pair, SHARED, Subject, TemplateError, rule_path};
use crate::model::alert::{Alert, Group};
use crate::model::synthetic::Labels;
use crate::model::{Common, Model, Service};

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
        let &Subject { service, common, .. } = subject;
        let mut groups = groups(subject);
        if !common.is_fleet {
            groups.extend(shared(common));
        }
        if groups.is_empty() { Ok(Vec::new()) } else { Ok(vec![file(common, engine, &service.name, &groups)?]) }
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let common = &model.common;
        let shared = shared(common).filter(|_| common.is_fleet);
        shared.map(|group| file(common, engine, SHARED, &[group])).into_iter().collect()
    }
}

fn file(common: &Common, engine: &Engine, name: &str, groups: &[RuleGroup]) -> Result<File, TemplateError> {
    let text = engine.render("alerts.yml.j2", RuleFile { groups })?;
    Ok(File { path: rule_path(common, "alerts", name), text })
}

/// The groups of a service that any of its alerts is in, with their names.
fn members(service: &Service) -> impl Iterator<Item = (Group, String)> {
    let all = [Group::Alerts, Group::Objectives, Group::Safety].into_iter();
    let some = all.filter(|group| service.alerts.iter().any(|alert| alert.group == *group));
    some.map(|group| (group, format!("{}-{}", service.name, group.name())))
}

/// A service's alerts, in their groups.
pub(super) fn groups(subject: &Subject) -> Vec<RuleGroup> {
    let &Subject { service, common, .. } = subject;
    let rules = |group: Group| {
        subject.alerts().filter(move |(alert, _)| alert.group == group).map(|(alert, condition)| rule(alert, condition, common)).collect()
    };
    members(service).map(|(group, name)| RuleGroup { name, rules: rules(group) }).collect()
}

/// What belongs to monitoring itself.
const MONITORING: &str = "monitoring";

pub(super) fn shared(common: &Common) -> Option<RuleGroup> {
    common.watchdog.as_ref().map(|alert| RuleGroup { name: MONITORING.to_owned(), rules: vec![rule(alert, &alert.expr().into(), common)] })
}

/// The names of the groups in a service's file, in their order.
pub(crate) fn group_names(service: &Service, common: &Common) -> Vec<String> {
    let shared = (!common.is_fleet && common.watchdog.is_some()).then(|| MONITORING.to_owned());
    members(service).map(|(_, name)| name).chain(shared).collect()
}

fn rule(alert: &Alert, condition: &Condition, common: &Common) -> Rule {
    Rule {
        alert: alert.name.clone(),
        expr: condition.text.clone(),
        hold: (alert.hold.0 > 0).then(|| alert.hold.to_string()),
        keep_firing_for: alert.keep_firing.filter(|_| common.stack.prometheus >= KEEP_FIRING).map(|d| d.to_string()),
        // Labels are templates too, so text of the manifest must not look like one.
        labels: alert.labels().into_iter().map(|(name, value)| (name, crate::model::text::escape(&value))).collect(),
        annotations: alert.annotations().into_iter().map(|(name, text)| Pair::new(name, text.template())).collect(),
    }
}
