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
    /// Or it asks events of spans for attributes that only spans have.
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
