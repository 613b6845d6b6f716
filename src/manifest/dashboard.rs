//! `dashboard:` what is seen.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalars::{Duration, Slug, Text};
use crate::source::Lenient;

/// The Grafana dashboard.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Dashboard {
    /// The folder it appears in; `Services` where nothing is said.
    pub folder: Lenient<Text>,
    /// How often it refreshes; `30s` where nothing is said.
    pub refresh: Lenient<Duration>,
    /// Its title; the service's name where nothing is said.
    pub title: Lenient<Text>,
    /// Its stable identifier; `obsgen-<service>` where nothing is said. At most 40 characters.
    pub uid: Lenient<Slug>,
    /// Further panels, after the generated ones.
    pub panels: Lenient<Vec<Lenient<FreePanel>>>,
}

/// A panel of one's own.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["title", "expr"], "additionalProperties" = false))]
pub struct FreePanel {
    /// Its title.
    pub title: Lenient<Text>,
    /// The query; `$selector` stands for the service's own matchers, `$__rate_interval` for Grafana's window.
    pub expr: Lenient<Text>,
    /// A Grafana unit id such as `reqps`, `s` or `percentunit`; `short` where nothing is said.
    pub unit: Lenient<Text>,
    /// What it shows, for the panel's tooltip.
    pub description: Lenient<Text>,
    /// The legend, e.g. `{{instance}}`.
    pub legend: Lenient<Text>,
}
