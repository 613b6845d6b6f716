//! Features of Prometheus that there are not, and a Collector that passes nothing on.

use crate::diagnostic::{Diagnostic, misspelt};
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::hosts::host;
use crate::source::Node;

rule! {
    /// A manifest names a feature of Prometheus that there is not, or a Collector that gets the traces of the service and is not said to
    /// pass them on; or it leaves out what the Collector beside it has a pipeline for.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { prometheus: { version: "3.5", features: [exemplar] } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: web }
    /// stack: { prometheus: { version: "3.5", features: [exemplar-storage] } }
    /// ```
    ManifestStack, "manifest-stack", Warning
}

/// What `--enable-feature` has taken.
const FEATURES: &[&str] = &[
    "agent",
    "auto-gomaxprocs",
    "auto-gomemlimit",
    "auto-reload-config",
    "concurrent-rule-eval",
    "created-timestamp-zero-ingestion",
    "delayed-compaction",
    "exemplar-storage",
    "expand-external-labels",
    "extra-scrape-metrics",
    "memory-snapshot-on-shutdown",
    "metadata-wal-records",
    "native-histograms",
    "new-service-discovery-manager",
    "no-default-scrape-port",
    "old-ui",
    "otlp-deltatocumulative",
    "otlp-native-delta-ingestion",
    "otlp-write-receiver",
    "promql-at-modifier",
    "promql-delayed-name-removal",
    "promql-duration-expr",
    "promql-experimental-functions",
    "promql-extended-range-selectors",
    "promql-negative-offset",
    "promql-per-step-stats",
    "remote-write-receiver",
    "type-and-unit-labels",
    "use-uncached-io",
    "utf8-names",
];

impl Rule for ManifestStack {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        piped(context, found);
        context.each_manifest(found, |root, found| {
            features(root, found);
            signals(root, found);
            names(root, found);
        });
    }
}

fn features(root: &Node, found: &mut Vec<Diagnostic>) {
    for (index, node) in root.at(["stack", "prometheus", "features"]).into_iter().flat_map(Node::items).enumerate() {
        let Some(name) = node.as_str().filter(|name| !FEATURES.contains(name)) else { continue };
        let begun = FEATURES.iter().find(|known| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))).copied();
        if let Some(meant) = misspelt(name, FEATURES).or(begun) {
            let finding = META.finding(node.span, format!("Prometheus has no feature `{name}`"));
            found.push(finding.path(format!("stack.prometheus.features[{index}]")).help(format!("did you mean `{meant}`?")));
        }
    }
}

fn signals(root: &Node, found: &mut Vec<Diagnostic>) {
    let Some(collector) = root.at(["stack", "collector"]) else { return };
    let Some(signals) = collector.get("signals").filter(|signals| signals.as_sequence().is_some()) else { return };
    let has = |signal: &str| signals.items().any(|node| node.as_str() == Some(signal));
    let traced = root.at(["tracing", "endpoint"]).and_then(Node::as_str).map(host);
    let same = traced.is_some_and(|traced| collector.get_str("address").is_some_and(|(_, address)| host(address) == traced));
    let (message, help) = if signals.items().next().is_none() {
        ("the Collector passes nothing on", "name `traces`, `metrics` or `logs`")
    } else if same && !has("traces") {
        ("the service sends its traces there, and they are not passed on", "add `traces`")
    } else {
        return;
    };
    found.push(META.finding(signals.span, message).path("stack.collector.signals").help(help));
}

/// What the only Collector beside the only manifest has pipelines for, and the manifest says that it does not pass on.
fn piped(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut manifests = context.manifests();
    let mut collectors =
        context.views.iter().filter_map(|view| if let ViewKind::Collector(config) = &view.kind { Some(config) } else { None });
    let (Some(manifest), None) = (manifests.next(), manifests.next()) else { return };
    let (Some(config), None) = (collectors.next(), collectors.next()) else { return };
    let Some(signals) = manifest.root.at(["stack", "collector", "signals"]).filter(|signals| signals.items().next().is_some()) else {
        return;
    };
    for (pipeline, key, _) in config.root.at(["service", "pipelines"]).into_iter().flat_map(Node::entries) {
        let signal = kind(pipeline);
        if !matches!(signal, "traces" | "metrics" | "logs") || signals.items().any(|node| node.as_str() == Some(signal)) {
            continue;
        }
        let message = format!("the Collector has a pipeline `{pipeline}`, and {signal} are not among what it passes on");
        let finding = META.finding(signals.span, message).path("stack.collector.signals").related(key.span, "the pipeline");
        found.push(finding.help(format!("add `{signal}`")));
        return;
    }
}

/// Names that another program does not take, or that tell nothing apart.
fn names(root: &Node, found: &mut Vec<Diagnostic>) {
    let mut add = |way: &[&str], fits: &dyn Fn(&str) -> bool, message: &str, help: &str| {
        if let Some((node, _)) =
            root.at(way.iter().copied()).and_then(Node::with_str).filter(|(_, text)| !text.contains('$') && !fits(text))
        {
            let message = message.replace("{}", &node.describe());
            found.push(META.finding(node.span, message).path(way.join(".")).help(help));
        }
    };
    let of_mimir = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!-_.*'()|".contains(&b));
    add(&["stack", "mimir", "tenant"], &of_mimir, "Mimir takes no tenant {}", "use letters, digits, `-` and `_`");
    let of_kubernetes = |text: &str| {
        let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        text.len() < 64
            && edge(text.as_bytes().first())
            && edge(text.as_bytes().last())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    add(
        &["stack", "kubernetes", "namespace"],
        &of_kubernetes,
        "Kubernetes takes no namespace {}",
        "use lower-case letters, digits and `-`",
    );
    add(
        &["stack", "prometheus", "replica"],
        &|text| !text.trim().is_empty(),
        "the replica {} is told apart from no other",
        "give it a name",
    );
    let sentry = root.at(["errors", "sentry"]);
    let dsn = sentry.and_then(|sentry| sentry.get_str("dsn_env")).map_or("", |(_, name)| name);
    let differs = |text: &str| text != dsn;
    add(&["errors", "sentry", "environment_env"], &differs, "{} holds the address that errors go to", "name another variable");
}
