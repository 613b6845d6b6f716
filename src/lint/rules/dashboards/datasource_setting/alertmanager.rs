//! Alertmanagers as data sources: where they are asked, and in whose way.

use super::Report;
use super::address::elsewhere;
use crate::diagnostic::Level;
use crate::formats::provisioning::Datasource;
use crate::lint::context::Context;
use crate::lint::words::hosts::{are_one, host, is_own, port};
use crate::source::Node;

/// Ports of other programs.
const OTHER: &[(&str, &str)] =
    &[("9094", "Alertmanager's cluster"), ("9090", "Prometheus"), ("9091", "the Pushgateway"), ("3000", "Grafana")];

pub(super) fn alertmanager(source: &Datasource<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let Some((node, url)) = source.node.get_str("url").filter(|(_, url)| source.kind == "alertmanager" && !url.contains('$')) else {
        return;
    };
    let own = port(url);
    let mimir =
        source.node.at(["jsonData", "implementation"]).and_then(Node::with_str).filter(|(_, way)| matches!(*way, "mimir" | "cortex"));
    if let Some((_, program)) = OTHER.iter().find(|(known, _)| *known == own) {
        let message = format!("port {own} is {program}, which shows no alerts");
        report(Level::Warning, node, "url", message, "Alertmanager listens at 9093");
        return;
    }
    if let Some(declared) = elsewhere(source.kind, url, context) {
        report(Level::Warning, node, "url", format!("the manifest has it at {}", declared.describe()), "write that port");
        return;
    }
    let entries = context.world.prometheus.iter().flat_map(|config| &config.alertmanagers);
    let plain = |entry: &Node| entry.get("path_prefix").and_then(Node::as_str).is_none_or(|prefix| prefix.trim_matches('/').is_empty());
    let sent = entries.filter(|entry| entry.relabel.is_empty() && entry.targets.discovery.is_empty());
    let sent = sent.flat_map(|entry| entry.targets.addresses.iter().map(move |address| (plain(entry.node), *address)));
    let sent: Vec<(bool, &Node, &str)> = sent.filter_map(|(plain, node)| Some((plain, node, node.as_str()?))).collect();
    let is_one = |(_, _, address): &&(bool, &Node, &str)| are_one(address, url);
    if let Some((way, name)) = mimir
        && sent.iter().find(is_one).is_some_and(|(plain, ..)| *plain)
    {
        let message = format!(
            "Prometheus sends its alerts to this address as to an Alertmanager of its own, and a {name} is asked below `/alertmanager`"
        );
        report(Level::Warning, way, "jsonData.implementation", message, "write `prometheus`");
    } else if !own.is_empty()
        && !is_own(host(url))
        && sent.iter().all(|address| !is_one(&address))
        && let Some((_, other, _)) = sent.iter().find(|(_, _, address)| host(address) == host(url) && !port(address).is_empty())
    {
        let message = format!("Prometheus sends its alerts to {}", other.describe());
        report(Level::Warning, node, "url", message, "name the port at which Alertmanager is asked");
    }
}
