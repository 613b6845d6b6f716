//! `routing:` who is told of what.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalars::{Duration, LabelName};
use crate::source::{Entries, Lenient, OneOrMany, Raw};

/// Who is told of what. Without it no `alertmanager.yml` is rendered.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
pub struct Routing {
    /// Receives every severity that has no receiver of its own.
    pub default: Lenient<OneOrMany<Receiver>>,
    /// A dead man's switch: receives the `Watchdog` alert for as long as monitoring works.
    pub watchdog: Lenient<OneOrMany<Receiver>>,
    /// The receivers, keyed by severity.
    pub receivers: Entries<OneOrMany<Receiver>>,
    /// The labels that notifications are grouped by; `[alertname, service]` where nothing is said.
    pub group_by: Lenient<Vec<Lenient<LabelName>>>,
    /// How long to wait for further alerts of a new group; `30s` where nothing is said.
    pub group_wait: Lenient<Duration>,
    /// How long to wait before a changed group is sent again; `5m` where nothing is said.
    pub group_interval: Lenient<Duration>,
    /// How long to wait before an unchanged group is sent again; `4h` where nothing is said.
    pub repeat_interval: Lenient<Duration>,
}

/// One or more integrations with Alertmanager's own keys; secrets only as `*_file`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false, "minProperties" = 1))]
pub struct Receiver {
    /// Entries of `pagerduty_configs`.
    pub pagerduty: Lenient<Raw>,
    /// Entries of `slack_configs`.
    pub slack: Lenient<Raw>,
    /// Entries of `webhook_configs`.
    pub webhook: Lenient<Raw>,
    /// Entries of `email_configs`.
    pub email: Lenient<Raw>,
    /// Entries of `msteams_configs` (Alertmanager 0.26 or newer).
    pub msteams: Lenient<Raw>,
    /// Entries of `discord_configs`.
    pub discord: Lenient<Raw>,
}
