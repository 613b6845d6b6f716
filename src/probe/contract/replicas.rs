//! Several instances of one service (C19): a metric means the same on each.

use std::collections::{BTreeMap, BTreeSet};

use super::buckets::set;
use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::{Family, FamilyKind, histograms};
use crate::probe::code::Code;

pub(super) fn check(contexts: &[Context], findings: &mut Findings) {
    if contexts.len() < 2 {
        return;
    }
    let names: BTreeSet<&String> = contexts.iter().flat_map(|context| context.families.keys()).collect();
    for name in names {
        differ(name, contexts, |family| Some(family.kind().name().to_owned()), "types", findings);
        differ(name, contexts, bounds, "buckets", findings);
    }
}

/// Reports a metric that is something else on another instance.
fn differ(name: &str, contexts: &[Context], of: impl Fn(Family) -> Option<String>, what: &str, findings: &mut Findings) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for context in contexts {
        let Some(family) = context.families.get(name).filter(|family| family.sample_count() > 0) else { continue };
        if let Some(value) = of(*family) {
            seen.entry(value).or_insert(&context.seen.from);
        }
    }
    if seen.len() > 1 {
        let all: Vec<String> = seen.iter().map(|(value, from)| format!("{value} at {from}")).collect();
        let detail = format!("instances expose it with different {what}: {}", all.join(", "));
        findings.add(Finding::error(Code::MetricsReplicas, name, detail));
    }
}

/// The bounds of a histogram's first label set.
fn bounds(family: Family) -> Option<String> {
    if family.kind() != FamilyKind::Histogram {
        return None;
    }
    let (all, _) = histograms(family);
    all.values().find(|histogram| !histogram.buckets.is_empty()).map(|histogram| set(&histogram.bounds()))
}
