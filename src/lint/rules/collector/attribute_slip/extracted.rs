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
