//! `loki/rules/fake/<service>.yml`: alerts on lines of logs, for the ruler of Loki.
//!
//! `fake` is the tenant of a Loki without tenants; its ruler reads the folders of tenants below `ruler.storage.local.directory`.

use serde_json::{Value, json};

use super::{Artifact, Engine, File, Pair, Subject, TemplateError};
use crate::model::log_alert::LogAlert;
use crate::model::text::escape;

/// Rules of Loki.
pub struct LokiRules;

/// The folder whose files are in LogQL.
pub(crate) const FOLDER: &str = "loki/rules";

impl Artifact for LokiRules {
    fn kind(&self) -> &'static str {
        "loki-rules"
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let service = subject.service;
        if service.log_alerts.is_empty() {
            return Ok(Vec::new());
        }
        let rules: Vec<Value> = service.log_alerts.iter().map(rule).collect();
        let values = json!({ "groups": [{ "name": format!("{}-logs", service.name), "rules": rules }] });
        let path = format!("{FOLDER}/fake/{}.yml", service.name);
        Ok(vec![File { path, text: engine.render("alerts.yml.j2", values)? }])
    }
}

fn rule(alert: &LogAlert) -> Value {
    let labels: serde_json::Map<String, Value> = alert.labels.iter().map(|(name, value)| (name.clone(), json!(escape(value)))).collect();
    let annotations: Vec<_> = alert.annotations.iter().map(|(name, text)| Pair::new(name.clone(), text.template())).collect();
    json!({
        "alert": alert.name,
        "expr": alert.expr(),
        "for": (alert.hold.0 > 0).then(|| alert.hold.to_string()),
        "keep_firing_for": null,
        "labels": labels,
        "annotations": annotations,
    })
}
