//! Health checks, ready to be made.
//!
//! There may be tens of thousands of them, mostly alike: what neighbours have in common they share.

use std::sync::Arc;

use serde_json::Value;

use crate::manifest::dependencies::DependencyKind;
use crate::manifest::health::{HttpVersion, Statuses};
use crate::manifest::scalars::Duration;

/// One health check.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its name.
    pub name: Arc<str>,
    /// What is asked.
    pub target: Target,
    /// Whether it was written as a path below `health.base`, so that the service itself answers it.
    pub is_own: bool,
    /// What the answer must be like.
    pub expect: Arc<Expect>,
    /// The dependencies whose state the answer includes.
    pub covers: Arc<Vec<Covered>>,
    /// How the other side is spoken to, where there is something to say of that.
    pub manner: Option<Arc<Manner>>,
    /// How long the whole check may last.
    pub timeout: Duration,
    /// How many attempts decide.
    pub thresholds: Thresholds,
}

/// How the other side is spoken to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manner {
    /// TLS settings under Prometheus's names.
    pub tls: Option<Value>,
    /// `basic_auth` or `authorization`, and its body as Prometheus reads it.
    pub credentials: Option<(&'static str, Value)>,
    /// The HTTP proxy that leads there.
    pub proxy: Option<String>,
    /// How many redirects are followed, as long as they stay with the host.
    pub redirects: u32,
    /// The version of HTTP that is spoken, where that is said.
    pub http_version: Option<HttpVersion>,
    /// What is said over a TCP connection, in turn.
    pub dialogue: Vec<Line>,
}

/// A line of a conversation: first what must come, then what is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// An expression that a line of the other side must match; lines before it are passed over.
    pub expect: Option<String>,
    /// What is said then, without its line break.
    pub send: Option<String>,
}

/// How many attempts in a row decide, as for a probe of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// So many that pass let the check pass.
    pub success: u32,
    /// So many that fail let it fail.
    pub failure: u32,
}

impl Default for Thresholds {
    /// The first attempt decides.
    fn default() -> Self {
        Self { success: 1, failure: 1 }
    }
}

impl Thresholds {
    /// After so many attempts there were enough that passed or enough that failed, in a row or not.
    pub fn attempts(self) -> u32 {
        self.success.saturating_add(self.failure).saturating_sub(1)
    }
}

impl Check {
    /// TLS settings under Prometheus's names.
    pub fn tls(&self) -> Option<&Value> {
        self.manner.as_ref()?.tls.as_ref()
    }

    /// The version of HTTP that is spoken, where that is said.
    pub fn http_version(&self) -> Option<HttpVersion> {
        self.manner.as_ref()?.http_version
    }

    /// Whether HTTP/2 is spoken without TLS: neither the blackbox exporter nor the kubelet can.
    pub fn is_h2c(&self) -> bool {
        matches!(&self.target, Target::Http(url) if url.starts_with("http://")) && self.http_version() == Some(HttpVersion::Two)
    }

    /// How many redirects are followed.
    pub fn redirects(&self) -> u32 {
        self.manner.as_ref().map_or(0, |manner| manner.redirects)
    }
}

/// A dependency whose state an answer includes.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    Http(Arc<str>),
    /// A TCP connection to this address.
    Tcp(Arc<str>),
    /// The standard health service of gRPC at this address, for a named service or for all.
    Grpc {
        /// `host:port`
        address: Arc<str>,
        /// The service's full name.
        service: Option<Arc<str>>,
    },
}

/// What an answer must be like; all of it.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// How long every certificate must still be valid.
    pub valid_for: Option<Duration>,
}

impl Expect {
    /// One status, and nothing else.
    pub fn only(status: u16) -> Self {
        Self { statuses: Statuses::one(status), ..Self::default() }
    }
}

impl Target {
    /// As it is shown, and as Prometheus's `instance`.
    pub fn address(&self) -> &Arc<str> {
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
