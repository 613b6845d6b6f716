//! `prometheus.yml`: the jobs, the rule files and where alerts go.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::ready::Mapping;
use super::{Artifact, Engine, File, Pair, SHARED, TemplateError, recording, remote_write, rule_path};
use crate::model::feeding::Shard;
use crate::model::stack::Stack;
use crate::model::{Model, Service};

/// The key of a job's relabelling.
const RELABEL: &str = "relabel_configs";

/// Prometheus's configuration.
pub struct PrometheusConfig;

/// One scrape job: its name and the rest of its keys, in the order in which they are written.
#[derive(Serialize)]
pub(crate) struct Job {
    job_name: String,
    #[serde(serialize_with = "written")]
    settings: Vec<Pair<Value>>,
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

/// Settings as they are written: a fleet has tens of thousands of them in one file.
fn written<S: Serializer>(settings: &[Pair<Value>], serializer: S) -> Result<S::Ok, S::Error> {
    Mapping::of(settings.iter().map(|setting| (&*setting.key, &setting.value))).serialize(serializer)
}

impl Job {
    /// Leaves the targets to the other shards that are theirs. The address is that of the manifest: this comes before all
    /// other relabelling.
    fn keep_shard(&mut self, shard: Shard) {
        const HASH: &str = "__tmp_hash";
        let mut steps = vec![
            json!({ "source_labels": ["__address__"], "modulus": shard.of, "target_label": HASH, "action": "hashmod" }),
            json!({ "source_labels": [HASH], "regex": shard.number.to_string(), "action": "keep" }),
        ];
        match self.settings.iter_mut().find(|setting| setting.key == RELABEL) {
            Some(Pair { value: Value::Array(all), .. }) => drop(all.splice(0..0, steps.drain(..))),
            _ => self.settings.push(Pair::new(RELABEL, Value::Array(steps))),
        }
    }
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
        let mut settings = Vec::new();
        add_fallback(&mut settings, stack);
        settings.push(Pair::new("static_configs", json!([{ "targets": [exporter] }])));
        Some(Job { job_name: dependency.job.clone(), settings })
    });
    let mut all: Vec<Job> = own.into_iter().chain(probe).chain(exporters).collect();
    if let Some(shard) = stack.feeding.shard {
        for job in &mut all {
            job.keep_shard(shard);
        }
    }
    all
}

/// Prometheus 3 fails a scrape whose `Content-Type` it does not know, unless it is told what to take it for.
fn add_fallback(settings: &mut Vec<Pair<Value>>, stack: &Stack) {
    if stack.has_fallback_protocol() {
        settings.push(Pair::new("fallback_scrape_protocol", json!("PrometheusText0.0.4")));
    }
}

fn own_job(service: &Service, stack: &Stack) -> Option<Job> {
    let scrape = service.scrape.as_ref()?;
    let mut settings = vec![
        Pair::new("scrape_interval", json!(scrape.interval.to_string())),
        Pair::new("scrape_timeout", json!(scrape.timeout.to_string())),
        Pair::new("metrics_path", json!(scrape.path)),
        Pair::new("scheme", json!(scrape.scheme)),
    ];
    add_fallback(&mut settings, stack);
    if stack.has_native_histograms() && service.metrics.values().any(|metric| metric.native) {
        settings.push(Pair::new("scrape_native_histograms", json!(true)));
    }
    settings.extend(scrape.settings.iter().map(|(key, value)| Pair::new(*key, value.clone())));
    let (key, value) = &scrape.discovery;
    settings.push(Pair::new(*key, value.clone()));
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
    let settings = vec![
        Pair::new("scrape_interval", json!(interval.to_string())),
        Pair::new("scrape_timeout", json!(timeout.to_string())),
        Pair::new("metrics_path", json!("/probe")),
        Pair::new("static_configs", json!(targets)),
        Pair::new(
            RELABEL,
            json!([
                { "source_labels": ["__address__"], "target_label": "__param_target" },
                { "source_labels": ["__param_target"], "target_label": "instance" },
                { "target_label": "__address__", "replacement": blackbox.address },
            ]),
        ),
    ];
    Some(Job { job_name: service.probe_job.clone(), settings })
}
