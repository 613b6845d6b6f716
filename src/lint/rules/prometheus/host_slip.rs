//! Hosts that are nearly another's name.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::hosts::{host, is_own};
use crate::lint::words::slip::are_siblings;
use crate::lint::words::walk;
use crate::source::Node;

rule! {
    /// An address names a host that is one letter away from the host of other addresses with the same port: most likely a slip, and
    /// nothing answers there. Or two digits of a port are swapped, beside another target with the right one.
    ///
    /// Names that differ in a digit, or in a letter behind a dash or a digit, are siblings and no slip; nor is a
    /// name that has siblings that of a third.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alertmanagers: [{ static_configs: [{ targets: ["alertmanger:9093"] }] }] }
    /// scrape_configs: [{ job_name: alertmanager, static_configs: [{ targets: ["alertmanager:9093"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// scrape_configs: [{ job_name: alertmanager, static_configs: [{ targets: ["alertmanager:9093"] }] }]
    /// ```
    HostSlip, "host-slip", Warning
}

/// An address somewhere in the set.
struct Address<'a> {
    node: &'a Node,
    path: String,
    host: &'a str,
    port: &'a str,
}

impl Rule for HostSlip {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let all = addresses(context);
        let mut hosts: BTreeMap<&str, Host<'_, '_>> = BTreeMap::new();
        for address in &all {
            let host = hosts.entry(address.host).or_default();
            host.times += 1;
            host.ports.entry(address.port).or_insert((address, 0)).1 += 1;
        }
        // Large sets have many hosts with names alike, and every pair would be compared.
        if hosts.len() > 300 {
            return;
        }
        swapped_ports(&all, found);
        for (name, host) in &hosts {
            for (port, (address, _)) in &host.ports {
                let near =
                    nearly(address, &hosts).filter(|_| !has_siblings(name, &hosts)).filter(|other| hosts[other.host].times >= host.times);
                let usual = usual_port(port, host);
                if near.is_none() && usual.is_none() {
                    continue;
                }
                for address in all.iter().filter(|address| address.host == *name && address.port == *port) {
                    found.extend(usual.map(|usual| port_slip(address, usual)));
                    found.extend(near.map(|near| slip(address, near)));
                }
            }
        }
    }
}

/// A host, with the first address at each of its ports and how many there are.
#[derive(Default)]
struct Host<'v, 'a> {
    times: usize,
    ports: BTreeMap<&'a str, (&'v Address<'a>, usize)>,
}

/// An address whose host this one's is most likely a slip of.
fn nearly<'v, 'a>(address: &Address<'a>, hosts: &BTreeMap<&'a str, Host<'v, 'a>>) -> Option<&'v Address<'a>> {
    let near = |(name, _): &(&&str, &Host<'_, '_>)| **name != address.host && is_slip(address.host, name);
    // A long name that is nearly another's is a slip at any port.
    let any_port = |name: &str| address.host.len() > 8 || is_swapped(address.host, name);
    let at = |(name, host): (&&'a str, &Host<'v, 'a>)| {
        let same = host.ports.get(address.port).or_else(|| host.ports.values().next().filter(|_| any_port(name)));
        same.map(|(other, _)| *other)
    };
    hosts.iter().filter(near).find_map(at)
}

/// Whether another host has the same name but for its number: then this one is of a family, and no slip of a third.
fn has_siblings(name: &str, hosts: &BTreeMap<&str, Host<'_, '_>>) -> bool {
    name.bytes().any(|byte| byte.is_ascii_digit()) && hosts.keys().any(|other| is_sibling(other, name))
}

/// Whether two names are one but for their numbers.
fn is_sibling(one: &str, other: &str) -> bool {
    let apart = |(one, other): (u8, u8)| one == other || one.is_ascii_digit() && other.is_ascii_digit();
    one != other && one.len() == other.len() && one.bytes().zip(other.bytes()).all(apart)
}

