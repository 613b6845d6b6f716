//! Fields of log lines that a manifest names for nothing.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::source::Node;

rule! {
    /// A field of log lines is named twice, or kept as metadata though every line carries it already.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// logging: { metadata: [request_id, level] }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// logging: { metadata: [request_id] }
    /// ```
    ManifestField, "manifest-field", Warning
}

impl Rule for ManifestField {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for root in context.manifests().map(|view| view.root) {
            for key in ["metadata", "redact"] {
                let mut seen: Vec<&str> = Vec::new();
                for (node, name) in root.at(["logging", key]).into_iter().flat_map(Node::items).filter_map(Node::with_str) {
                    let is_carried = key == "metadata" && matches!(name, "time" | "timestamp" | "level" | "message" | "msg");
                    let fault = if seen.contains(&name) {
                        Some((format!("`{name}` is there twice"), "remove one"))
                    } else {
                        is_carried.then(|| (format!("every line carries `{name}` already"), "leave it out"))
                    };
                    if let Some((message, help)) = fault {
                        found.push(META.finding(node.span, message).path(format!("logging.{key}")).help(help));
                    }
                    seen.push(name);
                }
            }
        }
    }
}
