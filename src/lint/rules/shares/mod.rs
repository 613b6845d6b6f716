//! Shares and error budgets: ratios, percentages and the rates at which budgets burn.

mod absolute_as_ratio;
mod averaged_share;
mod burn_unreachable;
mod burn_windows;
mod constant_ratio;
mod division_by_zero;
mod equality_of_fraction;
mod foreign_total;
mod inverted_share;
mod lost_brackets;
mod odds_as_share;
mod part_added;
mod partial_status;
mod percent_of_share;
mod processor_modes;
mod rounded_away;
mod success_as_error;
mod total_among_parts;
mod upside_down_share;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &burn_unreachable::BurnUnreachable,
    &burn_windows::BurnWindows,
    &absolute_as_ratio::AbsoluteAsRatio,
    &averaged_share::AveragedShare,
    &odds_as_share::OddsAsShare,
    &partial_status::PartialStatus,
    &constant_ratio::ConstantRatio,
    &division_by_zero::DivisionByZero,
    &foreign_total::ForeignTotal,
    &success_as_error::SuccessAsError,
    &equality_of_fraction::EqualityOfFraction,
    &lost_brackets::LostBrackets,
    &part_added::PartAdded,
    &total_among_parts::TotalAmongParts,
    &processor_modes::ProcessorModes,
    &rounded_away::RoundedAway,
    &inverted_share::InvertedShare,
    &upside_down_share::UpsideDownShare,
    &percent_of_share::PercentOfShare,
];
