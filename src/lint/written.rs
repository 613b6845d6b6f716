//! Expressions that a manifest brings itself, judged where they stand in it: what cannot work is a mistake of the manifest, and not
//! of the rule or the panel that would be rendered of it.

use super::query::Query;
use super::views::View;
use super::world::World;
use super::{Context, judge_query, rules};
use crate::diagnostic::{Diagnostic, Level};
use crate::manifest::variants;
use crate::source::{Node, SourceMap};

/// What an expression of a manifest is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It is the condition of an alert.
    Alert,
    /// It is recorded.
    Recording,
    /// It is drawn over time.
    Panel,
    /// It marks moments in a dashboard.
    Annotation,
}

/// An expression that belongs to no rule and to no panel of a dashboard.
pub struct Written<'a> {
    /// What it belongs to: the name of an alert or of a recorded series, the title of a panel.
    pub name: &'a str,
    /// Its path in the document.
    pub path: String,
    /// Where it stands.
    pub node: &'a Node,
    /// What it is for.
    pub purpose: Purpose,
    /// What its series are called where it is drawn.
    pub legend: Option<&'a Node>,
}

/// What cannot work in the expressions of a manifest. Nothing is taken for granted of the series that there are: what is not declared
/// is said by who reads the manifest, and so is what is no PromQL.
pub fn judge(sources: &SourceMap, root: &Node) -> Vec<Diagnostic> {
    let world = World::new(&[], &[], &[]);
    let rules: Vec<_> = rules::ALL.iter().copied().filter(|rule| rule.meta().gravest == Level::Error).collect();
    let context = Context { sources, world: &world, views: &[], queries: &[], rules: &rules };
    judge_all(expressions(root), &context, Level::Error)
}

/// What cannot work, or will mislead, in the expressions of a manifest among the inputs, in which all that there is is known.
pub(super) fn judge_among(view: &View<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    judge_all(variants(view.root).flat_map(expressions), context, Level::Warning)
}

/// What is wrong with the queries of a dashboard's annotations; nobody reads hygiene of what marks a moment.
pub(super) fn judge_annotations(root: &Node, context: &Context<'_>) -> Vec<Diagnostic> {
    judge_all(annotations(root), context, Level::Warning)
}

/// What is found in expressions, from a level on.
fn judge_all<'a>(all: impl IntoIterator<Item = Written<'a>>, context: &Context<'_>, least: Level) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for written in all {
        let text = &context.sources.get(written.node.span.source).text;
        if let Some(query) = Query::of_written(&written, text) {
            judge_query(&query, context, &mut found);
        }
    }
    found.retain(|found| found.level >= least);
    found
}

/// The queries of a dashboard's annotations, of Prometheus as far as is said.
fn annotations(root: &Node) -> Vec<Written<'_>> {
    let list = root.get("annotations").and_then(|annotations| annotations.get("list")).into_iter().flat_map(Node::items);
    let asks = |annotation: &&Node| {
        let kind = annotation.get("datasource").and_then(|source| source.get("type")?.as_str());
        kind.is_none_or(|kind| kind == "prometheus")
    };
    list.enumerate()
        .filter(|(_, annotation)| asks(annotation))
        .filter_map(|(at, annotation)| {
            let name = annotation.get("name").and_then(Node::as_str).unwrap_or_default();
            let node = annotation.get("expr").or_else(|| annotation.get("target")?.get("expr"))?;
            let path = format!("annotations.list[{at}].expr");
            Some(Written { name, path, node, purpose: Purpose::Annotation, legend: annotation.get("textFormat") })
        })
        .collect()
}

fn expressions(root: &Node) -> Vec<Written<'_>> {
    let section = |key: &str| root.get(key).into_iter().flat_map(Node::entries);
    let alerts = section("alerts").filter_map(|(name, _, alert)| {
        let path = format!("alerts.{name}.expr");
        Some(Written { name, path, node: alert.get("expr")?, purpose: Purpose::Alert, legend: None })
    });
    let recorded = section("recording").map(|(name, _, node)| {
        let path = format!("recording.{name}");
        Written { name, path, node, purpose: Purpose::Recording, legend: None }
    });
    let panels = root.get("dashboard").and_then(|dashboard| dashboard.get("panels")).into_iter().flat_map(Node::items).enumerate();
    let drawn = panels.filter_map(|(at, panel)| {
        let name = panel.get("title").and_then(Node::as_str).unwrap_or_default();
        let path = format!("dashboard.panels[{at}].expr");
        Some(Written { name, path, node: panel.get("expr")?, purpose: Purpose::Panel, legend: panel.get("legend") })
    });
    alerts.chain(recorded).chain(drawn).collect()
}
