//! Which values a label of targets can have at most in what an expression gives.

use std::collections::BTreeSet;

use crate::formats::prometheus::Job;
use crate::lint::query::{is_placeholder, matches, may_read, named_job};
use crate::lint::world::jobs::{hands_on, writes};
use crate::lint::world::{Jobs, World, exporters, relabel};
use crate::promql::ast::{Expr, MatchOp, Selector};
use crate::promql::walk::{makes_labels, selectors};

/// Recording rules that build on others are followed this far.
const DEPTH: usize = 8;

/// Of more targets nobody routes alerts by the values of each.
const MANY: usize = 1024;

/// The values that a label may have, the empty one for where it is gone; `None` where there may be others. All targets that are read
/// have to be listed, and the label has to be theirs: what a series brings itself is not looked at.
pub(in crate::lint) fn of(expr: &Expr, label: &str, world: &World<'_>) -> Option<BTreeSet<String>> {
    let mut values = BTreeSet::from([String::new()]);
    add(expr, label, world, 0, &mut values)?;
    Some(values)
}

fn add(expr: &Expr, label: &str, world: &World<'_>, depth: usize, values: &mut BTreeSet<String>) -> Option<()> {
    if depth > DEPTH || makes_labels(expr) {
        return None;
    }
    for found in selectors(expr) {
        let name = found.selector.metric_name()?;
        let recorded = world.recorded(name);
        if recorded.is_empty() {
            values.extend(read(found.selector, name, label, world)?);
        }
        for one in recorded {
            match one.query.rule().and_then(|rule| rule.label(label)) {
                Some(node) => _ = values.insert(node.as_str()?.to_owned()),
                None => add(one.query.expr.as_ref()?, label, world, depth + 1, values)?,
            }
        }
    }
    Some(())
}

/// The values that the targets of a selector have, as far as its matchers let them through.
fn read(selector: &Selector, name: &str, label: &str, world: &World<'_>) -> Option<BTreeSet<String>> {
    let [config] = world.prometheus.as_slice() else { return None };
    let is_large = config.jobs.iter().map(|job| job.targets.addresses.len() + 1).sum::<usize>() > MANY;
    let is_open = is_large || !config.is_whole() || world.jobs_known == Jobs::Open;
    if is_open || matches!(name, "ALERTS" | "ALERTS_FOR_STATE") {
        return None;
    }
    let is_own = name == "up" || name.starts_with("scrape_");
    let jobs: Vec<&Job<'_>> = config.jobs.iter().filter(|job| may_read(selector, job.name())).collect();
    // Nobody knows what is pushed to be handed on; what Prometheus says of targets, and probes, comes of another Prometheus alone.
    let is_scraped = is_own || name.starts_with("probe_");
    let is_handed_on = jobs.iter().any(|job| hands_on(job) && (!is_scraped || job.metrics_path() == "/federate"));
    // Nor what is pushed to Prometheus itself.
    let is_pushed = !is_own && config.root.get("otlp").is_some() && named_job(selector).is_none();
    if jobs.is_empty() || is_handed_on || is_pushed {
        return None;
    }
    let mut values = BTreeSet::new();
    for job in jobs {
        if !is_own && job.metric_relabel.iter().any(|step| writes(step, label)) {
            return None;
        }
        for target in relabel::targets(job)?.iter().filter(|target| target.dropped.is_none()) {
            match relabel::value(&target.labels, label).filter(|value| !value.is_empty()) {
                Some(value) => _ = values.insert(value.to_owned()),
                // What the target does not have, its series may.
                None if is_own || !may_have(selector, name, label, world) => {}
                None => return None,
            }
        }
    }
    let fits = |value: &String| {
        let asked = selector.matchers.iter().filter(|matcher| matcher.label.text == label && !is_placeholder(&matcher.value));
        asked.into_iter().all(|matcher| matches(matcher, value) != Some(false))
    };
    values.retain(fits);
    // `absent` makes its labels up of what is asked for.
    let named = selector.matchers.iter().filter(|matcher| matcher.label.text == label && matcher.op == MatchOp::Equal);
    values.extend(named.map(|matcher| matcher.value.clone()));
    Some(values)
}

/// Whether a series may bring a label itself.
fn may_have(selector: &Selector, name: &str, label: &str, world: &World<'_>) -> bool {
    match (world.metric_of(selector), exporters::labels_of(name)) {
        (Some((_, metric, _)), _) => metric.open || metric.labels.iter().any(|known| known.name.value == label),
        (None, Some(own)) => own.contains(&label),
        (None, None) => true,
    }
}
