//! How a Prometheus feeds a central engine: as an agent, as one of several shards, as one of a pair of replicas.

use serde_json::Value;

use crate::manifest::stack::SampleStore;

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
