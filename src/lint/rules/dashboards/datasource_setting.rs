//! Provisioned data sources that Grafana refuses or cannot reach.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::provisioning::Datasource;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::lint::words::hosts::{self, host};
use crate::promql::duration::parse_duration;
use crate::source::Node;

rule! {
    /// A provisioned data source cannot work: two of them have one name or one uid, more than one is the default, its URL has no
    /// scheme or leads to another program's port, or its method or interval is none that Grafana takes.
    ///
    /// ```yaml fires
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "prometheus:9090" }]
    /// ```
    /// ```yaml silent
    /// # file: datasources.yml
    /// apiVersion: 1
    /// datasources: [{ name: Prometheus, uid: prometheus, type: prometheus, url: "http://prometheus:9090" }]
    /// ```
    DatasourceSetting, "datasource-setting", Warning up to Error
}

/// Ports of other programs than the data source's.
const OTHER: &[(&str, &str)] = &[("9093", "Alertmanager"), ("9115", "the blackbox exporter"), ("4317", "OTLP"), ("4318", "OTLP")];

impl Rule for DatasourceSetting {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views {
            let ViewKind::Datasources(list) = &view.kind else { continue };
            let mut seen: Vec<&Node> = Vec::new();
            for (index, source) in list.iter().enumerate() {
                let mut report = |level: Level, node: &Node, key: &str, message: String, help: &str| {
                    found.push(META.finding_at(level, node.span, message).path(format!("datasources[{index}].{key}")).help(help));
                };
                let same = |key: &str| {
                    let value = source.node.get(key)?;
                    let organization = |node: &Node| node.get("orgId").and_then(Node::as_str).map(str::to_owned);
                    let mut others = seen.iter().filter(|other| organization(other) == organization(source.node));
                    others.any(|other| other.get(key).and_then(Node::as_str) == value.as_str()).then_some(value)
                };
                for key in ["name", "uid"] {
                    if let Some(node) = same(key) {
                        report(
                            Level::Error,
                            node,
                            key,
                            format!("two data sources have the {key} {}", node.describe()),
                            "give each its own",
                        );
                    }
                }
                let default = |node: &Node| node.get("isDefault").and_then(Node::as_bool) == Some(true);
                let other = seen.iter().any(|other| default(other) && other.get("orgId").is_none());
                if let Some(node) =
                    source.node.get("isDefault").filter(|_| default(source.node) && source.node.get("orgId").is_none() && other)
                {
                    report(Level::Error, node, "isDefault", "two data sources are the default".to_owned(), "keep one");
                }
                seen.push(source.node);
                let url = source.node.get_str("url");
                if let Some((node, text)) = url.filter(|(_, text)| !text.is_empty() && !text.contains('$')) {
                    let port =
                        text.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once(':')).map_or("", |(_, port)| port);
                    if source.kind == "prometheus" && !text.contains("://") {
                        report(Level::Warning, node, "url", format!("{} has no scheme", node.describe()), "write it as `http://host:port`");
                    } else if let Some((_, what)) =
                        OTHER.iter().find(|(other, _)| *other == port && matches!(source.kind, "prometheus" | "tempo" | "loki"))
                    {
                        report(
                            Level::Warning,
                            node,
                            "url",
                            format!("port {port} is {what}, and answers no queries"),
                            "name the port of its queries",
                        );
                    }
                }
                asked(source, context, &mut report);
                followed(source, list, &mut report);
                if let Some((node, host)) = url.and_then(|(node, text)| Some((node, unverifiable(text)?))).filter(|_| !trusts(source.node))
                {
                    report(
                        Level::Warning,
                        node,
                        "url",
                        format!("no authority certifies a host called `{host}`, so Grafana refuses its certificate"),
                        "write `http://`, or name the authority with `tlsAuthWithCACert`",
                    );
                }
                let data = source.node.get("jsonData").filter(|_| source.kind == "prometheus");
                let method = data.and_then(|data| data.get("httpMethod"));
                if let Some(node) =
                    method.filter(|node| !node.as_str().is_some_and(|text| matches!(text, "GET" | "POST" | "") || text.contains('$')))
                {
                    report(
                        Level::Warning,
                        node,
                        "jsonData.httpMethod",
                        format!("Prometheus is not asked by {}", node.describe()),
                        "use `POST`",
                    );
                }
                let interval = data.and_then(|data| data.get("timeInterval"));
                if let Some(node) = interval.filter(|node| {
                    node.as_str().is_some_and(|text| !text.is_empty() && !text.contains('$') && parse_duration(text).is_err())
                }) {
                    report(
                        Level::Warning,
                        node,
                        "jsonData.timeInterval",
                        format!("{} is no duration", node.describe()),
                        "write it as `15s`",
                    );
                }
            }
        }
    }
}

