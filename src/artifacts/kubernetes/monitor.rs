//! ServiceMonitor, PodMonitor and ScrapeConfig: what is scraped.

use serde_json::{Map, Value, json};

use super::secrets::Secret;
use super::{NAME, Named, dns, object};
use crate::manifest::stack::Monitor;
use crate::model::stack::Stack;
use crate::model::{Dependency, Scrape, Service};

/// What is scraped of the service's pods, at the port that the manifest's targets have.
pub(super) fn of(service: &Service, scrape: &Scrape, stack: &Stack) -> Named {
    let of_pods = stack.kubernetes.monitor == Monitor::Pod;
    let secret = Secret::of(service, stack);
    let mut endpoint = Map::new();
    match port(scrape) {
        Some(port) => endpoint.insert(if of_pods { "portNumber" } else { "targetPort" }.to_owned(), json!(port)),
        None => endpoint.insert("port".to_owned(), json!("metrics")),
    };
    endpoint.insert("path".to_owned(), json!(scrape.path));
    endpoint.insert("scheme".to_owned(), json!(scrape.scheme));
    endpoint.insert("interval".to_owned(), json!(scrape.interval.to_string()));
    endpoint.insert("scrapeTimeout".to_owned(), json!(scrape.timeout.to_string()));
    // Every rule asks for the manifest's job, whatever the object of kind Service is called.
    endpoint.insert("relabelings".to_owned(), json!([{ "targetLabel": "job", "replacement": service.job }]));
    for (key, value) in &scrape.settings {
        // A ServiceMonitor takes files of the Prometheus container where a PodMonitor takes Secrets only.
        let setting = if *key == "tls_config" && !of_pods { ("tlsConfig".to_owned(), tls_of(value)) } else { secret.setting(key, value) };
        endpoint.insert(setting.0, setting.1);
    }
    let selector = json!({ "matchLabels": { NAME: dns(&service.name) } });
    let (file, kind, endpoints) =
        if of_pods { ("pod-monitor", "PodMonitor", "podMetricsEndpoints") } else { ("service-monitor", "ServiceMonitor", "endpoints") };
    let spec = json!({ "selector": selector, endpoints: [endpoint] });
    (file.to_owned(), object("monitoring.coreos.com/v1", kind, &service.name, &service.name, &spec, stack))
}

/// The one port that all of the manifest's targets have.
fn port(scrape: &Scrape) -> Option<u16> {
    let targets = scrape.discovery.1.as_array()?.iter().flat_map(|group| group["targets"].as_array().into_iter().flatten());
    let mut ports: Vec<u16> = targets.filter_map(|target| target.as_str()?.rsplit_once(':')?.1.parse().ok()).collect();
    ports.sort_unstable();
    ports.dedup();
    if let [port] = ports[..] { Some(port) } else { None }
}

/// Prometheus's `tls_config` in the operator's spelling; the files are those of the Prometheus container.
fn tls_of(tls: &Value) -> Value {
    let name = |key: &str| {
        Some(match key {
            "ca_file" => "caFile",
            "cert_file" => "certFile",
            "key_file" => "keyFile",
            "server_name" => "serverName",
            "insecure_skip_verify" => "insecureSkipVerify",
            _ => return None,
        })
    };
    Value::Object(tls.as_object().into_iter().flatten().filter_map(|(key, value)| Some((name(key)?.to_owned(), value.clone()))).collect())
}

/// A scrape for the exporter of every dependency.
pub(super) fn of_exporters(service: &Service, stack: &Stack) -> Vec<Named> {
    let scrape = |dependency: &Dependency| {
        let exporter = dependency.exporter.as_ref().filter(|_| !dependency.job_is_anothers)?;
        let spec = json!({ "jobName": dependency.job, "staticConfigs": [{ "targets": [exporter] }] });
        let name = format!("{}-{}", service.name, dependency.name);
        let object = object("monitoring.coreos.com/v1alpha1", "ScrapeConfig", &name, &service.name, &spec, stack);
        Some((format!("scrape-{}", dependency.name), object))
    };
    service.dependencies.iter().filter_map(scrape).collect()
}
