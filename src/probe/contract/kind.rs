//! The type (C05).

use super::context::Context;
use super::finding::{Finding, Findings};
use crate::formats::exposition::FamilyKind;
use crate::manifest::metrics::MetricType;
use crate::probe::code::Code;

/// What a metric is allowed whose page does not say what it is.
const UNTYPED: &str = "untyped";

pub(super) fn check(context: &Context, findings: &mut Findings) {
    for (metric, family) in context.pairs() {
        let fits = match family.kind() {
            FamilyKind::Counter => metric.kind == MetricType::Counter,
            // OpenMetrics has its own names for gauges that never are anything but 0 or 1.
            FamilyKind::Gauge | FamilyKind::Info | FamilyKind::StateSet => metric.kind == MetricType::Gauge,
            FamilyKind::Histogram => metric.kind == MetricType::Histogram,
            FamilyKind::Summary => metric.kind == MetricType::Summary,
            FamilyKind::GaugeHistogram => false,
            FamilyKind::Unknown => metric.allow.iter().any(|rule| rule == UNTYPED),
        };
        if fits {
            continue;
        }
        let (expected, observed) = (metric.kind.name(), family.kind().name());
        let detail = match (family.kind(), family.is_typed()) {
            (_, false) => format!("the page does not say what it is, declared as a {expected}"),
            (FamilyKind::Unknown, true) => format!("the page calls it {observed}, declared as a {expected}"),
            _ => format!("it is a {observed}, declared as a {expected}"),
        };
        let place = context.place(family.kind_range().start);
        findings.add(Finding::error(Code::MetricsType, &metric.name, detail).against(expected, observed).at(place));
    }
}
