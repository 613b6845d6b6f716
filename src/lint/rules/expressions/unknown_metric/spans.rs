//! Metrics that a Collector makes of spans: where labels are honoured, they come by the job of the service that sends the spans.

use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::views::ViewKind;
use crate::lint::world::jobs::hands_on;
use crate::source::Node;

/// What the names begin with where the connector has no `namespace`.
const NAMESPACE: &str = "traces.span.metrics";

/// Whether a connector of a Collector here makes a metric of that name, and a job hands on what is told of its origin.
pub(super) fn of_spans(name: &str, context: &Context<'_>) -> bool {
    let is_made = |namespace: &str| name.contains(&namespace.replace(['.', '-'], "_"));
    let makes = || {
        let connectors = context.views.iter().filter_map(|view| match &view.kind {
            ViewKind::Collector(config) => Some(config.components("connectors")),
            _ => None,
        });
        connectors
            .flatten()
            .filter(|(id, ..)| matches!(kind(id), "spanmetrics" | "span_metrics"))
            .any(|(_, _, body)| is_made(body.get("namespace").and_then(Node::as_str).unwrap_or(NAMESPACE)))
    };
    context.world.prometheus.iter().flat_map(|config| &config.jobs).any(hands_on) && makes()
}
