//! `kubernetes/…`: a service's rules, scrapes, probes and dashboard as objects of Kubernetes, for the Prometheus Operator (its
//! custom resources as of 0.93) and the sidecar that loads Grafana's dashboards. One object a file.

use serde_json::{Map, Value, json};

use super::dashboard::Dashboards;
use super::{Artifact, Engine, File, SHARED, Subject, TemplateError, alerts, blackbox, recording};
use crate::model::health::{Check, Target};
use crate::model::stack::Stack;
use crate::model::{Model, Scrape, Service};

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
        let &Subject { service, model, .. } = subject;
        let stack = &model.stack;
        let mut objects = vec![("rules".to_owned(), rules(service, model))];
        objects.extend(service.scrape.as_ref().map(|scrape| ("service-monitor".to_owned(), monitor(service, scrape, stack))));
        objects.extend(probes(service, stack));
        objects.extend(exporters(service, stack));
        objects.extend(deployment(service, stack).map(|patch| ("deployment-patch".to_owned(), patch)));
        for dashboard in Dashboards.of_service(subject, engine)? {
            objects.push(("dashboard".to_owned(), config_map(service, &dashboard.text, stack)));
        }
        let folder = if model.is_fleet() { format!("kubernetes/{}", service.name) } else { "kubernetes".to_owned() };
        objects.into_iter().map(|(name, object)| file(engine, format!("{folder}/{name}.yml"), &object)).collect()
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let Some(group) = alerts::shared(model).filter(|_| model.is_fleet()) else { return Ok(Vec::new()) };
        let object = prometheus_rule("monitoring", "monitoring", &[json!(group)], &model.stack);
        Ok(vec![file(engine, format!("kubernetes/{SHARED}/rules.yml"), &object)?])
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
    let mut labels = stack.kubernetes_labels.clone();
    labels.insert(NAME.to_owned(), dns(of));
    let mut metadata = json!({ "name": dns(name), "labels": labels });
    if let Some(namespace) = &stack.kubernetes_namespace {
        metadata["namespace"] = json!(namespace);
    }
    json!({ "apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec })
}

fn rules(service: &Service, model: &Model) -> Value {
    let groups = recording::groups(service).into_iter().map(|group| json!(group));
    let alerts = alerts::groups(service, model).into_iter().map(|group| json!(group));
    let shared = alerts::shared(model).filter(|_| !model.is_fleet()).map(|group| json!(group));
    prometheus_rule(&service.name, &service.name, &groups.chain(alerts).chain(shared).collect::<Vec<_>>(), &model.stack)
}

fn prometheus_rule(name: &str, of: &str, groups: &[Value], stack: &Stack) -> Value {
    let mut groups = groups.to_vec();
    for rule in groups.iter_mut().filter_map(|group| group["rules"].as_array_mut()).flatten().filter_map(Value::as_object_mut) {
        // Annotations come in the order in which they are written; here they are a mapping.
        if let Some(Value::Array(pairs)) = rule.remove("annotations") {
            let entry = |pair: Value| Some((pair["key"].as_str()?.to_owned(), pair["value"].clone()));
            rule.insert("annotations".to_owned(), Value::Object(pairs.into_iter().filter_map(entry).collect()));
        }
        rule.retain(|_, value| !value.is_null());
    }
    object("monitoring.coreos.com/v1", "PrometheusRule", name, of, &json!({ "groups": groups }), stack)
}

/// What is scraped of the service's pods, at the port that the manifest's targets have.
fn monitor(service: &Service, scrape: &Scrape, stack: &Stack) -> Value {
    let mut endpoint = Map::new();
    match port(scrape) {
        Some(port) => endpoint.insert("targetPort".to_owned(), json!(port)),
        None => endpoint.insert("port".to_owned(), json!("metrics")),
    };
    endpoint.insert("path".to_owned(), json!(scrape.path));
    endpoint.insert("scheme".to_owned(), json!(scrape.scheme));
    endpoint.insert("interval".to_owned(), json!(scrape.interval.to_string()));
    endpoint.insert("scrapeTimeout".to_owned(), json!(scrape.timeout.to_string()));
    // Every rule asks for the manifest's job, whatever the object of kind Service is called.
    endpoint.insert("relabelings".to_owned(), json!([{ "targetLabel": "job", "replacement": service.job }]));
    if let Some((_, tls)) = scrape.settings.iter().find(|(key, _)| *key == "tls_config") {
        endpoint.insert("tlsConfig".to_owned(), tls_of(tls));
    }
    let spec = json!({ "selector": { "matchLabels": { NAME: dns(&service.name) } }, "endpoints": [endpoint] });
    object("monitoring.coreos.com/v1", "ServiceMonitor", &service.name, &service.name, &spec, stack)
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

/// A probe for every health check, through the blackbox exporter and its module of that check.
fn probes(service: &Service, stack: &Stack) -> Vec<(String, Value)> {
    let Some(exporter) = &stack.blackbox else { return Vec::new() };
    let (interval, timeout) = service.probe_times();
    let probe = |check: &Check| {
        let spec = json!({
            "jobName": service.probe_job,
            "prober": { "url": exporter.address },
            "module": blackbox::module_name(service, check),
            "interval": interval.to_string(),
            "scrapeTimeout": timeout.to_string(),
            "targets": { "staticConfig": { "static": [&**check.target.address()], "labels": { "check": &*check.name } } },
        });
        let name = format!("{}-{}", service.name, check.name);
        (format!("probe-{}", check.name), object("monitoring.coreos.com/v1", "Probe", &name, &service.name, &spec, stack))
    };
    service.probed().map(probe).collect()
}

/// The probes of the service's container, as a patch of its Deployment. The kubelet takes every status from 200 to 399 and looks into no
/// body, so a stanza is as good as its endpoint's status.
fn deployment(service: &Service, stack: &Stack) -> Option<Value> {
    let stanza = |check: &Check| {
        let (name, Target::Http(url)) = (&*check.name, &check.target) else { return None };
        if !check.is_own || !["liveness", "readiness", "startup"].contains(&name) {
            return None;
        }
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let standard = if scheme == "https" { 443 } else { 80 };
        let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()).unwrap_or(standard);
        let mut probe = json!({
            "httpGet": { "path": path, "port": port, "scheme": scheme.to_uppercase() },
            "timeoutSeconds": check.timeout.0.div_ceil(1000),
        });
        for (key, threshold) in [("successThreshold", check.thresholds.success), ("failureThreshold", check.thresholds.failure)] {
            if threshold > 1 {
                probe[key] = json!(threshold);
            }
        }
        Some((format!("{name}Probe"), probe))
    };
    let mut container: Map<String, Value> = service.probed().filter_map(stanza).collect();
    if container.is_empty() {
        return None;
    }
    container.insert("name".to_owned(), json!(dns(&service.name)));
    let spec = json!({ "template": { "spec": { "containers": [container] } } });
    Some(object("apps/v1", "Deployment", &service.name, &service.name, &spec, stack))
}

/// A scrape for the exporter of every dependency.
fn exporters(service: &Service, stack: &Stack) -> Vec<(String, Value)> {
    let scrape = |dependency: &crate::model::Dependency| {
        let exporter = dependency.exporter.as_ref().filter(|_| !dependency.job_is_anothers)?;
        let spec = json!({ "jobName": dependency.job, "staticConfigs": [{ "targets": [exporter] }] });
        let name = format!("{}-{}", service.name, dependency.name);
        let object = object("monitoring.coreos.com/v1alpha1", "ScrapeConfig", &name, &service.name, &spec, stack);
        Some((format!("scrape-{}", dependency.name), object))
    };
    service.dependencies.iter().filter_map(scrape).collect()
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
