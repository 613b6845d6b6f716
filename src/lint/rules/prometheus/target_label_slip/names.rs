//! Names of labels that other targets spell otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::{Known, MANY, Report};
use crate::diagnostic::did_you_mean;
use crate::formats::prometheus::{Job, Prometheus};
use crate::source::Node;

/// The names of the labels of a job's targets.
pub(super) struct Shared<'a> {
    /// How many lists of labels have each.
    times: BTreeMap<&'a str, usize>,
    /// Those that all lists but one have: none, where these are many.
    but_one: Vec<&'a str>,
}

pub(super) fn nearly_shared<'a>(job: &Job<'a>) -> Shared<'a> {
    let mut times = BTreeMap::new();
    for labels in &job.targets.labels {
        let names: BTreeSet<&str> = labels.entries().map(|(name, ..)| name).collect();
        for name in names {
            *times.entry(name).or_default() += 1;
        }
    }
    let but_one = times.iter().filter(|(_, times)| **times > 0 && **times + 1 == job.targets.labels.len()).map(|(name, _)| *name);
    let mut but_one: Vec<&str> = but_one.collect();
    if but_one.len() > MANY {
        but_one.clear();
    }
    Shared { times, but_one }
}

/// Whether one of two names is how the other begins, as `env` and `environment`.
fn is_short_for(one: &str, other: &str) -> bool {
    one.len() >= 3 && other.len() >= 3 && (one.starts_with(other) || other.starts_with(one))
}

/// A name that other targets of the job spell otherwise, or whoever asks for the label.
pub(super) fn misnamed(labels: &Node, shared: &Shared<'_>, (name, key): (&str, &Node), known: &Known, report: &mut Report<'_>) {
    if known.names.contains(name) || name.len() < 3 || shared.times.get(name).is_some_and(|times| *times > 1) {
        return;
    }
    let mut missing = shared.but_one.iter().copied().filter(|other| labels.get(other).is_none());
    if let Some(meant) = did_you_mean(name, missing.clone()).or_else(|| missing.find(|other| is_short_for(name, other))) {
        report(key, format!("the other targets of this job have `{meant}`, and these have `{name}`"), format!("did you mean `{meant}`?"));
    }
}

/// So many lists of labels are enough to tell how a label is called.
const ENOUGH: usize = 3;

/// A name that one list of labels alone has, while all others of the file have its value by another name, which this one lacks.
pub(super) fn alone(config: &Prometheus<'_>, job: &Job<'_>, known: &Known, report: &mut Report<'_>) {
    let all: Vec<&Node> = config.jobs.iter().flat_map(|job| &job.targets.labels).copied().collect();
    if all.len() > MANY {
        return;
    }
    for labels in &job.targets.labels {
        let others = || all.iter().filter(|other| !std::ptr::eq(**other, *labels));
        for (name, key, value) in labels.entries().filter(|(name, ..)| !name.starts_with("__") && !known.names.contains(*name)) {
            if others().count() < ENOUGH || others().any(|other| other.get(name).is_some()) {
                continue;
            }
            let of_all = |other: &str| labels.get(other).is_none() && others().all(|own| own.get(other).is_some());
            let has_value = |other: &str| others().any(|own| own.get(other).and_then(Node::as_str) == value.as_str());
            let mut written = others().take(1).flat_map(|own| own.entries()).map(|(other, ..)| other);
            if let Some(meant) = written.find(|other| of_all(other) && has_value(other)) {
                let message = format!("all other targets have `{meant}`, and these have `{name}`");
                report(key, message, format!("did you mean `{meant}`?"));
            }
        }
    }
}
