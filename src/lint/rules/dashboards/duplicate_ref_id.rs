//! Two queries of one name.

use crate::diagnostic::{Diagnostic, Fix};
use crate::formats::dashboard::{Panel, Target};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::DashboardView;
use crate::source::{Node, content};

rule! {
    /// Two queries of a panel have the same `refId`, so Grafana shows the result of one for both.
    ///
    /// ```json fires
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "up" }, { "refId": "A", "expr": "down" } ] } ] }
    /// ```
    /// ```json silent
    /// { "title": "Web", "panels": [ { "type": "stat", "title": "Up", "targets": [ { "refId": "A", "expr": "up" }, { "refId": "B", "expr": "down" } ] } ] }
    /// ```
    DuplicateRefId, "duplicate-ref-id", Warning
}

impl Rule for DuplicateRefId {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for panel in &view.dashboard.panels {
            let mut given = Vec::new();
            let mut seen = std::collections::HashMap::new();
            for target in &panel.targets {
                let Some(node) = target.node.get("refId") else { continue };
                let Some(id) = node.as_str().filter(|id| !id.is_empty()) else { continue };
                if let Some(first) = seen.insert(id, node) {
                    let message = format!("two queries of this panel have the `refId` `{id}`");
                    let mut diagnostic = META
                        .finding(node.span, message)
                        .path(format!("{}.refId", target.path))
                        .related(first.span, "the first one")
                        .help("use another letter");
                    if !is_referred_to(panel) {
                        diagnostic.fix = free_letter(panel, &mut given).map(|letter| Fix { span: content(node), replacement: letter });
                    }
                    found.push(diagnostic);
                }
            }
        }
    }
}

/// Whether something of a panel may name its queries.
fn is_referred_to(panel: &Panel<'_>) -> bool {
    let math =
        |target: &Target<'_>| target.datasource.is_some_and(|d| d.get("type").or(Some(d)).and_then(Node::as_str) == Some("__expr__"));
    panel.node.get("transformations").is_some_and(|list| list.items().next().is_some()) || panel.targets.iter().any(math)
}

/// A letter that no query of a panel has, and that was not given to another one.
fn free_letter(panel: &Panel<'_>, given: &mut Vec<String>) -> Option<String> {
    let taken = |letter: &str| panel.targets.iter().any(|target| target.node.get("refId").and_then(Node::as_str) == Some(letter));
    let letter = ('A'..='Z').map(String::from).find(|letter| !taken(letter) && !given.contains(letter))?;
    given.push(letter.clone());
    Some(letter)
}
