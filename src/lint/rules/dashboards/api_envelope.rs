//! Dashboards as the HTTP API takes them.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;

rule! {
    /// A dashboard lies in the envelope of Grafana's HTTP API, `{"dashboard": {…}}`. The API takes that; a provisioning
    /// folder does not: Grafana reads a dashboard without a title there and rejects it.
    ///
    /// The dashboard inside is judged all the same.
    ///
    /// ```json fires
    /// { "dashboard": { "title": "Web", "panels": [] } }
    /// ```
    /// ```json silent
    /// { "title": "Web", "uid": "web", "panels": [] }
    /// ```
    ApiEnvelope, "api-envelope", Warning
}

impl Rule for ApiEnvelope {
    fn dashboard(&self, view: &DashboardView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if let Some(key) = view.dashboard.envelope {
            let inner = context.sources.text(view.dashboard.root.span);
            found.push(
                META.finding(key.span, "this dashboard is wrapped in an API envelope, which file provisioning rejects")
                    .path("dashboard")
                    .help("keep only what is inside `dashboard`, or post the file to the HTTP API")
                    .fix(view.view.root.span, inner),
            );
        }
    }
}
