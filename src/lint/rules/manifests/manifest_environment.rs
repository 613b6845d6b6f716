//! Environments of a manifest that change what is not there.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::words::hosts::host;
use crate::lint::words::slip::slip;
use crate::source::Node;

rule! {
    /// An environment adds a health check, dependency, metric, alert, objective or recorded series whose name is nearly that of one that
    /// there is: what it should change stays as it is.
    ///
    /// Addresses of an environment contradict each other: two programs or exporters at one address, a check of the machine itself
    /// where the service is elsewhere.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health: { base: "http://web", readiness: { path: /ready } }
    /// environments: { staging: { health: { redyness: { path: /readyz } } } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// health: { base: "http://web", readiness: { path: /ready } }
    /// environments: { staging: { health: { readiness: { path: /readyz } } } }
    /// ```
    ManifestEnvironment, "manifest-environment", Warning
}

impl Rule for ManifestEnvironment {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for root in context.manifests().map(|view| view.root) {
            for (environment, _, overlay) in root.entries_of("environments") {
                addresses(root, environment, overlay, found);
                for section in ["health", "dependencies", "metrics", "alerts", "objectives", "recording"] {
                    let base = (section == "health").then_some("base");
                    let own: Vec<&str> = root.entries_of(section).map(|(name, ..)| name).chain(base).collect();
                    for (name, key, _) in overlay.entries_of(section) {
                        let Some(meant) = slip(name, &own) else { continue };
                        let finding = META.finding(key.span, format!("there is no `{name}` that this could change"));
                        found.push(finding.path(format!("environments.{environment}.{section}")).help(format!("did you mean `{meant}`?")));
                    }
                }
            }
        }
    }
}

/// Addresses of an environment that contradict each other.
fn addresses(root: &Node, environment: &str, overlay: &Node, found: &mut Vec<Diagnostic>) {
    let mut add = |node: &Node, key: &str, message: String, help: &str| {
        found.push(META.finding(node.span, message).path(format!("environments.{environment}.{key}")).help(help));
    };
    // What an environment does not say is as it is.
    let at = |way: &[&str]| {
        let own = overlay.at(way.iter().copied()).and_then(Node::with_str);
        own.or_else(|| root.at(way.iter().copied()).and_then(Node::with_str))
    };
    for (name, _, dependency) in overlay.entries_of("dependencies") {
        let Some((node, exporter)) = dependency.get_str("exporter") else { continue };
        let kind = |name: &str| at(&["dependencies", name, "kind"]).map(|(_, kind)| kind);
        let mut others =
            root.entries_of("dependencies").map(|(other, ..)| other).filter(|other| *other != name && kind(other) != kind(name));
        if let Some(other) = others.find(|other| at(&["dependencies", other, "exporter"]).is_some_and(|(_, address)| address == exporter)) {
            add(
                node,
                &format!("dependencies.{name}.exporter"),
                format!("{} is the exporter of `{other}`", node.describe()),
                "name its own",
            );
        }
    }
    let stack = |name: &'static str| overlay.at(["stack", name, "address"]).and_then(Node::with_str);
    for (one, other) in [("blackbox", "alertmanager"), ("alertmanager", "blackbox")] {
        let Some((node, address)) = stack(one).filter(|_| one == "blackbox" || stack("blackbox").is_none()) else { continue };
        if at(&["stack", other, "address"]).is_some_and(|(_, known)| known == address) {
            add(node, &format!("stack.{one}.address"), format!("{} is the address of {other}", node.describe()), "name its own");
        }
    }
    let is_local = |address: &str| matches!(host(address), "localhost" | "127.0.0.1" | "::1" | "[::1]");
    let targets: Vec<&str> = overlay.at(["scrape", "targets"]).into_iter().flat_map(Node::items).filter_map(Node::as_str).collect();
    let elsewhere = !targets.is_empty() && targets.iter().all(|target| !is_local(target));
    let base = overlay.at(["health", "base"]).and_then(Node::with_str);
    if let Some((node, _)) = base.filter(|(_, base)| elsewhere && is_local(base)) {
        let message = format!("the service is at `{}`, and {} is the machine that checks it", targets[0], node.describe());
        add(node, "health.base", message, "name the host of the service");
    }
}
