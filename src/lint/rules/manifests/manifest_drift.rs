//! Manifests and configurations that disagree about the stack.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{View, ViewKind};
use crate::manifest::variants;
use crate::promql::duration::{format_duration, parse_duration};
use crate::source::Node;

rule! {
    /// A manifest and the configurations beside it say different things about one stack: external labels, retention, the addresses
    /// of Alertmanager and of the blackbox exporter, the timeout of the service's scrapes. Said in both files, for either may be wrong.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: app }
    /// stack: { alertmanager: { address: "alertmanager:9093" } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alertmanagers: [{ static_configs: [{ targets: ["am:9095"] }] }] }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: app }
    /// stack: { alertmanager: { address: "alertmanager:9093" } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"] }] }]
    /// ```
    ManifestDrift, "manifest-drift", Warning
}

impl Rule for ManifestDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let ([config], Some(view)) = (context.world.prometheus.as_slice(), prometheus(context)) else { return };
        if config.fragment || !view.complete {
            return;
        }
        for manifest in context.manifests().map(|view| view.root) {
            labels(manifest, view.root, found);
            retention(manifest, view.root, found);
            timeout(manifest, config, found);
            let sent: Vec<&Node> = config
                .alertmanagers
                .iter()
                .map(|one| &one.targets)
                .filter(|groups| groups.discovery.is_empty())
                .flat_map(|groups| groups.addresses.iter().copied())
                .collect();
            address(manifest, "alertmanager", "alerting.alertmanagers", &sent, found);
            plain(manifest, config, found);
            let step = |step: &&crate::formats::prometheus::Relabel<'_>| step.target.and_then(Node::as_str) == Some("__address__");
            let probes = config.jobs.iter().filter(|job| job.metrics_path() == "/probe");
            let asked: Vec<&Node> = probes
                .filter_map(|job| job.relabel.iter().rev().find(step)?.replacement)
                .filter(|node| node.as_str().is_some_and(|text| !text.contains('$')))
                .collect();
            address(manifest, "blackbox", "scrape_configs", &asked, found);
        }
    }
}

fn prometheus<'a>(context: &Context<'a>) -> Option<&'a View<'a>> {
    context.views.iter().find(|view| matches!(view.kind, ViewKind::Prometheus(_)))
}

/// The value at a path of a manifest, and of each of its environments.
fn values<'a>(manifest: &'a Node, path: &[&str]) -> Vec<&'a Node> {
    let at = |root: &'a Node| root.at(path.iter().copied());
    variants(manifest).filter_map(at).filter(|node| !node.is_null()).collect()
}

/// Says it in both files.
fn both(found: &mut Vec<Diagnostic>, here: (&Node, &str), there: (&Node, &str), what: &str) {
    let words = |node: &Node| if node.as_scalar().is_some() { node.describe() } else { "something else".to_owned() };
    let one = META.finding(here.0.span, format!("{what} is {} here, and {} in the manifest", words(here.0), words(there.0)));
    found.push(one.path(here.1).related(there.0.span, "the manifest").help("make the two say the same"));
    let other = META.finding(there.0.span, format!("{what} is {} here, and {} in the configuration", words(there.0), words(here.0)));
    found.push(other.path(there.1).related(here.0.span, "the configuration").help("make the two say the same"));
}

/// Whether a configuration says what the manifest does: the replicas of a shard are a cluster of their own to Mimir, called by
/// the name of the cluster and the number of the shard.
fn is_cluster_of_shard(labels: &Node, name: &str, here: &str, declared: &str) -> bool {
    let is_replica = name == "cluster" && labels.get("__replica__").is_some();
    let shard = labels.get("shard").and_then(Node::as_str).filter(|_| is_replica);
    shard.is_some_and(|shard| here.strip_prefix(declared).and_then(|rest| rest.strip_prefix('-')) == Some(shard))
}

fn labels(manifest: &Node, config: &Node, found: &mut Vec<Diagnostic>) {
    let path = ["stack", "prometheus", "external_labels"];
    let declared = values(manifest, &path);
    let Some(first) = declared.first() else { return };
    let global = config.get("global");
    let written = global.and_then(|global| global.get("external_labels"));
    for (name, key, value) in first.entries() {
        let here = written.and_then(|labels| labels.get(name));
        let what = format!("the external label `{name}`");
        let says = |here: &str, text: &str| here == text || written.is_some_and(|labels| is_cluster_of_shard(labels, name, here, text));
        match here {
            Some(node)
                if !declared
                    .iter()
                    .filter_map(|labels| labels.get(name)?.as_str())
                    .any(|text| node.as_str().is_some_and(|here| says(here, text)))
                    && !node.as_str().is_some_and(|text| text.contains('$')) =>
            {
                both(
                    found,
                    (node, &format!("global.external_labels.{name}")),
                    (value, &format!("stack.prometheus.external_labels.{name}")),
                    &what,
                );
            }
            None => {
                let place = global.and_then(|global| global.entry("external_labels")).or_else(|| config.entry("global"));
                let Some((place, _)) = place else { continue };
                let missing = META.finding(place.span, format!("{what} of the manifest is missing"));
                found.push(missing.path("global.external_labels").related(key.span, "the manifest").help(format!("add `{name}`")));
                let extra = META.finding(key.span, format!("{what} is not in the configuration"));
                found.push(
                    extra
                        .path(format!("stack.prometheus.external_labels.{name}"))
                        .related(place.span, "the configuration")
                        .help("make the two say the same"),
                );
            }
            Some(_) => {}
        }
    }
}

