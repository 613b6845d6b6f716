//! Dashboards of the classic schema, bare or in an API envelope.

use super::parts::{Dashboard, Panel, Target, Variable};
use crate::source::Node;
use crate::source::path::Path;

/// The dashboard in a document, and the key of its envelope.
fn unwrap(root: &Node) -> (&Node, Option<&Node>) {
    match root.entry("dashboard") {
        Some((key, inner)) if inner.as_mapping().is_some() && root.get("panels").is_none() => (inner, Some(key)),
        _ => (root, None),
    }
}

pub(in crate::formats) fn looks_like(root: &Node) -> bool {
    let (dashboard, envelope) = unwrap(root);
    let has = |key: &str| dashboard.get(key).is_some();
    let list = |key: &str| dashboard.get(key).is_some_and(|node| node.as_sequence().is_some());
    // With its panels under a misspelt key it is a dashboard still.
    let empty = has("schemaVersion") && has("title") && (has("templating") || has("uid"));
    empty || (list("panels") || list("rows")) && (envelope.is_some() || has("schemaVersion") || has("templating") || has("title"))
}

/// Views the body of a dashboard that is a resource called `name`, or the dashboard in a document.
pub(super) fn view<'a>(root: &'a Node, resource: Option<(&'a Node, Option<&'a Node>)>) -> Dashboard<'a> {
    let document = Path::Root;
    let (dashboard, envelope) = resource.map_or_else(|| unwrap(root), |(spec, _)| (spec, None));
    let mut panels = Vec::new();
    let base = match (resource, envelope) {
        (Some(_), _) => document.key("spec"),
        (None, Some(_)) => document.key("dashboard"),
        (None, None) => document,
    };
    add_panels(dashboard, &base, false, &mut panels);
    let rows = base.key("rows");
    for (index, row) in dashboard.items_of("rows").enumerate() {
        add_panels(row, &rows.index(index), true, &mut panels);
    }
    let variables = dashboard.get("templating").and_then(|templating| templating.get("list")).into_iter().flat_map(Node::items);
    let variables = variables
        .filter_map(|node| Some(Variable { node, name: node.get("name")?, kind: node.get("type").and_then(Node::as_str).unwrap_or("") }));
    let uid = resource.map_or_else(|| dashboard.get("uid"), |(_, name)| name);
    Dashboard { root: dashboard, envelope, uid, layout_apart: false, panels, variables: variables.collect() }
}

fn add_panels<'a>(holder: &'a Node, path: &Path<'_>, nested: bool, panels: &mut Vec<Panel<'a>>) {
    let list = path.key("panels");
    for (index, node) in holder.items_of("panels").enumerate().filter(|(_, node)| node.as_mapping().is_some()) {
        let path = list.index(index);
        panels.push(panel(node, &path, nested));
        add_panels(node, &path, true, panels);
    }
}

fn panel<'a>(node: &'a Node, path: &Path<'_>, nested: bool) -> Panel<'a> {
    let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or("");
    let list = path.key("targets");
    let targets = node.items_of("targets").enumerate();
    let targets = targets.filter(|(_, node)| node.as_mapping().is_some()).map(|(i, node)| {
        let expr = node.get("expr").filter(|expr| expr.as_str().is_some_and(|text| !text.trim().is_empty()));
        Target { node, path: list.index(i).to_string(), expr, datasource: node.get("datasource").filter(|d| !d.is_null()) }
    });
    Panel {
        node,
        path: path.to_string(),
        kind: text("type"),
        title: text("title"),
        targets: targets.collect(),
        datasource: node.get("datasource").filter(|d| !d.is_null()),
        nested,
    }
}
