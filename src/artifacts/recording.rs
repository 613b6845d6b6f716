//! `recording.yml`: what objectives record, and the manifest's own recording rules.

use serde::Serialize;

use super::{Artifact, Engine, File, TemplateError, for_each_service, rule_path};
use crate::model::synthetic::Labels;
use crate::model::{Model, Service};

/// Recording rules.
pub struct RecordingRules;

#[derive(Serialize)]
pub(crate) struct RecordingGroup {
    pub(crate) name: String,
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

    fn render(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        for_each_service(model, |service| {
            let groups = groups(service);
            if groups.is_empty() {
                return Ok(None);
            }
            let text = engine.render("recording.yml.j2", serde_json::json!({ "groups": groups }))?;
            Ok(Some(File { path: rule_path(model, "recording", &service.name), text }))
        })
    }
}

/// A group for each objective, and one for the manifest's own rules.
pub(crate) fn groups(service: &Service) -> Vec<RecordingGroup> {
    let mut groups = Vec::new();
    for objective in &service.objectives {
        let rule = |recording: crate::model::signals::Recording| {
            let mut labels = recording.labels;
            labels.insert("service".to_owned(), service.name.clone());
            Rule { record: recording.name, expr: recording.expr.to_string(), labels }
        };
        let rules = objective.recordings().into_iter().map(rule).collect();
        groups.push(RecordingGroup { name: format!("{}-{}-objective", service.name, objective.name), rules });
    }
    if !service.recording.is_empty() {
        let labels = crate::model::synthetic::labels([("service", service.name.as_str())]);
        let rule =
            |own: &crate::model::FreeRecording| Rule { record: own.name.clone(), expr: own.expr.to_string(), labels: labels.clone() };
        groups.push(RecordingGroup { name: format!("{}-recording", service.name), rules: service.recording.iter().map(rule).collect() });
    }
    groups
}

/// Whether a service records nothing.
pub(crate) fn groups_are_empty(service: &Service) -> bool {
    service.objectives.is_empty() && service.recording.is_empty()
}
