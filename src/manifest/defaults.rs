//! `defaults.yaml`: what the manifests of a folder and of those below it have in common.
//!
//! Its keys are a manifest's. The manifest is merged over it by key, as an environment is over a manifest, and where several
//! lie above a manifest, the nearer over the farther. Every value keeps its place, so findings point into the file that
//! brought it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{API_VERSION, RULE, overlay};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::Node;

/// The name that such a file has in its folder.
pub const FILE: &str = "defaults.yaml";

/// The keys of a manifest.
static KEYS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let schema = super::schema();
    schema["properties"].as_object().into_iter().flat_map(|properties| properties.keys().cloned()).collect()
});

/// Whether a document of that name is obsgen's: other programs have files called so.
pub fn is_ours(root: &Node) -> bool {
    if let Some(version) = root.get("apiVersion") {
        return version.as_str().is_some_and(|version| version.starts_with("obsgen/"));
    }
    root.entries().any(|(name, ..)| KEYS.contains(name) || did_you_mean(name, KEYS.iter().map(String::as_str)).is_some())
}

/// What is wrong with such a file by itself. Its values are judged in the manifests that it is for.
pub fn check(documents: &[Node]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some(second) = documents.get(1) {
        let message = format!("`{FILE}` is one document, and this file holds several");
        found.push(Diagnostic::error(RULE, second.span, message).help("put what other services share into a folder of theirs"));
    }
    let Some(root) = documents.first() else { return found };
    if let Some(version) = root.get("apiVersion").filter(|version| version.as_str() != Some(API_VERSION)) {
        let message = format!("{} is not a version of the manifest that this obsgen reads", version.describe());
        found.push(Diagnostic::error(RULE, version.span, message).help(format!("write `apiVersion: {API_VERSION}`")).path("apiVersion"));
    }
    if let Some((key, _)) = root.get("service").and_then(|service| service.entry("name")) {
        let finding = Diagnostic::error(RULE, key.span, "a name belongs to one service, and this is for all below the folder");
        found.push(finding.help("name each service in its own manifest").path("service.name"));
    }
    found
}

/// One tree of those above a manifest, the farthest first; `None` where there are none.
pub fn together<'a>(chain: impl IntoIterator<Item = &'a Node>) -> Option<Node> {
    chain.into_iter().fold(None, |known, next| Some(known.map_or_else(|| next.clone(), |known| overlay::merge(&known, next))))
}

/// A manifest's tree over its defaults. The document is the manifest's: what is missing in it is missing there.
pub(super) fn under(root: &Node, defaults: &Node) -> Node {
    if root.as_mapping().is_none() {
        return root.clone();
    }
    Node { span: root.span, ..overlay::merge(defaults, root) }
}
