//! Attributes of telemetry that are nearly those that everybody reads.

mod extracted;

use self::extracted::not_extracted;
use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{CollectorView, ViewKind};
use crate::lint::words::environments::{LABELS, of_word};
use crate::lint::words::span_attributes::OF_SPANS;
use crate::lint::words::{ottl, walk};
use crate::source::Node;

rule! {
    /// A processor of the OpenTelemetry Collector writes an attribute whose name is nearly one of the semantic conventions, as
    /// `service_name` for `service.name`: whatever reads the right one finds nothing. Or it takes away or counts by such a one, as
    /// `http_route` for `http.route`. Or it says of all telemetry that it comes from another environment than the
    /// targets of Prometheus or its external labels, keeps traces by `service` where `service.name` is meant, or looks for attributes of spans at what sent them.
    /// Or the cluster is nearly that of Prometheus, or a panel selects lines by what Kubernetes is not asked for.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { resource: { attributes: [{ key: k8s.cluster.name, value: shop-eu2, action: upsert }] } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [resource], exporters: [debug] } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s, external_labels: { cluster: shop-eu1 } }
    /// scrape_configs: [{ job_name: web, static_configs: [{ targets: ["web:8080"] }] }]
    /// ```
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { resource: { attributes: [{ key: deployment_environment, value: production, action: upsert }] } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [resource], exporters: [debug] } } }
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { k8sattributes: { extract: { metadata: [k8s.pod.name] } } }
    /// exporters: { otlphttp/loki: { endpoint: "http://loki:3100/otlp" } }
    /// service: { pipelines: { logs: { receivers: [otlp], processors: [k8sattributes], exporters: [otlphttp/loki] } } }
    /// # file: dashboard.json
    /// { "title": "Web", "panels": [ { "type": "logs", "title": "Lines", "datasource": { "type": "loki", "uid": "loki" },
    ///   "targets": [ { "refId": "A", "expr": "{k8s_deployment_name=\"web\"}" } ] } ] }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { resource: { attributes: [{ key: deployment.environment, value: production, action: upsert }] } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [resource], exporters: [debug] } } }
    /// ```
    AttributeSlip, "attribute-slip", Warning
}

/// Attributes of resources that back ends look for.
const KNOWN: &[&str] = &[
    "cloud.availability_zone",
    "cloud.provider",
    "cloud.region",
    "container.id",
    "deployment.environment",
    "deployment.environment.name",
    "host.id",
    "host.name",
    "k8s.cluster.name",
    "k8s.container.name",
    "k8s.deployment.name",
    "k8s.namespace.name",
    "k8s.node.name",
    "k8s.pod.name",
    "k8s.pod.uid",
    "service.instance.id",
    "service.name",
    "service.namespace",
    "service.version",
    "telemetry.sdk.name",
];

impl Rule for AttributeSlip {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        read(view, found);
        policies(view, found);
        of_resource(view, found);
        not_extracted(view, context, found);
        for (id, _, body) in view.config.components("processors") {
            let list = match id.split('/').next() {
                Some("resource") => "attributes",
                Some("attributes") => "actions",
                _ => continue,
            };
            for action in body.items_of(list) {
                let Some((node, key)) = action.get_str("key") else { continue };
                let writes = action.get("action").and_then(Node::as_str).is_some_and(|name| matches!(name, "insert" | "update" | "upsert"));
                let path = format!("processors.{id}.{list}");
                if let Some(meant) = meant(key).filter(|_| writes && list == "attributes") {
                    let message = format!("nothing looks for the attribute {}", node.describe());
                    found.push(META.finding(node.span, message).path(path).help(format!("did you mean `{meant}`?")));
                    continue;
                }
                if key == "k8s.cluster.name" && writes {
                    found.extend(of_cluster(action, context).map(|finding| finding.path(path)));
                    continue;
                }
                if !key.starts_with("deployment.environment") || !writes {
                    continue;
                }
                let Some((node, value)) = action.get_str("value") else { continue };
                let Some((first, whose)) = of_targets(value, context).filter(|_| !value.contains('$')) else { continue };
                let message = format!("this says {} of all telemetry, and {whose} labelled {}", node.describe(), first.describe());
                found.push(
                    META.finding(node.span, message).path(path).related(first.span, "labelled here").help("make the two say the same"),
                );
            }
        }
    }
}

