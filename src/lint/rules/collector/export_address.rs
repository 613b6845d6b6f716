//! Where a Collector sends: addresses that cannot take it.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::collector::listener::{is_slip, listening};
use crate::lint::views::{CollectorView, ViewKind};
use crate::lint::words::hosts::{self, host, is_own, slip_of_taking};
use crate::source::Node;

rule! {
    /// An exporter of the OpenTelemetry Collector sends to an address that cannot take it: without a scheme or with a path where
    /// that is not allowed, to the Collector itself, over TLS to a neighbour that speaks without, or to a product at another path or
    /// port than where it takes this data. What is scraped for metrics, or is the Prometheus of a data source, takes none over gRPC.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" } } } }
    /// exporters: { otlp: { endpoint: "localhost:4317", tls: { insecure: true } } }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [otlp] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" } } } }
    /// exporters: { otlp: { endpoint: "tempo:4317", tls: { insecure: true } } }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [otlp] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" } } } }
    /// exporters: { otlp: { endpoint: "otel-collector-gateway:4317", tls: { insecure: true } } }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [otlp] } } }
    /// ```
    ExportAddress, "export-address", Warning up to Error
}

/// Products that take OTLP over HTTP below a path: a word of the host, the path, other paths of theirs that take something else.
const BELOW: &[(&str, &str)] = &[("loki", "/otlp"), ("mimir", "/otlp"), ("prometheus", "/api/v1/otlp")];
/// Ports that take no OTLP.
const OTHER: &[(&str, &str)] = &[
    ("3200", "Tempo's queries"),
    ("9411", "Zipkin"),
    ("14268", "Jaeger's own protocol"),
    ("16686", "Jaeger's pages"),
    ("9093", "Alertmanager"),
    ("3000", "Grafana"),
    ("8889", "the Collector's own metrics"),
    ("8888", "the Collector's own metrics"),
    ("13133", "the Collector's health"),
];

/// What the only Collector of a place is called. One that others send to has a longer name, as `otel-collector-gateway`.
const NAMES: &[&str] = &["otel-collector", "otelcol", "collector", "opentelemetry-collector"];

