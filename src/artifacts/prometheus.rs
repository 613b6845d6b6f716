//! `prometheus.yml`: the jobs, the rule files and where alerts go.

use serde::Serialize;
use serde_json::{Value, json};

use super::ready::Mapping;
use super::{Artifact, Engine, File, Pair, SHARED, TemplateError, recording, remote_write, rule_path};
use crate::model::feeding::Shard;
use crate::model::stack::Stack;
use crate::model::{Model, Service};

/// Prometheus's configuration.
pub struct PrometheusConfig;

/// One scrape job: its name and the rest of its keys, in the order in which they are written.
#[derive(Serialize)]
pub(crate) struct Job {
    job_name: String,
    settings: Mapping,
}

#[derive(Serialize)]
struct Values<'a> {
    external_labels: Vec<Pair<String>>,
    rule_files: Vec<String>,
    alertmanager: Option<&'a str>,
    alert_relabel: Option<Value>,
    remote_write: Option<remote_write::Entry>,
    jobs: Vec<Job>,
}

/// Jobs alone.
#[derive(Serialize)]
pub(crate) struct Jobs {
    pub(crate) jobs: Vec<Job>,
}

impl Artifact for PrometheusConfig {
    fn kind(&self) -> &'static str {
        "prometheus"
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        let jobs: Vec<Job> = model.services.iter().flat_map(|service| jobs(service, &model.common.stack)).collect();
        // `$` would be taken for an environment variable.
        let external: Vec<Pair<String>> =
            model.common.stack.identity().into_iter().map(|(name, value)| Pair::new(name, value.replace('$', "$$"))).collect();
        // Where rules are evaluated elsewhere, alerts are too.
        let rules_are_here = !model.common.stack.rules_are_elsewhere();
        let is_told = rules_are_here && model.services.iter().any(|s| s.routing.is_some());
        let values = Values {
            external_labels: external,
            rule_files: if rules_are_here { rule_files(model) } else { Vec::new() },
            alertmanager: is_told.then_some(&model.common.stack.alertmanager_address),
            // Two replicas tell of one alert.
            alert_relabel: model.common.stack.replica_label().map(|label| json!([{ "action": "labeldrop", "regex": label }])),
            remote_write: remote_write::of(model),
            jobs,
        };
        Ok(vec![File { path: "prometheus.yml".to_owned(), text: engine.render("prometheus.yml.j2", values)? }])
    }
}

/// Every rule file that is rendered, by name: a pattern would go on matching when none is left.
fn rule_files(model: &Model) -> Vec<String> {
    let mut files = Vec::new();
    for service in &model.services {
        if !service.alerts.is_empty() || model.common.watchdog.is_some() && !model.common.is_fleet {
            files.push(rule_path(&model.common, "alerts", &service.name));
        }
        if !recording::groups_are_empty(service) {
            files.push(rule_path(&model.common, "recording", &service.name));
        }
    }
    if model.common.is_fleet && model.common.watchdog.is_some() {
        files.push(rule_path(&model.common, "alerts", SHARED));
    }
    files.sort();
    files
}

/// The jobs of a service: its own, its probe's, its dependencies' exporters'.
pub(crate) fn jobs(service: &Service, stack: &Stack) -> Vec<Job> {
    let own = own_job(service, stack);
    let probe = probe_job(service, stack);
    let exporters = service.dependencies.iter().filter(|dependency| !dependency.job_is_anothers).filter_map(|dependency| {
        let exporter = dependency.exporter.as_ref()?;
        let mut settings = Mapping::default();
        add_fallback(&mut settings, stack);
        settings.push("static_configs", &json!([{ "targets": [exporter] }]));
        add_relabelling(&mut settings, stack, []);
        Some(Job { job_name: dependency.job.clone(), settings })
    });
    own.into_iter().chain(probe).chain(exporters).collect()
}

/// Prometheus 3 fails a scrape whose `Content-Type` it does not know, unless it is told what to take it for.
fn add_fallback(settings: &mut Mapping, stack: &Stack) {
    if stack.has_fallback_protocol() {
        settings.push_text("fallback_scrape_protocol", "PrometheusText0.0.4");
    }
}

/// The relabelling of a job: the targets are left to the other shards that are theirs before anything else, so that it is the address
/// of the manifest that counts.
fn add_relabelling<const N: usize>(settings: &mut Mapping, stack: &Stack, steps: [Value; N]) {
    const HASH: &str = "__tmp_hash";
    let of_shard = |shard: Shard| {
        [
            json!({ "source_labels": ["__address__"], "modulus": shard.of, "target_label": HASH, "action": "hashmod" }),
            json!({ "source_labels": [HASH], "regex": shard.number.to_string(), "action": "keep" }),
        ]
    };
    let steps: Vec<Value> = stack.feeding.shard.map(of_shard).into_iter().flatten().chain(steps).collect();
    if !steps.is_empty() {
        settings.push("relabel_configs", &Value::Array(steps));
    }
}

fn own_job(service: &Service, stack: &Stack) -> Option<Job> {
    let scrape = service.scrape.as_ref()?;
    let mut settings = Mapping::default();
    settings.push_text("scrape_interval", &scrape.interval.to_string());
    settings.push_text("scrape_timeout", &scrape.timeout.to_string());
    settings.push_text("metrics_path", &scrape.path);
    settings.push_text("scheme", scrape.scheme);
    add_fallback(&mut settings, stack);
    if stack.has_native_histograms() && service.metrics.values().any(|metric| metric.native) {
        settings.push("scrape_native_histograms", &json!(true));
    }
    for (key, value) in scrape.settings.iter().chain([&scrape.discovery]) {
        settings.push(key, value);
    }
    add_relabelling(&mut settings, stack, []);
    Some(Job { job_name: service.job.clone(), settings })
}

fn probe_job(service: &Service, stack: &Stack) -> Option<Job> {
    let blackbox = stack.blackbox.as_ref()?;
    let (interval, timeout) = service.probe_times();
    let target = |check: &crate::model::health::Check| {
        json!({
            "targets": [&**check.target.address()],
            "labels": { "__param_module": super::blackbox::module_name(service, check), "check": &*check.name },
        })
    };
    let targets: Vec<Value> = service.probed().map(target).collect();
    if targets.is_empty() {
        return None;
    }
    let mut settings = Mapping::default();
    settings.push_text("scrape_interval", &interval.to_string());
    settings.push_text("scrape_timeout", &timeout.to_string());
    settings.push_text("metrics_path", "/probe");
    settings.push("static_configs", &Value::Array(targets));
    let steps = [
        json!({ "source_labels": ["__address__"], "target_label": "__param_target" }),
        json!({ "source_labels": ["__param_target"], "target_label": "instance" }),
        json!({ "target_label": "__address__", "replacement": blackbox.address }),
    ];
    add_relabelling(&mut settings, stack, steps);
    Some(Job { job_name: service.probe_job.clone(), settings })
}
