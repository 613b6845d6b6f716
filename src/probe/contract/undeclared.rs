//! What is on the page and not in the manifest (C03).

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::{Family, FamilyKind, is_noise};
use crate::probe::code::Code;
use crate::probe::failure::Level;

/// So many are named one by one.
const NAMED: usize = 5;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    let declared = |name: &str| context.terms.metrics.contains_key(name);
    let created = |name: &str| name.strip_suffix("_created").is_some_and(|base| is_known(context, base));
    let all: Vec<(&String, &Family)> = context
        .families
        .iter()
        .filter(|(name, family)| family.sample_count() > 0 && !declared(name) && !is_noise(name) && !created(name))
        .collect();
    for (name, family) in all.iter().take(NAMED) {
        findings.add(
            Finding::warning(Code::MetricsUndeclared, name.as_str(), "it is on the page and not declared")
                .at(context.place(family.name_range().start))
                .hint(format!("declare it: `{}`", stanza(name, family))),
        );
    }
    if all.len() > NAMED {
        let rest: Vec<&str> = all[NAMED..].iter().map(|(name, _)| name.as_str()).take(20).collect();
        let dots = if all.len() > NAMED + rest.len() { ", …" } else { "" };
        let detail = format!("{} more are not declared: {}{dots}", all.len() - NAMED, rest.join(", "));
        findings.add(Finding::of_page(Code::MetricsUndeclared, Level::Warn, detail));
    }
}

/// Whether a name, or it as a counter, is on the page.
fn is_known(context: &Context, base: &str) -> bool {
    context.families.contains_key(base) || context.families.contains_key(&format!("{base}_total"))
}

/// How the manifest would declare a family.
fn stanza(name: &str, family: &Family) -> String {
    let kind = match family.kind() {
        FamilyKind::Counter => "counter",
        FamilyKind::Histogram | FamilyKind::GaugeHistogram => "histogram",
        FamilyKind::Summary => "summary",
        FamilyKind::Gauge | FamilyKind::Info | FamilyKind::StateSet | FamilyKind::Unknown => "gauge",
    };
    let mut labels: Vec<String> = Vec::new();
    for label in family.samples().take(100).flat_map(|sample| sample.labels()) {
        let label = label.name().into_owned();
        if label != "le" && label != "quantile" && !labels.contains(&label) {
            labels.push(label);
        }
    }
    let labels: Vec<String> = labels.into_iter().map(|label| format!("{label}: {{}}")).collect();
    let labels = if labels.is_empty() { String::new() } else { format!(", labels: {{ {} }}", labels.join(", ")) };
    format!("{name}: {{ type: {kind}{labels} }}")
}
