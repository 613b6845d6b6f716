//! Metrics: pages of metrics, and what manifests declare of them.

mod metric_buckets;
mod metric_naming;
mod metric_slip;
mod shown_value;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] =
    &[&metric_naming::MetricNaming, &metric_slip::MetricSlip, &metric_buckets::MetricBuckets, &shown_value::ShownValue];
