//! Dashboards of Grafana's newer schema, whose panels are `elements` and whose layout stands apart: seen as a [`Dashboard`].

use super::parts::{Dashboard, Panel, Target, Variable};
use crate::source::Node;
use crate::source::path::Path;

/// Data sources that are asked in PromQL.
const PROMETHEUS: &[&str] = &["prometheus", "grafana-amazonprometheus-datasource", "grafana-azureprometheus-datasource"];

/// Views the body of a dashboard resource.
pub(super) fn view<'a>(root: &'a Node, uid: Option<&'a Node>, path: &Path<'_>) -> Dashboard<'a> {
    let elements = path.key("elements");
    let panels = root.entries_of("elements").filter_map(|(name, _, element)| {
        let is_panel = element.get("kind").and_then(Node::as_str) == Some("Panel");
        element.get("spec").filter(|spec| is_panel && spec.as_mapping().is_some()).map(|spec| panel(spec, &elements.key(name).key("spec")))
    });
    let variables = root.items_of("variables").filter_map(variable);
    Dashboard { root, envelope: None, uid, layout_apart: true, panels: panels.collect(), variables: variables.collect() }
}

fn panel<'a>(spec: &'a Node, path: &Path<'_>) -> Panel<'a> {
    let viz = spec.get("vizConfig");
    let text = |key: &str| viz.and_then(|viz| viz.get(key)).and_then(Node::as_str);
    let group = spec.get("data").and_then(|data| data.get("spec"));
    let data = path.key("data");
    let data = data.key("spec");
    let queries = data.key("queries");
    let targets = group.and_then(|group| group.get("queries")).into_iter().flat_map(Node::items).enumerate();
    let targets = targets.filter_map(|(index, query)| target(query.get("spec")?, &queries.index(index).key("spec")));
    Panel {
        node: spec,
        path: path.to_string(),
        // The plugin's id; the first versions of the schema had it in `kind`.
        kind: text("group").or_else(|| text("kind")).unwrap_or(""),
        title: spec.get("title").and_then(Node::as_str).unwrap_or(""),
        targets: targets.collect(),
        datasource: None,
        nested: false,
    }
}

fn target<'a>(spec: &'a Node, path: &Path<'_>) -> Option<Target<'a>> {
    let query = spec.get("query")?;
    let kind = ["group", "kind"].into_iter().find_map(|key| query.get(key)?.as_str()).unwrap_or("");
    let expr =
        query.get("spec").and_then(|inner| inner.get("expr")).filter(|expr| expr.as_str().is_some_and(|text| !text.trim().is_empty()));
    let datasource = query.get("datasource").or_else(|| spec.get("datasource")).or(Some(query)).filter(|node| !node.is_null());
    Some(Target {
        node: spec,
        path: path.key("query").key("spec").to_string(),
        expr: expr.filter(|_| PROMETHEUS.contains(&kind)),
        datasource,
    })
}

fn variable(node: &Node) -> Option<Variable<'_>> {
    let spec = node.get("spec")?;
    let kind = match node.get("kind").and_then(Node::as_str).unwrap_or("") {
        "QueryVariable" => "query",
        "DatasourceVariable" => "datasource",
        "IntervalVariable" => "interval",
        "CustomVariable" => "custom",
        "ConstantVariable" => "constant",
        "TextVariable" => "textbox",
        "AdhocVariable" => "adhoc",
        _ => "",
    };
    Some(Variable { node: spec, name: spec.get("name")?, kind })
}
