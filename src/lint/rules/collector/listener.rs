//! Where a Collector listens: addresses that are none, that clash, or that nobody reaches.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::collector::{Collector, kind};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::hosts::is_own;
use crate::source::Node;

rule! {
    /// Two components of the OpenTelemetry Collector listen at one port, and the second fails to start; an address to listen at is
    /// no host with a port; or one listens at the loopback alone while all others can be reached from outside.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4317" } } } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4318" } } } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [debug] } } }
    /// ```
    Listener, "listener", Error
}

/// An address that a Collector listens at.
pub(in crate::lint) struct Listening<'a> {
    /// Where that is written: the address, or the component.
    pub(in crate::lint) node: &'a Node,
    /// The path of the component.
    pub(in crate::lint) path: String,
    /// The host; "" for all, or where it is not written.
    pub(in crate::lint) host: &'a str,
    /// The port.
    pub(in crate::lint) port: &'a str,
    /// Whether Prometheus can read metrics there.
    pub(in crate::lint) metrics: bool,
    udp: bool,
}

/// Components that listen, with the port where nothing is written.
const DEFAULTS: &[(&str, &str, &str)] = &[
    ("receivers", "zipkin", "9411"),
    ("receivers", "statsd", "8125"),
    ("receivers", "carbon", "2003"),
    ("receivers", "opencensus", "55678"),
    ("receivers", "influxdb", "8086"),
    ("receivers", "loki", ""),
    ("receivers", "splunk_hec", "8088"),
    ("receivers", "fluentforward", ""),
    ("exporters", "prometheus", ""),
    ("extensions", "health_check", "13133"),
    ("extensions", "pprof", "1777"),
    ("extensions", "zpages", "55679"),
];

/// Every address that a Collector listens at, of components that are started.
pub(in crate::lint) fn listening<'a>(config: &Collector<'a>) -> Vec<Listening<'a>> {
    let mut all = Vec::new();
    for (id, _, body) in config.components("receivers") {
        let ports: &[(&str, &str, bool)] = match kind(id) {
            "otlp" => &[("grpc", "4317", false), ("http", "4318", false)],
            "jaeger" => &[
                ("grpc", "14250", false),
                ("thrift_http", "14268", false),
                ("thrift_compact", "6831", true),
                ("thrift_binary", "6832", true),
            ],
            _ => continue,
        };
        for (protocol, default, udp) in ports {
            let Some((name, body)) = body.get("protocols").and_then(|protocols| protocols.entry(protocol)) else { continue };
            let path = format!("receivers.{id}.protocols.{protocol}.endpoint");
            all.extend(address(if body.is_null() { name } else { body.get("endpoint").unwrap_or(name) }, default, path, *udp));
        }
    }
    for (id, _, body) in config.components("receivers") {
        let own = match kind(id) {
            "tcplog" | "udplog" => Some((body, kind(id) == "udplog")),
            "syslog" => ["tcp", "udp"].iter().find_map(|way| Some((body.get(way)?, *way == "udp"))),
            _ => None,
        };
        if let Some((node, udp)) = own.and_then(|(own, udp)| Some((own.get("listen_address")?, udp))) {
            all.extend(address(node, "", format!("receivers.{id}.listen_address"), udp));
        }
    }
    for (section, name, default) in DEFAULTS {
        for (id, key, body) in config.components(section).filter(|(id, ..)| kind(id) == *name) {
            let path = format!("{section}.{id}.endpoint");
            let mut found = address(body.get("endpoint").unwrap_or(key), default, path, *name == "statsd");
            if let Some(listening) = &mut found {
                listening.metrics = *name == "prometheus";
            }
            all.extend(found);
        }
    }
    let metrics = config.root.get("service").and_then(|service| service.get("telemetry")?.get("metrics"));
    if let Some(node) = metrics.and_then(|metrics| metrics.get("address")) {
        all.extend(
            address(node, "8888", "service.telemetry.metrics.address".to_owned(), false)
                .map(|listening| Listening { metrics: true, ..listening }),
        );
    }
    let readers = metrics.and_then(|metrics| metrics.get("readers")).into_iter().flat_map(Node::items);
    for exporter in readers.filter_map(|reader| reader.get("pull")?.get("exporter")?.get("prometheus")) {
        if let Some((node, port)) = exporter.get_str("port") {
            let host = exporter.get("host").and_then(Node::as_str).unwrap_or("");
            all.push(Listening { node, path: "service.telemetry.metrics.readers".to_owned(), host, port, metrics: true, udp: false });
        }
    }
    all
}

