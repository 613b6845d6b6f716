//! Histograms: their bounds, and whether they add up (C08).

use rust_decimal::Decimal;

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::{Family, FamilyKind, Histogram, histograms};
use crate::model::catalogue::Metric;
use crate::probe::code::Code;

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (name, family) in &context.families {
        if family.kind() != FamilyKind::Histogram || family.sample_count() == 0 {
            continue;
        }
        let (all, unreadable) = histograms(*family);
        if let Some(at) = unreadable.first() {
            let finding = Finding::error(Code::MetricsHistogram, name, "a bucket has no bound: `le` is absent or no number");
            findings.add(finding.at(context.place(*at)));
        }
        if let Some((at, wrong)) = all.values().find_map(|histogram| Some((histogram.at, wrong(histogram)?))) {
            findings.add(Finding::error(Code::MetricsHistogram, name, wrong).at(context.place(at)));
        }
        if let Some(metric) = context.terms.metrics.get(name) {
            bounds(context, metric, *family, all.values(), findings);
        }
    }
}

/// What does not add up in a histogram.
fn wrong(histogram: &Histogram) -> Option<String> {
    let Some(last) = histogram.sorted().last().copied() else {
        return Some("it has no buckets, so it has no quantiles".to_owned());
    };
    if last.bound.is_finite() {
        return Some("it has no bucket `+Inf`, so its quantiles are NaN".to_owned());
    }
    if let Some((_, shrinks)) = histogram.shrinks() {
        return Some(shrinks);
    }
    if histogram.count.is_none() {
        return Some("it has no `_count`".to_owned());
    }
    histogram.miscounts().map(|(_, what)| what).or_else(|| (!histogram.sum).then(|| "it has no `_sum`".to_owned()))
}

/// A decimal as the closest float.
fn float(bound: &Decimal) -> f64 {
    bound.to_string().parse().unwrap_or(f64::NAN)
}

fn bounds<'h>(context: &Context, metric: &Metric, family: Family, all: impl Iterator<Item = &'h Histogram>, findings: &mut Findings) {
    let declared: Vec<f64> = metric.buckets.iter().map(float).collect();
    for histogram in all.filter(|histogram| !histogram.buckets.is_empty()) {
        let live = histogram.bounds();
        let needed: Vec<String> = context
            .terms
            .bounds
            .iter()
            .filter(|(name, bound, _)| name == &metric.name && !live.iter().any(|live| live.total_cmp(&float(bound)).is_eq()))
            .map(|(_, bound, by)| format!("the bound {bound} of {by} is no bucket"))
            .collect();
        let differ = !declared.is_empty() && declared != live;
        if !differ && needed.is_empty() {
            continue;
        }
        let (expected, observed) = (set(&declared), set(&live));
        let mut detail = if differ { vec![format!("its bounds are {observed}, declared as {expected}")] } else { Vec::new() };
        detail.extend(needed);
        let place = context.place(histogram.at.max(family.name_range().start));
        findings.add(Finding::error(Code::MetricsBuckets, &metric.name, detail.join("; ")).against(expected, observed).at(place));
        // The other label sets mostly have the same.
        return;
    }
}

/// `{0.1, 0.5}`
pub(super) fn set(bounds: &[f64]) -> String {
    let all: Vec<String> = bounds.iter().map(f64::to_string).collect();
    format!("{{{}}}", all.join(", "))
}