/// Where something else is, by what the other files say: data sources of Grafana, and what Prometheus scrapes.
fn known_addresses<'a>(context: &Context<'a>) -> Vec<(&'a str, &'static str)> {
    let targets = context.world.prometheus.iter().flat_map(|config| &config.jobs).flat_map(|job| &job.targets.addresses);
    let mut all: Vec<(&str, &'static str)> = targets
        .filter_map(|node| node.as_str())
        .filter(|text| text.contains(':') && !text.contains('/'))
        .map(|text| (text, "scraped for metrics"))
        .collect();
    for source in context.views.iter().flat_map(|view| view.root.items_of("datasources")) {
        let Some((_, url)) = source.get_str("url").filter(|_| source.get("type").and_then(Node::as_str) == Some("prometheus")) else {
            continue;
        };
        all.push((url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/'), "Prometheus"));
    }
    all
}

impl Rule for ExportAddress {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        other_signal(view, found);
        let own: Vec<(String, bool)> =
            listening(view.config).iter().map(|one| (one.port.to_owned(), one.path.starts_with("receivers"))).collect();
        let scraped = scraped_as(view, context);
        let is_only = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Collector(_))).count() == 1;
        let of_others = known_addresses(context);
        for (id, _, body) in view.config.components("exporters") {
            let Some((node, text)) = body.get_str("endpoint").filter(|(_, text)| !text.contains('$')) else {
                continue;
            };
            let mut report = |level: Level, at: &Node, message: String, help: &str| {
                found.push(META.finding_at(level, at.span, message).path(format!("exporters.{id}.endpoint")).help(help));
            };
            let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
            let host = host(text);
            let grpc = matches!(kind(id), "otlp" | "otlp_grpc");
            let http = matches!(kind(id), "otlphttp" | "otlp_http");
            if !(grpc || http || matches!(kind(id), "zipkin" | "prometheusremotewrite" | "prometheus_remote_write" | "loki")) {
                continue;
            }
            let here = is_own(host) || host == "0.0.0.0" || (is_only && NAMES.contains(&host)) || scraped.contains(&host);
            if here && own.iter().any(|(other, receives)| other == port && *receives) {
                report(
                    Level::Warning,
                    node,
                    format!("{} is this Collector itself: data goes in a circle", node.describe()),
                    "name the backend",
                );
            } else if host == "0.0.0.0" {
                report(Level::Warning, node, "`0.0.0.0` is an address to listen at, and none to send to".to_owned(), "name the backend");
            } else if grpc && scheme != "dns" && !path.trim_end_matches('/').is_empty() {
                report(
                    Level::Error,
                    node,
                    "gRPC goes to a host with a port, without a path".to_owned(),
                    "write it as `tempo:4317`, or use `otlphttp`",
                );
            } else if grpc && port.is_empty() && scheme.is_empty() && !host.is_empty() {
                report(Level::Warning, node, format!("{} has no port", node.describe()), "add `:4317`");
            } else if !port.is_empty() && port.parse::<u16>().ok().is_none_or(|port| port == 0) {
                report(Level::Error, node, format!("`{port}` is no port"), "write 1 to 65535");
            } else if let Some((_, what)) = OTHER.iter().find(|(other, _)| *other == port && (grpc || http)) {
                report(Level::Warning, node, format!("port {port} is for {what}, and takes no OTLP"), "use 4317 for gRPC, 4318 for HTTP");
            } else if let Some((_, what)) = of_others.iter().find(|(other, _)| *other == authority).filter(|_| grpc) {
                report(Level::Warning, node, format!("{} is {what}, and takes no OTLP over gRPC", node.describe()), "name the backend");
            } else if let Some(standard) = ["4317", "4318"].into_iter().find(|standard| (grpc || http) && is_slip(port, standard)) {
                report(
                    Level::Warning,
                    node,
                    format!("port {port} is nearly {standard}, which takes OTLP"),
                    &format!("did you mean {standard}?"),
                );
            } else if let Some(meant) = slip_of_taking(path).filter(|_| kind(id).contains("write")) {
                report(Level::Warning, node, format!("nothing takes samples at `{path}`"), &format!("did you mean `…/{meant}`?"));
            } else if http {
                path_of(node, host, port, path, &mut report);
            } else if kind(id).contains("write")
                && (path.trim_end_matches('/').is_empty() || path.ends_with("/query") || path.ends_with("/read"))
            {
                report(
                    Level::Warning,
                    node,
                    format!("{} takes no samples", node.describe()),
                    "name the path, such as `/api/v1/push` or `/api/v1/write`",
                );
            }
            plain_neighbour(body, (node, scheme, host), grpc, &mut report);
        }
    }
}

/// The names by which Prometheus reaches what this Collector exposes, where it is the only one.
fn scraped_as<'a>(view: &CollectorView<'_>, context: &Context<'a>) -> Vec<&'a str> {
    if context.views.iter().filter(|view| matches!(view.kind, ViewKind::Collector(_))).count() != 1 {
        return Vec::new();
    }
    let exposes = |port: &str| {
        view.config.components("exporters").filter(|(id, ..)| kind(id) == "prometheus").any(|(_, _, body)| {
            body.get("endpoint").and_then(Node::as_str).is_some_and(|endpoint| hosts::port(endpoint) == port && !port.is_empty())
        })
    };
    let jobs = context.world.prometheus.iter().flat_map(|config| &config.jobs);
    let targets = jobs.flat_map(|job| &job.targets.addresses).filter_map(|node| node.as_str());
    targets.filter(|target| exposes(hosts::port(target))).map(host).collect()
}

/// Products that keep one signal, by a word of their hosts.
const KEEPS: &[(&str, &str)] =
    &[("loki", "logs"), ("tempo", "traces"), ("jaeger", "traces"), ("zipkin", "traces"), ("mimir", "metrics"), ("prometheus", "metrics")];

