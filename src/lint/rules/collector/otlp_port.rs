//! OTLP endpoints whose port belongs to the other protocol.

use crate::diagnostic::{Diagnostic, Fix};
use crate::formats::collector::Collector;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::collector::listener::listening;
use crate::lint::views::{CollectorView, PrometheusView, ViewKind};
use crate::lint::words::hosts::{host, is_own, port};
use crate::source::{Node, Span, Spanned};

rule! {
    /// An OTLP endpoint uses the port of the other protocol: gRPC listens on 4317, HTTP on 4318. The connection is reset,
    /// or everything is lost without a word. The endpoint of Prometheus' own `tracing` is `host:port`, and gRPC unless `client_type` says
    /// `http`.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { otlphttp: { endpoint: "http://tempo:4317" } }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [otlphttp] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { otlphttp: { endpoint: "http://tempo:4318" } }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [otlphttp] } } }
    /// ```
    OtlpPort, "otlp-port", Warning
}

impl Rule for OtlpPort {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(tracing) = view.config.root.get("tracing") else { return };
        let endpoint = tracing.get("endpoint");
        let with_scheme = |node: &&Node| node.as_str().is_some_and(|text| text.starts_with("http://") || text.starts_with("https://"));
        if let Some(node) = endpoint.filter(with_scheme) {
            let diagnostic = META.finding(node.span, format!("{} is no `host:port`, which is all that `tracing` takes", node.describe()));
            found.push(diagnostic.path("tracing.endpoint").help("leave the scheme away; `insecure: true` is for plain connections"));
        } else {
            let grpc = tracing.get("client_type").and_then(Node::as_str) != Some("http");
            judge(endpoint, grpc, "tracing.endpoint", found);
            received(tracing, grpc, context, found);
        }
    }

    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (name, _, body) in view.config.components("exporters") {
            let grpc = match name.split('/').next() {
                Some("otlp" | "otlp_grpc") => true,
                Some("otlphttp" | "otlp_http") => false,
                _ => continue,
            };
            let before = found.len();
            judge(body.get("endpoint"), grpc, &format!("exporters.{name}.endpoint"), found);
            // Where a receiver listens others may rely on; where an exporter sends is this file's own business.
            for diagnostic in &mut found[before..] {
                let port = if grpc { ("4318", "4317") } else { ("4317", "4318") };
                diagnostic.fix = mend(diagnostic.span, context.sources.text(diagnostic.span), port);
            }
        }
        for (name, _, body) in view.config.components("receivers").filter(|(name, ..)| name.split('/').next() == Some("otlp")) {
            for (protocol, grpc) in [("grpc", true), ("http", false)] {
                let endpoint = body.get("protocols").and_then(|p| p.get(protocol)).and_then(|p| p.get("endpoint"));
                judge(endpoint, grpc, &format!("receivers.{name}.protocols.{protocol}.endpoint"), found);
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (protocol, endpoint) in context.world.catalogues.iter().filter_map(|catalogue| catalogue.tracing.as_ref()) {
            if let Some(diagnostic) = finding(&endpoint.value, endpoint.span, protocol.value == "grpc") {
                found.push(diagnostic.path("tracing.endpoint"));
            } else {
                nobody_listens(&protocol.value, endpoint, context, found);
            }
        }
    }
}

/// Traces of Prometheus for the Collector among the inputs, which listens at another port, or without TLS.
fn received(tracing: &Node, grpc: bool, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut collectors = context.views.iter().filter_map(|view| match &view.kind {
        ViewKind::Collector(config) if view.complete => Some(config),
        _ => None,
    });
    let (Some(config), None) = (collectors.next(), collectors.next()) else { return };
    let Some((node, text)) = tracing.get_str("endpoint").filter(|(_, text)| !text.contains(['$', '{'])) else { return };
    let is_collector = ["collector", "otelcol", "otel-"].iter().any(|word| host(text).contains(word));
    let (protocol, default) = if grpc { ("grpc", "4317") } else { ("http", "4318") };
    if !is_collector || port(text).is_empty() {
        return;
    }
    let receivers = config.components("receivers").filter(|(name, ..)| name.split('/').next() == Some("otlp"));
    let servers: Vec<&Node> = receivers.filter_map(|(_, _, body)| body.at(["protocols", protocol])).collect();
    let at = |server: &Node| server.get("endpoint").and_then(Node::as_str).map_or(default.to_owned(), |text| port(text).to_owned());
    if servers.is_empty() || servers.iter().any(|server| at(server).is_empty() || at(server).contains(['$', '}'])) {
        return;
    }
    match servers.iter().find(|server| at(server) == port(text)) {
        None => {
            let message = format!("no receiver of the Collector takes {protocol} at port {}", port(text));
            let finding = META.finding(node.span, message).path("tracing.endpoint").related(servers[0].span, "where it listens");
            found.push(finding.help(format!("use port {}", at(servers[0]))));
        }
        Some(server) if server.get("tls").is_none() && tracing.get("insecure").and_then(Node::as_bool) != Some(true) => {
            let finding = META.finding(node.span, "the Collector listens there without TLS, and Prometheus speaks with it");
            found.push(finding.path("tracing").related(server.span, "where it listens").help("set `insecure: true`"));
        }
        Some(_) => {}
    }
}

