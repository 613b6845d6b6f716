//! What rules and dashboards ask for is there (C18).
//!
//! A metric that is not there at all is reported as such. Of one that is there, a selector is broken where no series has
//! a label that it needs, or no bucket the bound: neither comes by waiting. A value such as a status that did not occur
//! yet may still come.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::context::{Context, generation};
use super::finding::{Finding, Findings};
use crate::formats::exposition::{Family, Generation, Sample};
use crate::model::values::anchored;
use crate::probe::code::Code;
use crate::promql::ast::{MatchOp, Matcher};

pub(super) fn check(context: &Context, findings: &mut Findings) {
    // Many ask for the same.
    let mut broken: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for asked in &context.terms.asked {
        let Some(name) = asked.selector.metric_name() else { continue };
        let Some(family) = family_of(context, name) else { continue };
        for matcher in &asked.selector.matchers {
            if let Some(why) = never(context, family, name, matcher) {
                let by = broken.entry((family.full_name().into_owned(), why)).or_default();
                if !by.contains(&asked.by.as_str()) {
                    by.push(&asked.by);
                }
            }
        }
    }
    for ((metric, why), by) in broken {
        let place = context.place(context.families[&metric].name_range().start);
        let some: Vec<&str> = by.iter().copied().take(3).collect();
        let more = if by.len() > some.len() { format!(" and {} more", by.len() - some.len()) } else { String::new() };
        let detail = format!("{why}, so {}{more} can never see it", some.join(", "));
        findings.add(Finding::error(Code::MetricsSelector, metric, detail).at(place));
    }
}

/// The family whose samples have a name.
fn family_of<'c>(context: &'c Context<'c>, name: &str) -> Option<Family<'c>> {
    let of = |base: &str| context.families.get(base).copied();
    let family = of(name).or_else(|| ["_bucket", "_count", "_sum"].iter().find_map(|suffix| of(name.strip_suffix(suffix)?)))?;
    family.samples().any(|sample| sample.name() == name).then_some(family)
}

/// Why a matcher can take no series of a metric.
fn never(context: &Context, family: Family, name: &str, matcher: &Matcher) -> Option<String> {
    let label = matcher.label.text.as_str();
    // Those of the target, and what a variable of the dashboard stands for.
    if ["__name__", "job", "instance", "service"].contains(&label) || matcher.value.contains('$') || takes(matcher, "") {
        return None;
    }
    let samples = || family.samples().filter(|sample: &Sample| sample.name() == name);
    let value = |sample: &Sample| sample.label(label).map(Cow::into_owned).filter(|value| !value.is_empty());
    if !samples().any(|sample| value(&sample).is_some()) {
        return Some(format!("no series of `{name}` has the label `{label}`"));
    }
    let is_bound = label == "le" && matches!(matcher.op, MatchOp::Equal | MatchOp::Regex);
    let generation = generation(context.terms.prometheus);
    if is_bound && !samples().filter_map(|sample| value(&sample)).any(|le| takes(matcher, &stored(&le, generation))) {
        return Some(format!("no bucket of `{name}` has the bound `{}`", matcher.value));
    }
    None
}

/// A bound as Prometheus stores it: 3 writes it anew, 2 keeps it as the page has it.
fn stored(le: &str, generation: Generation) -> String {
    match le.parse::<f64>() {
        Ok(bound) if generation == Generation::Three && bound.is_finite() => open_metrics_float(bound),
        _ => le.to_owned(),
    }
}

/// As Go writes a float for OpenMetrics: `1.0`, `0.5`, `1e+06`.
fn open_metrics_float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let size: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..6).contains(&size) {
        return format!("{mantissa}e{}{:02}", if size < 0 { '-' } else { '+' }, size.abs());
    }
    let plain = value.to_string();
    if plain.contains('.') { plain } else { plain + ".0" }
}

fn takes(matcher: &Matcher, value: &str) -> bool {
    let matches = || anchored(&matcher.value).is_ok_and(|regex| regex.is_match(value));
    match matcher.op {
        MatchOp::Equal => matcher.value == value,
        MatchOp::NotEqual => matcher.value != value,
        MatchOp::Regex => matches(),
        MatchOp::NotRegex => !matches(),
    }
}
