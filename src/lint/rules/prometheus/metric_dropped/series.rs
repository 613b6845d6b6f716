//! Steps that take away all series of a metric, or those that somebody asks for.

use std::collections::BTreeSet;

use super::readers::Readers;
use super::used::Used;
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::query::{Query, is_placeholder, matches, named_values};
use crate::lint::world::Series;
use crate::lint::world::declared::{MetricType, Snapshot};
use crate::lint::world::jobs::{labels_of_targets, writes};
use crate::lint::world::relabel::{Effect, Labels, apply, pattern};
use crate::promql::ast::{MatchOp, Matcher};
use crate::promql::walk::selectors;
use crate::source::Node;

/// What a selector asks of a label: its name, how, and the value.
type Asked<'q> = (&'q str, u8, &'q str);

/// A step that drops, by the values of labels, every series that the page of the job shows of a metric which somebody reads.
pub(super) fn all_of_page<'a>(index: usize, job: &Job<'a>, readers: &Readers<'_>, context: &Context<'_>) -> Option<(&'a Node, String)> {
    let step = &job.metric_relabel[index];
    if !matches!(step.action.as_str(), "drop" | "keep") || !step.sources.iter().any(|label| !label.starts_with("__")) {
        return None;
    }
    let mut pages = context.world.catalogues.iter().filter(|page| page.is_page() && page.is_of(job.name()));
    let (page, None) = (pages.next()?, pages.next()) else { return None };
    let snapshot = page.snapshot.as_ref()?;
    let gone = |name: &str, labels: &Labels, steps: &[Relabel<'_>]| {
        let mut labels = labels.clone();
        labels.insert("__name__".to_owned(), name.to_owned());
        steps.iter().any(|step| apply(step, &mut labels) == Some(Effect::Dropped))
    };
    let mut judged: BTreeSet<(&str, Vec<Asked<'_>>)> = BTreeSet::new();
    for query in readers.of_job(job.name()) {
        for used in query.expr.iter().flat_map(selectors) {
            let Some(name) = used.selector.metric_name() else { continue };
            // What targets bring is not on their page.
            let of_page = |matcher: &&Matcher| !matches!(matcher.label.text.as_str(), "job" | "instance" | "__name__");
            let is_plain = |matcher: &&Matcher| of_page(matcher) && !query.is_variable(&matcher.value_range);
            let asked: Vec<&Matcher> = used.selector.matchers.iter().filter(is_plain).collect();
            if !judged.insert((
                name,
                asked.iter().map(|matcher| (matcher.label.text.as_str(), matcher.op as u8, matcher.value.as_str())).collect(),
            )) {
                continue;
            }
            let Some(shown) = snapshot.get(name).filter(|series| series.len() <= 256) else { continue };
            let has =
                |labels: &Labels, matcher: &Matcher| labels.get(&matcher.label.text).is_none_or(|own| matches(matcher, own) != Some(false));
            let series: Vec<_> = shown.iter().filter(|(labels, _)| asked.iter().all(|matcher| has(labels, matcher))).collect();
            if series.is_empty() {
                continue;
            }
            let own = |label: &&str| label.starts_with("__") || series.iter().any(|(labels, _)| labels.contains_key(*label));
            let before = &job.metric_relabel[..index];
            let is_left = series.iter().any(|(labels, _)| !gone(name, labels, before));
            let all = || series.iter().all(|(labels, _)| gone(name, labels, &job.metric_relabel[..=index]));
            if step.sources.iter().all(own) && is_left && all() || is_left && keeps_others(step, name, snapshot) {
                let message = if series.len() < shown.len() {
                    format!("this drops every series of `{name}` on the page that `{}` asks for", query.name())
                } else {
                    format!("this drops every series of `{name}` that the page shows, and `{}` reads it", query.name())
                };
                return Some((step.regex.unwrap_or(step.node), message));
            }
        }
    }
    None
}

/// Whether a step keeps series by name and a label, and none of this name with any value that the page shows of the label, or without it.
fn keeps_others(step: &Relabel<'_>, name: &str, snapshot: &Snapshot) -> bool {
    let ["__name__", label] = step.sources.as_slice() else { return false };
    let mut values = snapshot.values().flatten().filter_map(|(labels, _)| labels.get(*label)).take(1000).peekable();
    let is_gone = |value: &str| {
        let mut labels = Labels::from([("__name__".to_owned(), name.to_owned()), ((*label).to_owned(), value.to_owned())]);
        apply(step, &mut labels) == Some(Effect::Dropped)
    };
    step.action == "keep" && values.peek().is_some() && is_gone("") && values.all(|value| is_gone(value))
}

/// Who asks for values of a label that a step drops, each with what it asks by.
pub(super) fn of_value<'q>(
    step: &Relabel<'_>,
    job: &Job<'_>,
    readers: &Readers<'q>,
    context: &Context<'_>,
) -> Vec<(&'q Query<'q>, &'q Matcher)> {
    let mut found = Vec::new();
    let [label] = step.sources.as_slice() else { return found };
    if !matches!(step.action.as_str(), "drop" | "keep") || label.starts_with("__") || matches!(*label, "job" | "instance" | "le") {
        return found;
    }
    let gone = |value: &String| apply(step, &mut Labels::from([((*label).to_owned(), value.clone())])) == Some(Effect::Dropped);
    for query in readers.of_job(job.name()) {
        let own = query.expr.iter().flat_map(selectors).filter(|found| context.world.job_read(found.selector) == Some(job.name()));
        let asked = own.flat_map(|found| &found.selector.matchers).filter(|matcher| matcher.label.text == *label);
        found.extend(
            asked
                .filter(|matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Regex) && !query.is_variable(&matcher.value_range))
                .filter_map(|matcher| {
                    let values = named_values(matcher);
                    (!values.is_empty() && values.iter().all(gone)).then_some((query, matcher))
                }),
        );
    }
    found
}

