//! The programs behind the rendered files, and what their versions allow.

use std::collections::{BTreeMap, BTreeSet};

use super::feeding::{Feeding, MIMIR_CLUSTER, MIMIR_REPLICA, REPLICA, SHARD};
use crate::manifest::scalars::Duration;
use crate::manifest::stack::{DashboardLoader, Monitor, SampleStore, TelemetrySignal, Version};

/// The programs that all services of a run share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The oldest Prometheus.
    pub prometheus: Version,
    /// How long it keeps samples, where the manifest says it.
    pub retention: Option<Duration>,
    /// Labels of what leaves it.
    pub external_labels: BTreeMap<String, String>,
    /// What `--enable-feature` names.
    pub features: BTreeSet<String>,
    /// Its URL, as Grafana reaches it.
    pub prometheus_url: String,
    /// The oldest Grafana.
    pub grafana: Version,
    /// The folder that it loads dashboards from.
    pub dashboards_path: String,
    /// Its URL, as people reach it.
    pub grafana_url: Option<String>,
    /// The oldest Alertmanager.
    pub alertmanager: Version,
    /// `host:port` of Alertmanager.
    pub alertmanager_address: String,
    /// The blackbox exporter, where there is one.
    pub blackbox: Option<Blackbox>,
    /// The oldest OpenTelemetry Collector.
    pub collector: Version,
    /// What the Collector passes on.
    pub collector_signals: BTreeSet<TelemetrySignal>,
    /// `host:port` at which Tempo takes OTLP over gRPC.
    pub tempo_address: String,
    /// `host:port` of Loki.
    pub loki_address: String,
    /// How Prometheus feeds a central engine.
    pub feeding: Feeding,
    /// The tenant of Mimir.
    pub mimir_tenant: Option<String>,
    /// The namespace of the rules in Mimir; the service's name where nothing is said.
    pub mimir_namespace: Option<String>,
    /// How objects of Kubernetes are made.
    pub kubernetes: Kubernetes,
}

/// How objects of Kubernetes are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kubernetes {
    /// Their namespace; whichever is current where nothing is said.
    pub namespace: Option<String>,
    /// Their labels, by which the Prometheus Operator selects them.
    pub labels: BTreeMap<String, String>,
    /// What scrapes the pods.
    pub monitor: Monitor,
    /// Who loads the dashboards.
    pub dashboards: DashboardLoader,
    /// The labels of the Grafana that its operator loads them into.
    pub grafana_selector: BTreeMap<String, String>,
    /// The Secret that holds what the manifest names as files; one of each service's own where nothing is said.
    pub secret: Option<String>,
}

/// The blackbox exporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blackbox {
    /// The oldest version.
    pub version: Version,
    /// `host:port`
    pub address: String,
}

/// Current releases: what is meant where a manifest names no version.
pub mod current {
    use crate::manifest::stack::Version;

    /// Prometheus.
    pub const PROMETHEUS: Version = Version::new(3, 14);
    /// Grafana.
    pub const GRAFANA: Version = Version::new(13, 1);
    /// Alertmanager.
    pub const ALERTMANAGER: Version = Version::new(0, 34);
    /// The blackbox exporter.
    pub const BLACKBOX: Version = Version::new(0, 28);
    /// The OpenTelemetry Collector.
    pub const COLLECTOR: Version = Version::new(0, 155);
}

/// The oldest versions that what obsgen renders has been judged by.
pub mod oldest {
    use crate::manifest::stack::Version;

    /// Prometheus.
    pub const PROMETHEUS: Version = Version::new(2, 42);
    /// Grafana.
    pub const GRAFANA: Version = Version::new(10, 0);
    /// Alertmanager.
    pub const ALERTMANAGER: Version = Version::new(0, 25);
    /// The blackbox exporter.
    pub const BLACKBOX: Version = Version::new(0, 23);
    /// The OpenTelemetry Collector.
    pub const COLLECTOR: Version = Version::new(0, 111);
}

impl Stack {
    /// Whether the exporter can check JSON bodies by an expression (blackbox_exporter 0.27).
    pub fn has_cel(&self) -> bool {
        self.blackbox.as_ref().is_some_and(|b| b.version >= Version::new(0, 27))
    }

