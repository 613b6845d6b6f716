//! Components that no pipeline uses, and extensions that are not started.

use foldhash::HashSet;

use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::formats::collector::{SECTIONS, kind};
use crate::formats::logs::Shipper;
use crate::formats::tables::logs::Role;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::shipping;
use crate::lint::views::CollectorView;
use crate::lint::words::walk;
use crate::source::Node;

rule! {
    /// A component of the OpenTelemetry Collector is configured, and no pipeline uses it: it does nothing. An extension that is not
    /// listed under `service.extensions` is not started; one that is listed, or that a component names for its authentication or
    /// storage, has to be configured, or the Collector does not start.
    ///
    /// Of log shippers: nobody reads what a component of Grafana Alloy, Vector or Fluent Bit gives, or nothing is sent to it.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } }, hostmetrics: { scrapers: { cpu: {} } } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], exporters: [debug] } } }
    /// ```
    UnusedComponent, "unused-component", Warning up to Error
}

impl Rule for UnusedComponent {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        if !view.view.complete {
            return;
        }
        let of_list = |list| config.pipelines.iter().flat_map(move |(_, pipeline)| names(pipeline, list).map(move |name| (list, name)));
        let in_use: HashSet<(&str, &str)> = ["receivers", "processors", "exporters"].into_iter().flat_map(of_list).collect();
        let used = |list: &'static str, id| in_use.contains(&(list, id));
        for section in ["receivers", "processors", "exporters", "connectors"] {
            for (id, key, _) in config.components(section) {
                let is_used = match section {
                    "connectors" => used("exporters", id) || used("receivers", id),
                    _ => used(section, id),
                };
                if !is_used {
                    found.push(
                        META.finding(key.span, format!("no pipeline uses `{id}`, so it does nothing"))
                            .path(format!("{section}.{id}"))
                            .help("use it in a pipeline under `service.pipelines`, or remove it"),
                    );
                }
            }
        }
        extensions(view, found);
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for shipping in shipping::all(context).iter().filter(|shipping| shipping.closed) {
            let (from, to): (HashSet<usize>, HashSet<usize>) = shipping.edges.iter().copied().unzip();
            for (at, component) in shipping.components.iter().enumerate() {
                let (gives, takes) = (from.contains(&at), to.contains(&at));
                // A filter of Fluent Bit changes lines on their way, and sends them nowhere.
                let must_give =
                    component.role == Role::Source || (component.role == Role::Transform && shipping.shipper != Shipper::FluentBit);
                let message = if must_give && !gives {
                    format!("nobody reads what `{}` gives", component.id)
                } else if matches!(component.role, Role::Transform | Role::Sink) && !takes {
                    format!("nothing is sent to `{}`", component.id)
                } else {
                    continue;
                };
                found.push(META.finding(component.span, message).path(component.path.clone()).help("join it to the others, or remove it"));
            }
        }
    }
}

fn names<'a>(node: &'a Node, list: &str) -> impl Iterator<Item = &'a str> {
    node.items_of(list).filter_map(Node::as_str)
}

/// Whether an extension does nothing but for components that name it: it keeps what they queue, or signs them in.
fn is_for_others(id: &str) -> bool {
    let kinds = ["file_storage", "db_storage", "redis_storage", "basicauth", "bearertokenauth", "oauth2client", "oidc", "sigv4auth"];
    kinds.contains(&kind(id))
}

fn extensions(view: &CollectorView<'_>, found: &mut Vec<Diagnostic>) {
    let config = view.config;
    let Some(service) = config.root.get("service") else { return };
    let started: HashSet<&str> = names(service, "extensions").collect();
    let configured: Vec<(&str, &Node)> = config.components("extensions").map(|(id, key, _)| (id, key)).collect();
    for (id, key) in configured.iter().filter(|(id, _)| !started.contains(*id)) {
        let help = format!("add `{id}` to `service.extensions`, or remove it");
        found.push(META.finding(key.span, format!("the extension `{id}` is not started")).path(format!("extensions.{id}")).help(help));
    }
    let mut named: Vec<&str> = Vec::new();
    for body in SECTIONS.iter().filter_map(|section| config.root.get(section)) {
        walk::mappings(body, &mut |node, _| {
            let refers = |key: &str| key.contains("storage") || key.contains("auth");
            named.extend(node.entries().filter(|(key, ..)| refers(key)).filter_map(|(_, _, value)| value.as_str()));
        });
    }
    for (id, key) in configured.iter().filter(|(id, _)| is_for_others(id) && started.contains(*id)) {
        if !named.iter().any(|text| text == id || text.contains('$')) {
            let message = format!("the extension `{id}` is started, and no component names it");
            found.push(
                META.finding(key.span, message).path(format!("extensions.{id}")).help("name it where it is to be used, or remove it"),
            );
        }
    }
    let ids: HashSet<&str> = configured.iter().map(|(id, _)| *id).collect();
    let known = || ids.iter().copied();
    let complain = |id: &str| {
        if ids.contains(id) {
            return "name it under `service.extensions`".to_owned();
        }
        did_you_mean(id, known()).map_or_else(|| "configure it under `extensions`".to_owned(), |meant| format!("did you mean `{meant}`?"))
    };
    // A section that the file does not have at all may be in another file.
    if config.root.get("extensions").is_some() {
        for (index, node) in service.items_of("extensions").enumerate() {
            let Some(id) = node.as_str().filter(|id| !id.contains('$') && !ids.contains(id)) else { continue };
            let finding = META.finding_at(Level::Error, node.span, format!("no extension `{id}` is configured"));
            found.push(finding.path(format!("service.extensions[{index}]")).help(complain(id)));
        }
    }
    for section in SECTIONS {
        let Some(body) = config.root.get(section) else { continue };
        walk::mappings(body, &mut |node, path| {
            let storage = Some(node).filter(|node| node.get("queue_size").is_some() || path.to_string().ends_with("sending_queue"));
            for (key, value) in [("authenticator", node.get("authenticator")), ("storage", storage.and_then(|node| node.get("storage")))] {
                let Some((value, id)) = value.and_then(Node::with_str) else { continue };
                if !id.is_empty() && !id.contains('$') && !started.contains(id) && service.get("extensions").is_some() {
                    let finding = META.finding_at(Level::Error, value.span, format!("the extension `{id}` is not started"));
                    found.push(finding.path(format!("{section}.{path}.{key}")).help(complain(id)));
                }
            }
        });
    }
}
