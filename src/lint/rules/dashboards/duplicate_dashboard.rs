//! Dashboards that take one another's place.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{View, ViewKind};
use crate::source::Node;

rule! {
    /// Two dashboards in one folder have the same `uid`: Grafana keeps one of them, and refuses to write the other.
    ///
    /// Folders may be for different installations of Grafana, so dashboards in two of them are not compared.
    ///
    /// ```json fires
    /// # file: grafana/web.json
    /// { "title": "Web", "uid": "web", "schemaVersion": 39, "panels": [] }
    /// # file: grafana/shop.json
    /// { "title": "Shop", "uid": "web", "schemaVersion": 39, "panels": [] }
    /// ```
    /// ```json silent
    /// # file: grafana/web.json
    /// { "title": "Web", "uid": "web", "schemaVersion": 39, "panels": [] }
    /// # file: grafana/shop.json
    /// { "title": "Shop", "uid": "shop", "schemaVersion": 39, "panels": [] }
    /// ```
    DuplicateDashboard, "duplicate-dashboard", Error
}

impl Rule for DuplicateDashboard {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut known: HashMap<(&str, &str), Vec<(&View<'_>, &Node)>> = HashMap::new();
        for view in context.views {
            let ViewKind::Dashboard(dashboard) = &view.kind else { continue };
            let Some((node, uid)) = dashboard.uid.and_then(Node::with_str) else { continue };
            let folder = view.file.rsplit_once('/').map_or("", |(folder, _)| folder);
            if !uid.is_empty() && !uid.contains('$') {
                known.entry((folder, uid)).or_default().push((view, node));
            }
        }
        for ((_, uid), all) in known {
            for (view, node) in &all {
                // Dashboards of one file, such as a list of them, are brought in by other means.
                let Some((_, other)) = all.iter().find(|(other, _)| other.source != view.source) else { continue };
                let finding = META.finding_at(Level::Error, node.span, format!("another dashboard has the uid `{uid}`"));
                found.push(finding.path("uid").related(other.span, "the other one").help("give each its own"));
            }
        }
    }
}