/// An endpoint of this machine, or of the Collector by name, at which its receiver does not listen.
fn nobody_listens(protocol: &str, endpoint: &Spanned<String>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut collectors = context.views.iter().filter_map(|view| match &view.kind {
        ViewKind::Collector(config) if view.complete => Some(config),
        _ => None,
    });
    let (Some(config), None) = (collectors.next(), collectors.next()) else { return };
    let (asked, key) = (host(&endpoint.value), if protocol == "grpc" { "grpc" } else { "http" });
    let port = |text: &str| {
        let authority = text.split_once("://").map_or(text, |(_, rest)| rest).split('/').next().unwrap_or("");
        authority.rsplit_once(':').map(|(_, port)| port.to_owned())
    };
    let Some(wanted) = port(&endpoint.value).filter(|_| is_own(asked) || asked.contains("collector") || is_scraped(asked, config, context))
    else {
        return;
    };
    let mut place = None;
    for (_, name, body) in config.components("receivers").filter(|(name, ..)| name.split('/').next() == Some("otlp")) {
        let Some(protocols) = body.get("protocols") else { return };
        let Some((_, own)) = protocols.entry(key) else {
            place = place.or(Some(name));
            continue;
        };
        let default = if key == "grpc" { "4317" } else { "4318" };
        let listens = own.get("endpoint");
        let at = listens.and_then(Node::as_str).map_or_else(|| Some(default.to_owned()), port);
        if at.as_ref().is_some_and(|at| *at == wanted) {
            taken_otherwise(key, own, endpoint, found);
        }
        if at.is_none_or(|at| at == wanted || at.contains('$')) {
            return;
        }
        place = listens.or(Some(name));
    }
    let Some(place) = place else { return };
    let message = format!("the service sends its traces to `{}`, and no receiver listens there", endpoint.value);
    let finding = META.finding(place.span, message.clone()).path("receivers").related(endpoint.span, "the manifest");
    found.push(finding.help(format!("listen at port {wanted} for {key}")));
    let finding = META.finding(endpoint.span, message).path("tracing.endpoint").related(place.span, "the Collector");
    found.push(finding.help("send where the Collector listens"));
}

/// Whether a host is the one that Prometheus scrapes where the Collector serves metrics. Of several one may have another configuration.
fn is_scraped(asked: &str, config: &Collector<'_>, context: &Context<'_>) -> bool {
    let served = listening(config);
    let is_served = |target: &&str| served.iter().any(|one| one.metrics && one.port == port(target));
    let jobs = context.world.prometheus.iter().flat_map(|config| &config.jobs).filter(|job| job.metrics_path() != "/probe");
    let targets = jobs.flat_map(|job| &job.targets.addresses).filter_map(|node| node.as_str());
    let mut hosts = targets.filter(is_served).map(host).peekable();
    !asked.is_empty() && hosts.peek().is_some() && hosts.all(|host| host == asked)
}

/// What a receiver asks of those that send to it, and the service does not do: TLS, another path, requests of no size.
fn taken_otherwise(protocol: &str, server: &Node, endpoint: &Spanned<String>, found: &mut Vec<Diagnostic>) {
    let mut report = |node: &Node, message: &str, help: &str| {
        found.push(META.finding(node.span, message).path("receivers").related(endpoint.span, "where the service sends").help(help));
    };
    let certified = server.get("tls").filter(|tls| ["cert_file", "cert_pem"].iter().any(|key| tls.get(key).is_some()));
    if let Some(tls) = certified.filter(|_| endpoint.value.starts_with("http://")) {
        report(tls, "the service sends in the clear, and this takes TLS alone", "send to `https://`, or take it in the clear");
    }
    if protocol != "http" {
        return;
    }
    if let Some((path, _)) = server.get_str("traces_url_path").filter(|(_, text)| *text != "/v1/traces" && !endpoint.value.ends_with(*text))
    {
        report(path, "a service sends its traces to `/v1/traces`, whatever the Collector listens at", "leave it out");
    }
    if let Some(size) = server.get("max_request_body_size").filter(|size| size.as_i64().is_some_and(|bytes| (1..1024).contains(&bytes))) {
        report(size, "no request of traces is as small, and all are refused", "leave it out: the default is 20 MiB");
    }
}

fn judge(endpoint: Option<&Node>, grpc: bool, path: &str, found: &mut Vec<Diagnostic>) {
    let Some((node, text)) = endpoint.and_then(Node::with_str) else { return };
    found.extend(finding(text, node.span, grpc).map(|diagnostic| diagnostic.path(path)));
}

fn finding(endpoint: &str, span: Span, grpc: bool) -> Option<Diagnostic> {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let port = authority.split('/').next()?.rsplit_once(':')?.1;
    let (protocol, wrong, right) = if grpc { ("gRPC", "4318", "4317") } else { ("HTTP", "4317", "4318") };
    (port == wrong).then(|| {
        META.finding(span, format!("OTLP over {protocol} goes to port {right}, and {wrong} is the other protocol's"))
            .help(format!("use port {right}, or the other protocol"))
    })
}

/// Puts the right port in place of the wrong one, where it is written once.
fn mend(span: Span, written: &str, (wrong, right): (&str, &str)) -> Option<Fix> {
    let wrong = format!(":{wrong}");
    let at = written.find(&wrong).filter(|_| written.matches(&wrong).count() == 1)? + 1;
    let start = span.range().start + at;
    Some(Fix { span: Span::new(span.source, start..start + right.len()), replacement: right.to_owned() })
}
