//! What panels select lines by, and the Collector does not ask Kubernetes for.

use super::META;
use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::shipping;
use crate::lint::views::{CollectorView, ViewKind};
use crate::source::Node;

/// What only Kubernetes knows of the pod that writes lines; readers of files find out the rest by themselves.
const OF_KUBERNETES: &[&str] =
    &["k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name", "k8s.cronjob.name", "k8s.job.name", "k8s.node.name"];

/// A label that is made of such an attribute, where the one Collector that sends lines to Loki is told what to ask for, and not that.
pub(super) fn not_extracted(view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let collectors = context.views.iter().filter(|view| matches!(view.kind, ViewKind::Collector(_))).count();
    if collectors != 1 || shipping::pipelines(context).next().is_some() {
        return;
    }
    left_aside(view, context, found);
    for (id, _, body) in view.config.components("processors").filter(|(id, ..)| kind(id) == "k8sattributes") {
        let Some(list) = body.at(["extract", "metadata"]).filter(|list| list.items().next().is_some()) else { continue };
        let has = |pipeline: &Node, key: &str, is: &dyn Fn(&str) -> bool| pipeline.items_of(key).filter_map(Node::as_str).any(is);
        let to_loki = |pipeline: &Node| {
            has(pipeline, "processors", &|other| other == id)
                && has(pipeline, "exporters", &|other| kind(other) == "otlphttp" && other.contains("loki"))
        };
        if !view.config.pipelines.iter().any(|(_, pipeline)| to_loki(pipeline)) {
            continue;
        }
        for name in OF_KUBERNETES.iter().filter(|name| !view.view.text.contains(**name)) {
            let label = name.replace('.', "_");
            let Some(place) = asked(&label, context) else { continue };
            let message = format!("nothing finds out `{name}`, and a panel selects lines by `{label}`");
            let finding = META.finding(list.span, message).path(format!("processors.{id}.extract.metadata"));
            found.push(finding.related(place.span, "selected here").help(format!("add `{name}`")));
        }
    }
}

/// A label that is made of such an attribute, where lines go to Loki past the processor that would find it out.
fn left_aside(view: &CollectorView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut processors = view.config.components("processors").filter(|(id, ..)| matches!(kind(id), "k8sattributes" | "k8s_attributes"));
    let (Some((id, _, body)), None) = (processors.next(), processors.next()) else { return };
    let extracts = |name: &str| body.at(["extract", "metadata"]).is_some_and(|list| list.items().any(|node| node.as_str() == Some(name)));
    let connectors: Vec<&str> = view.config.components("connectors").map(|(id, ..)| id).collect();
    for (name, pipeline) in view.config.pipelines.iter().filter(|(name, _)| name.as_str().map(kind) == Some("logs")) {
        let texts = |key: &str| pipeline.items_of(key).map(|node| node.as_str().unwrap_or("$")).collect::<Vec<&str>>();
        let sends = texts("exporters").iter().any(|other| kind(other) == "otlphttp" && other.contains("loki"));
        let is_whole =
            texts("receivers").iter().chain(&texts("processors")).all(|other| !connectors.contains(other) && !other.contains('$'));
        // Others may find it out, or take it from the line.
        let may_bring = |other: &&str| matches!(kind(other), "resourcedetection" | "transform" | "groupbyattrs" | "attributes");
        let writes = |other: &str| {
            let own = view.config.components("processors").find(|(own, ..)| *own == other);
            own.is_none_or(|(.., body)| view.view.text.get(body.span.range()).is_none_or(|text| text.contains("k8s")))
        };
        if !sends || !is_whole || texts("processors").iter().any(|other| *other == id || may_bring(other) && writes(other)) {
            continue;
        }
        for attribute in OF_KUBERNETES.iter().filter(|attribute| extracts(attribute)) {
            let label = attribute.replace('.', "_");
            let Some((asked, list)) = asked(&label, context).zip(pipeline.get("processors")) else { continue };
            let message = format!("`{id}` is not among these, and a panel selects lines by `{label}`, which it would find out");
            let finding = META.finding(list.span, message).path(format!("service.pipelines.{}.processors", name.as_str().unwrap_or("")));
            found.push(finding.related(asked.span, "selected here").help(format!("add `{id}`")));
            break;
        }
    }
}

/// A query of Loki that selects its streams by a label.
fn asked<'a>(label: &str, context: &Context<'a>) -> Option<&'a Node> {
    let panels = context.dashboards().flat_map(|dashboard| dashboard.panels.iter());
    let mut queries = panels.flat_map(|panel| panel.targets.iter().map(move |target| (panel, target))).filter_map(|(panel, target)| {
        let source = target.datasource.or(panel.datasource).and_then(|source| source.get("type")?.as_str());
        target.node.get("expr").filter(|_| source == Some("loki"))
    });
    let selects = |text: &str| {
        let inside = text.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(inside, _)| inside);
        inside.split(',').any(|part| part.trim().strip_prefix(label).is_some_and(|rest| rest.trim_start().starts_with('=')))
    };
    queries.find(|node| node.as_str().is_some_and(selects))
}
