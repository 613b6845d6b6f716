//! What it means: the manifest with its defaults filled in, its names checked and its promises turned into signals.
//!
//! [`resolve`](resolve::resolve) makes a [`Model`] of one or more manifests, or says everything that stands in the way.
//! Behind it nothing is optional that is needed, and nothing can be wrong.

pub mod alert;
pub mod capacity;
pub mod catalogue;
pub mod drawing;
pub mod feeding;
pub mod health;
pub mod log_alert;
pub mod panel;
pub mod query;
pub mod resolve;
pub mod routing;
pub mod signals;
pub mod stack;
pub mod synthetic;
pub mod telemetry;
pub mod text;
pub mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::manifest::dependencies::DependencyKind;
use crate::manifest::scalars::Duration;
use crate::promql::ast::Expr;
use crate::source::{SourceId, Span};
use alert::Alert;
use catalogue::Metric;
use health::Check;
use log_alert::LogAlert;
use panel::Panel;
use routing::Routing;
use signals::Objective;
use stack::Stack;
use telemetry::{Logging, Sentry, Tracing};

/// Kinds of artifact that a manifest can ask for beyond the default ones.
pub const OPTIONAL_KINDS: &[&str] = &["scrape-config", "kubernetes", "mimir", "thanos", "victoriametrics", "compose", "dashboard-v2"];

/// Everything that one run renders.
#[derive(Debug)]
pub struct Model {
    /// The services, by name.
    pub services: Vec<Service>,
    /// What all of them share.
    pub common: Common,
}

/// What the services of a run share: a service's own files are made of it and of the service, and of no other service.
#[derive(Debug)]
pub struct Common {
    /// The programs.
    pub stack: Stack,
    /// The alert that always fires.
    pub watchdog: Option<Alert>,
    /// Kinds of artifact that the manifests ask for beyond the default ones.
    pub render: Vec<String>,
    /// Whether there is more than one service, so that files go into folders.
    pub is_fleet: bool,
}

/// One service.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// Who answers for it.
    pub team: Option<String>,
    /// Its scrape job.
    pub job: String,
    /// The job of its health checks.
    pub probe_job: String,
    /// How it is scraped; `None` where the manifest has no `scrape`.
    pub scrape: Option<Scrape>,
    /// The URL that the paths of its own health checks are below.
    pub health_base: Option<String>,
    /// Its health checks.
    pub checks: Vec<Check>,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
    /// What it exposes.
    pub metrics: Arc<BTreeMap<String, Arc<Metric>>>,
    /// What is promised.
    pub objectives: Vec<Arc<Objective>>,
    /// What somebody is told of.
    pub alerts: Vec<Alert>,
    /// What somebody is told of lines in its log.
    pub log_alerts: Vec<LogAlert>,
    /// Recording rules of its own.
    pub recording: Vec<FreeRecording>,
    /// Who is told; `None` where the manifest has no `routing`.
    pub routing: Option<Routing>,
    /// What is seen.
    pub dashboard: Dashboard,
    /// The programming language of its instrumentation code.
    pub language: Option<String>,
    /// How it logs; `None` where the manifest has no `logging`.
    pub logging: Option<Logging>,
    /// How it traces; `None` where the manifest has no `tracing`.
    pub tracing: Option<Tracing>,
    /// Where it reports its crashes; `None` where the manifest has no `errors.sentry`.
    pub sentry: Option<Sentry>,
    /// Where its name stands.
    pub span: Span,
    /// Its manifest.
    pub manifest: SourceId,
}

impl Service {
    /// The health checks that the blackbox exporter can make.
    pub fn probed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.is_h2c())
    }

    /// The addresses that are its own: of its targets, of its health checks and of what it depends on, each as it is written.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        let scraped = self.scrape.iter().flat_map(Scrape::listed).filter_map(Value::as_str);
        let checked = self.health_base.iter().map(String::as_str).chain(self.checks.iter().map(|check| &**check.target.address()));
        let others = self.dependencies.iter().flat_map(|dependency| [&dependency.exporter, &dependency.address]);
        scraped.chain(checked).chain(others.flatten().map(String::as_str))
    }

    /// The interval and the timeout of the probe job: long enough for the slowest check.
    pub fn probe_times(&self) -> (Duration, Duration) {
        let interval = self.scrape.as_ref().map_or(Duration::seconds(15), |s| s.interval);
        let slowest = self.probed().map(|check| check.timeout.0).max().unwrap_or(5000);
        let interval = Duration(interval.0.max(slowest + 1000));
        (interval, Duration(slowest + 1000))
    }
}

/// How a service is scraped.
#[derive(Debug)]
pub struct Scrape {
    /// Where its targets come from: a key of Prometheus's scrape configuration and its value.
    pub discovery: (&'static str, Value),
    /// The path of the metrics page.
    pub path: String,
    /// How often.
    pub interval: Duration,
    /// How long a scrape may last.
    pub timeout: Duration,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// `tls_config`, `basic_auth` and `authorization`, as Prometheus reads them.
    pub settings: Vec<(&'static str, Value)>,
}

impl Scrape {
    /// How many targets there are, where the manifest lists them.
    pub fn targets(&self) -> Option<u64> {
        let is_list = self.discovery.0 == "static_configs" && self.discovery.1.is_array();
        is_list.then(|| self.listed().count() as u64)
    }

    /// The targets, where the manifest lists them.
    fn listed(&self) -> impl Iterator<Item = &Value> {
        let lists = Some(&self.discovery).filter(|(key, _)| *key == "static_configs").and_then(|(_, entries)| entries.as_array());
        lists.into_iter().flatten().filter_map(|entry| entry["targets"].as_array()).flatten()
    }
}

/// Something that a service depends on.
#[derive(Debug)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DependencyKind,
    /// The scrape job of its exporter.
    pub job: String,
    /// Its exporter.
    pub exporter: Option<String>,
    /// The most series that the exporter exposes.
    pub max_series: Option<u64>,
    /// Whether another service of the run brings the same job for the same exporter, and is the one to render it.
    pub job_is_anothers: bool,
    /// `host:port` of itself.
    pub address: Option<String>,
    /// The user to log in as.
    pub user: Option<String>,
    /// The environment variable that holds the password.
    pub password_env: Option<String>,
    /// TLS settings under Prometheus's names.
    pub tls: Option<Value>,
}

/// A recording rule of the manifest's own.
#[derive(Debug)]
pub struct FreeRecording {
    /// The recorded name.
    pub name: String,
    /// What is recorded.
    pub expr: Expr,
}

/// What is seen.
#[derive(Debug)]
pub struct Dashboard {
    /// Its stable identifier.
    pub uid: String,
    /// Its title.
    pub title: String,
    /// The folder it appears in.
    pub folder: String,
    /// How often it refreshes.
    pub refresh: Duration,
    /// The manifest's own panels. [`drawing::panels`] has all of them.
    pub own: Vec<Panel>,
    /// Links to other pages: title and URL.
    pub links: Vec<(String, String)>,
}
