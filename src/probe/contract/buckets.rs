//! Histograms: their bounds, and whether they add up (C08).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::{Family, FamilyKind, Sample};
use crate::model::catalogue::Metric;
use crate::probe::code::Code;

/// Labels with their values, sorted.
pub(in crate::probe) type LabelSet = Vec<(String, String)>;

/// One histogram of a family: the samples of one label set.
#[derive(Default)]
pub(in crate::probe) struct Histogram {
    /// Bound and count of every bucket, in the order of the page.
    pub(in crate::probe) buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: bool,
    /// Where it begins.
    at: usize,
}

impl Histogram {
    /// Finite bounds, ascending.
    pub(in crate::probe) fn bounds(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.buckets.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite()).collect();
        all.sort_by(f64::total_cmp);
        all
    }
}

/// The histograms of a family, by their labels; a bound that is no number is reported.
pub(in crate::probe) fn histograms(family: Family) -> (BTreeMap<LabelSet, Histogram>, Vec<usize>) {
    let mut all: BTreeMap<LabelSet, Histogram> = BTreeMap::new();
    let mut unreadable = Vec::new();
    for sample in family.samples() {
        let histogram = all.entry(labels(&sample)).or_insert_with(|| Histogram { at: sample.name_range().start, ..Histogram::default() });
        match family.suffix(&sample) {
            "_bucket" => match sample.label("le").and_then(|le| le.parse::<f64>().ok()) {
                Some(bound) => histogram.buckets.push((bound, sample.value())),
                None => unreadable.push(sample.name_range().start),
            },
            "_count" | "_gcount" => histogram.count = Some(sample.value()),
            "_sum" | "_gsum" => histogram.sum = true,
            _ => {}
        }
    }
    (all, unreadable)
}

fn labels(sample: &Sample) -> LabelSet {
    let pair = |label: crate::formats::exposition::Label| (label.name().into_owned(), label.value().into_owned());
    let mut all: Vec<_> = sample.labels().filter(|label| label.name() != "le").map(pair).collect();
    all.sort();
    all
}

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
    let mut buckets = histogram.buckets.clone();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let Some((last, most)) = buckets.last().copied() else {
        return Some("it has no buckets, so it has no quantiles".to_owned());
    };
    if last.is_finite() {
        return Some("it has no bucket `+Inf`, so its quantiles are NaN".to_owned());
    }
    if let Some(pair) = buckets.windows(2).find(|pair| pair[0].1 > pair[1].1) {
        let ((low, more), (high, fewer)) = (pair[0], pair[1]);
        return Some(format!("its buckets shrink: {more} up to {low} and {fewer} up to {high}"));
    }
    match histogram.count {
        None => Some("it has no `_count`".to_owned()),
        #[expect(clippy::float_cmp, reason = "counts are whole numbers, and the page gives the same one twice")]
        Some(count) if count != most => Some(format!("its `_count` is {count}, and its bucket `+Inf` is {most}")),
        Some(_) if !histogram.sum => Some("it has no `_sum`".to_owned()),
        Some(_) => None,
    }
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
