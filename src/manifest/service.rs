//! `service:` who this is and who answers for it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalars::{Slug, Text};
use crate::source::{Entries, Lenient};

/// Who the service is, and who answers for it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"], "additionalProperties" = false))]
pub struct Service {
    /// The name: the scrape job, the `service` label of every alert, the name of the rendered files.
    pub name: Lenient<Slug>,
    /// What the service does, in a sentence.
    pub description: Lenient<Text>,
    /// The team that answers for it: the `team` label of every alert.
    pub team: Lenient<Text>,
    /// The programming language of its instrumentation code: `elixir`, `node`, `python`, `rust`, or any that a pack of your own is for.
    pub language: Lenient<Text>,
    /// Where the runbooks lie: each alert links to `<runbooks>/<alert name>`.
    pub runbooks: Lenient<Text>,
    /// The name of the scrape job, where it is not the service's name.
    pub job: Lenient<Text>,
    /// Further pages to link to.
    pub links: Lenient<Links>,
    /// Labels that every alert of the service carries besides `service`, `team` and `severity`.
    pub labels: Entries<Text>,
}

/// Pages about the service.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Links {
    /// The dashboard as people reach it, e.g. `https://grafana.example.com/d/myapp`.
    pub dashboard: Lenient<Text>,
    /// The service's logs.
    pub logs: Lenient<Text>,
}
