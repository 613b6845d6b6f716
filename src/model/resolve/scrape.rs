//! How Prometheus reaches the service.

use serde_json::{Value, json};

use super::addresses::check_address;
use super::bodies::{self, find_secrets, plain};
use super::context::Context;
use super::findings::{Findings, INVALID, owned};
use crate::diagnostic::Diagnostic;
use crate::manifest::scalars::Duration;
use crate::manifest::scrape::{self as written, Scheme};
use crate::model::Scrape;
use crate::source::{Raw, Span, Spanned};

/// The scrape job of the service.
pub(super) fn resolve(context: &Context, findings: &mut Findings) -> Option<Scrape> {
    let scrape = context.manifest.scrape.valid()?;
    let (scrape, span) = (&scrape.value, scrape.span);
    let interval = scrape.interval.value().copied().unwrap_or(Duration::seconds(15));
    let timeout = scrape.timeout.value().copied().unwrap_or(Duration::seconds(10).min(interval));
    if interval.0 == 0 {
        findings.add(Diagnostic::error(INVALID, scrape.interval.span().unwrap_or(span), "the interval is zero").path("scrape.interval"));
    }
    if timeout > interval {
        let place = scrape.timeout.span().unwrap_or(span);
        findings.add(
            Diagnostic::error(INVALID, place, format!("the timeout `{timeout}` is longer than the interval `{interval}`"))
                .path("scrape.timeout"),
        );
    }
    let path = scrape.path.valid().map_or_else(|| "/metrics".to_owned(), owned);
    if !path.starts_with('/') {
        findings.add(Diagnostic::error(INVALID, scrape.path.span().unwrap_or(span), "the path must start with `/`").path("scrape.path"));
    }
    let scheme = match scrape.scheme.value().copied().unwrap_or_default() {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let discovery = discovery(context, scrape, span, findings)?;
    Some(Scrape { discovery, path, interval, timeout, scheme, settings: settings(scrape, findings) })
}

fn settings(scrape: &written::Scrape, findings: &mut Findings) -> Vec<(&'static str, Value)> {
    let bodies = [("tls_config", &scrape.tls), ("basic_auth", &scrape.basic_auth), ("authorization", &scrape.authorization)];
    bodies::bodies(bodies.map(|(key, body)| (key, format!("scrape.{key}"), body)), findings)
}

/// The one place that targets come from.
fn discovery(context: &Context, scrape: &written::Scrape, span: Span, findings: &mut Findings) -> Option<(&'static str, Value)> {
    let mut found: Vec<(&'static str, Span, Value)> = Vec::new();
    if let Some(targets) = scrape.targets.valid() {
        let addresses: Vec<_> = targets.value.iter().filter_map(|t| t.valid()).collect();
        for address in &addresses {
            check_address(address, findings);
        }
        if targets.value.is_empty() {
            findings.add(Diagnostic::error(INVALID, targets.span, "the list of targets is empty").path("scrape.targets"));
        }
        duplicates(&addresses, findings);
        let list: Vec<&str> = addresses.iter().map(|a| a.value.0.as_str()).collect();
        found.push(("static_configs", targets.span, json!([{ "targets": list }])));
    }
    let bodies = [
        ("file_sd_configs", &scrape.file_sd, "scrape.file_sd"),
        ("dns_sd_configs", &scrape.dns_sd, "scrape.dns_sd"),
        ("http_sd_configs", &scrape.http_sd, "scrape.http_sd"),
        ("kubernetes_sd_configs", &scrape.kubernetes, "scrape.kubernetes"),
    ];
    for (key, body, path) in bodies {
        if let Some(body) = body.valid() {
            find_secrets(body, path, findings);
            let value = match plain(&body.value) {
                Value::Array(entries) => Value::Array(entries),
                one => json!([one]),
            };
            check_entries(key, body, path, findings);
            found.push((key, body.span, value));
        }
    }
    match found.as_slice() {
        [] => {
            if scrape.targets.is_missing() {
                let place = context.places.key(context.document, "scrape").unwrap_or(span);
                findings.add(
                    Diagnostic::error(crate::source::MISSING_KEY, place, "`scrape` names no targets")
                        .help("add `targets: [\"host:port\"]`, or one of `file_sd`, `dns_sd`, `http_sd`, `kubernetes`")
                        .path("scrape"),
                );
            }
            None
        }
        [(key, _, value)] => Some((key, value.clone())),
        [(_, first, _), (_, second, _), ..] => {
            findings.add(
                Diagnostic::error(INVALID, *second, "targets come from one place only").related(*first, "the other place").path("scrape"),
            );
            None
        }
    }
}

/// What Prometheus itself demands of an entry.
fn check_entries(key: &str, body: &Spanned<Raw>, path: &str, findings: &mut Findings) {
    let needed = match key {
        "file_sd_configs" => "files",
        "dns_sd_configs" => "names",
        "http_sd_configs" => "url",
        _ => "role",
    };
    let entries: Vec<&Spanned<Raw>> = match &body.value {
        Raw::Seq(entries) => entries.iter().collect(),
        _ => vec![body],
    };
    for entry in entries {
        if entry.value.get(needed).is_none() {
            findings
                .add(Diagnostic::error(crate::source::MISSING_KEY, entry.span, format!("an entry of `{key}` needs `{needed}`")).path(path));
        }
    }
}

fn duplicates(addresses: &[&Spanned<crate::manifest::scalars::Text>], findings: &mut Findings) {
    for (i, address) in addresses.iter().enumerate() {
        if let Some(first) = addresses[..i].iter().find(|a| a.value == address.value) {
            let message = format!("the target `{}` is listed twice", address.value.0);
            findings.add(Diagnostic::error(INVALID, address.span, message).related(first.span, "the first time").path("scrape.targets"));
        }
    }
}
