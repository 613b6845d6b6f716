//! Dashboards and data sources: panels, variables, links and where they get their data.

mod alert_drift;
mod annotation_query;
mod api_envelope;
mod dashboard_frame;
mod dashboard_link;
mod dashboard_setting;
mod dashboard_type;
mod dashboard_without_uid;
mod datasource_setting;
mod datasource_use;
mod duplicate_dashboard;
mod duplicate_panel_id;
mod duplicate_ref_id;
mod expression_query;
mod field_option;
mod heatmap_buckets;
mod legend_label_missing;
mod log_panel;
mod missing_datasource;
mod missing_unit;
mod misspelt_key;
mod no_default_datasource;
mod odd_datasource;
mod panel_blank;
mod panel_column;
mod panel_field;
mod panel_layout;
mod panel_option;
mod panel_override;
mod panel_query;
mod panel_range;
mod panel_setting;
mod panel_threshold_drift;
mod panel_title_drift;
mod panel_without_grid_pos;
mod panel_without_type;
mod pinned_label;
mod removed_field;
mod same_legend;
mod same_query;
mod stacked_lines;
mod table_over_time;
mod target_without_ref_id;
mod transformation_setting;
mod undeclared_option;
mod undefined_variable;
mod unit_mismatch;
mod unknown_datasource;
mod unused_variable;
mod variable_equality;
mod variable_place;
mod variable_query_unknown;
mod variable_setting;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &alert_drift::AlertDrift,
    &api_envelope::ApiEnvelope,
    &panel_without_type::PanelWithoutType,
    &datasource_use::DatasourceUse,
    &annotation_query::AnnotationQuery,
    &panel_threshold_drift::PanelThresholdDrift,
    &panel_title_drift::PanelTitleDrift,
    &variable_setting::VariableSetting,
    &panel_setting::PanelSetting,
    &misspelt_key::MisspeltKey,
    &dashboard_type::DashboardType,
    &panel_option::PanelOption,
    &field_option::FieldOption,
    &expression_query::ExpressionQuery,
    &variable_place::VariablePlace,
    &duplicate_dashboard::DuplicateDashboard,
    &log_panel::LogPanel,
    &panel_query::PanelQuery,
    &panel_range::PanelRange,
    &dashboard_frame::DashboardFrame,
    &dashboard_link::DashboardLink,
    &panel_without_grid_pos::PanelWithoutGridPos,
    &panel_layout::PanelLayout,
    &target_without_ref_id::TargetWithoutRefId,
    &duplicate_ref_id::DuplicateRefId,
    &duplicate_panel_id::DuplicatePanelId,
    &dashboard_without_uid::DashboardWithoutUid,
    &missing_datasource::MissingDatasource,
    &unknown_datasource::UnknownDatasource,
    &dashboard_setting::DashboardSetting,
    &datasource_setting::DatasourceSetting,
    &no_default_datasource::NoDefaultDatasource,
    &missing_unit::MissingUnit,
    &panel_blank::PanelBlank,
    &stacked_lines::StackedLines,
    &panel_field::PanelField,
    &panel_column::PanelColumn,
    &panel_override::PanelOverride,
    &transformation_setting::TransformationSetting,
    &removed_field::RemovedField,
    &table_over_time::TableOverTime,
    &odd_datasource::OddDatasource,
    &heatmap_buckets::HeatmapBuckets,
    &unit_mismatch::UnitMismatch,
    &undefined_variable::UndefinedVariable,
    &unused_variable::UnusedVariable,
    &variable_query_unknown::VariableQueryUnknown,
    &undeclared_option::UndeclaredOption,
    &variable_equality::VariableEquality,
    &pinned_label::PinnedLabel,
    &legend_label_missing::LegendLabelMissing,
    &same_legend::SameLegend,
    &same_query::SameQuery,
];
