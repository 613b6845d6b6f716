//! How many series a metric has (C11).

use std::collections::{BTreeMap, HashSet};

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::Family;
use crate::probe::code::Code;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (metric, family) in context.pairs() {
        let Some(most) = metric.max_series else { continue };
        let count = family.sample_count();
        if u64::try_from(count).is_ok_and(|count| count <= most) {
            continue;
        }
        let by_label: Vec<String> = widest(family).into_iter().map(|(label, values)| format!("`{label}` has {values} values")).collect();
        let detail = format!("it has {count} series, declared at most {most}: {}", by_label.join(", "));
        let place = context.place(family.name_range().start);
        findings.add(Finding::error(Code::MetricsSeries, &metric.name, detail).against(most.to_string(), count.to_string()).at(place));
    }
}

/// The labels with the most values, at most five.
fn widest(family: Family) -> Vec<(String, usize)> {
    let mut values: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for label in family.samples().flat_map(|sample| sample.labels()) {
        values.entry(label.name().into_owned()).or_default().insert(label.value().into_owned());
    }
    let mut all: Vec<(String, usize)> = values.into_iter().map(|(label, values)| (label, values.len())).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(5);
    all
}
