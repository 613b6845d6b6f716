//! Grafana dashboards of the classic schema: panels, queries, variables; bare or in an API envelope.

use super::dashboard_v2;
use crate::source::Node;
use crate::source::path::Path;

/// A dashboard.
#[derive(Debug)]
pub struct Dashboard<'a> {
    /// The dashboard itself, without its envelope.
    pub root: &'a Node,
    /// The key `dashboard` of the envelope, where there is one.
    pub envelope: Option<&'a Node>,
    /// What it is known by: `uid`, or the name of the resource.
    pub uid: Option<&'a Node>,
    /// Whether its layout stands apart from its panels, as in the newer schema.
    pub layout_apart: bool,
    /// All panels, those inside collapsed rows included, in order.
    pub panels: Vec<Panel<'a>>,
    /// The template variables.
    pub variables: Vec<Variable<'a>>,
}

/// A panel.
#[derive(Debug)]
pub struct Panel<'a> {
    /// The whole panel.
    pub node: &'a Node,
    /// Where it stands, as in `panels[3]`.
    pub path: String,
    /// `type`; "" where it is missing.
    pub kind: &'a str,
    /// `title`; "" where it is missing.
    pub title: &'a str,
    /// Its queries.
    pub targets: Vec<Target<'a>>,
    /// `datasource`
    pub datasource: Option<&'a Node>,
    /// Whether it lies in a collapsed row.
    pub nested: bool,
}

/// A query of a panel.
#[derive(Debug)]
pub struct Target<'a> {
    /// The whole query.
    pub node: &'a Node,
    /// Where it stands, as in `panels[3].targets[0]`.
    pub path: String,
    /// The `PromQL` expression, where the query is one.
    pub expr: Option<&'a Node>,
    /// `datasource`
    pub datasource: Option<&'a Node>,
}

/// A template variable.
#[derive(Debug)]
pub struct Variable<'a> {
    /// The whole variable.
    pub node: &'a Node,
    /// Its name.
    pub name: &'a Node,
    /// `query`, `datasource`, `interval`, `custom`, `constant`, `textbox`, `adhoc`.
    pub kind: &'a str,
}

impl<'a> Variable<'a> {
    /// What it asks or lists: `query`, or the text inside of the object that newer versions write.
    pub fn query(&self) -> Option<&'a Node> {
        self.node.get("query").map(|query| query.get("query").unwrap_or(query))
    }

    /// Whether Prometheus is asked, or nothing says who.
    pub fn asks_prometheus(&self) -> bool {
        let kind = self.node.get("datasource").and_then(|datasource| datasource.get("type")?.as_str());
        kind.is_none_or(|kind| kind == "prometheus")
    }
}

impl<'a> Dashboard<'a> {
    /// The names of its variables, and of the inputs that stand for one when it is imported.
    pub fn defined(&self) -> Vec<&'a str> {
        let inputs = self.root.get("__inputs").into_iter().flat_map(Node::items).filter_map(|input| input.get("name")?.as_str());
        self.variables.iter().filter_map(|variable| variable.name.as_str()).chain(inputs).collect()
    }
}

impl<'a> Panel<'a> {
    /// The unit, where one is set.
    pub fn unit(&self) -> Option<&'a Node> {
        let defaults = self.node.get("fieldConfig").and_then(|config| config.get("defaults"));
        let newer = self.node.get("vizConfig").and_then(|viz| viz.get("spec")?.get("fieldConfig")?.get("defaults"));
        defaults.or(newer).and_then(|d| d.get("unit")).or_else(|| self.node.get("format")).filter(|unit| !unit.is_null())
    }

    /// Whether it shows numbers that have a unit.
    pub fn shows_values(&self) -> bool {
        !matches!(
            self.kind,
            "row"
                | "text"
                | "dashlist"
                | "alertlist"
                | "news"
                | "logs"
                | "nodeGraph"
                | "traces"
                | "annolist"
                | "table"
                | "geomap"
                | "canvas"
        )
    }
}

/// The dashboard in a document, and the key of its envelope.
fn unwrap(root: &Node) -> (&Node, Option<&Node>) {
    match root.entry("dashboard") {
        Some((key, inner)) if inner.as_mapping().is_some() && root.get("panels").is_none() => (inner, Some(key)),
        _ => (root, None),
    }
}

/// The API group of dashboards as resources.
pub(super) const RESOURCE: &str = "dashboard.grafana.app/";

/// The body of a dashboard resource, of whichever schema.
fn resource(root: &Node) -> Option<&Node> {
    let is_resource = root.get("apiVersion").and_then(Node::as_str).is_some_and(|version| version.starts_with(RESOURCE));
    root.get("spec").filter(|spec| is_resource && spec.as_mapping().is_some())
}

pub(super) fn looks_like(root: &Node) -> bool {
    let (dashboard, envelope) = unwrap(root);
    let has = |key: &str| dashboard.get(key).is_some();
    let list = |key: &str| dashboard.get(key).is_some_and(|node| node.as_sequence().is_some());
    // With its panels under a misspelt key it is a dashboard still.
    let empty = has("schemaVersion") && has("title") && (has("templating") || has("uid"));
    empty || (list("panels") || list("rows")) && (envelope.is_some() || has("schemaVersion") || has("templating") || has("title"))
}

/// Views a document as a dashboard.
pub fn view(root: &Node) -> Dashboard<'_> {
    let document = Path::Root;
    let name = root.get("metadata").and_then(|metadata| metadata.get("name"));
    let resource = resource(root);
    if let Some(spec) = resource.filter(|spec| spec.get("elements").is_some()) {
        return dashboard_v2::view(spec, name, &document.key("spec"));
    }
    let (dashboard, envelope) = resource.map_or_else(|| unwrap(root), |spec| (spec, None));
    let mut panels = Vec::new();
    let base = match (resource, envelope) {
        (Some(_), _) => document.key("spec"),
        (None, Some(_)) => document.key("dashboard"),
        (None, None) => document,
    };
    add_panels(dashboard, &base, false, &mut panels);
    let rows = base.key("rows");
    for (index, row) in dashboard.get("rows").into_iter().flat_map(Node::items).enumerate() {
        add_panels(row, &rows.index(index), true, &mut panels);
    }
    let variables = dashboard.get("templating").and_then(|templating| templating.get("list")).into_iter().flat_map(Node::items);
    let variables = variables
        .filter_map(|node| Some(Variable { node, name: node.get("name")?, kind: node.get("type").and_then(Node::as_str).unwrap_or("") }));
    let uid = if resource.is_some() { name } else { dashboard.get("uid") };
    Dashboard { root: dashboard, envelope, uid, layout_apart: false, panels, variables: variables.collect() }
}

fn add_panels<'a>(holder: &'a Node, path: &Path<'_>, nested: bool, panels: &mut Vec<Panel<'a>>) {
    let list = path.key("panels");
    for (index, node) in holder.get("panels").into_iter().flat_map(Node::items).enumerate().filter(|(_, node)| node.as_mapping().is_some())
    {
        let path = list.index(index);
        panels.push(panel(node, &path, nested));
        add_panels(node, &path, true, panels);
    }
}

fn panel<'a>(node: &'a Node, path: &Path<'_>, nested: bool) -> Panel<'a> {
    let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or("");
    let list = path.key("targets");
    let targets = node.get("targets").into_iter().flat_map(Node::items).enumerate();
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
