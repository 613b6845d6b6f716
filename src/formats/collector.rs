//! OpenTelemetry Collector configurations: components and the pipelines that join them.

use crate::source::Node;

/// A Collector configuration.
#[derive(Debug)]
pub struct Collector<'a> {
    /// The whole document.
    pub root: &'a Node,
    /// The pipelines: name and body.
    pub pipelines: Vec<(&'a Node, &'a Node)>,
}

impl<'a> Collector<'a> {
    /// The components of a section (`receivers`, `processors`, `exporters`, `connectors`, `extensions`): name and body.
    pub fn components(&self, section: &str) -> impl Iterator<Item = (&'a str, &'a Node, &'a Node)> + use<'a> {
        self.root.get(section).into_iter().flat_map(Node::entries)
    }
}

pub(super) fn looks_like(root: &Node) -> bool {
    let mapping = |key: &str| root.get(key).is_some_and(|node| node.as_mapping().is_some());
    root.get("service").is_some_and(|service| service.get("pipelines").is_some()) && (mapping("receivers") || mapping("exporters"))
}

/// Views a document as a Collector configuration.
pub fn view(root: &Node) -> Collector<'_> {
    let pipelines = root.get("service").and_then(|service| service.get("pipelines"));
    Collector { root, pipelines: pipelines.into_iter().flat_map(Node::entries).map(|(_, name, node)| (name, node)).collect() }
}
