//! What a manifest says of its scrape and nobody reads, or what is missing of it.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::source::Node;

rule! {
    /// A scrape without TLS reads nothing of `tls`, a user without a password is nobody, and a question mark in the path is taken for a
    /// part of it. Where a health check answers there are no metrics.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"], tls: { ca_file: /etc/ca.pem } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// scrape: { targets: ["web:8080"], scheme: https, tls: { ca_file: /etc/ca.pem } }
    /// ```
    ManifestScrape, "manifest-scrape", Warning
}

impl Rule for ManifestScrape {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        context.each_manifest(found, |root, found| {
            let Some(scrape) = root.get("scrape") else { return };
            let mut add = |node: &Node, key: &str, message: &str, help: &str| {
                found.push(META.finding(node.span, message).path(format!("scrape.{key}")).help(help));
            };
            // What is read of it in an environment is read.
            let overlays = root.entries_of("environments").filter_map(|(.., overlay)| overlay.get("scrape"));
            let secure = overlays.chain([scrape]).any(|scrape| scrape.get("scheme").and_then(Node::as_str) == Some("https"));
            if let Some((key, _)) = scrape.entry("tls").filter(|(_, tls)| !secure && tls.entries().next().is_some()) {
                add(key, "tls", "this is scraped without TLS, so nothing of it is read", "write `scheme: https`");
            }
            if let Some((key, basic)) = scrape.entry("basic_auth").filter(|(_, basic)| basic.as_mapping().is_some()) {
                let has = |start: &str| basic.entries().any(|(name, _, value)| name.starts_with(start) && value.as_str() != Some(""));
                if has("username") != has("password") {
                    add(key, "basic_auth", "a user and a password belong together", "write `username:` and `password_file:`");
                }
            }
            if let Some((key, _)) = scrape.entry("authorization").filter(|(_, node)| !node.is_null() && scrape.get("basic_auth").is_some())
            {
                add(
                    key,
                    "authorization",
                    "Prometheus takes one way of authorization, and this is a second",
                    "leave this or `basic_auth` out",
                );
            }
            let is_of_health = |path: &str| {
                let answers =
                    |check: &Node| check.get("path").and_then(Node::as_str) == Some(path) && check.at(["expect", "json"]).is_some();
                root.entries_of("health").any(|(.., check)| answers(check))
            };
            if let Some((node, _)) = scrape.get_str("path").filter(|(_, path)| is_of_health(path)) {
                add(node, "path", "a health check answers there with JSON, which is no page of metrics", "did you mean `/metrics`?");
            }
            if let Some((node, _)) = scrape.get_str("path").filter(|(_, path)| path.contains('?')) {
                add(node, "path", "Prometheus takes the question mark for a part of the path", "write the path alone");
            }
        });
    }
}
