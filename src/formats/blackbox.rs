//! `blackbox.yml`: the modules that a probe job may ask for.

use super::schema::Checker;
use super::tables::blackbox::BLACKBOX;
use crate::diagnostic::Diagnostic;
use crate::source::Node;
use crate::source::path::Path;

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

/// The sections of a module, each named like its prober.
pub const SECTIONS: &[&str] = &["http", "tcp", "dns", "icmp", "grpc", "unix"];

pub(super) fn looks_like(root: &Node) -> bool {
    // Modules of other exporters walk an agent or map a document.
    let is_module = |module: &Node| module.get("prober").is_some() || SECTIONS.iter().any(|section| module.get(section).is_some());
    let holds_modules = |modules: &Node| modules.entries().any(|(_, _, module)| is_module(module));
    // With a slip in its only key it is one all the same.
    let slip = || {
        root.entries().count() == 1 && root.entries().all(|(_, _, modules)| modules.entries().any(|(_, _, m)| m.get("prober").is_some()))
    };
    // Without modules it has nothing else.
    let is_empty =
        || root.entries().count() == 1 && root.get("modules").is_some_and(|modules| modules.as_mapping().is_some_and(<[_]>::is_empty));
    root.get("modules").is_some_and(holds_modules) || slip() || is_empty()
}

/// The modules of a blackbox exporter's configuration; what the exporter would reject about its shape is reported.
pub fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Module<'a>> {
    Checker { quoted_flags: true, ..Checker::new(diagnostics) }.table(root, &BLACKBOX, &Path::Root);
    root.entries_of("modules").map(|(_, name, node)| Module { name, node }).collect()
}
