//! Naming practice: the rules of promlint, which `promtool check metrics` runs.

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::{Family, FamilyKind, is_noise};
use crate::probe::code::Code;

/// Units with the base unit that each should be.
const UNITS: &[(&str, &str)] = &[
    ("amperes", "amperes"),
    ("bytes", "bytes"),
    ("celsius", "celsius"),
    ("grams", "grams"),
    ("joules", "joules"),
    ("kelvin", "kelvin"),
    ("meters", "meters"),
    ("metres", "metres"),
    ("seconds", "seconds"),
    ("volts", "volts"),
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("bits", "bytes"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
];

const PREFIXES: &[&str] = &[
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mibi", "giga", "gibi", "tera", "tebi",
    "peta", "pebi",
];

const ABBREVIATIONS: &[&str] = &["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (name, family) in context.families.iter().filter(|(name, family)| !is_noise(name) && family.sample_count() > 0) {
        let allowed = context.terms.metrics.get(name).map_or(&[][..], |metric| &metric.allow[..]);
        for (rule, detail) in problems(name, *family) {
            if !allowed.iter().any(|allowed| allowed == rule || allowed == "metric-naming") {
                let place = context.place(family.name_range().start);
                let hint = format!("rename it, or allow it with `allow: [{rule}]`");
                findings.add(Finding::warning(Code::MetricsNaming, name, detail).at(place).hint(hint));
            }
        }
    }
}

/// Everything that promlint says of a family: the rule by which it can be allowed, and what is wrong.
pub(in crate::probe) fn problems(name: &str, family: Family) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&'static str, String)> = Vec::new();
    if family.help().is_none() {
        all.push(("missing-help", "it has no help text".to_owned()));
    }
    all.extend(of_name(name, family.kind()).into_iter().map(|(rule, detail)| (rule, detail.to_owned())));
    if let Some((unit, base)) = wrong_unit(name) {
        all.push(("base-unit", format!("its unit is `{unit}`; the base unit is `{base}`")));
    }
    all.extend(of_labels(family));
    all
}

fn has_part(name: &str, part: &str) -> bool {
    name.match_indices(part).any(|(at, _)| {
        let end = at + part.len();
        at > 0 && name.as_bytes()[at - 1] == b'_' && (end == name.len() || name.as_bytes()[end] == b'_')
    })
}

fn is_camel_case(name: &str) -> bool {
    name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

fn of_name(name: &str, kind: FamilyKind) -> Vec<(&'static str, &'static str)> {
    use FamilyKind::{Counter, Histogram, Info, Summary, Unknown};
    let lower = name.to_ascii_lowercase();
    let mut all = Vec::new();
    let mut say = |wrong: bool, rule, detail| {
        if wrong {
            all.push((rule, detail));
        }
    };
    say(kind == Counter && !name.ends_with("_total"), "counter-total", "it is a counter, and its name does not end in `_total`");
    let is_other = !matches!(kind, Counter | Unknown);
    say(is_other && name.ends_with("_total"), "counter-total", "its name ends in `_total`, and it is no counter");
    // OpenMetrics adds `_info` itself.
    say(!matches!(kind, Unknown | Info) && has_part(&lower, kind.name()), "type-in-name", "its type is a part of its name");
    say(name.contains(':'), "reserved-colon", "its name holds `:`, which is for recording rules");
    say(is_camel_case(name), "camel-case", "its name is written in camelCase");
    say(ABBREVIATIONS.iter().any(|unit| has_part(&lower, unit)), "abbreviated-unit", "its name abbreviates a unit");
    let typed = kind != Unknown;
    say(typed && kind != Histogram && name.ends_with("_bucket"), "reserved-suffix", "its name ends in `_bucket`, and it is no histogram");
    let counts = matches!(kind, Histogram | Summary);
    let wrong = "its name ends as a part of a histogram's does, and it is none";
    say(typed && !counts && (name.ends_with("_count") || name.ends_with("_sum")), "reserved-suffix", wrong);
    all
}

/// The first unit in a name, where it is no base unit.
fn wrong_unit(name: &str) -> Option<(&str, &'static str)> {
    let (unit, base) = name.split('_').find_map(|part| {
        let known = |word: &str| UNITS.iter().find(|(unit, _)| *unit == word).map(|(_, base)| *base);
        let base = known(part).or_else(|| PREFIXES.iter().find_map(|prefix| known(part.strip_prefix(prefix)?)))?;
        Some((part, base))
    })?;
    (unit != base).then_some((unit, base))
}

fn of_labels(family: Family) -> Vec<(&'static str, String)> {
    let kind = family.kind();
    let mut names: Vec<String> = Vec::new();
    for label in family.samples().flat_map(|sample| sample.labels()) {
        let name = label.name();
        if !names.iter().any(|known| *known == name) {
            names.push(name.into_owned());
        }
    }
    let mut all = Vec::new();
    for name in names {
        if is_camel_case(&name) {
            all.push(("camel-case", format!("its label `{name}` is written in camelCase")));
        }
        let histogram = matches!(kind, FamilyKind::Histogram | FamilyKind::GaugeHistogram | FamilyKind::Unknown);
        if name == "le" && !histogram {
            all.push(("reserved-label", "it has the label `le`, and it is no histogram".to_owned()));
        }
        if name == "quantile" && !matches!(kind, FamilyKind::Summary | FamilyKind::Unknown) {
            all.push(("reserved-label", "it has the label `quantile`, and it is no summary".to_owned()));
        }
    }
    all
}
