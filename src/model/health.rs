//! Health checks, ready to be made.

use serde_json::Value;

use crate::manifest::dependencies::DependencyKind;
use crate::manifest::health::Statuses;
use crate::manifest::scalars::Duration;

/// One health check.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// What is asked.
    pub target: Target,
    /// Whether it was written as a path below `health.base`, so that the service itself answers it.
    pub is_own: bool,
    /// What the answer must be like.
    pub expect: Expect,
    /// The dependencies whose state the answer includes.
    pub covers: Vec<Covered>,
    /// TLS settings under Prometheus's names.
    pub tls: Option<Value>,
    /// How long the whole check may last.
    pub timeout: Duration,
}

/// A dependency whose state an answer includes.
#[derive(Clone, Debug)]
pub struct Covered {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: DependencyKind,
    /// Whether the service has no other of this kind, so that the kind names it.
    pub only_of_its_kind: bool,
}

/// What a check asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A GET of this URL.
    Http(String),
    /// A TCP connection to this address.
    Tcp(String),
    /// The standard health service of gRPC at this address, for a named service or for all.
    Grpc {
        /// `host:port`
        address: String,
        /// The service's full name.
        service: Option<String>,
    },
}

/// What an answer must be like; all of it.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// The status.
    pub statuses: Statuses,
    /// Dotted paths into the JSON body and the value each must have.
    pub json: Vec<(String, Value)>,
    /// Headers and the anchored expression that each must match.
    pub headers: Vec<(String, String)>,
    /// An expression that must match somewhere in the body.
    pub body: Option<String>,
    /// The longest it may take.
    pub within: Option<Duration>,
}

impl Expect {
    /// One status, and nothing else.
    pub fn only(status: u16) -> Self {
        Self { statuses: Statuses::one(status), ..Self::default() }
    }
}

impl Target {
    /// As it is shown, and as Prometheus's `instance`.
    pub fn address(&self) -> &str {
        match self {
            Self::Http(url) => url,
            Self::Tcp(address) | Self::Grpc { address, .. } => address,
        }
    }

    /// Whether it is spoken to over TLS.
    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Http(url) if url.starts_with("https://"))
    }
}
