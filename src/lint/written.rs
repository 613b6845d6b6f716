//! Expressions that a manifest brings itself, judged where they stand in it: what cannot work is a mistake of the manifest, and not
//! of the rule or the panel that would be rendered of it.

use super::query::Query;
use super::world::World;
use super::{Context, judge_query, rules};
use crate::diagnostic::{Diagnostic, Level};
use crate::source::{Node, SourceMap};

/// An expression of a manifest.
pub struct Written<'a> {
    /// What it belongs to: the name of an alert or of a recorded series, the title of a panel.
    pub name: &'a str,
    /// Its path in the document.
    pub path: String,
    /// Where it stands.
    pub node: &'a Node,
}

/// What cannot work in the expressions of a manifest. Nothing is taken for granted of the series that there are: what is not declared
/// is said by who reads the manifest, and so is what is no PromQL.
pub fn judge(sources: &SourceMap, root: &Node) -> Vec<Diagnostic> {
    let world = World::new(&[], &[], &[]);
    let rules: Vec<_> = rules::ALL.iter().copied().filter(|rule| rule.meta().gravest == Level::Error).collect();
    let context = Context { sources, world: &world, views: &[], queries: &[], rules: &rules };
    let mut found = Vec::new();
    for written in expressions(root) {
        let text = &sources.get(written.node.span.source).text;
        if let Some(query) = Query::of_manifest(&written, text) {
            judge_query(&query, &context, &mut found);
        }
    }
    found.retain(|found| found.level == Level::Error);
    found
}

fn expressions(root: &Node) -> Vec<Written<'_>> {
    let section = |key: &str| root.get(key).into_iter().flat_map(Node::entries);
    let alerts = section("alerts").filter_map(|(name, _, alert)| {
        let node = alert.get("expr")?;
        Some(Written { name, path: format!("alerts.{name}.expr"), node })
    });
    let recorded = section("recording").map(|(name, _, node)| Written { name, path: format!("recording.{name}"), node });
    let panels = root.get("dashboard").and_then(|dashboard| dashboard.get("panels")).into_iter().flat_map(Node::items).enumerate();
    let drawn = panels.filter_map(|(at, panel)| {
        let name = panel.get("title").and_then(Node::as_str).unwrap_or_default();
        Some(Written { name, path: format!("dashboard.panels[{at}].expr"), node: panel.get("expr")? })
    });
    alerts.chain(recorded).chain(drawn).collect()
}
