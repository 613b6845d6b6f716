//! What a manifest says of log lines and nothing comes of.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::manifest::telemetry::LogLevel;
use crate::source::Node;

rule! {
    /// A field of log lines is named twice, or kept as metadata though every line carries it already, or though its value is not to be
    /// kept; or an alert waits for lines of a level that is not written.
    ///
    /// Each field has a name of its own, and a line without its level or message says nothing.
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
    ManifestLogging, "manifest-logging", Warning
}

impl Rule for ManifestLogging {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        context.each_manifest(found, |root, found| {
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
            levels(root, found);
            fields(root, found);
            kept_and_redacted(root, found);
            for key in ["metadata", "redact"] {
                for (node, name) in root.at(["logging", key]).into_iter().flat_map(Node::items).filter_map(Node::with_str) {
                    let carried = key == "redact" && matches!(name, "time" | "timestamp" | "level" | "message" | "msg");
                    let fault = if name.contains(['*', '?']) {
                        Some((format!("{} is no pattern here, and no field is called so", node.describe()), "name each field"))
                    } else {
                        carried.then(|| (format!("without its `{name}` a line says nothing"), "name what is secret"))
                    };
                    if let Some((message, help)) = fault {
                        found.push(META.finding(node.span, message).path(format!("logging.{key}")).help(help));
                    }
                }
            }
        });
    }
}

/// Fields by which lines are to be found, and whose values are to be taken out.
fn kept_and_redacted(root: &Node, found: &mut Vec<Diagnostic>) {
    let redacted: Vec<&Node> = root.at(["logging", "redact"]).into_iter().flat_map(Node::items).collect();
    for (node, name) in root.at(["logging", "metadata"]).into_iter().flat_map(Node::items).filter_map(Node::with_str) {
        if let Some(other) = redacted.iter().find(|other| other.as_str() == Some(name)) {
            let finding = META.finding(node.span, format!("`{name}` is kept here, and its value is to be taken out of every line"));
            found.push(finding.path("logging.metadata").related(other.span, "redacted here").help("name it in one of the two"));
        }
    }
}

/// Fields whose name cannot be read again.
fn fields(root: &Node, found: &mut Vec<Diagnostic>) {
    let Some(logging) = root.get("logging") else { return };
    let is = |key: &str, value: &str| logging.get(key).and_then(Node::as_str) == Some(value);
    let reader = if is("format", "logfmt") { "logfmt" } else { "Loki" };
    let is_read = reader == "logfmt" || is("pipeline", "loki");
    let spaced = |(_, name): &(&Node, &str)| is_read && name.contains(char::is_whitespace);
    for (node, _) in logging.items_of("metadata").filter_map(Node::with_str).filter(spaced) {
        let finding = META.finding(node.span, format!("{reader} has no field of a name with a blank"));
        found.push(finding.path("logging.metadata").help("join the words, as `user_id`"));
    }
}

/// Alerts on lines of a level that is not written.
fn levels(root: &Node, found: &mut Vec<Diagnostic>) {
    let rank = |node: &Node| node.as_str().and_then(LogLevel::named);
    let Some(least) = root.at(["logging", "level"]).and_then(rank) else { return };
    for (name, _, alert) in root.entries_of("alerts") {
        let Some(node) = alert.at(["log", "level"]).filter(|node| rank(node).is_some_and(|level| level < least)) else { continue };
        let message = format!("the service writes lines from `{}` upwards, and none of the level {}", least.name(), node.describe());
        let finding = META.finding(node.span, message).path(format!("alerts.{name}.log.level"));
        found.push(finding.help("wait for a level that is written"));
    }
}
