//! Types, buckets, the value at which a gauge is full, and how many series there are.

use super::Pair;
use crate::diagnostic::Diagnostic;
use crate::formats::exposition::{FamilyKind, histograms};
use crate::lint::inference::capacity;
use crate::lint::world::declared::{Catalogue, MetricType};
use crate::source::Node;

/// Another type: whether it is one, so that nothing else can be compared.
pub(super) fn kind(pair: &Pair<'_>, found: &mut Vec<Diagnostic>) -> bool {
    let shown = match pair.family.kind() {
        FamilyKind::Counter => MetricType::Counter,
        FamilyKind::Gauge | FamilyKind::Info | FamilyKind::StateSet => MetricType::Gauge,
        FamilyKind::Histogram => MetricType::Histogram,
        FamilyKind::Summary => MetricType::Summary,
        // It does not say what it is.
        FamilyKind::GaugeHistogram | FamilyKind::Unknown => return false,
    };
    if shown == pair.metric.kind {
        return false;
    }
    let declared = pair.body.get("type").and_then(Node::as_str).unwrap_or("something else");
    let message = format!("`{}` is a {} on the page, and a {declared} in the manifest", pair.metric.name.value, pair.family.kind().name());
    pair.differ(found, pair.family.kind_range(), &["type"], &message);
    true
}

/// Other buckets. What shows none may be a native histogram.
pub(super) fn bounds(pair: &Pair<'_>, found: &mut Vec<Diagnostic>) {
    let Some(declared) = pair.metric.buckets.as_ref().filter(|bounds| !bounds.value.is_empty()) else { return };
    let (all, _) = histograms(pair.family);
    let listed = |bounds: &[f64]| bounds.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    let other =
        |shown: &[f64]| shown.len() != declared.value.len() || shown.iter().zip(&declared.value).any(|(a, b)| a.total_cmp(b).is_ne());
    let differing = all.values().filter(|one| !one.buckets.is_empty()).find(|one| other(&one.bounds()));
    if let Some(histogram) = differing {
        let (shown, written) = (listed(&histogram.bounds()), listed(&declared.value));
        let message = format!("`{}` has the buckets {shown} on the page, and {written} in the manifest", pair.metric.name.value);
        pair.differ(found, pair.family.name_range(), &["buckets"], &message);
    }
}

/// A gauge that is more than full.
pub(super) fn fullness(pair: &Pair<'_>, found: &mut Vec<Diagnostic>) {
    let Some(max) = pair.metric.max.filter(|_| pair.metric.kind == MetricType::Gauge) else { return };
    if let Some(sample) = pair.family.samples().find(|sample| sample.value() > max && sample.value().is_finite()) {
        let message =
            format!("`{}` is {} on the page, and the manifest says that it is full at {max}", pair.metric.name.value, sample.value());
        pair.differ(found, sample.value_range(), &["max"], &message);
    }
}

/// A gauge that is full at another value than the page says by the gauge beside it.
pub(super) fn limit(pair: &Pair<'_>, page: &Catalogue, found: &mut Vec<Diagnostic>) {
    let Some(max) = pair.metric.max else { return };
    let Some(shown) = capacity::of(page, pair.metric, |_, _| true).filter(|shown| (shown.value - max).abs() > f64::EPSILON) else { return };
    let message =
        format!("`{}` is full at {} by `{}` of the page, and at {max} in the manifest", pair.metric.name.value, shown.value, shown.name);
    pair.differ(found, pair.family.name_range(), &["max"], &message);
}

/// More series than there may be.
pub(super) fn number(pair: &Pair<'_>, found: &mut Vec<Diagnostic>) {
    let most = pair.body.get("max_series").and_then(Node::as_i64).and_then(|most| usize::try_from(most).ok());
    let count = pair.family.sample_count();
    if let Some(most) = most.filter(|most| count > *most) {
        let message = format!("`{}` has {count} series on the page, and the manifest allows {most}", pair.metric.name.value);
        pair.differ(found, pair.family.name_range(), &["max_series"], &message);
    }
}
