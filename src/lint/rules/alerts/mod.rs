//! Alerts and recording rules: conditions, holds, texts and names of rules.

mod alert_column;
mod alert_without_condition;
pub(super) mod annotation_link;
mod counts_instances;
mod counts_series;
mod duplicate_rule;
mod empty_label;
mod external_label_unset;
mod fires_on_page;
mod graver_fires_first;
mod group_setting;
mod hold_below_interval;
mod hold_beyond_signal;
mod hold_too_long;
mod implausible_threshold;
mod inverted_guard;
mod label_conflict;
mod label_contradicts;
mod label_value_slip;
mod late_evaluation;
mod leader_of_many;
mod missing_annotation;
mod missing_label;
mod missing_severity;
mod no_traffic_blind;
mod other_absent;
mod overwritten_label;
mod read_before_recorded;
mod record_name_drift;
mod reused_alert_name;
mod self_reference;
mod sibling_drift;
mod slow_group;
mod template_outside_braces;
mod template_query;
mod template_syntax;
mod template_types;
mod template_unknown_label;
mod text_contradicts;
mod text_threshold_drift;
mod text_window_drift;
mod unexpanded_template;
mod unit_in_text;
mod unstable_ranking;
mod value_format;
mod value_in_label;
mod watchdog_silent;
mod without_hold;
mod zero_threshold;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &implausible_threshold::ImplausibleThreshold,
    &alert_without_condition::AlertWithoutCondition,
    &unstable_ranking::UnstableRanking,
    &hold_below_interval::HoldBelowInterval,
    &no_traffic_blind::NoTrafficBlind,
    &watchdog_silent::WatchdogSilent,
    &zero_threshold::ZeroThreshold,
    &value_format::ValueFormat,
    &inverted_guard::InvertedGuard,
    &other_absent::OtherAbsent,
    &template_query::TemplateQuery,
    &template_syntax::TemplateSyntax,
    &template_types::TemplateTypes,
    &template_unknown_label::TemplateUnknownLabel,
    &external_label_unset::ExternalLabelUnset,
    &fires_on_page::FiresOnPage,
    &graver_fires_first::GraverFiresFirst,
    &text_threshold_drift::TextThresholdDrift,
    &text_window_drift::TextWindowDrift,
    &text_contradicts::TextContradicts,
    &unit_in_text::UnitInText,
    &hold_too_long::HoldTooLong,
    &hold_beyond_signal::HoldBeyondSignal,
    &without_hold::WithoutHold,
    &value_in_label::ValueInLabel,
    &template_outside_braces::TemplateOutsideBraces,
    &unexpanded_template::UnexpandedTemplate,
    &empty_label::EmptyLabel,
    &overwritten_label::OverwrittenLabel,
    &label_conflict::LabelConflict,
    &label_contradicts::LabelContradicts,
    &label_value_slip::LabelValueSlip,
    &missing_annotation::MissingAnnotation,
    &annotation_link::AnnotationLink,
    &reused_alert_name::ReusedAlertName,
    &late_evaluation::LateEvaluation,
    &leader_of_many::LeaderOfMany,
    &record_name_drift::RecordNameDrift,
    &self_reference::SelfReference,
    &read_before_recorded::ReadBeforeRecorded,
    &missing_severity::MissingSeverity,
    &missing_label::MissingLabel,
    &counts_instances::CountsInstances,
    &counts_series::CountsSeries,
    &duplicate_rule::DuplicateRule,
    &sibling_drift::SiblingDrift,
    &slow_group::SlowGroup,
    &group_setting::GroupSetting,
    &alert_column::AlertColumn,
];
