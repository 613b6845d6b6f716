//! `compose.yml`: the whole stack on one machine, for trying it out, with what Loki and Tempo need to start.
//!
//! What the manifest has at `localhost` shares the machine's network, so that every address of the rendered files means there what it
//! means here. A program with a name of its own has a network of its own and answers at the loopback address `127.0.0.2`, to which
//! the others resolve that name: so a Tempo at `tempo:4317` and a Collector at `localhost:4317` do not meet.

mod document;
mod programs;

use serde_json::{Value, json};

use super::{Artifact, Engine, File, TemplateError, grafana};
use crate::model::Model;
use document::{from_apart, names, secrets, services};
use programs::{GRAFANA, has_log_rules, is_told, port, programs};

/// A Compose file.
pub struct Compose;

impl Artifact for Compose {
    fn kind(&self) -> &'static str {
        "compose"
    }

    fn by_default(&self) -> bool {
        false
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let stack = &model.common.stack;
        let programs = programs(model);
        let secrets = secrets(&programs);
        let guide = json!({
            "prometheus": stack.prometheus_url,
            "alertmanager": is_told(model).then(|| format!("http://{}", stack.alertmanager_address)),
            "grafana": GRAFANA.to_string(),
            "secrets": secrets.keys().collect::<Vec<_>>(),
            "names": names(&programs),
        });
        let document = json!({ "services": services(&programs), "secrets": secrets });
        let file = |path: &str, template: &str, values: Value| Ok(File { path: path.to_owned(), text: engine.render(template, values)? });
        let mut all = vec![
            file("compose.yml", "compose.yml.j2", json!({ "document": document }))?,
            file("compose/README.md", "compose.md.j2", guide)?,
        ];
        if grafana::has_logs(model) {
            let rules = has_log_rules(model).then(|| format!("http://{}", from_apart(&stack.alertmanager_address)));
            all.push(file("compose/loki.yml", "compose-loki.yml.j2", json!({ "port": port(&stack.loki_address), "rules": rules }))?);
        }
        if grafana::has_traces(model) {
            let values = json!({ "port": grafana::TEMPO_QUERIES, "grpc": format!("0.0.0.0:{}", port(&stack.tempo_address)) });
            all.push(file("compose/tempo.yml", "compose-tempo.yml.j2", values)?);
        }
        Ok(all)
    }
}
