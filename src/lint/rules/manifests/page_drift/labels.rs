//! Labels and their values.

use std::collections::BTreeSet;

use super::Pair;
use crate::diagnostic::Diagnostic;
use crate::formats::exposition::FamilyKind;
use crate::lint::words::anchored::full_match;
use crate::lint::world::declared::Label;

/// Labels that are not declared, or else those that are and that a series lacks.
pub(super) fn names(pair: &Pair<'_>, found: &mut Vec<Diagnostic>) {
    let metric = &pair.metric.name.value;
    let of_format = match pair.family.kind() {
        FamilyKind::Histogram => "le",
        FamilyKind::Summary => "quantile",
        _ => "",
    };
    // Prometheus sets these itself, and an empty one is none.
    let is_own = |name: &str, value: &str| !value.is_empty() && name != of_format && !["job", "instance"].contains(&name);
    let declared: BTreeSet<&str> = pair.metric.labels.iter().map(|label| label.name.value.as_str()).collect();
    let mut extra = BTreeSet::new();
    for label in pair.family.samples().flat_map(|sample| sample.labels()) {
        let name = label.name();
        if is_own(&name, &label.value()) && !declared.contains(name.as_ref()) && extra.insert(name.clone()) {
            let message = format!("`{metric}` has a label `{name}` on the page, which the manifest does not declare");
            pair.differ(found, label.name_range(), if pair.metric.labels.is_empty() { &[] } else { &["labels"] }, &message);
        }
    }
    for label in pair.metric.labels.iter().filter(|label| extra.is_empty() && !label.optional) {
        let name = label.name.value.as_str();
        if let Some(sample) = pair.family.samples().find(|sample| sample.label(name).is_none_or(|value| value.is_empty())) {
            let message = format!("`{metric}` has a series without the label `{name}` on the page, and the manifest says that all have it");
            pair.differ(found, sample.name_range(), &["labels", name], &message);
        }
    }
}

/// Values that a label is not declared to have.
pub(super) fn values(pair: &Pair<'_>, found: &mut Vec<Diagnostic>) {
    for declared in &pair.metric.labels {
        let name = declared.name.value.as_str();
        let mut judged = BTreeSet::new();
        let shown = pair.family.samples().flat_map(|sample| sample.labels()).filter(|label| label.name() == name);
        let mut wrong = shown.filter(|label| judged.insert(label.value()) && !label.value().is_empty() && !fits(declared, &label.value()));
        if let Some(label) = wrong.next() {
            let what = if declared.values.is_some() { "which is not among its values" } else { "which its pattern does not take" };
            let message = format!("`{}` has `{name}=\"{}\"` on the page, {what} in the manifest", pair.metric.name.value, label.value());
            let key = ["values", "pattern", "role"].into_iter().find(|key| pair.body.at(["labels", name, key]).is_some());
            let way: Vec<&str> = ["labels", name].into_iter().chain(key).collect();
            pair.differ(found, label.value_range(), &way, &message);
        }
    }
}

fn fits(declared: &Label, value: &str) -> bool {
    declared.values.as_ref().is_none_or(|values| values.iter().any(|known| known == value))
        && declared.pattern.as_ref().is_none_or(|pattern| full_match(pattern, value) != Some(false))
}
