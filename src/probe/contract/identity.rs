//! Label values that look like the identity of one thing: each makes a series for ever (C12).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::is_noise;
use crate::model::values::Values;
use crate::probe::code::Code;

static KINDS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("a UUID", r"(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
        ("an e-mail address", r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$"),
        ("a hash", r"(?i)^[0-9a-f]{24,}$"),
        ("a path with a number in it", r"^/(?:[^/]*/)*[0-9]+(?:/.*)?$"),
    ]
    .map(|(name, pattern)| (name, Regex::new(pattern).expect("these are regular expressions")))
    .into()
});

/// Labels that name a build say so once for all series.
const OF_A_BUILD: &[&str] = &["revision", "commit", "sha", "goversion", "version", "digest", "checksum", "uuid_of_build"];

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (name, family) in context.families.iter().filter(|(name, _)| !is_noise(name) && !name.ends_with("_info")) {
        let declared = context.terms.metrics.get(name);
        let closed = |label: &str| {
            declared.and_then(|metric| metric.labels.get(label)).is_some_and(|label| !matches!(label.values, Values::Any))
                || OF_A_BUILD.contains(&label)
        };
        let mut found: BTreeMap<String, (&str, String, usize)> = BTreeMap::new();
        for label in family.samples().flat_map(|sample| sample.labels()) {
            let label_name = label.name();
            if found.contains_key(label_name.as_ref()) || closed(&label_name) {
                continue;
            }
            let value = label.value();
            if value.len() >= 2
                && let Some((kind, _)) = KINDS.iter().find(|(_, pattern)| pattern.is_match(&value))
            {
                found.insert(label_name.into_owned(), (kind, value.into_owned(), label.value_range().start));
            }
        }
        for (label, (kind, value, at)) in found {
            let detail = format!("the label `{label}` holds {kind}, `{value}`: every other one makes more series");
            findings.add(Finding::warning(Code::MetricsIdentity, name, detail).at(context.place(at)));
        }
    }
}
