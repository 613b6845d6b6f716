//! Certificates of other hosts than those that are probed.

use super::META;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lint::probes::Probe;
use crate::lint::words::hosts::{host, is_domain, port};
use crate::source::Node;

/// Ports behind which pages are served: hosts there may stand behind the name of another one.
const OF_PAGES: &[&str] = &["443", "4443", "6443", "8443", "9443"];

/// A module whose `server_name` is the host that another probe asks for something else, and not one of its own targets.
pub(super) fn of_another(probes: &[Probe<'_>], found: &mut Vec<Diagnostic>) {
    let mut judged: Vec<&str> = Vec::new();
    for probe in probes.iter().filter(|probe| matches!(probe.module.prober(), "tcp" | "grpc")) {
        let module = probe.module.name();
        let wanted = probe.section().and_then(|section| section.at(["tls_config", "server_name"])?.with_str());
        let Some((node, wanted)) = wanted.filter(|(_, wanted)| is_domain(wanted) && !judged.contains(&module)) else { continue };
        judged.push(module);
        let own = || probes.iter().filter(|other| other.module.name() == module).flat_map(Probe::targets);
        // The name of a host may be that of those behind it, which answer to the same, and a slip is told elsewhere.
        let is_apart = |target: &str| {
            let own = host(target);
            is_domain(own) && own != wanted && !OF_PAGES.contains(&port(target)) && did_you_mean(own, [wanted]).is_none()
        };
        let Some((place, target)) = own().next().filter(|_| own().all(|(_, target)| is_apart(target))) else { continue };
        // A machine may have a name beside those of what it serves.
        let others = probes.iter().filter(|other| other.module.name() != module && !matches!(other.module.prober(), "dns" | "icmp"));
        let asked: Vec<(&Probe<'_>, &Node, &str)> = others
            .flat_map(|other| other.targets().map(move |(node, target)| (other, node, target)))
            .filter(|(.., target)| host(target) == wanted)
            .collect();
        let is_alike = |other: &Probe<'_>, target: &str| {
            other.module.prober() == probe.module.prober() || own().any(|(_, own)| port(own) == port(target))
        };
        if asked.iter().any(|(other, _, target)| is_alike(other, target)) {
            continue;
        }
        let Some((other, node_of_other, _)) = asked.first() else { continue };
        let message = format!("`{wanted}` is probed by `{}`, and this module probes `{}`", other.job.name(), host(target));
        report(node, message, (place, node_of_other), probe, found);
    }
}

fn report(node: &Node, message: String, (own, other): (&Node, &Node), probe: &Probe<'_>, found: &mut Vec<Diagnostic>) {
    let path = format!("modules.{}.{}.tls_config.server_name", probe.module.name(), probe.module.prober());
    let finding = META.finding(node.span, message).path(path).related(own.span, "probed by this module");
    found.push(finding.related(other.span, "probed by another one").help("name the host that is probed"));
}
