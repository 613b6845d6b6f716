//! Dashboards without an identity.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::Node;

rule! {
    /// A dashboard has no `uid`. Grafana makes one up, another on each server, so nothing can link to it.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "uid": "web", "panels": [] }
    /// ```
    DashboardWithoutUid, "dashboard-without-uid", Info
}

impl Rule for DashboardWithoutUid {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let root = view.dashboard.root;
        if view.dashboard.uid.and_then(Node::as_str).is_none_or(str::is_empty) {
            let place = root.get("title").map_or(root.span, |title| title.span);
            found.push(
                META.finding(place, "this dashboard has no `uid`, so links to it break")
                    .path("uid")
                    .help("add `\"uid\"` with a short name that stays"),
            );
        }
    }
}
