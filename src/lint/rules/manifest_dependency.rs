//! Dependencies of a manifest at an address that is not theirs.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::hosts::port;
use crate::lint::rule::{Rule, rule};
use crate::source::Node;

rule! {
    /// A dependency is said to be at the port of another kind, or where its exporter is: what is asked there does not answer for it.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// dependencies: { database: { kind: postgres, exporter: "exporter:9187", address: "db:3306" } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// dependencies: { database: { kind: postgres, exporter: "exporter:9187", address: "db:5432" } }
    /// ```
    ManifestDependency, "manifest-dependency", Warning
}

/// Ports at which dependencies listen unless told otherwise.
const PORTS: &[(&str, &str)] = &[
    ("postgres", "5432"),
    ("mysql", "3306"),
    ("redis", "6379"),
    ("memcached", "11211"),
    ("mongodb", "27017"),
    ("rabbitmq", "5672"),
    ("kafka", "9092"),
];

impl Rule for ManifestDependency {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let manifests = context.manifests().map(|view| view.root);
        for (name, _, dependency) in manifests.filter_map(|root| root.get("dependencies")).flat_map(Node::entries) {
            let Some((node, address)) = dependency.get_str("address") else { continue };
            let kind = dependency.get("kind").and_then(Node::as_str).unwrap_or("");
            let other = PORTS.iter().find(|(of, known)| *known == port(address) && *of != kind);
            let is_exporter = dependency.get("exporter").and_then(Node::as_str) == Some(address) && !matches!(kind, "rabbitmq" | "http");
            let (message, help) = match other.filter(|_| PORTS.iter().any(|(of, _)| *of == kind)) {
                _ if is_exporter => ("this is where its exporter is".to_owned(), "name the dependency itself"),
                Some((of, known)) => (format!("{known} is the port of {of}, and the kind is `{kind}`"), "correct one of the two"),
                None => continue,
            };
            found.push(META.finding(node.span, message).path(format!("dependencies.{name}.address")).help(help));
        }
    }
}
