//! Data that goes in a circle.

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::formats::tables::collector::components;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::shipping::{self, circles};
use crate::lint::views::CollectorView;
use crate::source::{Node, Span};

rule! {
    /// Components of Grafana Alloy or Vector, or pipelines of the OpenTelemetry Collector joined by connectors, send data in a circle:
    /// the program refuses to start.
    ///
    /// ```yaml fires
    /// # file: vector.yml
    /// sources: { lines: { type: stdin } }
    /// transforms:
    ///   one: { type: remap, inputs: [lines, two], source: "." }
    ///   two: { type: remap, inputs: [one], source: "." }
    /// sinks: { out: { type: console, inputs: [two], encoding: { codec: json } } }
    /// ```
    /// ```yaml silent
    /// # file: vector.yml
    /// sources: { lines: { type: stdin } }
    /// transforms:
    ///   one: { type: remap, inputs: [lines], source: "." }
    ///   two: { type: remap, inputs: [one], source: "." }
    /// sinks: { out: { type: console, inputs: [two], encoding: { codec: json } } }
    /// ```
    PipelineCircle, "pipeline-circle", Error
}

impl Rule for PipelineCircle {
    fn collector(&self, view: &CollectorView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let pipelines = &view.config.pipelines;
        // The pipelines that have each component in a list, once each.
        let of_list = |list: &str| {
            let mut all: HashMap<&str, Vec<usize>> = HashMap::default();
            for (at, (_, body)) in pipelines.iter().enumerate() {
                for id in body.items_of(list).filter_map(Node::as_str) {
                    let own = all.entry(id).or_default();
                    if own.last() != Some(&at) {
                        own.push(at);
                    }
                }
            }
            all
        };
        let (exporters, receivers) = (of_list("exporters"), of_list("receivers"));
        let mut edges = Vec::new();
        let signal = |at: usize| kind(pipelines[at].0.as_str().unwrap_or("")).chars().next();
        // Where a connector does not join two signals, `pipeline-signal` says so.
        let joins = |id: &str, from: usize, to: usize| {
            let known = components("connectors").iter().find(|component| component.name == kind(id));
            let has = |signals: &str, at| signal(at).is_some_and(|letter| signals.contains(letter));
            known.is_none_or(|known| has(known.signals.0, from) && has(known.signals.1, to))
        };
        for (id, ..) in view.config.components("connectors") {
            for from in exporters.get(id).into_iter().flatten() {
                let to = receivers.get(id).into_iter().flatten().filter(|to| joins(id, *from, **to));
                edges.extend(to.map(|to| (*from, *to)));
            }
        }
        let name = |at: usize| pipelines[at].0.as_str().unwrap_or("");
        for circle in circles(pipelines.len(), &edges) {
            let path = format!("service.pipelines.{}", name(circle[0]));
            found.push(finding(pipelines[circle[0]].0.span, &circle, &name).path(path));
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for shipping in shipping::all(context) {
            let name = |at: usize| shipping.components[at].id.as_str();
            for circle in circles(shipping.components.len(), &shipping.edges) {
                let first = shipping.components[circle[0]];
                found.push(finding(first.span, &circle, &name).path(first.path.clone()));
            }
        }
    }
}

fn finding<'a>(at: Span, circle: &[usize], name: &dyn Fn(usize) -> &'a str) -> Diagnostic {
    let names: Vec<String> = circle.iter().chain(circle.first()).map(|at| format!("`{}`", name(*at))).collect();
    META.finding(at, format!("data goes in a circle: {}", names.join(" to "))).help("take one of these steps out")
}
