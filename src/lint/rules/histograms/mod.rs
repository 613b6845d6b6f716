//! Histograms and quantiles: buckets, quantiles and summaries.

mod averaged_quantile;
mod histogram_base_name;
mod histogram_sample;
mod invalid_quantile;
mod latency_off_bucket;
mod le_literal;
mod mean_of_histogram;
mod native_or_classic;
mod quantile_missing_le;
mod quantile_without_rate;
mod summary_misuse;
mod summed_buckets;
mod threshold_above_top_bucket;
mod threshold_off_bucket;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &histogram_base_name::HistogramBaseName,
    &quantile_without_rate::QuantileWithoutRate,
    &quantile_missing_le::QuantileMissingLe,
    &invalid_quantile::InvalidQuantile,
    &summary_misuse::SummaryMisuse,
    &native_or_classic::NativeOrClassic,
    &histogram_sample::HistogramSample,
    &threshold_above_top_bucket::ThresholdAboveTopBucket,
    &threshold_off_bucket::ThresholdOffBucket,
    &le_literal::LeLiteral,
    &latency_off_bucket::LatencyOffBucket,
    &summed_buckets::SummedBuckets,
    &averaged_quantile::AveragedQuantile,
    &mean_of_histogram::MeanOfHistogram,
];
