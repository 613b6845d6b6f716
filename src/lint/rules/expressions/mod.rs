//! Expressions: what a selector finds, and how operators and functions put it together.

mod contradiction;
mod exporter_not_scraped;
mod flag_presence;
mod gone_when_down;
mod idle_side;
mod impossible_alternative;
mod impossible_value;
mod invalid_argument;
mod inverted_liveness;
mod join_label_unknown;
mod logql_syntax;
mod loose_join;
mod lossy_absent;
mod many_to_one;
mod merged_series;
mod naked_selector;
mod never_holds;
mod newer_prometheus;
mod pattern_as_text;
mod plain_regex;
mod probe_series;
mod prober_up;
mod promql_syntax;
mod pushed_series;
mod scalar_of_many;
mod state_arithmetic;
mod sum_of_same;
mod unknown_job;
mod unknown_label;
mod unknown_metric;
mod unknown_target;
mod unlike_sides;
mod unlike_units;
mod value_slip;
mod vector_mismatch;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &promql_syntax::PromqlSyntax,
    &logql_syntax::LogqlSyntax,
    &newer_prometheus::NewerPrometheus,
    &unknown_job::UnknownJob,
    &unknown_metric::UnknownMetric,
    &exporter_not_scraped::ExporterNotScraped,
    &unknown_label::UnknownLabel,
    &impossible_value::ImpossibleValue,
    &value_slip::ValueSlip,
    &never_holds::NeverHolds,
    &contradiction::Contradiction,
    &gone_when_down::GoneWhenDown,
    &flag_presence::FlagPresence,
    &scalar_of_many::ScalarOfMany,
    &sum_of_same::SumOfSame,
    &state_arithmetic::StateArithmetic,
    &pushed_series::PushedSeries,
    &idle_side::IdleSide,
    &pattern_as_text::PatternAsText,
    &plain_regex::PlainRegex,
    &impossible_alternative::ImpossibleAlternative,
    &probe_series::ProbeSeries,
    &prober_up::ProberUp,
    &invalid_argument::InvalidArgument,
    &naked_selector::NakedSelector,
    &vector_mismatch::VectorMismatch,
    &many_to_one::ManyToOne,
    &merged_series::MergedSeries,
    &join_label_unknown::JoinLabelUnknown,
    &loose_join::LooseJoin,
    &unlike_sides::UnlikeSides,
    &unlike_units::UnlikeUnits,
    &unknown_target::UnknownTarget,
    &inverted_liveness::InvertedLiveness,
    &lossy_absent::LossyAbsent,
];
