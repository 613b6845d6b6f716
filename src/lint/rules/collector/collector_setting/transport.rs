//! Origins that may send, and TLS.

use crate::diagnostic::Level;
use crate::lint::rule::Section;
use crate::source::Node;

/// Origins of pages: a scheme and a host, without a path.
pub(super) fn origins(node: &Node, report: &mut Section<'_>) {
    if let Some((key, cors)) = node.entry("cors").filter(|(_, cors)| cors.entries().next().is_some()) {
        let none = cors.get("allowed_origins").is_none_or(|list| list.as_sequence().is_some_and(<[_]>::is_empty));
        if none {
            report.add(Level::Warning, key, "cors", "without origins no page may send, whatever its headers are", "add `allowed_origins:`");
        }
    }
    for origin in node.items_of("allowed_origins") {
        let Some(text) = origin.as_str().filter(|text| !text.contains(['*', '$']) && *text != "null") else { continue };
        let path = text.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
        if path || !text.contains("://") {
            let message = format!("no page has the origin {}", origin.describe());
            report.add(Level::Warning, origin, "cors", message, "write a scheme and a host, as in `https://app.example.com`");
        }
    }
}

pub(super) fn tls(body: &Node, report: &mut Section<'_>) {
    let Some(tls) = body.get("tls") else { return };
    let insecure = tls.get("insecure").filter(|node| node.as_bool() == Some(true));
    let rest = tls.entries().find(|(name, _, value)| name.ends_with("_file") && value.as_str() != Some(""));
    if let (Some(_), Some((name, key, _))) = (insecure, rest) {
        report.add(
            Level::Warning,
            key,
            "tls",
            format!("with `insecure: true` there is no TLS, and `{name}` is not read"),
            "keep one of the two",
        );
    }
    let https = body.get("endpoint").and_then(Node::as_str).is_some_and(|endpoint| endpoint.starts_with("https://"));
    if let Some(node) = insecure.filter(|_| https) {
        report.add(Level::Warning, node, "tls", "the endpoint says `https`", "remove `insecure`, or write `http`");
    }
    let has =
        |name: &str| tls.get(&format!("{name}_file")).or_else(|| tls.get(&format!("{name}_pem"))).filter(|node| node.as_str() != Some(""));
    match (has("cert"), has("key")) {
        (Some(node), None) => report.add(Level::Error, node, "tls", "a certificate needs its key", "add `key_file:`"),
        (None, Some(node)) => report.add(Level::Error, node, "tls", "a key needs its certificate", "add `cert_file:`"),
        _ => {}
    }
    if let Some(node) = tls.get("client_ca_file").filter(|node| node.as_str() != Some("") && has("cert").is_none() && has("key").is_none())
    {
        report.add(
            Level::Error,
            node,
            "tls",
            "a server without a certificate of its own is trusted by nobody",
            "add `cert_file:` and `key_file:`",
        );
    }
    let version = |key: &str| tls.get_str(key).and_then(|(node, text)| Some((node, text.parse::<f64>().ok()?)));
    let versions = (version("min_version").map(|(_, version)| version), version("max_version"));
    if let (Some(oldest), Some((node, newest))) = versions
        && newest < oldest
    {
        report.add(Level::Error, node, "tls", "the newest version is older than the oldest", "swap the two");
    }
}
