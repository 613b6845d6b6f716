//! Grafana's provisioning files: data sources and dashboard providers.

use super::schema::Checker;
use super::tables::provisioning as tables;
use crate::diagnostic::Diagnostic;
use crate::source::Node;
use crate::source::path::Path;

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

/// The data sources that a provisioning file brings; what Grafana would reject about its shape is reported.
pub fn datasources<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Datasource<'a>> {
    shape(root, tables::DATASOURCES, diagnostics);
    let text = |node: &'a Node, key: &str| node.get(key).filter(|value| !value.is_null()).and_then(Node::as_str);
    root.items_of("datasources")
        .map(|node| Datasource {
            node,
            uid: text(node, "uid"),
            name: text(node, "name"),
            kind: node.get("type").and_then(Node::as_str).unwrap_or(""),
        })
        .collect()
}

/// The providers of dashboards that a provisioning file brings.
pub fn providers<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<&'a Node> {
    shape(root, tables::PROVIDERS, diagnostics);
    root.items_of("providers").collect()
}

fn shape(root: &Node, keys: &'static [(&'static str, super::tables::Type)], diagnostics: &mut Vec<Diagnostic>) {
    let mut check = Checker::new(diagnostics);
    check.keys_of_open_format(root, &super::tables::names(keys), &Path::Root, "Grafana");
    check.values(root, keys, &Path::Root);
}