/// The cluster that all telemetry is said to be of, where the one Prometheus calls its own nearly so.
fn of_cluster(action: &Node, context: &Context<'_>) -> Option<Diagnostic> {
    let (node, value) = action.get_str("value").filter(|(_, value)| !value.contains('$') && value.len() > 3)?;
    let [config] = context.world.prometheus.as_slice() else { return None };
    let (there, other) = config.external_labels?.get_str("cluster").filter(|(_, other)| !other.contains('$'))?;
    let collectors = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Collector(_))).count();
    (collectors == 1 && value != other && strsim::damerau_levenshtein(value, other) == 1).then(|| {
        let message =
            format!("this says {} of all telemetry, and what Prometheus sends on is labelled {}", node.describe(), there.describe());
        META.finding(node.span, message).related(there.span, "labelled here").help("make the two say the same")
    })
}

/// The environment that all targets of Prometheus are labelled with, where that is another one; else that of what Prometheus sends on.
fn of_targets<'a>(value: &str, context: &Context<'a>) -> Option<(&'a Node, &'static str)> {
    let configs = || context.world.prometheus.iter();
    let said = |labels: &'a Node| LABELS.iter().find_map(|name| Some((labels.get(name)?, *name)));
    let of_groups: Vec<(&Node, &str)> =
        configs().flat_map(|config| &config.jobs).flat_map(|job| &job.targets.labels).filter_map(|labels| said(labels)).collect();
    let outside: Vec<(&Node, &str)> = configs().filter_map(|config| said(config.external_labels?)).collect();
    // A stage may be one of something else, and what is sent on may go by a name of its own.
    let is_other = |other: &Node, strict: bool| match (other.as_str().and_then(of_word), of_word(value)) {
        (Some(one), Some(own)) if strict => one != own,
        _ => !strict && other.as_str() != Some(value),
    };
    let (own, whose, by_word) = if of_groups.is_empty() {
        (outside, "what Prometheus sends on is", true)
    } else {
        (of_groups, "the targets of Prometheus are", false)
    };
    own.iter().all(|(node, name)| is_other(node, by_word || *name == "stage")).then_some(())?;
    own.first().map(|(node, _)| (*node, whose))
}

/// Attributes that are counted by or taken away, and that are nearly one that telemetry has.
fn read(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    // These have names of their own.
    if view.config.components("receivers").any(|(id, ..)| matches!(kind(id), "datadog" | "skywalking" | "zipkin" | "awsxray")) {
        return;
    }
    let dimensions = view.config.components("connectors").filter(|(id, ..)| matches!(kind(id), "spanmetrics" | "span_metrics"));
    let counted = dimensions.flat_map(|(id, _, body)| {
        let names = body.items_of("dimensions").filter_map(|dimension| dimension.get_str("name"));
        names.map(move |name| (name, format!("connectors.{id}.dimensions")))
    });
    let takes = |action: &&Node| matches!(action.get("action").and_then(Node::as_str), Some("delete" | "hash"));
    let taken = view.config.components("processors").filter(|(id, ..)| kind(id) == "attributes").flat_map(|(id, _, body)| {
        let keys = body.items_of("actions").filter(takes).filter_map(|action| action.get_str("key"));
        keys.map(move |key| (key, format!("processors.{id}.actions")))
    });
    for ((node, name), path) in counted.chain(taken) {
        let Some(meant) = meant_of_span(name) else { continue };
        // Another part of the file may write what is read here, or take away both.
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
        let times = |name: &str| {
            let text = &view.view.text;
            let is_whole = |at: usize| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part);
            text.match_indices(name).filter(|(at, _)| is_whole(*at)).count()
        };
        if times(name) == 1 && (path.starts_with("connectors") || times(&meant) == 0) {
            let message = format!("the semantic conventions know no attribute {}", node.describe());
            found.push(META.finding(node.span, message).path(path).help(format!("did you mean `{meant}`?")));
        }
    }
}