fn address<'a>(node: &'a Node, default: &'static str, path: String, udp: bool) -> Option<Listening<'a>> {
    let text = node.as_str().unwrap_or("");
    // The name of a component has no colon; then the default counts.
    let (host, port) = text.rsplit_once(':').unwrap_or(("", default));
    // A host may come from the environment while the port is written.
    let is_known = !text.contains('$') || port.bytes().all(|byte| byte.is_ascii_digit());
    (!port.is_empty() && is_known).then_some(Listening { node, path, host, port, metrics: false, udp })
}

impl Rule for Listener {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let all = listening(view.config);
        let everywhere = all
            .iter()
            .filter(|one| matches!(one.host, "" | "0.0.0.0" | "[::]") && one.node.as_str().is_some_and(|text| text.contains(':')))
            .count();
        for (index, one) in all.iter().enumerate() {
            let mut report = |level: Level, message: String, help: &str| {
                found.push(META.finding_at(level, one.node.span, message).path(one.path.clone()).help(help));
            };
            let text = one.node.as_str().unwrap_or("");
            if text.contains('/') && !text.contains('$') {
                report(Level::Error, format!("{} is no address to listen at", one.node.describe()), "write it as `0.0.0.0:4317`");
                continue;
            }
            if one.port.parse::<u16>().ok().is_none_or(|port| port == 0) {
                report(Level::Error, format!("`{}` is no port", one.port), "write 1 to 65535");
                continue;
            }
            if is_own(one.host) && everywhere >= 2 && !one.path.starts_with("extensions") {
                report(
                    Level::Warning,
                    format!("{} is reached from this machine or container only", one.node.describe()),
                    "listen at `0.0.0.0`, as the others do",
                );
            } else if !matches!(one.host, "" | "localhost" | "otel-collector" | "otelcol" | "collector" | "otel")
                && one.host.bytes().any(|byte| byte.is_ascii_alphabetic())
                && !one.host.contains([':', '$'])
                && text.contains(':')
            {
                report(
                    Level::Warning,
                    format!("`{}` is a name, and what listens binds an address of its own", one.host),
                    "listen at `0.0.0.0`",
                );
            }
            let standard = ["4317", "4318"].into_iter().find(|standard| one.path.contains(".otlp") && is_slip(one.port, standard));
            if let Some(standard) = standard {
                report(
                    Level::Warning,
                    format!("port {} is nearly {standard}, where others send OTLP", one.port),
                    &format!("did you mean {standard}?"),
                );
            }
            let other = all[..index].iter().find(|other| other.port == one.port && other.udp == one.udp && overlap(other.host, one.host));
            if let Some(other) = other {
                found.push(
                    META.finding(one.node.span, format!("port {} is taken already", one.port))
                        .path(one.path.clone())
                        .related(other.node.span, "here")
                        .help("give each its own port"),
                );
            }
        }
        for (id, key, body) in view.config.components("receivers").filter(|(id, ..)| kind(id) == "otlp") {
            if body.get("protocols").is_some_and(|protocols| protocols.entries().next().is_none()) {
                found.push(
                    META.finding(key.span, "no protocol is switched on")
                        .path(format!("receivers.{id}.protocols"))
                        .help("add `grpc:` or `http:`"),
                );
            }
        }
        unwritten(view, found);
    }
}

/// Endpoints that lack a port.
fn unwritten(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    for (id, _, body) in view.config.components("receivers").chain(view.config.components("extensions")) {
        let protocols = body.entries_of("protocols").map(|(_, _, protocol)| protocol);
        for endpoint in protocols.chain([body]).filter_map(|node| node.get("endpoint")) {
            let listens = kind(id) == "otlp" || DEFAULTS.iter().any(|(_, name, _)| *name == kind(id));
            if listens && endpoint.as_str().is_some_and(|text| !text.contains(':') && !text.contains('$') && !text.is_empty()) {
                found.push(
                    META.finding(endpoint.span, format!("{} has no port", endpoint.describe()))
                        .path(format!("{id}.endpoint"))
                        .help("write it as `0.0.0.0:4317`"),
                );
            }
        }
    }
}

/// Whether a port is a well-known one with a digit too many, too few or swapped.
pub(super) fn is_slip(port: &str, standard: &str) -> bool {
    let mut letters = [port.as_bytes().to_vec(), standard.as_bytes().to_vec()];
    for letters in &mut letters {
        letters.sort_unstable();
    }
    let swapped = letters[0] == letters[1];
    port != standard && (port.len() != standard.len() || swapped) && strsim::damerau_levenshtein(port, standard) == 1
}

fn overlap(one: &str, other: &str) -> bool {
    let all = |host: &str| matches!(host, "" | "0.0.0.0" | "[::]");
    one == other || all(one) || all(other) || (is_own(one) && is_own(other))
}
