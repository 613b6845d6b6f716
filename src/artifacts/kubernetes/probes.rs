//! Probe, and the probes of a Deployment's container: health checks.

use serde_json::{Map, Value, json};

use super::{Named, dns, object};
use crate::artifacts::{address, blackbox};
use crate::model::Service;
use crate::model::health::{Check, Target};
use crate::model::stack::Stack;

/// A probe for every health check, through the blackbox exporter and its module of that check.
pub(super) fn of(service: &Service, stack: &Stack) -> Vec<Named> {
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
pub(super) fn patch(service: &Service, stack: &Stack) -> Option<Named> {
    let stanza = |check: &Check| {
        let (name, Target::Http(url)) = (&*check.name, &check.target) else { return None };
        if !check.is_own || !["liveness", "readiness", "startup"].contains(&name) {
            return None;
        }
        let (scheme, rest) = url.split_once("://")?;
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        let port = address::port(url).unwrap_or(if scheme == "https" { 443 } else { 80 });
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
    Some(("deployment-patch".to_owned(), object("apps/v1", "Deployment", &service.name, &service.name, &spec, stack)))
}
