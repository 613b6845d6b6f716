//! `blackbox.yml`: the modules that a probe job may ask for.

use crate::source::Node;

/// One module.
#[derive(Debug)]
pub struct Module<'a> {
    /// Its name.
    pub name: &'a Node,
    /// Its body.
    pub node: &'a Node,
}

impl<'a> Module<'a> {
    /// The name as text.
    pub fn name(&self) -> &'a str {
        self.name.as_str().unwrap_or("")
    }

    /// `http`, `tcp`, `dns`, `icmp`, `grpc` or `unix`.
    pub fn prober(&self) -> &'a str {
        self.node.get("prober").and_then(Node::as_str).unwrap_or("")
    }
}

pub(super) fn looks_like(root: &Node) -> bool {
    root.get("modules").is_some_and(|modules| modules.entries().any(|(_, _, module)| module.get("prober").is_some()))
}

/// The modules of a blackbox exporter's configuration.
pub fn view(root: &Node) -> Vec<Module<'_>> {
    root.get("modules").into_iter().flat_map(Node::entries).map(|(_, name, node)| Module { name, node }).collect()
}
