//! Where a data source is asked, by whom and as whom.

use super::Report;
use crate::diagnostic::Level;
use crate::formats::provisioning::Datasource;
use crate::lint::context::Context;
use crate::lint::words::hosts::{self, host};
use crate::source::Node;

/// Where a manifest has a program whose host is the same and whose port is another.
pub(super) fn elsewhere<'a>(kind: &str, url: &str, context: &Context<'a>) -> Option<&'a Node> {
    let mut declared = context.manifests().filter_map(|view| match kind {
        "loki" => view.root.get("stack")?.get("loki")?.get("address"),
        "prometheus" => view.root.get("stack")?.get("prometheus")?.get("url"),
        "alertmanager" => view.root.get("stack")?.get("alertmanager")?.get("address"),
        _ => None,
    });
    declared.find(|node| {
        node.as_str().is_some_and(|other| {
            let (own, other_port) = (hosts::port(url), hosts::port(other));
            host(other) == host(url) && !own.is_empty() && !other_port.is_empty() && own != other_port
        })
    })
}

/// How a data source is asked: where, by whom, as whom.
pub(super) fn asked(source: &Datasource<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let url = source.node.get_str("url");
    if let Some((node, (path, what))) = url.and_then(|(node, text)| Some((node, own_path(source.kind, text)?))) {
        let message = format!("Grafana puts the path of a query behind this, and `{path}` {what}");
        report(Level::Warning, node, "url", message, "write the address without it");
    }
    let other = url.filter(|_| source.kind != "alertmanager");
    if let Some((node, declared)) = other.and_then(|(node, text)| Some((node, elsewhere(source.kind, text, context)?))) {
        let message = format!("the manifest has it at {}", declared.describe());
        report(Level::Warning, node, "url", message, "write that port");
    }
    let access = source.node.get("access").filter(|node| node.as_str() == Some("direct"));
    if let Some(node) = access.filter(|_| matches!(source.kind, "prometheus" | "loki")) {
        let message = "browsers ask these no longer themselves, and Grafana shows an error".to_owned();
        report(Level::Warning, node, "access", message, "use `proxy`");
    }
    let user = source.node.get("basicAuthUser").is_some_and(|node| node.as_str() != Some(""));
    if let Some((key, _)) = source.node.entry("basicAuth").filter(|(_, on)| on.as_bool() == Some(true) && !user) {
        report(Level::Warning, key, "basicAuth", "there is no user to log in as".to_owned(), "add `basicAuthUser:`");
    }
}

/// A path in an address that Grafana adds itself, or that takes what it does not ask.
fn own_path<'t>(kind: &str, url: &'t str) -> Option<(&'t str, &'static str)> {
    let rest = url.split_once("://")?.1;
    let path = rest.find('/').map_or("", |at| &rest[at..]).trim_end_matches('/');
    let ends = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
    match kind {
        "prometheus" if ends(&["/api/v1/query", "/api/v1/query_range", "/api/v1"]) => Some((path, "is there twice then")),
        "prometheus" if ends(&["/api/v1/write", "/api/v1/push"]) => Some((path, "takes samples, and answers no queries")),
        "loki" if ends(&["/loki/api/v1/query", "/loki/api/v1/query_range", "/loki/api/v1", "/loki"]) => Some((path, "is there twice then")),
        "loki" if ends(&["/loki/api/v1/push", "/otlp", "/otlp/v1/logs"]) => Some((path, "takes lines, and answers no queries")),
        _ => None,
    }
}

/// The host of an address with TLS whose name is none of the public DNS.
fn unverifiable(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://").map(host)?;
    (!host.is_empty() && !host.contains(['.', ':', '$'])).then_some(host)
}

/// Whether a data source says how certificates are verified, if at all.
fn trusts(source: &Node) -> bool {
    let data = source.get("jsonData");
    ["tlsSkipVerify", "tlsAuthWithCACert", "tlsAuth"].iter().any(|key| data.is_some_and(|data| data.get(key).is_some()))
}

/// A host inside a network that is asked over TLS, whose certificate nobody that Grafana trusts has signed.
pub(super) fn certified(source: &Datasource<'_>, report: &mut Report<'_>) {
    let Some((node, host)) = source.node.get_str("url").and_then(|(node, text)| Some((node, unverifiable(text)?))) else { return };
    if !trusts(source.node) {
        let message = format!("no authority certifies a host called `{host}`, so Grafana refuses its certificate");
        report(Level::Warning, node, "url", message, "write `http://`, or name the authority with `tlsAuthWithCACert`");
    }
}
