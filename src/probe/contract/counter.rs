//! What counts only rises (C13).

use std::collections::HashMap;

use super::context::Context;
use super::finding::{Finding, Findings};
use super::syntax_of;
use crate::formats::exposition::{self, Family, FamilyKind, Page, Sample};
use crate::probe::code::Code;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (name, family) in &context.families {
        let wrong = |sample: &Sample| counts(*family, sample) && (sample.value().is_nan() || sample.value() < 0.0);
        if let Some(sample) = family.samples().find(wrong) {
            let detail = format!("`{}` counts, and its value is {}", sample.name(), sample.value());
            let place = context.place(sample.value_range().start);
            findings.add(Finding::error(Code::MetricsCounter, name, detail).at(place).hint("a counter starts at 0 and is only added to"));
        }
    }
    falling(context, findings);
}

/// Whether a sample's value only rises.
fn counts(family: Family, sample: &Sample) -> bool {
    match family.kind() {
        FamilyKind::Counter => family.suffix(sample) != "_created",
        FamilyKind::Histogram => matches!(family.suffix(sample), "_bucket" | "_count"),
        FamilyKind::Summary => family.suffix(sample) == "_count",
        _ => false,
    }
}

fn key(sample: &Sample) -> (String, Vec<(String, String)>) {
    let mut labels: Vec<_> = sample.labels().map(|label| (label.name().into_owned(), label.value().into_owned())).collect();
    labels.sort();
    (sample.name().into_owned(), labels)
}

/// When the process started, as far as the page says it.
fn started(page: &Page) -> Option<f64> {
    page.samples().find(|sample| sample.name() == "process_start_time_seconds").map(|sample| sample.value())
}

/// Reports what was less a moment later, unless the process started anew.
fn falling(context: &Context, findings: &mut Findings) {
    let Some(again) = &context.seen.again else { return };
    let later = exposition::read(&again.body, syntax_of(again));
    if started(context.page).map(f64::to_bits) != started(&later).map(f64::to_bits) {
        return;
    }
    let mut values: HashMap<_, f64> = HashMap::new();
    for family in later.families() {
        values.extend(family.samples().filter(|sample| counts(family, sample)).map(|sample| (key(&sample), sample.value())));
    }
    for (name, family) in &context.families {
        let fell = family.samples().filter(|sample| counts(*family, sample)).find_map(|sample| {
            let after = *values.get(&key(&sample))?;
            (after < sample.value()).then_some((sample, after))
        });
        if let Some((sample, after)) = fell {
            let detail = format!("`{}` fell from {} to {after} between two scrapes", sample.name(), sample.value());
            let place = context.place(sample.value_range().start);
            findings.add(
                Finding::error(Code::MetricsCounter, name, detail).at(place).hint("a counter is only added to; what falls is a gauge"),
            );
        }
    }
}
