//! `kubernetes/…`: a service's rules, scrapes, probes and dashboard as objects of Kubernetes, for the Prometheus Operator (its
//! custom resources as of 0.93) and the sidecar that loads Grafana's dashboards. One object a file.

mod dashboards;
mod monitor;
mod probes;
mod receivers;
mod rules;
mod secrets;

use serde_json::{Value, json};

use super::dashboard::Dashboards;
use super::{Artifact, Engine, File, SHARED, Subject, TemplateError};
use crate::model::Model;
use crate::model::stack::Stack;

/// What an object's file is called, without its extension, and the object.
type Named = (String, Value);

/// Objects of Kubernetes.
pub struct Objects;

/// The label by which an object says what it belongs to, and by which a service's pods are found.
const NAME: &str = "app.kubernetes.io/name";

impl Artifact for Objects {
    fn kind(&self) -> &'static str {
        "kubernetes"
    }

    fn by_default(&self) -> bool {
        false
    }

    fn of_service(&self, subject: &Subject, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let &Subject { service, common, .. } = subject;
        let stack = &common.stack;
        let mut objects = rules::of(subject);
        objects.extend(service.scrape.as_ref().map(|scrape| monitor::of(service, scrape, stack)));
        objects.extend(probes::of(service, stack));
        objects.extend(monitor::of_exporters(service, stack));
        objects.extend(probes::patch(service, stack));
        objects.extend(receivers::of(service, stack));
        for dashboard in Dashboards.of_service(subject, engine)? {
            objects.push(dashboards::of(service, &dashboard.text, stack));
        }
        let folder = if common.is_fleet { format!("kubernetes/{}", service.name) } else { "kubernetes".to_owned() };
        objects.into_iter().map(|(name, object)| file(engine, format!("{folder}/{name}.yml"), &object)).collect()
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let folder = if model.common.is_fleet { format!("kubernetes/{SHARED}") } else { "kubernetes".to_owned() };
        let rules = model.common.is_fleet.then(|| rules::shared(&model.common)).flatten();
        let objects = rules.into_iter().chain(receivers::of_watchdog(model));
        objects.map(|(name, object)| file(engine, format!("{folder}/{name}.yml"), &object)).collect()
    }
}

fn file(engine: &Engine, path: String, object: &Value) -> Result<File, TemplateError> {
    Ok(File { path, text: engine.render("kubernetes.yml.j2", json!({ "object": object }))? })
}

/// A name as Kubernetes takes it, which is narrower than a service's.
fn dns(name: &str) -> String {
    name.replace('_', "-").trim_end_matches(['-', '.']).to_owned()
}

fn object(api: &str, kind: &str, name: &str, of: &str, spec: &Value, stack: &Stack) -> Value {
    let mut labels = stack.kubernetes.labels.clone();
    labels.insert(NAME.to_owned(), dns(of));
    let mut metadata = json!({ "name": dns(name), "labels": labels });
    if let Some(namespace) = &stack.kubernetes.namespace {
        metadata["namespace"] = json!(namespace);
    }
    json!({ "apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec })
}
