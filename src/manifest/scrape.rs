//! `scrape:` where Prometheus finds the service's metrics.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalars::{Duration, Text};
use crate::source::{Lenient, Raw};

/// Where and how Prometheus scrapes the service. Exactly one of `targets`, `file_sd`, `dns_sd`, `http_sd` and `kubernetes`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Scrape {
    /// `host:port` of every instance.
    pub targets: Lenient<Vec<Lenient<Text>>>,
    /// The path of the metrics page; `/metrics` where nothing is said.
    pub path: Lenient<Text>,
    /// How often to scrape; `15s` where nothing is said.
    pub interval: Lenient<Duration>,
    /// How long a scrape may last; `10s`, or the interval if that is shorter, where nothing is said.
    pub timeout: Lenient<Duration>,
    /// `http` or `https`.
    pub scheme: Lenient<Scheme>,
    /// Prometheus's `tls_config`.
    pub tls: Lenient<Raw>,
    /// Prometheus's `basic_auth`; the password only as `password_file`.
    pub basic_auth: Lenient<Raw>,
    /// Prometheus's `authorization`; the credentials only as `credentials_file`.
    pub authorization: Lenient<Raw>,
    /// Entries of Prometheus's `file_sd_configs`.
    pub file_sd: Lenient<Raw>,
    /// Entries of Prometheus's `dns_sd_configs`.
    pub dns_sd: Lenient<Raw>,
    /// Entries of Prometheus's `http_sd_configs`.
    pub http_sd: Lenient<Raw>,
    /// One entry of Prometheus's `kubernetes_sd_configs`.
    pub kubernetes: Lenient<Raw>,
}

/// How the service is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// In the clear.
    #[default]
    Http,
    /// Over TLS.
    Https,
}
