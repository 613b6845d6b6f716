//! How pipelines of traces hand their data on to later ones.

use std::collections::HashSet;

use crate::formats::collector::{Collector, kind};
use crate::source::Node;

/// Connectors that hand on what they get.
const HAND_ON: &[&str] = &["forward", "routing", "failover", "round_robin", "roundrobin"];

/// The pipelines of traces: name and body.
pub(super) fn traces<'a>(config: &Collector<'a>) -> Vec<(&'a Node, &'a Node)> {
    config.pipelines.iter().copied().filter(|(name, _)| name.as_str().is_some_and(|id| kind(id) == "traces")).collect()
}

/// The pipelines of traces that get what another one hands on, however many are between them.
pub(super) fn later<'a>(pipeline: &'a Node, all: &[(&'a Node, &'a Node)]) -> Vec<(&'a Node, &'a Node)> {
    let mut reached: HashSet<&str> = handed_on(pipeline).collect();
    // As often as there are pipelines all are reached.
    for _ in all {
        let next: Vec<&str> = all.iter().filter(|(_, other)| takes(other, &reached)).flat_map(|(_, other)| handed_on(other)).collect();
        reached.extend(next);
    }
    all.iter().copied().filter(|(_, other)| !std::ptr::eq(*other, pipeline) && takes(other, &reached)).collect()
}

/// The connectors that a pipeline hands its data on to.
fn handed_on(pipeline: &Node) -> impl Iterator<Item = &str> {
    pipeline.items_of("exporters").filter_map(Node::as_str).filter(|id| HAND_ON.contains(&kind(id)))
}

fn takes(pipeline: &Node, connectors: &HashSet<&str>) -> bool {
    pipeline.items_of("receivers").filter_map(Node::as_str).any(|id| connectors.contains(id))
}
