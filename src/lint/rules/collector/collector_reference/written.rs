//! Samples that are written to a store, beside those that Prometheus writes there.

use crate::diagnostic::Level;
use crate::lint::context::Context;
use crate::lint::rule::Section;
use crate::lint::words::hosts::host;
use crate::lint::words::slip::slip;
use crate::source::Node;

/// Samples that are written to a store: where to, and under which labels.
pub(super) fn written(body: &Node, context: &Context<'_>, report: &mut Section<'_>) {
    let endpoint = body.get_str("endpoint");
    if let Some((node, text)) = endpoint {
        let path = text.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path).trim_end_matches('/');
        let host = host(text);
        let is = |word: &str| host.split(['.', '-']).any(|part| part == word);
        if (is("mimir") || is("cortex")) && path == "api/v1/write" {
            report.add(Level::Warning, node, "endpoint", "Mimir takes samples at `/api/v1/push`", "write that path");
        } else if is("prometheus") && path == "api/v1/push" {
            report.add(Level::Warning, node, "endpoint", "Prometheus takes samples at `/api/v1/write`", "write that path");
        } else if path == "otlp" || path.ends_with("/otlp") || path.ends_with("/v1/metrics") {
            report.add(Level::Warning, node, "endpoint", "OTLP is taken there, and no remote write", "use `otlphttp`, or another path");
        }
    }
    let [config] = context.world.prometheus.as_slice() else {
        return labels(body, None, report);
    };
    tenant(body, config.root, report);
    let to_same = config.root.items_of("remote_write").filter_map(|write| write.get("url")?.as_str());
    let to_same = to_same.into_iter().any(|url| endpoint.is_some_and(|(_, text)| host(text) == host(url)));
    labels(body, config.root.get("global").and_then(|global| global.get("external_labels")).filter(|_| to_same), report);
}

fn labels(body: &Node, others: Option<&Node>, report: &mut Section<'_>) {
    for (name, key, value) in body.entries_of("external_labels") {
        let is_name = name.bytes().enumerate().all(|(at, b)| b == b'_' || b.is_ascii_alphabetic() || at > 0 && b.is_ascii_digit());
        if !is_name && !name.contains('$') {
            report.add(
                Level::Warning,
                key,
                "external_labels",
                format!("{} is no name of a label", key.describe()),
                "use letters, digits and `_`",
            );
        }
        let other = others.and_then(|labels| labels.get(name)).and_then(Node::as_str);
        if let Some(other) = other.filter(|other| {
            value.as_str().is_some_and(|text| text != *other && !text.contains('$'))
                && matches!(name, "cluster" | "region" | "environment" | "env")
        }) {
            let message = format!("what Prometheus sends to the same place has `{name}` `{other}`, and this {}", value.describe());
            report.add(Level::Warning, value, "external_labels", message, "use one value for both");
        }
    }
}

/// The tenant of samples: nearly the one that Prometheus writes to at the same place, or the one that is meant where there are none.
fn tenant(body: &Node, prometheus: &Node, report: &mut Section<'_>) {
    const HEADER: &str = "X-Scope-OrgID";
    let of = |node: &'_ Node| -> Option<String> {
        let (_, _, value) = node.entries_of("headers").find(|(name, ..)| name.eq_ignore_ascii_case(HEADER))?;
        let text = value.as_str().filter(|text| !text.contains('$') && !text.is_empty())?;
        Some(text.to_owned())
    };
    let own = body.entries_of("headers").find(|(name, ..)| name.eq_ignore_ascii_case(HEADER)).map(|(_, _, value)| value);
    let (Some(tenant), Some(node), Some(endpoint)) = (of(body), own, body.get("endpoint").and_then(Node::as_str)) else { return };
    let writes = prometheus.items_of("remote_write");
    let same = writes.filter(|write| write.get("url").and_then(Node::as_str).is_some_and(|url| host(url) == host(endpoint)));
    let others: Vec<String> = same.filter_map(of).collect();
    let is_slip = |other: &&String| tenant == "anonymous" || slip(&tenant, &[other.as_str()]).is_some();
    if let Some(meant) = others.iter().find(is_slip).filter(|_| !others.contains(&tenant)) {
        let message = format!("Prometheus sends to the same place as the tenant `{meant}`, and this as `{tenant}`");
        report.add(Level::Warning, node, "headers", message, "use one tenant for both");
    }
}
