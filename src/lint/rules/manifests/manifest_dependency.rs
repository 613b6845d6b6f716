//! Dependencies of a manifest at an address that is not theirs.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::hosts::{are_one, port};
use crate::lint::words::ports::{dependency_at, of_dependency};
use crate::source::Node;

rule! {
    /// A dependency is said to be at the port of another kind, or where its exporter is: what is asked there does not answer for it. Or
    /// its exporter is said to be where the dependency, the service or another program listens. Environments are looked at as the rest is.
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

impl Rule for ManifestDependency {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        context.each_manifest(found, |root, found| {
            for (name, _, dependency) in root.entries_of("dependencies") {
                let kind = dependency.get("kind").and_then(Node::as_str).unwrap_or("");
                let mut add = |node: &Node, key: &str, message: String, help: &str| {
                    found.push(META.finding(node.span, message).path(format!("dependencies.{name}.{key}")).help(help));
                };
                address(dependency, kind, &mut add);
                exporter(root, dependency, kind, &mut add);
            }
        });
    }
}

type Add<'r> = dyn FnMut(&Node, &str, String, &str) + 'r;

/// Where the dependency itself is said to be.
fn address(dependency: &Node, kind: &str, add: &mut Add<'_>) {
    let Some((node, address)) = dependency.get_str("address") else { return };
    let own = of_dependency(kind);
    let other = dependency_at(port(address)).filter(|of| *of != kind && own.is_some());
    let exporter = dependency.get("exporter").and_then(Node::as_str).map(port).filter(|exporter| !exporter.is_empty());
    let usual = own.is_some() && exporter == own;
    let is_exporter = dependency.get("exporter").and_then(Node::as_str) == Some(address) && !matches!(kind, "rabbitmq" | "http");
    if is_exporter {
        add(node, "address", "this is where its exporter is".to_owned(), "name the dependency itself");
    } else if exporter == Some(port(address)) && !usual && !matches!(kind, "rabbitmq" | "http") {
        add(node, "address", format!("{} is the port of its exporter", port(address)), "name that of the dependency itself");
    } else if let Some(of) = other {
        let message = format!("{} is the port of {of}, and the kind is `{kind}`", port(address));
        add(node, "address", message, "correct one of the two");
    }
}

/// Where its exporter is said to be, and something else listens.
fn exporter(root: &Node, dependency: &Node, kind: &str, add: &mut Add<'_>) {
    let Some((node, exporter)) = dependency.get_str("exporter").filter(|(_, text)| !text.contains('$')) else { return };
    if let Some(of) = dependency_at(port(exporter)) {
        let message = format!("{} is the port of {of} itself, which serves no metrics", port(exporter));
        add(node, "exporter", message, "name the host and the port of its exporter");
    }
    let is_served = |target: &Node| target.as_str().is_some_and(|target| are_one(target, exporter));
    if kind != "http" && root.at(["scrape", "targets"]).into_iter().flat_map(Node::items).any(is_served) {
        add(node, "exporter", "this is where the service itself is scraped".to_owned(), "name the exporter of the dependency");
    }
    let of_stack = |name: &&str| root.at(["stack", name, "address"]).is_some_and(is_served);
    if let Some(program) = ["alertmanager", "blackbox"].into_iter().find(|name| of_stack(name)) {
        add(node, "exporter", format!("{} is the address of {program}", node.describe()), "name the exporter of the dependency");
    }
}
