//! OpenTelemetry Collector configurations: components and the pipelines that join them.

use super::schema::Checker;
use super::tables::collector::{COLLECTOR, components};
use crate::diagnostic::Diagnostic;
use crate::source::Node;
use crate::source::path::Path;

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
    let pipelines = root.get("service").is_some_and(|service| service.get("pipelines").is_some());
    // With a slip in one of its keys it is one all the same.
    (pipelines && (mapping("receivers") || mapping("exporters"))) || (mapping("receivers") && mapping("exporters"))
}

/// The sections that hold components.
pub const SECTIONS: &[&str] = &["receivers", "processors", "exporters", "connectors", "extensions"];

/// The type of a component, which stands before a slash in its id.
pub fn kind(id: &str) -> &str {
    id.split('/').next().unwrap_or(id).trim()
}

/// Views a document as a Collector configuration; what the Collector would reject about its shape is reported.
pub fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> Collector<'a> {
    let mut check = Checker { strict_flags: true, ..Checker::new(diagnostics) };
    check.table(root, &COLLECTOR, &Path::Root);
    for section in SECTIONS {
        let path = Path::Root.key(section);
        for (id, key, body) in root.get(section).into_iter().flat_map(Node::entries) {
            let known = components(section).iter().find(|component| component.name == kind(id));
            let Some(table) = known.and_then(|component| component.table) else { continue };
            // A component without a body may lack what it needs all the same.
            check.component(key, body, table, &path.key(id));
        }
    }
    let pipelines = root.get("service").and_then(|service| service.get("pipelines"));
    Collector { root, pipelines: pipelines.into_iter().flat_map(Node::entries).map(|(_, name, node)| (name, node)).collect() }
}