/// One target of a list whose port has the digits of the port of all others in another order.
fn swapped_ports(all: &[Address<'_>], found: &mut Vec<Diagnostic>) {
    for list in all.chunk_by(|one, other| one.path == other.path && one.node.span.source == other.node.span.source) {
        // What runs on hosts of other names may well be something else.
        let is_family = |other: &Address<'_>| other.host == list[0].host || is_sibling(other.host, list[0].host);
        if !list.iter().all(is_family) {
            continue;
        }
        let odd = list.iter().find(|address| {
            let others = || list.iter().filter(|other| !std::ptr::eq(*other, *address));
            let usual = others().next().map(|other| other.port);
            usual.is_some_and(|usual| is_transposed(address.port, usual) && others().all(|other| other.port == usual))
        });
        let Some(odd) = odd else { continue };
        // Of two, the one whose port nobody else has.
        let times = |port: &str| all.iter().filter(|other| other.port == port).count();
        let rarest = list.iter().rev().min_by_key(|address| times(address.port)).filter(|_| list.len() == 2).unwrap_or(odd);
        let Some(usual) = list.iter().find(|other| other.port != rarest.port) else { continue };
        let message = format!("`{}` is asked at port {}, and `{}` beside it at {}", rarest.host, rarest.port, usual.host, usual.port);
        let finding = META.finding(rarest.node.span, message).path(rarest.path.clone()).related(usual.node.span, "the other one");
        found.push(finding.help("use one port, where both are of one kind"));
    }
}

/// Whether two ports are one with two neighbouring digits swapped.
fn is_transposed(one: &str, other: &str) -> bool {
    one != other && one.len() == other.len() && one.len() >= 4 && strsim::damerau_levenshtein(one, other) == 1 && is_swapped(one, other)
}

/// Ports that servers of the field listen at: one beside another is another server, or another side of the same.
const SERVED: &[&str] = &[
    "3000", "3100", "3200", "4317", "4318", "6831", "8080", "8404", "8888", "8889", "9090", "9091", "9093", "9094", "9100", "9104", "9113",
    "9114", "9115", "9121", "9150", "9187", "9216", "9308", "9411", "13133", "14268", "15692", "55679",
];

/// Whether a name is that of a machine on which anything may run.
fn is_shared(host: &str) -> bool {
    is_own(host) || matches!(host, "0.0.0.0" | "host.docker.internal")
}

/// The port that most likely was meant: where one address of a host has another.
fn usual_port<'v, 'a>(port: &str, host: &Host<'v, 'a>) -> Option<&'v Address<'a>> {
    let alone = host.ports.get(port).is_some_and(|(address, times)| *times == 1 && !is_shared(address.host) && !SERVED.contains(&port));
    let usual = |(other, (_, times)): &(&&str, &(&Address<'_>, usize))| {
        **other != port && *times >= 3 && strsim::damerau_levenshtein(other, port) == 1
    };
    host.ports.iter().filter(|_| alone).find(usual).map(|(_, (address, _))| *address)
}

fn slip(address: &Address<'_>, other: &Address<'_>) -> Diagnostic {
    META.finding(address.node.span, format!("`{}` is nearly `{}`", address.host, other.host))
        .path(address.path.clone())
        .related(other.node.span, "the other one")
        .help(format!("did you mean `{}`?", other.host))
}

fn port_slip(address: &Address<'_>, usual: &Address<'_>) -> Diagnostic {
    META.finding(address.node.span, format!("`{}` is reached at port {} everywhere else", address.host, usual.port))
        .path(address.path.clone())
        .related(usual.node.span, "such as here")
        .help(format!("did you mean port {}?", usual.port))
}

/// Where the exporter of SNMP listens.
const SNMP: &str = "9116";

/// Every address of the files that are configurations.
fn addresses<'a>(context: &Context<'a>) -> Vec<Address<'a>> {
    let mut all = Vec::new();
    for view in context.views {
        if matches!(view.kind, ViewKind::Rules(_) | ViewKind::Dashboard(_)) {
            continue;
        }
        walk::mappings(view.root, &mut |node, path| {
            for (key, _, value) in node.entries() {
                for value in std::iter::once(value).chain(value.items()) {
                    let Some(text) = value.as_str().filter(|text| is_address(text, key)) else { continue };
                    let authority = text.split_once("://").map_or(text, |(_, rest)| rest).split('/').next().unwrap_or("");
                    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
                    // The exporter of SNMP listens beside that of probes.
                    if port == SNMP && view.text.contains("/snmp") {
                        continue;
                    }
                    all.push(Address { node: value, path: path.key(key).to_string(), host: host(text), port });
                }
            }
        });
    }
    all
}

fn is_address(text: &str, key: &str) -> bool {
    let named = matches!(key, "targets" | "replacement" | "url" | "endpoint" | "exporter" | "address" | "base" | "tcp" | "grpc" | "file");
    let host = host(text);
    let word = host.len() > 3
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        && host.bytes().any(|byte| byte.is_ascii_alphabetic());
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let port = rest.split('/').next().and_then(|authority| authority.rsplit_once(':')).is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    named && word && (port || text.contains("://"))
}

/// Whether two names have the same letters.
fn is_swapped(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.sort_unstable();
        bytes
    };
    one.len() > 3 && sorted(one) == sorted(other)
}

/// Whether one name is the other with a slip of one key.
fn is_slip(one: &str, other: &str) -> bool {
    if one.len().abs_diff(other.len()) > 1 || strsim::damerau_levenshtein(one, other) != 1 {
        return false;
    }
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let differs = |text: &str| text[same..].bytes().next();
    let digit = [differs(one), differs(other)].into_iter().flatten().any(|byte| byte.is_ascii_digit());
    // `node-a` and `node-b`, `db` and `dbs`.
    let last = same + 1 >= one.len().max(other.len());
    !digit && !last && !are_siblings(one, other)
}
