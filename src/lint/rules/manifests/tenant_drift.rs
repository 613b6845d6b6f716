//! Tenants of a storage that are called otherwise in one place than in the others.

use std::cmp::Ordering;

use crate::diagnostic::Diagnostic;
use crate::formats::Kind;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{View, ViewKind};
use crate::lint::words::hosts::host;
use crate::lint::words::slip::{are_siblings, slip};
use crate::manifest::variants;
use crate::source::Node;

rule! {
    /// What is sent to Mimir or Loki, or asked of them, is of a tenant that is nearly the one of the other files, or that the manifest
    /// does not say: it is kept apart, and what reads the other tenant does not see it. Or the header that names the tenant is misspelt, and
    /// it is of none.
    ///
    /// Of tenants that have nothing in common those are judged that the one Prometheus (or, where it names none, the one Collector) writes to.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { mimir: { tenant: storefront } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: web, static_configs: [{ targets: ["web:8080"] }] }]
    /// remote_write: [{ url: "http://mimir:9009/api/v1/push", headers: { X-Scope-OrgID: storefrnt } }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { mimir: { tenant: storefront } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: web, static_configs: [{ targets: ["web:8080"] }] }]
    /// remote_write: [{ url: "http://mimir:9009/api/v1/push", headers: { X-Scope-OrgID: storefront } }]
    /// ```
    TenantDrift, "tenant-drift", Warning
}

/// The header that names a tenant.
const HEADER: &str = "X-Scope-OrgID";

/// Where a tenant is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Manifest,
    /// What writes samples to Mimir: Prometheus, and the Collector.
    Prometheus,
    Collector,
    Other,
}

/// A tenant as it is named somewhere.
struct Tenant<'a> {
    by: By,
    node: &'a Node,
    name: &'a str,
    path: String,
}

impl Rule for TenantDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut all = Vec::new();
        for view in context.views {
            gather(view, &mut all, found);
        }
        nearly(&all, found);
        let mut manifests = context.manifests();
        if let (Some(only), None) = (manifests.next(), manifests.next()) {
            unlike(only.root, &all, found);
        }
    }
}

/// The tenants that a file names. A header that is misspelt is said.
fn gather<'a>(view: &View<'a>, all: &mut Vec<Tenant<'a>>, found: &mut Vec<Diagnostic>) {
    let mut add = |by, node: &'a Node, path: String| {
        if let Some(name) = node.as_str().filter(|name| !name.is_empty() && !name.contains(['$', '{', '|'])) {
            all.push(Tenant { by, node, name, path });
        }
    };
    let mut headers = |by, body: &'a Node, path: String| {
        for (name, key, value) in body.entries_of("headers") {
            let path = format!("{path}.headers.{name}");
            if name.eq_ignore_ascii_case(HEADER) {
                add(by, value, path);
            } else if strsim::damerau_levenshtein(&name.to_lowercase(), &HEADER.to_lowercase()) <= 2 {
                let message = format!("{} names no tenant: the header is called `{HEADER}`", key.describe());
                found.push(META.finding(key.span, message).path(path).help(format!("write `{HEADER}`")));
            }
        }
    };
    match &view.kind {
        ViewKind::Prometheus(config) => {
            for (key, by) in [("remote_write", By::Prometheus), ("remote_read", By::Other)] {
                for (index, entry) in config.root.items_of(key).enumerate() {
                    let is_mimir = entry.get("url").and_then(Node::as_str).is_some_and(|url| host(url).contains("mimir"));
                    headers(if is_mimir { by } else { By::Other }, entry, format!("{key}[{index}]"));
                }
            }
        }
        ViewKind::Collector(config) => {
            for (id, _, body) in config.components("exporters") {
                let by = if kind(id) == "prometheusremotewrite" { By::Collector } else { By::Other };
                headers(by, body, format!("exporters.{id}"));
            }
        }
        ViewKind::Datasources(list) => {
            for (index, source) in list.iter().enumerate() {
                for (key, _, name) in source.node.entries_of("jsonData") {
                    let number =
                        key.strip_prefix("httpHeaderName").filter(|_| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(HEADER)));
                    let value = number.and_then(|number| source.node.at(["secureJsonData", &format!("httpHeaderValue{number}")]));
                    if let Some(value) = value {
                        add(By::Other, value, format!("datasources[{index}].secureJsonData"));
                    }
                }
            }
        }
        ViewKind::Other(Kind::Manifest) => {
            for part in variants(view.root) {
                if let Some(node) = part.at(["stack", "mimir", "tenant"]) {
                    add(By::Manifest, node, "stack.mimir.tenant".to_owned());
                }
            }
        }
        _ => {}
    }
}

/// Whether one tenant is another one but for a slip.
fn is_slip(name: &str, other: &str) -> bool {
    name != other && !are_siblings(name, other) && (name.eq_ignore_ascii_case(other) || slip(name, &[other]).is_some())
}

/// Tenants that are nearly one that is named more often, or as often where one of the two is the manifest's.
fn nearly(all: &[Tenant<'_>], found: &mut Vec<Diagnostic>) {
    let times = |name: &str| all.iter().filter(|other| other.name == name).count();
    for one in all {
        let is_usual = |other: &&Tenant<'_>| match times(other.name).cmp(&times(one.name)) {
            Ordering::Less => false,
            Ordering::Equal => one.by == By::Manifest || other.by == By::Manifest,
            Ordering::Greater => true,
        };
        if let Some(other) = all.iter().filter(|other| is_slip(one.name, other.name)).find(is_usual) {
            let message = format!("the tenant `{}` is nearly `{}`, which is named elsewhere", one.name, other.name);
            let finding = META.finding(one.node.span, message).path(one.path.clone()).related(other.node.span, "named here");
            found.push(finding.help(format!("did you mean `{}`?", other.name)));
        }
    }
}

/// The one tenant that samples are written to, where the manifest says another.
fn unlike(manifest: &Node, all: &[Tenant<'_>], found: &mut Vec<Diagnostic>) {
    let said: Vec<&Tenant<'_>> = all.iter().filter(|one| one.by == By::Manifest).collect();
    let Some(declared) = said.first().filter(|_| manifest.at(["stack", "mimir", "tenant"]).is_some()) else { return };
    for by in [By::Prometheus, By::Collector] {
        let written: Vec<&Tenant<'_>> = all.iter().filter(|one| one.by == by).collect();
        let [only] = written.as_slice() else {
            if written.is_empty() {
                continue;
            }
            return;
        };
        if said.iter().all(|said| said.name != only.name && !is_slip(only.name, said.name)) {
            let message = format!("samples are written to the tenant `{}`, and the manifest says `{}`", only.name, declared.name);
            let finding = META.finding(only.node.span, message.clone()).path(only.path.clone()).related(declared.node.span, "the manifest");
            found.push(finding.help("make the two say the same"));
            let finding = META.finding(declared.node.span, message).path(declared.path.clone()).related(only.node.span, "written here");
            found.push(finding.help("make the two say the same"));
        }
        return;
    }
}
