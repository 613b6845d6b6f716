//! What a run's services ask of a Prometheus: series, samples, rule evaluations, storage, alerts; from the manifests alone.
//!
//! Everything is counted for a service that has been used: every combination of the declared values occurs, and what is
//! exposed only on first use is there. What a manifest does not say is assumed, and every assumption is said.

mod estimate;
mod exposed;

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::health::{Check, Target};
use super::stack::Stack;
use super::{Dependency, Model, Scrape, Service};
use crate::manifest::metrics::MetricType;
use crate::manifest::scalars::Duration;
use crate::manifest::stack::Version;
use estimate::{EVALUATION, World};

/// What Prometheus adds to every scrape: `up`, `scrape_duration_seconds`, `scrape_samples_scraped`,
/// `scrape_samples_post_metric_relabeling` and `scrape_series_added`.
const SCRAPE_SERIES: [&str; 5] =
    ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added"];
/// What it adds besides with the feature `extra-scrape-metrics`.
const EXTRA_SCRAPE_SERIES: [&str; 3] = ["scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"];
/// How many series an exporter is taken to have where the manifest does not say it.
const EXPORTER: u64 = 500;
/// How many targets discovery is taken to find.
const DISCOVERED: u64 = 1;
/// How long Prometheus keeps samples where nothing is said: its own default.
const RETENTION: Duration = Duration::minutes(15 * 24 * 60);
/// Prometheus's manual says one to two bytes a sample, compressed.
const BYTES_PER_SAMPLE: f64 = 2.0;
/// A sample of a native histogram with some hundred populated buckets.
const BYTES_PER_HISTOGRAM: f64 = 200.0;

/// What all services of a run ask of a Prometheus.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct Capacity {
    /// The version of this format.
    pub version: u32,
    /// How long samples are kept, in seconds.
    pub retention_seconds: u64,
    /// What they ask together.
    pub total: Figures,
    /// What each asks, by name.
    pub services: Vec<OfService>,
    /// What belongs to all of them together: the watchdog.
    pub shared: Figures,
    /// What the manifests do not say, and what was assumed instead.
    pub assumptions: Vec<Assumption>,
}

/// What one service asks.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct OfService {
    /// The service.
    pub service: String,
    /// What it asks.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Something that a manifest does not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct Assumption {
    /// The service; empty where it holds for all.
    pub service: String,
    /// The key of the manifest that would say it.
    pub path: String,
    /// What was assumed.
    pub text: String,
}

/// Numbers.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Figures {
    /// Targets that are scraped.
    pub targets: u64,
    /// Series while all is well.
    pub series: Series,
    /// Samples that are taken in, a second.
    pub samples_per_second: Rate,
    /// Recording and alerting rules.
    pub rules: u64,
    /// How often a rule is evaluated, a second.
    pub evaluations_per_second: Rate,
    /// Samples that rules read, a second: what their evaluation costs.
    pub samples_read_per_second: Rate,
    /// Bytes on disk for the retention.
    pub storage_bytes: u64,
    /// Alerts.
    pub alerts: Alerts,
}

/// Series by where they come from.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct Series {
    /// All of them.
    pub total: u64,
    /// Exposed by the service itself.
    pub service: u64,
    /// Exposed by the exporters of its dependencies.
    pub exporters: u64,
    /// Of its health checks, from the blackbox exporter.
    pub probes: u64,
    /// `up` and what else Prometheus says about every scrape.
    pub scrapes: u64,
    /// Recorded by rules.
    pub recorded: u64,
    /// `ALERTS` and `ALERTS_FOR_STATE` of alerts that always fire.
    pub alerts: u64,
}

/// How many alerts there are and can be.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct Alerts {
    /// Alerting rules.
    pub rules: u64,
    /// How many alerts are active if everything is wrong at once. Each is a series of `ALERTS` and one of `ALERTS_FOR_STATE`.
    pub most_active: u64,
    /// How many groups of them are sent again in a day for as long as nothing gets better.
    pub notifications_per_day: Rate,
}

