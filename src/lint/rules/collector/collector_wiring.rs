//! Parts of a Collector that are joined by name to something that cannot be joined to them.

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::collector::{SECTIONS, kind};
use crate::formats::tables::is_placeholder;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, Section, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::walk;
use crate::source::Node;

rule! {
    /// A connector of the OpenTelemetry Collector routes to a pipeline that there is not, or that does not read from it; or a
    /// component lets itself be vouched for by an extension that vouches for nobody, or only for the other side: the Collector
    /// refuses to start.
    ///
    /// `basicauth` with `htpasswd` looks at who comes in, and belongs to receivers; with `client_auth` it shows who goes out, and
    /// belongs to exporters.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { debug: {} }
    /// connectors: { routing: { table: [{ condition: 'attributes["tenant"] == "a"', pipelines: [traces/tenant] }] } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], exporters: [routing] }
    ///     traces/tenants: { receivers: [routing], exporters: [debug] }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { debug: {} }
    /// connectors: { routing: { table: [{ condition: 'attributes["tenant"] == "a"', pipelines: [traces/tenants] }] } }
    /// service:
    ///   pipelines:
    ///     traces: { receivers: [otlp], exporters: [routing] }
    ///     traces/tenants: { receivers: [routing], exporters: [debug] }
    /// ```
    CollectorWiring, "collector-wiring", Error
}

/// Extensions that vouch for nobody.
const NO_AUTHENTICATORS: &[&str] = &[
    "health_check",
    "healthcheckv2",
    "zpages",
    "pprof",
    "file_storage",
    "db_storage",
    "redis_storage",
    "memory_limiter",
    "opamp",
    "k8s_observer",
    "host_observer",
    "docker_observer",
    "jaegerremotesampling",
];

impl Rule for CollectorWiring {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, _, body) in view.config.components("connectors") {
            let mut report = Section::new(&META, format!("connectors.{id}"), found);
            match kind(id) {
                "routing" => {
                    let tables = body.items_of("table").filter_map(|route| route.get("pipelines"));
                    let named = tables.chain(body.get("default_pipelines")).flat_map(Node::items);
                    named.for_each(|node| pipeline(view, id, node, &mut report));
                    if let Some(table) = body.get("table").filter(|table| table.as_sequence().is_some_and(<[_]>::is_empty)) {
                        report.add(Level::Error, table, "table", "there is no route", "add one, or leave the connector out");
                    }
                    routes(body, &mut report);
                }
                "failover" => {
                    let levels = body.items_of("priority_levels").flat_map(Node::items);
                    levels.for_each(|node| pipeline(view, id, node, &mut report));
                }
                _ => {}
            }
        }
        doubled(view, found);
        for section in SECTIONS {
            let Some(body) = view.config.root.get(section) else { continue };
            walk::mappings(body, &mut |node, path| {
                if let Some((node, id)) = node.get_str("authenticator") {
                    let mut report = Section::new(&META, format!("{section}.{path}"), found);
                    authenticator(view, section, (node, id), &mut report);
                }
            });
        }
    }
}

/// Two exporters of one pipeline that send the same to the same place.
fn doubled(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    let exporters: Vec<(&str, &Node)> = view.config.components("exporters").map(|(id, _, body)| (id, body)).collect();
    let place = |id: &str| {
        let (_, body) = exporters.iter().find(|(name, _)| *name == id)?;
        let endpoint = body.get("endpoint")?.as_str()?.trim_end_matches('/');
        // Another tenant, or another path, is another place.
        let plain = ["headers", "auth", "traces_endpoint", "metrics_endpoint", "logs_endpoint", "namespace", "external_labels"];
        plain.iter().all(|key| body.get(key).is_none()).then(|| (kind(id).to_owned(), endpoint))
    };
    for (name, pipeline) in &view.config.pipelines {
        let named: Vec<(&Node, &str)> = pipeline.items_of("exporters").filter_map(Node::with_str).collect();
        for (at, (node, id)) in named.iter().enumerate() {
            let Some(own) = place(id) else { continue };
            if let Some((other, _)) = named[..at].iter().find(|(_, before)| before != id && place(before).as_ref() == Some(&own)) {
                let message = format!("{} sends to `{}` as well, where all of this then is twice", other.describe(), own.1);
                let path = format!("service.pipelines.{}.exporters", name.as_str().unwrap_or(""));
                found.push(META.finding_at(Level::Warning, node.span, message).path(path).help("remove one, or name another place"));
            }
        }
    }
}

/// A pipeline that a connector names: it has to be there, and to read from it.
fn pipeline(view: &CollectorView<'_>, id: &str, node: &Node, report: &mut Section<'_>) {
    let Some(name) = node.as_str().filter(|name| !is_placeholder(name)) else { return };
    let names = || view.config.pipelines.iter().filter_map(|(name, _)| name.as_str());
    let Some((_, body)) = view.config.pipelines.iter().find(|(other, _)| other.as_str() == Some(name)) else {
        if !view.config.pipelines.is_empty() {
            let help = did_you_mean(name, names())
                .map_or_else(|| "name one of those under `service.pipelines`".to_owned(), |meant| format!("did you mean `{meant}`?"));
            report.add(Level::Error, node, "pipelines", format!("there is no pipeline `{name}`"), &help);
        }
        return;
    };
    let reads = body.items_of("receivers").any(|receiver| receiver.as_str() == Some(id));
    if !reads {
        let message = format!("the pipeline `{name}` does not read from `{id}`");
        report.add(Level::Error, node, "pipelines", message, &format!("add `{id}` to its `receivers`"));
    }
}

/// What is asked of a route: a statement is a call, a condition is none of `route()`.
fn routes(body: &Node, report: &mut Section<'_>) {
    for route in body.items_of("table") {
        let text = |key: &str| route.get_str(key).filter(|(_, text)| !text.is_empty() && !is_placeholder(text));
        if let Some((node, _)) = text("statement").filter(|(_, text)| {
            let name = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            name == 0 || !text[name..].trim_start().starts_with('(')
        }) {
            report.add(Level::Error, node, "table", "a statement calls a function", "write `route() where …`, or name it `condition`");
        }
        if let Some((node, _)) = text("condition").filter(|(_, text)| text.starts_with("route()")) {
            report.add(Level::Error, node, "table", "`route()` is a statement, and no condition", "write what stands behind `where`");
        }
        if let Some(list) = route.get("pipelines").filter(|list| list.as_sequence().is_some_and(<[_]>::is_empty)) {
            report.add(Level::Error, list, "table", "this route leads nowhere", "name a pipeline");
        }
    }
}

/// Who vouches for a component.
fn authenticator(view: &CollectorView<'_>, section: &str, (node, id): (&Node, &str), report: &mut Section<'_>) {
    if NO_AUTHENTICATORS.contains(&kind(id)) {
        report.add(Level::Error, node, "authenticator", format!("the extension `{id}` vouches for nobody"), "name one for authentication");
        return;
    }
    let body = view.config.components("extensions").find(|(other, ..)| *other == id).map(|(.., body)| body);
    let has = |key: &str| body.is_some_and(|body| body.get(key).is_some());
    if !matches!(kind(id), "basicauth" | "basic_auth") {
        return;
    }
    if section == "receivers" && has("client_auth") {
        let message = format!("`{id}` shows who goes out, and does not look at who comes in");
        report.add(Level::Error, node, "authenticator", message, "name one with `htpasswd`");
    } else if section == "exporters" && has("htpasswd") {
        let message = format!("`{id}` looks at who comes in, and does not show who goes out");
        report.add(Level::Error, node, "authenticator", message, "name one with `client_auth`");
    }
}