/// Exporters in pipelines of a signal that the product behind them does not keep.
fn other_signal(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    for (name, pipeline) in &view.config.pipelines {
        let signal = kind(name.as_str().unwrap_or(""));
        for (index, node) in pipeline.items_of("exporters").enumerate() {
            let exporter = view.config.components("exporters").find(|(id, ..)| node.as_str() == Some(*id));
            let endpoint = exporter.and_then(|(_, _, body)| body.get("endpoint")).and_then(Node::as_str);
            let by_name = |text: &str| KEEPS.iter().find(|(word, _)| host(text).split(['-', '.']).any(|part| part == *word));
            // Nobody else takes OTLP there.
            let by_path = |text: &str| KEEPS.iter().find(|(word, _)| *word == "prometheus" && text.ends_with("/api/v1/otlp"));
            let Some((product, keeps)) = endpoint.and_then(|text| by_name(text).or_else(|| by_path(text))) else {
                continue;
            };
            if *keeps != signal && matches!(signal, "traces" | "metrics" | "logs") {
                found.push(
                    META.finding(node.span, format!("{product} keeps {keeps}, and this pipeline has {signal}"))
                        .path(format!("service.pipelines.{}.exporters[{index}]", name.as_str().unwrap_or("")))
                        .help(format!("use it in a pipeline of {keeps}")),
                );
            }
        }
    }
}

type Report<'r> = dyn FnMut(Level, &Node, String, &str) + 'r;

/// The path of OTLP over HTTP, to which the signal's own is added.
fn path_of(node: &Node, host: &str, port: &str, path: &str, report: &mut Report<'_>) {
    let path = path.trim_end_matches('/');
    if ["/v1/traces", "/v1/metrics", "/v1/logs"].iter().any(|end| path.ends_with(end)) {
        report(
            Level::Warning,
            node,
            "the path of the signal is added to this, and so is there twice".to_owned(),
            "remove `/v1/…`, or use `traces_endpoint` and its kin",
        );
        return;
    }
    let product = BELOW.iter().find(|(word, _)| host.contains(word) || (*word == "loki" && port == "3100"));
    if let Some((word, right)) = product.filter(|(_, right)| !path.ends_with(right)) {
        let help = format!("write `{right}` behind the port");
        report(Level::Warning, node, format!("{word} takes OTLP below `{right}`"), &help);
    } else if product.is_none()
        && let Some(meant) = did_you_mean(path, ["/otlp", "/api/v1/otlp"]).filter(|meant| *meant != path && !path.is_empty())
    {
        report(Level::Warning, node, format!("`{path}` is no path of OTLP"), &format!("did you mean `{meant}`?"));
    }
}

/// gRPC goes over TLS where nothing else is said, and a neighbour container hardly has a certificate.
fn plain_neighbour(body: &Node, (node, scheme, host): (&Node, &str, &str), grpc: bool, report: &mut Report<'_>) {
    let neighbour = !host.contains(['.', ':', '$']) && !host.is_empty() && !is_own(host);
    let container = !host.contains('.') && !host.contains(':') && !host.is_empty() && scheme.is_empty();
    let tls = body.get("tls");
    let set = |key: &str| tls.and_then(|tls| tls.get(key)).is_some();
    let insecure = tls.and_then(|tls| tls.get("insecure"));
    let certain = set("ca_file")
        || set("ca_pem")
        || set("cert_file")
        || set("insecure_skip_verify")
        || set("include_system_ca_certs_pool")
        || set("server_name_override");
    if grpc && container && !certain && insecure.is_none_or(|node| node.as_bool() == Some(false)) {
        let place = insecure.unwrap_or(node);
        report(
            Level::Warning,
            place,
            format!("`{host}` is asked over TLS, with a certificate of a public authority"),
            "set `tls: { insecure: true }`, or name the authority with `ca_file`",
        );
    } else if scheme == "https" && neighbour && !certain {
        let message = format!("no authority certifies a host called `{host}`, so its certificate is refused");
        report(Level::Warning, node, message, "write `http://`, or name the authority with `ca_file`");
    }
}