/// A number that need not be whole; three decimals are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate(pub f64);

impl Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64((self.0 * 1000.0).round() / 1000.0)
    }
}

impl JsonSchema for Rate {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rate".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<f64>()
    }
}

/// The schema of [`Capacity`] as JSON.
pub fn schema() -> Schema {
    schemars::schema_for!(Capacity)
}

impl Capacity {
    /// Samples that a Prometheus scrapes in a second, rounded up; with those that its rules bring, where it evaluates any.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is positive, and saturates")]
    pub fn samples_to_send(&self, evaluates: bool) -> u64 {
        let of_rules = if evaluates { 0 } else { self.total.series.recorded.saturating_add(self.total.series.alerts) };
        (self.total.samples_per_second.0 - per_second(of_rules, EVALUATION)).max(0.0).ceil() as u64
    }
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.targets += other.targets;
        for (sum, more) in [
            (&mut self.series.total, other.series.total),
            (&mut self.series.service, other.series.service),
            (&mut self.series.exporters, other.series.exporters),
            (&mut self.series.probes, other.series.probes),
            (&mut self.series.scrapes, other.series.scrapes),
            (&mut self.series.recorded, other.series.recorded),
            (&mut self.series.alerts, other.series.alerts),
            (&mut self.rules, other.rules),
            (&mut self.storage_bytes, other.storage_bytes),
            (&mut self.alerts.rules, other.alerts.rules),
            (&mut self.alerts.most_active, other.alerts.most_active),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.samples_per_second.0 += other.samples_per_second.0;
        self.evaluations_per_second.0 += other.evaluations_per_second.0;
        self.samples_read_per_second.0 += other.samples_read_per_second.0;
        self.alerts.notifications_per_day.0 += other.alerts.notifications_per_day.0;
    }
}

/// Reckons what the services of a run ask of a Prometheus.
pub fn of(model: &Model) -> Capacity {
    let retention = model.common.stack.retention.unwrap_or(RETENTION);
    let mut assumptions = Vec::new();
    if model.common.stack.retention.is_none() {
        let text = format!("samples are kept for {RETENTION}, as Prometheus does where nothing is said");
        assumptions.push(Assumption { service: String::new(), path: "stack.prometheus.retention".to_owned(), text });
    }
    if model.services.iter().any(|service| service.scrape.is_some()) {
        let text = "services expose what they declare; what a client library says of its own process comes on top";
        assumptions.push(Assumption { service: String::new(), path: "metrics".to_owned(), text: text.to_owned() });
    }
    let mut services = Vec::with_capacity(model.services.len());
    for service in &model.services {
        let mut reckoning =
            Reckoning { service, stack: &model.common.stack, retention, figures: Figures::default(), assumptions: Vec::new() };
        reckoning.run();
        assumptions.extend(reckoning.assumptions);
        services.push(OfService { service: service.name.clone(), figures: reckoning.figures });
    }
    let shared = shared(model, retention);
    let mut total = Figures::default();
    services.iter().map(|of| &of.figures).chain([&shared]).for_each(|figures| total.add(figures));
    assumptions.sort();
    Capacity { version: 1, retention_seconds: retention.0 / 1000, total, services, shared, assumptions }
}

/// The watchdog always fires, so its two series are always there.
fn shared(model: &Model, retention: Duration) -> Figures {
    let mut figures = Figures::default();
    if model.common.watchdog.is_some() {
        figures.series.alerts = 2;
        figures.series.total = 2;
        figures.rules = 1;
        figures.alerts = Alerts { rules: 1, most_active: 1, notifications_per_day: Rate(0.0) };
        figures.samples_per_second.0 = per_second(2, EVALUATION);
        figures.evaluations_per_second.0 = per_second(1, EVALUATION);
        figures.storage_bytes = bytes(figures.samples_per_second.0, BYTES_PER_SAMPLE, retention);
    }
    figures
}

/// One service while it is reckoned.
struct Reckoning<'a> {
    service: &'a Service,
    stack: &'a Stack,
    retention: Duration,
    figures: Figures,
    assumptions: Vec<Assumption>,
}