/// A step that drops series of one metric by the value of a label, where somebody asks for just these.
pub(super) fn of_two_labels<'a, 'q>(step: &Relabel<'a>, job: &Job<'_>, readers: &Readers<'q>) -> Option<(&'a Node, String, &'q Query<'q>)> {
    let ["__name__", label] = step.sources.as_slice() else { return None };
    if step.action != "drop" {
        return None;
    }
    for query in readers.of_job(job.name()) {
        for found in query.expr.iter().flat_map(selectors) {
            let Some(name) = found.selector.metric_name() else { continue };
            let asked = found.selector.matchers.iter().find(|m| m.label.text == *label && matches!(m.op, MatchOp::Equal | MatchOp::Regex));
            let Some(matcher) = asked.filter(|matcher| !is_placeholder(&matcher.value) && matches(matcher, "") == Some(false)) else {
                continue;
            };
            let plain = matcher.value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            // `5..` asks for 500 and its like.
            let values = if matcher.op == MatchOp::Regex && plain { vec![matcher.value.replace('.', "0")] } else { named_values(matcher) };
            let gone = |value: &String| {
                let mut labels = Labels::from([("__name__".to_owned(), name.to_owned()), ((*label).to_owned(), value.clone())]);
                apply(step, &mut labels) == Some(Effect::Dropped)
            };
            // One bound may be asked for in several spellings, of which a page has one.
            let numbers: Vec<f64> = values.iter().filter_map(|value| value.parse().ok()).collect();
            let one_bound =
                *label == "le" && numbers.len() == values.len() && numbers.windows(2).all(|pair| (pair[0] - pair[1]).abs() < f64::EPSILON);
            if !values.is_empty() && (values.iter().all(gone) || one_bound && values.iter().any(gone)) {
                let message = format!("this drops what `{}` asks `{name}` for: `{label}` as `{}`", query.name(), matcher.value);
                return Some((step.regex.unwrap_or(step.node), message, query));
            }
        }
    }
    None
}

/// A step that keeps or drops by a label of some metrics, and so takes away others that have no such label and are read.
pub(super) fn without_label<'a>(step: &Relabel<'a>, job: &Job<'_>, used: &Used<'_>, context: &Context<'_>) -> Option<(&'a Node, String)> {
    let ([label], Some(regex)) = (step.sources.as_slice(), step.regex) else { return None };
    if !matches!(step.action.as_str(), "keep" | "drop") || matches!(*label, "__name__" | "job" | "instance") {
        return None;
    }
    let is_gone = |value: &str| pattern(step).is_some_and(|pattern| pattern.is_match(value) == (step.action == "drop"));
    if *label == "le" {
        let histogram = used.metrics.keys().find(|name| name.ends_with("_bucket"))?;
        return is_gone("+Inf").then(|| (regex, format!("this drops the bucket `+Inf`, without which `{histogram}` has no quantile")));
    }
    if !is_gone("") || labels_of_targets(job).is_none_or(|labels| labels.contains(label)) || job.honor_labels {
        return None;
    }
    // A step before may have written it.
    if job.metric_relabel.iter().any(|other| !std::ptr::eq(other, step) && writes(other, label)) {
        return None;
    }
    let lacks = |name: &&String| {
        context.world.metric(name).is_some_and(|(catalogue, metric, series)| {
            let own = series == Series::Base && metric.kind == MetricType::Summary && *label == "quantile";
            catalogue.is_of(job.name()) && !metric.open && !own && metric.labels.iter().all(|known| known.name.value != **label)
        })
    };
    let name = used.metrics.keys().find(lacks)?;
    Some((regex, format!("`{name}` has no label `{label}`, so this drops it, and rules or panels read it")))
}
