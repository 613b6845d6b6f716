//! OTLP endpoints whose port belongs to the other protocol.

use crate::diagnostic::{Diagnostic, Fix};
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::source::{Node, Span};

rule! {
    /// An OTLP endpoint uses the port of the other protocol: gRPC listens on 4317, HTTP on 4318. The connection is reset,
    /// or everything is lost without a word.
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
            }
        }
    }
}

fn judge(endpoint: Option<&Node>, grpc: bool, path: &str, found: &mut Vec<Diagnostic>) {
    let Some((node, text)) = endpoint.and_then(|node| Some((node, node.as_str()?))) else { return };
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
