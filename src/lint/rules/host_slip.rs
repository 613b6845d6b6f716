//! Hosts that are nearly another's name.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::probes::host;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::walk;
use crate::source::Node;

rule! {
    /// An address names a host that is one letter away from the host of other addresses with the same port: most likely a slip, and
    /// nothing answers there.
    ///
    /// Names that differ in a digit, or in a last letter behind a dash, are siblings and no slip.
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
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for address in &all {
            *times.entry(address.host).or_default() += 1;
        }
        // Large sets have many hosts with names alike, and every pair would be compared.
        if times.len() > 300 {
            return;
        }
        for address in &all {
            // A long name that is nearly another's is a slip at any port.
            let near = |other: &&Address<'_>| {
                other.host != address.host
                    && (other.port == address.port || address.host.len() > 8 || is_swapped(address.host, other.host))
                    && is_slip(address.host, other.host)
            };
            found.extend(port_slip(address, &all));
            let Some(other) = all.iter().find(near).filter(|other| times[other.host] >= times[address.host]) else { continue };
            found.push(
                META.finding(address.node.span, format!("`{}` is nearly `{}`, which has the same port", address.host, other.host))
                    .path(address.path.clone())
                    .related(other.node.span, "the other one")
                    .help(format!("did you mean `{}`?", other.host)),
            );
        }
    }
}

/// A port that is nearly the one at which all else reaches the same host.
fn port_slip(address: &Address<'_>, all: &[Address<'_>]) -> Option<Diagnostic> {
    let usual = all.iter().find(|other| {
        let same = |port: &str| all.iter().filter(|third| third.host == address.host && third.port == port).count();
        other.host == address.host
            && other.port != address.port
            && strsim::damerau_levenshtein(other.port, address.port) == 1
            && same(other.port) >= 3
            && same(address.port) == 1
    })?;
    Some(
        META.finding(address.node.span, format!("`{}` is reached at port {} everywhere else", address.host, usual.port))
            .path(address.path.clone())
            .related(usual.node.span, "such as here")
            .help(format!("did you mean port {}?", usual.port)),
    )
}

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
    !digit && !last
}