/// Where a manifest has a program whose host is the same and whose port is another.
fn elsewhere<'a>(kind: &str, url: &str, context: &Context<'a>) -> Option<&'a Node> {
    let mut declared = context.manifests().filter_map(|view| match kind {
        "loki" => view.root.get("stack")?.get("loki")?.get("address"),
        "prometheus" => view.root.get("stack")?.get("prometheus")?.get("url"),
        _ => None,
    });
    declared.find(|node| {
        node.as_str().is_some_and(|other| {
            let (own, other_port) = (hosts::port(url), hosts::port(other));
            host(other) == host(url) && !own.is_empty() && !other_port.is_empty() && own != other_port
        })
    })
}

type Report<'r> = dyn FnMut(Level, &Node, &str, String, &str) + 'r;

/// How a data source is asked: where, by whom, as whom.
fn asked(source: &Datasource<'_>, context: &Context<'_>, report: &mut Report<'_>) {
    let url = source.node.get_str("url");
    if let Some((node, (path, what))) = url.and_then(|(node, text)| Some((node, own_path(source.kind, text)?))) {
        let message = format!("Grafana puts the path of a query behind this, and `{path}` {what}");
        report(Level::Warning, node, "url", message, "write the address without it");
    }
    if let Some((node, declared)) = url.and_then(|(node, text)| Some((node, elsewhere(source.kind, text, context)?))) {
        let message = format!("the manifest has it at {}", declared.describe());
        report(Level::Warning, node, "url", message, "write that port");
    }
    let access = source.node.get("access").filter(|node| node.as_str() == Some("direct"));
    if let Some(node) = access.filter(|_| matches!(source.kind, "prometheus" | "loki")) {
        let message = "browsers ask these no longer themselves, and Grafana shows an error".to_owned();
        report(Level::Warning, node, "access", message, "use `proxy`");
    }
    let user = source.node.get("basicAuthUser").is_some_and(|node| node.as_str() != Some(""));
    if let Some((key, _)) = source.node.entry("basicAuth").filter(|(_, on)| on.as_bool() == Some(true) && !user) {
        report(Level::Warning, key, "basicAuth", "there is no user to log in as".to_owned(), "add `basicAuthUser:`");
    }
}

/// A path in an address that Grafana adds itself, or that takes what it does not ask.
fn own_path<'t>(kind: &str, url: &'t str) -> Option<(&'t str, &'static str)> {
    let rest = url.split_once("://")?.1;
    let path = rest.find('/').map_or("", |at| &rest[at..]).trim_end_matches('/');
    let ends = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
    match kind {
        "prometheus" if ends(&["/api/v1/query", "/api/v1/query_range", "/api/v1"]) => Some((path, "is there twice then")),
        "prometheus" if ends(&["/api/v1/write", "/api/v1/push"]) => Some((path, "takes samples, and answers no queries")),
        "loki" if ends(&["/loki/api/v1/query", "/loki/api/v1/query_range", "/loki/api/v1", "/loki"]) => Some((path, "is there twice then")),
        "loki" if ends(&["/loki/api/v1/push"]) => Some((path, "takes lines, and answers no queries")),
        _ => None,
    }
}