/// Attributes by which traces are kept, of which only the first part is written: `service` for `service.name`.
fn policies(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    for (id, _, body) in view.config.components("processors").filter(|(id, ..)| kind(id) == "tail_sampling") {
        walk::mappings(body, &mut |node, _| {
            let Some((key, name)) = node.get("string_attribute").and_then(|section| section.get_str("key")) else { return };
            let whole = format!("{name}.name");
            let writes = |action: &Node| action.get("key").and_then(Node::as_str) == Some(name);
            let is_set = view.view.text.contains(&format!("attributes[\"{name}\"]"))
                || view
                    .config
                    .components("processors")
                    .any(|(_, _, body)| body.items_of("attributes").chain(body.items_of("actions")).any(writes));
            let meant = KNOWN
                .iter()
                .copied()
                .find(|known| *known == whole && (name == "service" || name.starts_with("k8s.")))
                .map(str::to_owned)
                .or_else(|| meant_of_span(name))
                .or_else(|| meant(name).map(str::to_owned));
            if let Some(meant) = meant.filter(|_| !is_set) {
                let message = format!("the semantic conventions know no attribute {}", key.describe());
                let finding = META.finding(key.span, message).path(format!("processors.{id}.policies"));
                found.push(finding.help(format!("did you mean `{meant}`?")));
            }
        });
    }
}

/// Attributes of spans that what is scraped has, too.
const OF_BOTH: &[&str] = &["server.address", "server.port", "url.scheme"];

/// Attributes of spans and lines that are looked for at what sent them.
fn of_resource(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    for (id, _, body) in view.config.components("processors").filter(|(id, ..)| kind(id) == "transform") {
        let lists = ["trace_statements", "log_statements"].into_iter();
        let groups =
            lists.flat_map(|list| body.items_of(list)).filter(|group| group.get("context").and_then(Node::as_str) == Some("resource"));
        for (node, text) in groups.flat_map(|group| group.items_of("statements")).filter_map(Node::with_str) {
            if let Some(name) = ottl::attributes(text).into_iter().find(|name| OF_SPANS.contains(name) && !OF_BOTH.contains(name)) {
                let message = format!("`{name}` is an attribute of spans or lines, and this looks for it at what sent them");
                let finding = META.finding(node.span, message).path(format!("processors.{id}"));
                found.push(finding.help("write `context: span` or `context: log`"));
            }
        }
    }
}

/// The attribute of spans that a name is nearly. Headers have one each.
fn meant_of_span(name: &str) -> Option<String> {
    let header = |start: &str, right: &str| name.strip_prefix(start).map(|rest| format!("{right}{rest}"));
    let of_header =
        header("http.request.headers.", "http.request.header.").or_else(|| header("http.response.headers.", "http.response.header."));
    of_header.or_else(|| nearly(name, OF_SPANS).map(str::to_owned))
}

/// The attribute that a name is nearly.
fn meant(key: &str) -> Option<&'static str> {
    nearly(key, KNOWN)
}

fn nearly(key: &str, all: &[&'static str]) -> Option<&'static str> {
    if all.contains(&key) {
        return None;
    }
    let dotted = key.replace(['_', '-'], ".");
    let spelt = |known: &str| known.replace('_', ".");
    all.iter()
        .copied()
        .find(|known| spelt(known).eq_ignore_ascii_case(&dotted) || (key.len() > 8 && strsim::damerau_levenshtein(known, key) == 1))
}
