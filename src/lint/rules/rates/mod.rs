//! Counters and windows: rates of counters, windows, offsets and moments.

mod beyond_retention;
mod counter_raw;
mod delta_on_counter;
mod first_increment_lost;
mod fixed_moment;
mod forecast;
mod future_offset;
mod holds_when_steady;
mod irate_in_alert;
mod lagged_side;
mod moment_as_duration;
mod range_below_scrape;
mod rate_arithmetic;
mod rate_of_rate;
mod rate_of_sum;
mod rate_on_gauge;
mod samples_as_seconds;
mod window_mismatch;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &window_mismatch::WindowMismatch,
    &samples_as_seconds::SamplesAsSeconds,
    &moment_as_duration::MomentAsDuration,
    &range_below_scrape::RangeBelowScrape,
    &beyond_retention::BeyondRetention,
    &counter_raw::CounterRaw,
    &first_increment_lost::FirstIncrementLost,
    &rate_on_gauge::RateOnGauge,
    &rate_of_rate::RateOfRate,
    &delta_on_counter::DeltaOnCounter,
    &forecast::Forecast,
    &rate_of_sum::RateOfSum,
    &irate_in_alert::IrateInAlert,
    &holds_when_steady::HoldsWhenSteady,
    &lagged_side::LaggedSide,
    &rate_arithmetic::RateArithmetic,
    &future_offset::FutureOffset,
    &fixed_moment::FixedMoment,
];
