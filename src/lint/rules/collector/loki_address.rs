//! Addresses of Loki that take no lines.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::logs::{Component, Shipper};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::collector::listener::is_slip;
use crate::lint::shipping;
use crate::source::Node;

rule! {
    /// A log shipper sends to an address at which Loki takes no lines: at another port or path than that of its push API, without a
    /// scheme, or with a path where the shipper adds that itself. Every line is refused.
    ///
    /// Alloy's `loki.write` is told the whole URL, `http://loki:3100/loki/api/v1/push`; Vector's `loki` sink only `http://loki:3100`;
    /// Fluent Bit's `loki` output a host and a port.
    ///
    /// ```alloy fires
    /// # file: logs.alloy
    /// loki.source.journal "lines" {
    ///     forward_to = [loki.write.default.receiver]
    /// }
    /// loki.write "default" {
    ///     endpoint {
    ///         url = "http://loki:3100/api/v1/push"
    ///     }
    /// }
    /// ```
    /// ```alloy silent
    /// # file: logs.alloy
    /// loki.source.journal "lines" {
    ///     forward_to = [loki.write.default.receiver]
    /// }
    /// loki.write "default" {
    ///     endpoint {
    ///         url = "http://loki:3100/loki/api/v1/push"
    ///     }
    /// }
    /// ```
    LokiAddress, "loki-address", Warning up to Error
}

/// The path at which Loki takes lines.
const PUSH: &str = "/loki/api/v1/push";

/// Ports of others, and whose they are.
const OTHERS: &[(&str, &str)] = &[
    ("9090", "Prometheus"),
    ("9093", "Alertmanager"),
    ("3000", "Grafana"),
    ("3200", "Tempo"),
    ("4317", "OTLP"),
    ("4318", "OTLP"),
    ("9095", "Loki\'s gRPC"),
];

impl Rule for LokiAddress {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (_, pipeline) in shipping::pipelines(context) {
            for component in &pipeline.components {
                match (pipeline.shipper, component.kind) {
                    (Shipper::Alloy, "loki.write") => {
                        let endpoints = component.body.entries().filter(|(name, ..)| *name == "endpoint");
                        endpoints.filter_map(|(_, _, body)| body.get("url")).for_each(|url| whole(component, url, found));
                    }
                    (Shipper::Vector, "loki") => {
                        if let Some(node) = component.body.get("endpoint") {
                            base(component, node, found);
                        }
                    }
                    (Shipper::FluentBit, "loki") => parts(component, found),
                    _ => {}
                }
            }
        }
    }
}

/// A string that is written out.
fn written(node: &Node) -> Option<&str> {
    use crate::source::node::Style;
    let scalar = node.as_scalar()?;
    let text = scalar.text();
    let is_expression = scalar.style == Style::Plain && text.contains('(');
    (!is_expression && !text.contains('$') && !text.contains("{{")).then_some(text)
}

fn report(component: &Component<'_>, node: &Node, key: &str, (level, message): (Level, String), help: &str) -> Diagnostic {
    META.finding_at(level, node.span, message).path(format!("{}.{key}", component.path)).help(help)
}

/// The port of an authority, where one is written.
fn port(authority: &str) -> &str {
    authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or("", |(_, port)| port)
}

/// What is wrong with a port.
fn wrong_port(port: &str) -> Option<String> {
    if let Some((_, whose)) = OTHERS.iter().find(|(other, _)| *other == port) {
        return Some(format!("port {port} is that of {whose}, and takes no lines of logs"));
    }
    is_slip(port, "3100").then(|| format!("port {port} is nearly 3100, at which Loki listens"))
}

fn whole(component: &Component<'_>, node: &Node, found: &mut Vec<Diagnostic>) {
    let Some(text) = written(node) else { return };
    let mut add = |level, message: String, help: &str| found.push(report(component, node, "endpoint.url", (level, message), help));
    let Some((_, rest)) = text.split_once("://") else {
        add(Level::Error, format!("{} has no scheme", node.describe()), "write it as `http://loki:3100/loki/api/v1/push`");
        return;
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if let Some(message) = wrong_port(port(authority)) {
        add(Level::Warning, message, "use the port of Loki, 3100 where nothing else is set");
    }
    // Behind a gateway the path may have something before it.
    if path == "/otlp" || !path.ends_with(PUSH) && !path.ends_with("/api/prom/push") {
        add(Level::Warning, format!("Loki takes lines at `{PUSH}`, and this is `{path}`"), "end the URL with `/loki/api/v1/push`");
    }
}

fn base(component: &Component<'_>, node: &Node, found: &mut Vec<Diagnostic>) {
    let Some(text) = written(node) else { return };
    let mut add = |level, message: String, help: &str| found.push(report(component, node, "endpoint", (level, message), help));
    let Some((_, rest)) = text.split_once("://") else {
        add(Level::Error, format!("{} has no scheme", node.describe()), "write it as `http://loki:3100`");
        return;
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if let Some(message) = wrong_port(port(authority)) {
        add(Level::Warning, message, "use the port of Loki, 3100 where nothing else is set");
    }
    if path.contains("/api/") {
        add(Level::Warning, "Vector adds the path of the push API to this, and so it is there twice".to_owned(), "end it behind the port");
    }
}

fn parts(component: &Component<'_>, found: &mut Vec<Diagnostic>) {
    let setting = |name: &str| component.body.entries().find(|(key, ..)| key.eq_ignore_ascii_case(name)).map(|(_, _, node)| node);
    if let Some((node, text)) = setting("host").and_then(|node| Some((node, written(node)?)))
        && (text.contains("://") || text.contains('/') || text.contains(':'))
    {
        let message = format!("{} is no host: the port and the path have keys of their own", node.describe());
        found.push(report(component, node, "host", (Level::Error, message), "write `host: loki` and `port: 3100`"));
    }
    if let Some((node, message)) = setting("port").and_then(|node| Some((node, wrong_port(written(node)?)?))) {
        found.push(report(component, node, "port", (Level::Warning, message), "use the port of Loki, 3100 where nothing else is set"));
    }
    if let Some(node) = setting("uri").filter(|node| written(node).is_some_and(|text| !text.ends_with(PUSH))) {
        let message = format!("Loki takes lines at `{PUSH}`, and this is {}", node.describe());
        found.push(report(component, node, "uri", (Level::Warning, message), "leave `uri` out"));
    }
}