fn retention(manifest: &Node, config: &Node, found: &mut Vec<Diagnostic>) {
    let written = config.get("storage").and_then(|storage| storage.get("tsdb")?.get("retention")?.get("time"));
    let millis = |node: &Node| parse_duration(node.as_str()?).ok();
    let declared = values(manifest, &["stack", "prometheus", "retention"]);
    let (Some(node), Some(first)) = (written, declared.first()) else { return };
    if !declared.iter().any(|other| millis(other) == millis(node)) {
        both(found, (node, "storage.tsdb.retention.time"), (first, "stack.prometheus.retention"), "the retention");
    }
}

fn timeout(manifest: &Node, config: &crate::formats::prometheus::Prometheus<'_>, found: &mut Vec<Diagnostic>) {
    let name =
        values(manifest, &["service", "job"]).into_iter().chain(values(manifest, &["service", "name"])).next().and_then(Node::as_str);
    let declared = values(manifest, &["scrape", "timeout"]);
    let (Some(job), Some(first)) = (config.jobs.iter().find(|job| Some(job.name()) == name), declared.first()) else { return };
    let millis = |node: &Node| parse_duration(node.as_str()?).ok();
    if declared.iter().all(|node| millis(node).is_some_and(|millis| millis != job.timeout)) {
        let what = "the timeout of scrapes";
        let path = format!("scrape_configs[{}].scrape_timeout", job.index);
        let written = job.node.get("scrape_timeout").or_else(|| config.root.get("global")?.get("scrape_timeout"));
        if let Some(place) = written {
            return both(found, (place, &path), (first, "scrape.timeout"), what);
        }
        let (place, default) = (job.name.unwrap_or(job.node), format_duration(job.timeout));
        let one = META.finding(place.span, format!("{what} is `{default}` here by default, and {} in the manifest", first.describe()));
        found.push(one.path(path).related(first.span, "the manifest").help("write it, or declare none"));
        let other =
            META.finding(first.span, format!("{what} is {} here, and `{default}` in the configuration by default", first.describe()));
        found.push(other.path("scrape.timeout").related(place.span, "the configuration").help("make the two say the same"));
    }
}

/// A scheme or a path, where the manifest reaches Alertmanager without.
fn plain(manifest: &Node, config: &crate::formats::prometheus::Prometheus<'_>, found: &mut Vec<Diagnostic>) {
    let Some(first) = values(manifest, &["stack", "alertmanager", "address"]).first().copied() else { return };
    let what = |key: &str, text: &str| match key {
        "scheme" if text.eq_ignore_ascii_case("https") => Some("over https"),
        "path_prefix" if !text.trim_matches('/').is_empty() => Some("below a path"),
        _ => None,
    };
    for (index, node) in config.alertmanagers.iter().map(|one| one.node).enumerate() {
        for (key, _, value) in node.entries() {
            let Some(what) = value.as_str().and_then(|text| what(key, text)) else { continue };
            // It is known to lie there: its own metrics are read below the path, too.
            let below = |path: &str| config.jobs.iter().any(|job| job.metrics_path().trim_matches('/').starts_with(path.trim_matches('/')));
            if key == "path_prefix" && value.as_str().is_some_and(below) {
                continue;
            }
            let message = format!("alerts go to Alertmanager {what}, and the manifest reaches it at {} over http", first.describe());
            let finding = META.finding(value.span, message).path(format!("alerting.alertmanagers[{index}].{key}"));
            found.push(finding.related(first.span, "the manifest").help("make the two say the same"));
        }
    }
}

fn address(manifest: &Node, stack: &str, at: &str, written: &[&Node], found: &mut Vec<Diagnostic>) {
    let declared = values(manifest, &["stack", stack, "address"]);
    let Some(first) = declared.first() else { return };
    let mut said = false;
    for node in written.iter().filter(|node| !declared.iter().any(|other| other.as_str() == node.as_str())) {
        // Both of several Alertmanagers cannot be named.
        if written.iter().any(|node| declared.iter().any(|other| other.as_str() == node.as_str())) && stack == "alertmanager" || said {
            continue;
        }
        both(found, (node, at), (first, &format!("stack.{stack}.address")), &format!("the address of {stack}"));
        said = stack == "alertmanager";
    }
}
