//! Grafana's provisioning files: data sources and dashboard providers.

use crate::source::Node;

/// A provisioned data source.
#[derive(Debug)]
pub struct Datasource<'a> {
    /// The whole entry.
    pub node: &'a Node,
    /// `uid`
    pub uid: Option<&'a str>,
    /// `name`
    pub name: Option<&'a str>,
    /// `type`, such as `prometheus`.
    pub kind: &'a str,
}

/// The data sources that a provisioning file brings.
pub fn datasources(root: &Node) -> Vec<Datasource<'_>> {
    let text = |node: &'_ Node, key: &str| node.get(key).is_some_and(|v| !v.is_null()).then_some(());
    root.get("datasources")
        .into_iter()
        .flat_map(Node::items)
        .map(|node| Datasource {
            node,
            uid: text(node, "uid").and_then(|()| node.get("uid")?.as_str()),
            name: text(node, "name").and_then(|()| node.get("name")?.as_str()),
            kind: node.get("type").and_then(Node::as_str).unwrap_or(""),
        })
        .collect()
}