    /// Whether Prometheus knows `scrape_native_histograms`, which switches them on for a job.
    pub fn has_native_histograms(&self) -> bool {
        self.prometheus >= Version::new(3, 8)
    }

    /// How Prometheus takes metrics that are sent to it: at its receiver of OTLP, which came with 2.47, or by remote write.
    pub fn takes_otlp(&self) -> bool {
        self.prometheus >= Version::new(2, 47)
    }

    /// The flag that Prometheus needs to take metrics that the Collector sends; nothing where it sends none.
    pub fn receiver_flag(&self) -> Option<&'static str> {
        let sends = self.collector_signals.contains(&TelemetrySignal::Metrics);
        let flag = match self.takes_otlp() {
            true if self.prometheus >= Version::new(3, 0) => "--web.enable-otlp-receiver",
            true => "--enable-feature=otlp-write-receiver",
            false => "--web.enable-remote-write-receiver",
        };
        sends.then_some(flag)
    }

    /// Whether Prometheus says more about every scrape than it does of itself.
    pub fn has_extra_scrape_metrics(&self) -> bool {
        self.features.contains("extra-scrape-metrics")
    }

    /// Whether a target without a known `Content-Type` needs a protocol to fall back to (Prometheus 3.0).
    pub fn has_fallback_protocol(&self) -> bool {
        self.prometheus >= Version::new(3, 0)
    }
}

/// How it feeds a central engine.
impl Stack {
    /// Whether rules are evaluated where samples are sent: an agent evaluates none, and a shard does not see all targets.
    pub fn rules_are_elsewhere(&self) -> bool {
        self.feeding.agent || self.feeding.shard.is_some()
    }

    /// The flag that makes Prometheus an agent.
    pub fn agent_flag(&self) -> Option<&'static str> {
        let flag = if self.prometheus >= Version::new(3, 0) { "--agent" } else { "--enable-feature=agent" };
        self.feeding.agent.then_some(flag)
    }

    /// What samples are sent to.
    fn store(&self) -> Option<SampleStore> {
        self.feeding.remote_write.as_ref().map(|remote| remote.to)
    }

    /// The label that tells replicas apart, where the engine wants one: `VictoriaMetrics` takes samples for the same only
    /// where all their labels are.
    pub fn replica_label(&self) -> Option<&'static str> {
        self.feeding.replica.as_ref()?;
        match self.store() {
            Some(SampleStore::Mimir) => Some(MIMIR_REPLICA),
            Some(SampleStore::Victoriametrics) => None,
            Some(SampleStore::Prometheus | SampleStore::Thanos) | None => Some(REPLICA),
        }
    }

    /// Labels of what leaves this Prometheus: those of the manifest, and those that say which of several it is.
    pub fn identity(&self) -> BTreeMap<String, String> {
        let mut labels = self.external_labels.clone();
        if let Some(shard) = self.feeding.shard {
            labels.insert(SHARD.to_owned(), shard.number.to_string());
        }
        if let (Some(label), Some(replica)) = (self.replica_label(), &self.feeding.replica) {
            labels.insert(label.to_owned(), replica.clone());
            // Mimir elects one replica of a cluster. Shards fail one by one, so each is a cluster of its own to it.
            if let (MIMIR_REPLICA, Some(shard), Some(cluster)) = (label, self.feeding.shard, labels.get_mut(MIMIR_CLUSTER)) {
                *cluster = format!("{cluster}-{}", shard.number);
            }
        }
        labels
    }
}

impl Default for Stack {
    fn default() -> Self {
        Self {
            prometheus: current::PROMETHEUS,
            retention: None,
            external_labels: BTreeMap::new(),
            features: BTreeSet::new(),
            prometheus_url: "http://localhost:9090".to_owned(),
            grafana: current::GRAFANA,
            dashboards_path: "/var/lib/grafana/dashboards".to_owned(),
            grafana_url: None,
            alertmanager: current::ALERTMANAGER,
            alertmanager_address: "localhost:9093".to_owned(),
            blackbox: None,
            collector: current::COLLECTOR,
            collector_signals: BTreeSet::from([TelemetrySignal::Traces]),
            tempo_address: "tempo:4317".to_owned(),
            loki_address: "loki:3100".to_owned(),
            feeding: Feeding::default(),
            mimir_tenant: None,
            mimir_namespace: None,
            kubernetes: Kubernetes::default(),
        }
    }
}
