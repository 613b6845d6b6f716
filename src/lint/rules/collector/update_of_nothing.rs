//! Attributes that are updated where there are none.

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::CollectorView;
use crate::lint::words::walk;
use crate::source::Node;

rule! {
    /// A processor updates an attribute of what sent the lines, and the lines of files that it gets have none: `update` changes what is
    /// there already, `upsert` and `insert` also write what is missing.
    ///
    /// The cluster is known to nobody but the Collector, so that lines of files that come beside others have none, either.
    ///
    /// Judged where all lines of its pipelines are read of files, and nothing before the processor writes the attribute.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { filelog: { include: [/var/log/app.log] } }
    /// processors: { resource: { attributes: [{ key: service.name, value: app, action: update }] } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { logs: { receivers: [filelog], processors: [resource], exporters: [debug] } } }
    /// ```
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } }, filelog: { include: [/var/log/app.log] } }
    /// processors: { resource: { attributes: [{ key: k8s.cluster.name, value: eu, action: update }] } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { logs: { receivers: [filelog, otlp], processors: [resource], exporters: [debug] } } }
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { filelog: { include: [/var/log/app.log] } }
    /// processors: { resource: { attributes: [{ key: service.name, value: app, action: upsert }] } }
    /// exporters: { debug: {} }
    /// service: { pipelines: { logs: { receivers: [filelog], processors: [resource], exporters: [debug] } } }
    /// ```
    UpdateOfNothing, "update-of-nothing", Warning
}

/// Processors that write no attributes but those that they name.
const PLAIN: &[&str] = &["batch", "filter", "memory_limiter", "resource"];

impl Rule for UpdateOfNothing {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (id, _, body) in view.config.components("processors").filter(|(id, ..)| kind(id) == "resource") {
            for (index, action) in body.items_of("attributes").enumerate() {
                let Some((node, _)) = action.get_str("action").filter(|(_, name)| *name == "update") else { continue };
                let Some(key) = action.get("key").and_then(Node::as_str).filter(|key| !key.contains('$')) else { continue };
                let before: Vec<&Node> = body.items_of("attributes").take(index).collect();
                if unknown_cluster(view, id, key, &before) {
                    let message = format!("lines that are read of files have no `{key}`, and `update` writes nothing where it is missing");
                    found.push(META.finding(node.span, message).path(format!("processors.{id}.attributes")).help("write `upsert`"));
                    continue;
                }
                let mut pipelines = view.config.pipelines.iter().filter(|(_, pipeline)| has(pipeline, "processors", id)).peekable();
                let is_missing = |pipeline: &Node| lacks(view, pipeline, id, key);
                if pipelines.peek().is_some()
                    && !before.iter().any(|other| names(other, key))
                    && pipelines.all(|(_, pipeline)| is_missing(pipeline))
                {
                    let message = format!("no line has `{key}` here, and `update` writes nothing where it is missing");
                    found.push(META.finding(node.span, message).path(format!("processors.{id}.attributes")).help("write `upsert`"));
                }
            }
        }
    }
}

fn has(pipeline: &Node, list: &str, id: &str) -> bool {
    pipeline.items_of(list).any(|node| node.as_str() == Some(id))
}

/// Whether an action is about an attribute, or about more than one.
fn names(action: &Node, key: &str) -> bool {
    action.get("key").is_none_or(|node| node.as_str().is_none_or(|other| other == key || other.contains('$')))
}

/// Whether a pipeline brings lines of files alone, and nothing before the processor has written the attribute.
fn lacks(view: &CollectorView<'_>, pipeline: &Node, id: &str, key: &str) -> bool {
    let body = |section: &str, id: &str| view.config.components(section).find(|(other, ..)| *other == id).map(|(_, _, body)| body);
    let is_bare = |node: &Node| {
        let Some(receiver) = node.as_str().filter(|id| matches!(kind(id), "filelog" | "file_log")).and_then(|id| body("receivers", id))
        else {
            return false;
        };
        let mut writes = receiver.get("resource").is_some();
        walk::mappings(receiver, &mut |node, _| {
            writes |=
                node.entries().any(|(_, _, value)| value.as_str().is_some_and(|text| text.starts_with("resource") || text == "container"));
        });
        !writes
    };
    let mut receivers = pipeline.items_of("receivers").peekable();
    let before = pipeline.items_of("processors").take_while(|node| node.as_str() != Some(id));
    let is_plain = |node: &Node| {
        let Some(other) = node.as_str().filter(|id| PLAIN.contains(&kind(id))) else { return false };
        !body("processors", other).into_iter().flat_map(|body| body.items_of("attributes")).any(|action| names(action, key))
    };
    receivers.peek().is_some() && receivers.all(is_bare) && before.into_iter().all(is_plain)
}

/// Whether it is the name of the cluster, and some pipeline reads lines of files for which nothing writes it: what Kubernetes says of a
/// pod is not called so.
fn unknown_cluster(view: &CollectorView<'_>, id: &str, key: &str, before: &[&Node]) -> bool {
    let body = |section: &str, id: &str| view.config.components(section).find(|(other, ..)| *other == id).map(|(_, _, body)| body);
    let reads_files = |node: &Node| {
        let receiver = node.as_str().filter(|id| matches!(kind(id), "filelog" | "file_log")).and_then(|id| body("receivers", id));
        receiver.is_some_and(|receiver| {
            let mut writes = receiver.get("resource").is_some();
            walk::mappings(receiver, &mut |node, _| {
                writes |= node.entries().any(|(_, _, value)| value.as_str().is_some_and(|text| text.starts_with("resource")));
            });
            !writes
        })
    };
    let is_plain = |node: &Node| {
        let Some(other) = node.as_str() else { return false };
        let body = body("processors", other);
        match kind(other) {
            "k8sattributes" => !body.is_some_and(|body| {
                body.at(["extract", "labels"])
                    .or(body.at(["extract", "annotations"]))
                    .into_iter()
                    .flat_map(Node::items)
                    .any(|rule| rule.get("tag_name").is_none_or(|name| name.as_str() == Some(key)))
            }),
            name => {
                PLAIN.contains(&name) && !body.into_iter().flat_map(|body| body.items_of("attributes")).any(|action| names(action, key))
            }
        }
    };
    let lacks = |pipeline: &Node| {
        let mut steps = pipeline.items_of("processors").take_while(|node| node.as_str() != Some(id));
        pipeline.items_of("receivers").any(reads_files) && steps.all(is_plain)
    };
    key == "k8s.cluster.name"
        && !before.iter().any(|other| names(other, key))
        && view.config.pipelines.iter().any(|(_, pipeline)| has(pipeline, "processors", id) && lacks(pipeline))
}
