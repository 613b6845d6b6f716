//! `recording.yml`: what objectives record, and the manifest's own recording rules.

use std::sync::Arc;

use serde::Serialize;

use super::{Artifact, Engine, File, Subject, TemplateError, rule_path};
use crate::model::signals::{Objective, Recording};
use crate::model::synthetic::Labels;
use crate::model::{FreeRecording, Service};

/// Recording rules.
pub struct RecordingRules;

#[derive(Serialize)]
struct RuleFile<'a> {
    groups: &'a [RecordingGroup],
}

#[derive(Serialize)]
pub(super) struct RecordingGroup {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    record: String,
    expr: String,
    labels: Labels,
}

impl Artifact for RecordingRules {
    fn kind(&self) -> &'static str {
        "recording"
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let &Subject { service, common, .. } = subject;
        let groups = groups(service);
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let text = engine.render("recording.yml.j2", RuleFile { groups: &groups })?;
        Ok(vec![File { path: rule_path(common, "recording", &service.name), text }])
    }
}

/// A group for each objective, and one for the manifest's own rules.
pub(super) fn groups(service: &Service) -> Vec<RecordingGroup> {
    let of_objective = |objective: &Arc<Objective>| {
        let rule = |recording: Recording| {
            let mut labels = recording.labels;
            labels.insert("service".to_owned(), service.name.clone());
            Rule { record: recording.name, expr: recording.expr.to_string(), labels }
        };
        objective.recordings().into_iter().map(rule).collect::<Vec<_>>()
    };
    let labels = crate::model::synthetic::labels([("service", service.name.as_str())]);
    let own = |own: &FreeRecording| Rule { record: own.name.clone(), expr: own.expr.to_string(), labels: labels.clone() };
    let rules = service.objectives.iter().map(of_objective).chain([service.recording.iter().map(own).collect()]);
    group_names(service).into_iter().zip(rules).map(|(name, rules)| RecordingGroup { name, rules }).collect()
}

/// The names of the groups in a service's file, in their order.
pub(crate) fn group_names(service: &Service) -> Vec<String> {
    let of_objective = |objective: &Arc<Objective>| format!("{}-{}-objective", service.name, objective.name);
    let own = (!service.recording.is_empty()).then(|| format!("{}-recording", service.name));
    service.objectives.iter().map(of_objective).chain(own).collect()
}

/// Whether a service records nothing.
pub(crate) fn groups_are_empty(service: &Service) -> bool {
    service.objectives.is_empty() && service.recording.is_empty()
}
