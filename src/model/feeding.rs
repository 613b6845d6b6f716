//! How a Prometheus feeds a central engine: as an agent, as one of several shards, as one of a pair of replicas.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stack::Stack;
use crate::manifest::stack::{SampleStore, Version};

/// How a Prometheus feeds a central engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feeding {
    /// Whether it scrapes and sends, and neither keeps nor evaluates anything.
    pub agent: bool,
    /// Where it sends its samples.
    pub remote_write: Option<RemoteWrite>,
    /// Which part of the targets is its own.
    pub shard: Option<Shard>,
    /// Its name among replicas that scrape the same.
    pub replica: Option<String>,
}

/// Where samples are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteWrite {
    /// The URL.
    pub url: String,
    /// What takes them in.
    pub to: SampleStore,
    /// `tls_config`, `basic_auth` and `authorization`, as Prometheus reads them.
    pub settings: Vec<(&'static str, Value)>,
}

/// A part of the targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// How many parts there are.
    pub of: u64,
    /// Which this is, from 0.
    pub number: u64,
}

/// The label that tells shards apart.
pub const SHARD: &str = "shard";
/// The label that tells replicas apart, and by which Thanos takes them for one.
pub const REPLICA: &str = "replica";
/// The labels by which Mimir takes replicas for one.
pub const MIMIR_REPLICA: &str = "__replica__";
/// See [`MIMIR_REPLICA`].
pub const MIMIR_CLUSTER: &str = "cluster";

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
