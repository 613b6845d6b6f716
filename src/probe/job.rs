//! Something that is to be asked, and whose it is.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::client::Secret;
use super::contract::{Seen, Terms};
use super::excerpt::without_credentials;
use crate::manifest::dependencies::DependencyKind;
use crate::model::health::{Check, Target};

/// What the metrics contract is called among the checks.
const METRICS: &str = "metrics";

/// Something that is to be asked.
#[derive(Clone, Debug)]
pub struct Job {
    /// Whose it is.
    pub owner: Arc<Owner>,
    /// What is asked.
    pub ask: Ask,
}

/// The service that jobs belong to.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Its name.
    pub service: String,
    /// The folder that files of its settings are named from.
    pub folder: PathBuf,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Ask {
    /// A health check.
    Check(Check),
    /// Whether a dependency answers.
    Dependency(Box<Dependency>),
    /// Whether the live pages keep the contract.
    Scrape(Arc<Terms>, Arc<Scraped>),
    /// Whether a page that was read from a file keeps the contract.
    Page(Arc<Terms>, Arc<Seen>),
}

/// A dependency that can be reached.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Its name.
    pub name: Arc<str>,
    /// What it is.
    pub kind: DependencyKind,
    /// `host:port`
    pub address: String,
    /// The user to log in as.
    pub user: Option<String>,
    /// The password, or why there is none.
    pub password: Result<Option<Secret>, String>,
    /// TLS settings under Prometheus's names; `None` for plain text.
    pub tls: Option<Value>,
    /// How long the whole check may last.
    pub timeout: Duration,
}

impl Dependency {
    /// How it is asked.
    pub(super) fn how(&self) -> Kind {
        match self.kind {
            DependencyKind::Postgres => Kind::Postgres,
            DependencyKind::Redis => Kind::Redis,
            _ => Kind::Tcp,
        }
    }
}

/// Where and how a service is scraped.
#[derive(Clone, Debug)]
pub struct Scraped {
    /// The page of every instance.
    pub urls: Vec<String>,
    /// `tls_config`, `basic_auth` and `authorization`, as Prometheus reads them.
    pub settings: Vec<(&'static str, Value)>,
}

/// How a check is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A GET over HTTP.
    Http,
    /// A TCP connection.
    Tcp,
    /// gRPC's health service.
    Grpc,
    /// The page of metrics against the manifest.
    Metrics,
    /// `PING` of Redis.
    Redis,
    /// `SELECT 1` of PostgreSQL.
    Postgres,
}

impl Job {
    /// What it is called.
    pub fn name(&self) -> Arc<str> {
        match &self.ask {
            Ask::Check(check) => Arc::clone(&check.name),
            Ask::Dependency(dependency) => Arc::clone(&dependency.name),
            Ask::Scrape(..) | Ask::Page(..) => METRICS.into(),
        }
    }

    /// How it is made.
    pub(super) fn kind(&self) -> Kind {
        match &self.ask {
            Ask::Check(check) => match check.target {
                Target::Http(_) => Kind::Http,
                Target::Tcp(_) => Kind::Tcp,
                Target::Grpc { .. } => Kind::Grpc,
            },
            Ask::Dependency(dependency) => dependency.how(),
            Ask::Scrape(..) | Ask::Page(..) => Kind::Metrics,
        }
    }

    /// The host and the port that are asked.
    pub(super) fn host(&self) -> String {
        let target = self.target();
        let address = target.split_once("://").map_or(&*target, |(_, rest)| rest);
        let address = address.split(['/', '?', '#', ',']).next().unwrap_or(address);
        address.rsplit_once('@').map_or(address, |(_, host)| host).to_owned()
    }

    /// What is asked: a URL, `host:port`, or a file.
    pub(super) fn target(&self) -> Arc<str> {
        match &self.ask {
            Ask::Check(check) => match without_credentials(check.target.address()) {
                Cow::Borrowed(_) => Arc::clone(check.target.address()),
                Cow::Owned(masked) => masked.into(),
            },
            Ask::Dependency(dependency) => dependency.address.as_str().into(),
            Ask::Scrape(_, scraped) => scraped.urls.iter().map(|url| without_credentials(url)).collect::<Vec<_>>().join(", ").into(),
            Ask::Page(_, seen) => seen.from.as_str().into(),
        }
    }
}