impl Reckoning<'_> {
    fn run(&mut self) {
        let mut world = World::default();
        if let Some(scrape) = &self.service.scrape {
            self.own(scrape, &mut world);
        }
        if self.stack.blackbox.is_some() {
            let interval = self.service.probe_times().0;
            let checks: Vec<&Check> = self.service.probed().collect();
            for check in &checks {
                let series = probe_series(check, self.stack);
                self.figures.series.probes += series;
                self.take_in(series, interval, BYTES_PER_SAMPLE);
            }
            self.targets(&self.service.probe_job, checks.len() as u64, interval, &mut world);
            for name in ["probe_success", "probe_duration_seconds", "probe_ssl_earliest_cert_expiry"] {
                world.add_plain(name, &self.service.probe_job, checks.len() as u64, interval);
            }
        }
        for dependency in &self.service.dependencies {
            self.exporter(dependency, &mut world);
        }
        self.rules(&mut world);
        let series = &mut self.figures.series;
        series.total = [series.service, series.exporters, series.probes, series.scrapes, series.recorded, series.alerts]
            .into_iter()
            .fold(0, u64::saturating_add);
        for name in world.unknown {
            let text = format!("a rule reads `{name}`, which is not declared: it is taken for one series");
            self.assume(format!("metrics.{name}"), text);
        }
    }

    fn assume(&mut self, path: String, text: String) {
        self.assumptions.push(Assumption { service: self.service.name.clone(), path, text });
    }

    /// Counts samples that come once in every interval.
    fn take_in(&mut self, series: u64, interval: Duration, size: f64) {
        let rate = per_second(series, interval);
        self.figures.samples_per_second.0 += rate;
        self.figures.storage_bytes = self.figures.storage_bytes.saturating_add(bytes(rate, size, self.retention));
    }

    /// Counts targets of a job with what Prometheus says of their scrapes.
    fn targets(&mut self, job: &str, targets: u64, interval: Duration, world: &mut World) {
        let extra: &[&str] = if self.stack.has_extra_scrape_metrics() { &EXTRA_SCRAPE_SERIES } else { &[] };
        let names = SCRAPE_SERIES.iter().chain(extra);
        let series = targets.saturating_mul(names.clone().count() as u64);
        names.for_each(|name| world.add_plain(name, job, targets, interval));
        self.figures.targets += targets;
        self.figures.series.scrapes = self.figures.series.scrapes.saturating_add(series);
        self.take_in(series, interval, BYTES_PER_SAMPLE);
    }

    fn own(&mut self, scrape: &Scrape, world: &mut World) {
        let targets = scrape.targets().unwrap_or(DISCOVERED);
        if scrape.targets().is_none() {
            let key = match scrape.discovery.0 {
                "kubernetes_sd_configs" => "kubernetes",
                other => other.trim_end_matches("_configs"),
            };
            self.assume(format!("scrape.{key}"), format!("it finds {DISCOVERED} target; every further one brings as much again"));
        }
        self.targets(&self.service.job, targets, scrape.interval, world);
        for metric in self.service.metrics.values() {
            let exposed = exposed::count(metric);
            world.add_metric(metric, &exposed, &self.service.job, targets, scrape.interval);
            let series = exposed.series.saturating_mul(targets);
            self.figures.series.service = self.figures.series.service.saturating_add(series);
            self.take_in(series, scrape.interval, if metric.native { BYTES_PER_HISTOGRAM } else { BYTES_PER_SAMPLE });
            if let Some(assumed) = exposed.assumed {
                let key = if metric.kind == MetricType::Summary && metric.labels.is_empty() { "max_series" } else { "labels" };
                self.assume(format!("metrics.{}.{key}", metric.name), format!("it has {assumed}: {} series a target", exposed.series));
            }
            if metric.native {
                let text = format!("a sample of this native histogram takes {BYTES_PER_HISTOGRAM} bytes");
                self.assume(format!("metrics.{}.native", metric.name), text);
            }
        }
    }

    fn exporter(&mut self, dependency: &Dependency, world: &mut World) {
        if dependency.exporter.is_none() {
            return;
        }
        let job = &dependency.job;
        if let Some(name) = dependency.kind.up_metric() {
            world.add_plain(name, job, 1, EVALUATION);
        }
        if dependency.job_is_anothers {
            // The service that brings the job counts it; rules of this one read it all the same.
            world.add_plain("up", job, 1, EVALUATION);
            return;
        }
        self.targets(job, 1, EVALUATION, world);
        let series = dependency.max_series.unwrap_or(EXPORTER);
        if dependency.max_series.is_none() {
            let path = format!("dependencies.{}.max_series", dependency.name);
            self.assume(path, format!("its exporter exposes {EXPORTER} series"));
        }
        self.figures.series.exporters = self.figures.series.exporters.saturating_add(series);
        self.take_in(series, EVALUATION, BYTES_PER_SAMPLE);
    }

    fn rules(&mut self, world: &mut World) {
        let service = self.service;
        let mut read = 0_u64;
        let mut recorded = 0_u64;
        let mut record = |world: &mut World, name: &str, expr: &crate::promql::ast::Expr, labels: &BTreeMap<String, String>| {
            let shape = world.estimate(expr);
            read = read.saturating_add(shape.read);
            recorded = recorded.saturating_add(shape.series);
            world.add_recorded(name, &shape, labels);
        };
        for objective in &service.objectives {
            for recording in objective.recordings() {
                record(world, &recording.name, &recording.expr, &recording.labels);
                self.figures.rules += 1;
            }
        }
        for own in &service.recording {
            record(world, &own.name, &own.expr, &BTreeMap::new());
            self.figures.rules += 1;
        }
        let mut told = 0_u64;
        for alert in &service.alerts {
            let shape = world.estimate(&alert.expr());
            read = read.saturating_add(shape.read);
            self.figures.rules += 1;
            self.figures.alerts.rules += 1;
            self.figures.alerts.most_active = self.figures.alerts.most_active.saturating_add(shape.series);
            told += 1;
        }
        self.figures.series.recorded = recorded;
        self.take_in(recorded, EVALUATION, BYTES_PER_SAMPLE);
        self.figures.evaluations_per_second.0 = per_second(self.figures.rules, EVALUATION);
        self.figures.samples_read_per_second.0 = per_second(read, EVALUATION);
        if let Some(routing) = &service.routing {
            let day = Duration::minutes(24 * 60);
            // Alerts of one rule are in one group, unless they are grouped by what tells them apart.
            let apart = routing.group_by.iter().any(|label| label == "..." || label == "instance");
            let groups = if apart { self.figures.alerts.most_active } else { told };
            self.figures.alerts.notifications_per_day.0 = number(groups) * number(day.0) / number(routing.repeat_interval.0.max(1));
        }
    }
}

/// How many series the blackbox exporter exposes for a check. Counted on both generations; a page with `Last-Modified`
/// has one more.
fn probe_series(check: &Check, stack: &Stack) -> u64 {
    let newer = stack.blackbox.as_ref().is_some_and(|blackbox| blackbox.version >= Version::new(0, 25));
    let tls = if newer { 5 } else { 4 };
    let is_tls = check.target.is_tls() || check.tls().is_some();
    let plain = match &check.target {
        Target::Http(_) => 17 + u64::from(stack.has_cel() && !check.expect.json.is_empty()),
        Target::Tcp(_) => 6 + u64::from(newer),
        Target::Grpc { .. } => 8,
    };
    plain + if is_tls { tls } else { 0 }
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "nobody has more series than a double can count")]
fn number(count: u64) -> f64 {
    count as f64
}

fn per_second(count: u64, interval: Duration) -> f64 {
    number(count) * 1000.0 / number(interval.0.max(1))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes are positive, and more than can be counted saturate")]
fn bytes(samples_per_second: f64, size: f64, retention: Duration) -> u64 {
    (samples_per_second * size * number(retention.0) / 1000.0).round() as u64
}
