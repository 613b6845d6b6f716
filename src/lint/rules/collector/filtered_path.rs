//! Filters that look for what the data they judge does not have.

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::ottl;
use crate::manifest::variants;
use crate::source::Node;

rule! {
    /// A filter drops the spans of health checks by their paths, and one of them is nearly a path of the manifest's, whose spans so stay.
    /// Or it drops everything but the spans of health checks. Or it asks events of spans, or what sent them, for attributes that only spans have.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { filter: { traces: { spanevent: ['attributes["url.path"] == "/health"'] } } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [filter], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// processors: { filter: { traces: { span: ['attributes["url.path"] == "/health"'] } } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { traces: { receivers: [otlp], processors: [filter], exporters: [debug] } } }
    /// ```
    FilteredPath, "filtered-path", Warning
}

/// How attributes begin that say of a request what it asks for, and that no event within it repeats.
const OF_SPANS: &[&str] = &["http.", "url.", "server.", "client."];

impl Rule for FilteredPath {
    fn collector(&self, view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let checks = context.manifests().flat_map(|view| variants(view.root)).flat_map(|root| root.entries_of("health"));
        let paths: Vec<(&str, &Node)> = checks.filter_map(|(_, _, check)| check.get_str("path").map(|(node, text)| (text, node))).collect();
        for (id, _, body) in view.config.components("processors").filter(|(id, ..)| kind(id) == "filter") {
            of_resource(view, id, body, found);
            let Some(traces) = body.get("traces") else { continue };
            let path = format!("processors.{id}.traces");
            for (node, text) in traces.items_of("spanevent").filter_map(Node::with_str) {
                let of_span = |name: &&str| OF_SPANS.iter().any(|start| name.starts_with(start));
                if let Some(name) = ottl::attributes(text).into_iter().find(of_span) {
                    let message = format!("an event of a span has no `{name}`, so nothing is dropped");
                    let finding = META.finding(node.span, message).path(format!("{path}.spanevent"));
                    found.push(finding.help(format!("write it under `span`, or `span.attributes[\"{name}\"]`")));
                }
            }
            for (node, _) in traces.items_of("span").filter_map(Node::with_str).filter(|(_, text)| keeps_checks_only(text)) {
                let finding = META.finding(node.span, "this drops every span but those of health checks").path(format!("{path}.span"));
                found.push(finding.help("drop what it matches, without the negation"));
            }
            let filtered: Vec<(&Node, &str)> =
                traces.items_of("span").filter_map(|node| Some((node, ottl::compared_path(node.as_str()?)?))).collect();
            let is_dropped = |path: &str| filtered.iter().any(|(_, other)| *other == path);
            let is_check = |path: &str| ["health", "ready", "live", "ping"].iter().any(|word| path.contains(word));
            let is_declared = |asked: &str| paths.iter().any(|(path, _)| *path == asked);
            // Whoever drops one check of the service means its others.
            if !paths.iter().any(|(path, _)| is_dropped(path)) {
                continue;
            }
            for (node, asked) in filtered.iter().filter(|(_, asked)| is_check(asked) && !is_declared(asked)) {
                let kept = paths.iter().filter(|(path, _)| is_check(path) && !is_dropped(path));
                if let Some((meant, declared)) = kept.min_by_key(|(path, _)| strsim::damerau_levenshtein(path, asked)) {
                    let message = format!("the manifest has no check at `{asked}`, and spans of `{meant}` are kept");
                    let finding = META.finding(node.span, message).path(format!("{path}.span")).related(declared.span, "the manifest");
                    found.push(finding.help(format!("did you mean `{meant}`?")));
                }
            }
        }
    }
}

/// Whether a condition holds for all spans but those whose path is that of a health check.
fn keeps_checks_only(text: &str) -> bool {
    let text = text.trim();
    let names_check = ["/health", "/ready", "/live", "/ping", "/metrics", "/actuator"].iter().any(|word| text.contains(word));
    let alone = ![" and ", " or "].iter().any(|word| text.contains(word));
    let of_path = ["url.path", "http.route", "http.target"].iter().any(|name| text.contains(name));
    alone && names_check && of_path && (text.starts_with("not ") || text.contains(" != "))
}

/// Attributes that say of a request what it asks for, looked for in what sent it, where no processor writes such there.
fn of_resource(view: &CollectorView<'_>, id: &str, body: &Node, found: &mut Vec<Diagnostic>) {
    let of_spans = |name: &&str| OF_SPANS[..2].iter().any(|start| name.starts_with(start));
    let moves = |id: &str| matches!(kind(id), "transform" | "groupbyattrs" | "resource" | "attributes" | "resourcedetection");
    for (signal, of_signal) in [("traces", "span"), ("logs", "log_record")] {
        for (node, text) in body.get(signal).into_iter().flat_map(|signal| signal.items_of(of_signal)).filter_map(Node::with_str) {
            let Some(name) = ottl::resource_attributes(text).into_iter().find(of_spans) else { continue };
            let is_written =
                view.config.components("processors").filter(|(other, ..)| moves(other)).any(|(_, _, other)| mentions(other, name));
            if !is_written {
                let message = format!("what sends a request has no `{name}`, so nothing is dropped");
                let finding = META.finding(node.span, message).path(format!("processors.{id}.{signal}.{of_signal}"));
                found.push(finding.help(format!("write `attributes[\"{name}\"]`")));
            }
        }
    }
}

/// Whether an attribute of what sends is named somewhere in a processor.
fn mentions(body: &Node, name: &str) -> bool {
    let is_named = |text: &str| text.contains(name) && (text == name || text.contains("resource") || !text.contains('('));
    body.as_str().is_some_and(is_named)
        || body.items().any(|item| mentions(item, name))
        || body.entries().any(|(_, _, value)| mentions(value, name))
}
