//! The `prometheus.yml` beside a manifest.

use super::contradict;
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::words::hosts::{host, port};
use crate::lint::words::ports::of_dependency;
use crate::manifest::variants;
use crate::source::Node;

/// The `prometheus.yml` beside it: other ports of what the manifest checks and writes to.
pub(super) fn prometheus(root: &Node, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let [config] = context.world.prometheus.as_slice() else { return };
    let mut both = |here: &Node, path: &str, there: &Node, key: &str, message: String| {
        contradict(found, (here.span, path), (there.span, key), &message, "the configuration");
    };
    let written: Vec<&Node> = config.root.items_of("remote_write").filter_map(|write| write.get("url")).collect();
    if let Some((declared, url)) = root.at(["stack", "prometheus", "remote_write", "url"]).and_then(Node::with_str)
        && !written.iter().any(|node| node.as_str() == Some(url))
        && let Some(node) = written.iter().find(|node| node.as_str().is_some_and(|other| host(other) == host(url)))
    {
        let message = format!("Prometheus writes to {}, and the manifest says {}", node.describe(), declared.describe());
        both(node, "remote_write", declared, "stack.prometheus.remote_write.url", message);
    }
    let name = root.at(["service", "job"]).or_else(|| root.at(["service", "name"])).and_then(Node::as_str).unwrap_or("");
    let environments = root.entries_of("environments").map(|(_, _, overlay)| overlay);
    let declared: Vec<&Node> =
        std::iter::once(root).chain(environments).filter_map(|root| root.at(["scrape", "targets"])).flat_map(Node::items).collect();
    let ports: Vec<&str> = declared.iter().filter_map(|node| node.as_str()).map(port).filter(|port| !port.is_empty()).collect();
    if let Some(job) = config.jobs.iter().find(|job| {
        job.name() == name
            && job.targets.discovery.is_empty()
            && job.relabel.iter().all(|step| step.target.and_then(Node::as_str) != Some("__address__"))
    }) && let Some((first, target)) = declared.first().zip(job.targets.addresses.first())
    {
        let own: Vec<&str> = job.targets.addresses.iter().filter_map(|node| node.as_str()).map(port).collect();
        if !ports.is_empty() && own.iter().all(|port| !port.is_empty() && !port.contains('$') && !ports.contains(port)) {
            let message = format!("the job `{name}` scrapes {}, and the manifest says {}", target.describe(), first.describe());
            both(target, "scrape_configs", first, "scrape.targets", message);
        }
    }
    let probes = config.jobs.iter().filter(|job| job.metrics_path() == "/probe");
    let groups = probes.flat_map(|job| job.node.items_of("static_configs"));
    let targets: Vec<&Node> = groups.filter_map(|group| group.get("targets")).flat_map(Node::items).collect();
    for (node, declared, key) in probed(root, &targets) {
        let message = format!("{} is probed, and the manifest says {}", node.describe(), declared.describe());
        both(node, "scrape_configs", declared, &key, message);
    }
    for (name, _, check) in root.entries_of("health") {
        for key in ["tcp", "grpc"] {
            let Some((declared, address)) = check.get_str(key) else { continue };
            let plain = |node: &&&Node| node.as_str().is_some_and(|other| !other.contains("://") && host(other) == host(address));
            if let Some(node) = targets.iter().find(plain).filter(|_| !targets.iter().any(|node| node.as_str() == Some(address))) {
                let message = format!("{} is probed, and the manifest checks {}", node.describe(), declared.describe());
                both(node, "scrape_configs", declared, &format!("health.{name}.{key}"), message);
            }
        }
    }
}

/// What a probe asks of the host of a dependency at a port that is nearly its own, or at that of its kind while the manifest names
/// another one, which nobody probes.
fn probed<'a>(root: &'a Node, targets: &[&'a Node]) -> Vec<(&'a Node, &'a Node, String)> {
    let declared = |root: &'a Node| root.entries_of("dependencies").filter_map(|(name, _, of)| Some((name, of.get_str("address")?)));
    let all: Vec<(&str, (&Node, &str))> = variants(root).flat_map(declared).collect();
    let is_declared = |text: &str| all.iter().any(|(_, (_, address))| *address == text);
    let is_probed = |text: &str| targets.iter().any(|node| node.as_str() == Some(text));
    let usual = |name: &str| of_dependency(root.at(["dependencies", name, "kind"])?.as_str()?);
    let mut odd = Vec::new();
    for node in targets {
        let Some(target) = node.as_str().filter(|target| !target.contains("://") && !is_declared(target)) else { continue };
        let near = |name: &str, address: &str| {
            let (own, asked) = (port(address), port(target));
            let slip = own.len() == asked.len() && strsim::damerau_levenshtein(own, asked) == 1;
            host(address) == host(target) && (slip || usual(name) == Some(asked) && !is_probed(address))
        };
        if let Some((name, (place, _))) = all.iter().find(|(name, (_, address))| near(name, address)) {
            odd.push((*node, *place, format!("dependencies.{name}.address")));
        }
    }
    odd
}