/// Data sources of traces.
const TRACES: &[&str] = &["tempo", "jaeger", "zipkin", "grafana-x-ray-datasource", "googlecloud-trace-datasource"];
/// Data sources of lines.
const LOGS: &[&str] = &[
    "loki",
    "elasticsearch",
    "grafana-splunk-datasource",
    "grafana-opensearch-datasource",
    "grafana-falconlogscale-datasource",
    "googlecloud-logging-datasource",
    "victoriametrics-logs-datasource",
];
/// Data sources of metrics.
const METRICS: &[&str] = &["prometheus", "victoriametrics-metrics-datasource", "grafana-amazonprometheus-datasource"];

/// Other data sources that one leads to, and what it takes out of lines to get there.
fn followed(source: &Datasource<'_>, all: &[Datasource<'_>], report: &mut Report<'_>) {
    let Some(data) = source.node.get("jsonData") else { return };
    let kind = |uid: &str| all.iter().find(|other| other.uid == Some(uid)).map(|other| other.kind);
    let mut leads = |node: Option<&Node>, key: &str, kinds: &[&str]| {
        let uid = node.and_then(|node| node.get("datasourceUid")).and_then(Node::with_str);
        if let Some((node, kind)) = uid.and_then(|(node, uid)| Some((node, kind(uid)?))).filter(|(_, kind)| !kinds.contains(kind)) {
            let message = format!("{} is a data source of type `{kind}`, and one of {} belongs here", node.describe(), kinds.join(", "));
            report(Level::Warning, node, &format!("jsonData.{key}"), message, "name another");
        }
    };
    for exemplar in data.items_of("exemplarTraceIdDestinations") {
        leads(Some(exemplar), "exemplarTraceIdDestinations", TRACES);
    }
    for key in ["tracesToLogs", "tracesToLogsV2"] {
        leads(data.get(key), key, LOGS);
    }
    for key in ["tracesToMetrics", "serviceMap"] {
        leads(data.get(key), key, METRICS);
    }
    for field in data.items_of("derivedFields") {
        if data.get("derivedFields").is_some() && source.kind != "loki" {
            continue;
        }
        leads(Some(field), "derivedFields", TRACES);
    }
    for exemplar in data.items_of("exemplarTraceIdDestinations") {
        if exemplar.get("name").is_none() && exemplar.as_mapping().is_some() {
            let message = "the label of an exemplar that holds the trace is not named".to_owned();
            report(Level::Warning, exemplar, "jsonData.exemplarTraceIdDestinations", message, "add `name: trace_id`");
        }
    }
    for field in data.items_of("derivedFields").filter(|_| source.kind == "loki") {
        let of_label = field.get("matcherType").and_then(Node::as_str) == Some("label");
        let pattern = field.get_str("matcherRegex").filter(|_| !of_label);
        if let Some((node, text)) = pattern {
            let escaped = text.replace("\\(", "").replace("\\)", "");
            let wrong = escaped.matches('(').count() != escaped.matches(')').count() && !escaped.contains('[');
            if wrong {
                report(Level::Error, node, "jsonData.derivedFields", format!("{} is no regular expression", node.describe()), "correct it");
            } else if !escaped.contains('(') {
                let message = format!("{} has no group, so nothing is taken out of a line", node.describe());
                report(Level::Warning, node, "jsonData.derivedFields", message, "take it in parentheses, as in `trace_id=(\\w+)`");
            }
        }
        let url = field.get_str("url");
        if let Some((node, _)) = url.filter(|(_, text)| text.replace("$${", "").contains("${__")) {
            let message = "a dollar in a provisioned file stands for an environment variable, so nothing is left of this".to_owned();
            report(Level::Warning, node, "jsonData.derivedFields", message, "write `$${__value.raw}`");
        }
    }
}

/// The host of an address with TLS whose name is none of the public DNS.
fn unverifiable(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://").map(host)?;
    (!host.is_empty() && !host.contains(['.', ':', '$'])).then_some(host)
}

/// Whether a data source says how certificates are verified, if at all.
fn trusts(source: &Node) -> bool {
    let data = source.get("jsonData");
    ["tlsSkipVerify", "tlsAuthWithCACert", "tlsAuth"].iter().any(|key| data.is_some_and(|data| data.get(key).is_some()))
}
