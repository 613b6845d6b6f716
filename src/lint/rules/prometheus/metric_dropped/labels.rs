//! Steps that take away labels, or the differences between their values.

use std::collections::BTreeMap;

use super::readers::Readers;
use super::used::Used;
use crate::formats::prometheus::{Job, Prometheus, Relabel};
use crate::lint::context::Context;
use crate::lint::world::World;
use crate::lint::world::relabel::{Labels, apply, pattern};
use crate::source::Node;

/// A label that targets are given, and lose again in a step, though it is read.
pub(super) fn dropped_of_targets<'a>(
    step: &Relabel<'a>,
    before: &[Relabel<'a>],
    job: &Job<'a>,
    readers: &Readers<'_>,
    config: &Prometheus<'_>,
    world: &World<'_>,
) -> Option<(&'a Node, &'a str)> {
    let pattern = pattern(step)?;
    let written = job.targets.labels.iter().flat_map(|labels| labels.entries()).map(|(name, ..)| name);
    let set = before.iter().filter_map(|step| step.target?.as_str());
    let lost: Vec<&str> = written.chain(set).filter(|name| !name.starts_with("__") && pattern.is_match(name)).collect();
    if lost.is_empty() {
        return None;
    }
    let mut used = Used::of_copies();
    readers.of_job(job.name()).for_each(|query| used.add(query, Some(job), config, world));
    let label = lost.into_iter().find(|label| used.labels.contains(*label))?;
    Some((step.regex.unwrap_or(step.node), label))
}

/// A step that makes one of several values that a label is declared to have: series that differ in nothing else fall together, and all
/// but one of them are lost.
pub(super) fn merged<'a>(step: &Relabel<'a>, job: &Job<'_>, context: &Context<'_>) -> Option<(&'a Node, String)> {
    let [label] = step.sources.as_slice() else { return None };
    if step.action != "replace" || step.target.and_then(Node::as_str) != Some(*label) {
        return None;
    }
    let own = context.world.catalogues.iter().filter(|catalogue| catalogue.is_of(job.name()) && !catalogue.is_page());
    let labels = own.flat_map(|catalogue| &catalogue.metrics).flat_map(|metric| &metric.labels);
    for values in labels.filter(|known| known.name.value == **label).filter_map(|known| known.values.as_ref()) {
        // A status is one of all that there may be: these are among those of any service.
        let is_status = values.len() > 400;
        let mut before: BTreeMap<String, &str> = BTreeMap::new();
        for value in values.iter().filter(|value| !is_status || matches!(value.as_str(), "200" | "201" | "404" | "422" | "500" | "503")) {
            let mut now = Labels::from([((*label).to_owned(), value.clone())]);
            if apply(step, &mut now).is_none() {
                break;
            }
            let written = now.remove(*label).unwrap_or_default();
            if let Some(first) = before.insert(written.clone(), value) {
                let message = format!(
                    "`{first}` and `{value}` become one `{label}`, `{written}`: of two series that differ in nothing else, one is lost"
                );
                return Some((step.replacement.unwrap_or(step.node), message));
            }
        }
    }
    None
}

/// Whether a step writes the value of one label that is read into another one that is.
pub(super) fn is_copied(step: &Relabel<'_>, used: &Used<'_>) -> bool {
    let whole = matches!(step.regex.and_then(Node::as_str), None | Some("(.*)" | "(.+)"));
    let plain = matches!(step.replacement.and_then(Node::as_str), None | Some("$1" | "${1}"));
    let target = step.target.and_then(Node::as_str).unwrap_or("");
    whole
        && plain
        && target != step.sources[0]
        && used.own.contains(target)
        && used.labels.contains(target)
        && used.labels.contains(step.sources[0])
}
