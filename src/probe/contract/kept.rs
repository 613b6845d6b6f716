//! How much of the contract is kept.

use schemars::JsonSchema;
use serde::Serialize;

/// What of the contract could be judged, and how it is kept.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Kept {
    /// Metrics that the manifest declares.
    pub declared: usize,
    /// Those that are as declared.
    pub ok: usize,
    /// Those that are not.
    pub wrong: usize,
    /// Those that must be there and are not.
    pub missing: usize,
    /// Those of which the page shows nothing yet.
    pub unproven: usize,
    /// The names of the unproven ones.
    pub unproven_metrics: Vec<String>,
    /// Series on all pages.
    pub series: usize,
    /// Whether the named Prometheus would store the page.
    pub would_scrape: bool,
}

impl Kept {
    /// `26 declared: 21 ok, 2 wrong, 1 missing, 2 unproven`
    pub fn sentence(&self) -> String {
        let Self { declared, ok, wrong, missing, unproven, .. } = self;
        format!("{declared} declared: {ok} ok, {wrong} wrong, {missing} missing, {unproven} unproven")
    }
}
