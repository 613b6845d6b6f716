//! Label names and label values (C06, C07).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::{Family, FamilyKind, Sample};
use crate::manifest::metrics::MetricType;
use crate::model::catalogue::Metric;
use crate::model::values::Values;
use crate::probe::code::Code;

/// So many values are named.
const NAMED: usize = 3;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (metric, family) in context.pairs() {
        names(context, metric, family, findings);
        values(context, metric, family, findings);
    }
}

/// Whether a label belongs to the format and not to the metric.
pub(in crate::probe) fn is_of_format(kind: FamilyKind, label: &str) -> bool {
    match label {
        "le" => matches!(kind, FamilyKind::Histogram | FamilyKind::GaugeHistogram),
        "quantile" => kind == FamilyKind::Summary,
        _ => false,
    }
}

/// Whether a label is the metric's own: not of the format, and not what Prometheus sets for the target.
fn is_own(metric: &Metric, family: Family, label: &str) -> bool {
    let declared_kind = matches!((metric.kind, label), (MetricType::Histogram, "le") | (MetricType::Summary, "quantile"));
    !is_of_format(family.kind(), label) && !declared_kind && !["job", "instance"].contains(&label)
}

fn names(context: &Context, metric: &Metric, family: Family, findings: &mut Findings) {
    let mut extra: BTreeMap<String, (usize, usize, BTreeSet<String>)> = BTreeMap::new();
    let mut missing: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    // Most samples of a family have the labels of the one before.
    let mut fine: Option<Sample> = None;
    for sample in family.samples() {
        if fine.is_some_and(|fine| has_labels_of(&fine, &sample)) {
            continue;
        }
        let at = sample.name_range().start;
        for label in sample.labels() {
            let name = label.name();
            // To Prometheus, an empty value is no label.
            let is_there = !label.value().is_empty();
            if is_there && is_own(metric, family, &name) && !metric.labels.contains_key(name.as_ref()) {
                let (_, count, values) = extra.entry(name.into_owned()).or_insert((label.name_range().start, 0, BTreeSet::new()));
                *count += 1;
                if values.len() < 10_000 {
                    values.insert(label.value().into_owned());
                }
            }
        }
        for name in absent(metric, &sample) {
            missing.entry(name).or_insert((at, 0)).1 += 1;
        }
        if extra.is_empty() && missing.is_empty() {
            fine = Some(sample);
        }
    }
    let declared = || shown(metric.labels.keys().map(String::as_str));
    for (name, (at, count, values)) in extra {
        let detail = format!("the label `{name}` is not declared ({}, {})", amount(count, "sample"), amount(values.len(), "value"));
        let finding = Finding::error(Code::MetricsLabels, &metric.name, detail).against(declared(), name).at(context.place(at));
        findings.add(finding);
    }
    for (name, (at, count)) in missing {
        let detail = format!("the label `{name}` is absent from {}", amount(count, "sample"));
        let finding = Finding::error(Code::MetricsLabels, &metric.name, detail).against(declared(), format!("no `{name}`"));
        findings.add(finding.at(context.place(at)).hint(format!("add it, or declare `{name}: {{ optional: true }}`")));
    }
}

/// `1 sample`, `2 samples`
pub(super) fn amount(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn shown<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.collect();
    if all.is_empty() { "no labels".to_owned() } else { all.join(", ") }
}

/// Declared labels that a sample must have and has not.
fn absent<'m>(metric: &'m Metric, sample: &Sample) -> Vec<&'m str> {
    let required = metric.labels.iter().filter(|(_, label)| !label.optional).map(|(name, _)| name.as_str());
    required.filter(|name| sample.label(name).is_none_or(|value| value.is_empty())).collect()
}

/// Whether a sample has just the labels of another one, in the same order, each with a value.
fn has_labels_of(one: &Sample, other: &Sample) -> bool {
    let pairs = one.labels().zip(other.labels());
    one.labels().len() == other.labels().len()
        && pairs.into_iter().all(|(a, b)| a.name() == b.name() && a.value().is_empty() == b.value().is_empty())
}

fn values(context: &Context, metric: &Metric, family: Family, findings: &mut Findings) {
    for (name, label) in metric.labels.iter().filter(|(_, label)| !matches!(label.values, Values::Any | Values::Method)) {
        let mut judged: HashSet<Cow<str>> = HashSet::new();
        let mut wrong: Vec<String> = Vec::new();
        let mut first = None;
        for found in family.samples().flat_map(|sample| sample.labels()).filter(|found| found.name() == name.as_str()) {
            let value = found.value();
            if value.is_empty() {
                continue;
            }
            if judged.contains(&value) {
                continue;
            }
            if !label.values.allow(&value) {
                first = first.or(Some(found.value_range().start));
                wrong.push(value.to_string());
            }
            judged.insert(value);
        }
        let Some(at) = first else { continue };
        let some: Vec<String> = wrong.iter().take(NAMED).map(|value| format!("`{value}`")).collect();
        let more = if wrong.len() > NAMED { format!(" and {} more", wrong.len() - NAMED) } else { String::new() };
        let expected = declared(&label.values);
        let detail = format!("the label `{name}` has {}{more}, declared as {expected}", some.join(", "));
        let finding =
            Finding::error(Code::MetricsLabelValue, &metric.name, detail).against(expected, wrong[..wrong.len().min(NAMED)].join(", "));
        findings.add(finding.at(context.place(at)));
    }
}

fn declared(values: &Values) -> String {
    match values {
        Values::Listed(all) => all.join(", "),
        Values::Pattern { text, .. } => format!("`{text}`"),
        Values::Status => "an HTTP status".to_owned(),
        Values::Method => "an HTTP method".to_owned(),
        Values::Any => "anything".to_owned(),
    }
}
