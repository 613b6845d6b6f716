//! ConfigMap or GrafanaDashboard: the dashboard, for whoever loads it into Grafana.

use serde_json::{Value, json};

use super::{Named, dns, object};
use crate::manifest::stack::DashboardLoader;
use crate::model::Service;
use crate::model::stack::Stack;

/// Kubernetes takes 1 MiB of data in a ConfigMap; what is over goes without its line breaks and indentation.
const LIMIT: usize = 1_000_000;

/// A service's dashboard.
pub(super) fn of(service: &Service, text: &str, stack: &Stack) -> Named {
    let compact = (text.len() > LIMIT).then(|| serde_json::from_str::<Value>(text).map(|json| json.to_string()).ok()).flatten();
    let text = compact.as_deref().unwrap_or(text);
    let object = match stack.kubernetes.dashboards {
        DashboardLoader::Sidecar => config_map(service, text, stack),
        DashboardLoader::Operator => grafana_dashboard(service, text, stack),
    };
    ("dashboard".to_owned(), object)
}

/// The dashboard as Grafana's operator takes it (version 5, `config/crd/bases/grafana.integreatly.org_grafanadashboards.yaml`).
fn grafana_dashboard(service: &Service, text: &str, stack: &Stack) -> Value {
    let selector = &stack.kubernetes.grafana_selector;
    let selector = if selector.is_empty() { json!({ "dashboards": "grafana" }) } else { json!(selector) };
    let spec = json!({
        "instanceSelector": { "matchLabels": selector },
        // Grafana mostly runs in a namespace of its own.
        "allowCrossNamespaceImport": true,
        "folder": service.dashboard.folder,
        "json": text,
    });
    let name = format!("{}-dashboard", dns(&service.name));
    object("grafana.integreatly.org/v1beta1", "GrafanaDashboard", &name, &service.name, &spec, stack)
}

/// The dashboard, as the sidecar of Grafana's chart finds it.
fn config_map(service: &Service, text: &str, stack: &Stack) -> Value {
    let mut map = object("v1", "ConfigMap", &format!("{}-dashboard", service.name), &service.name, &Value::Null, stack);
    map["metadata"]["labels"]["grafana_dashboard"] = json!("1");
    map["metadata"]["annotations"] = json!({ "grafana_folder": service.dashboard.folder });
    map["data"] = json!({ format!("{}.json", service.name): text });
    if let Some(entries) = map.as_object_mut() {
        entries.remove("spec");
    }
    map
}
