//! The registry: a `mod` line and an entry in [`ALL`] for every rule.

mod absolute_as_ratio;
mod alert_column;
mod alert_drift;
mod alert_manifest_drift;
mod alert_not_routable;
mod alert_relabelled;
mod alert_without_condition;
mod alertmanager_address;
mod alerts_go_nowhere;
mod annotation_link;
mod annotation_query;
mod api_envelope;
mod attribute_match;
mod attribute_slip;
mod averaged_quantile;
mod beyond_retention;
mod blank_message;
mod budget_drift;
mod burn_unreachable;
mod burn_windows;
mod client_setting;
mod collector_receiver;
mod collector_reference;
mod collector_setting;
mod collector_statement;
mod collector_wiring;
mod constant_ratio;
mod contradiction;
mod counter_raw;
mod dashboard_frame;
mod dashboard_link;
mod dashboard_setting;
mod dashboard_type;
mod dashboard_without_uid;
mod datasource_setting;
mod datasource_use;
mod declared_alert_missing;
mod declared_slip;
mod delta_on_counter;
mod discovery_label;
mod discovery_setting;
mod division_by_zero;
mod drop_all;
mod duplicate_dashboard;
mod duplicate_panel_id;
mod duplicate_ref_id;
mod duplicate_rule;
mod duplicate_target;
mod empty_file_glob;
mod empty_label;
mod equality_of_fraction;
mod equality_with_regex;
mod export_address;
mod exporter_setting;
mod exposed_nowhere;
mod expression_query;
mod external_label_unset;
mod external_labels;
mod field_not_parsed;
mod field_option;
mod first_increment_lost;
mod fixed_moment;
mod forecast;
mod foreign_total;
mod future_offset;
mod group_by_label;
mod group_setting;
mod grpc_service_drift;
mod heatmap_buckets;
mod histogram_base_name;
mod histogram_sample;
mod hold_below_interval;
mod hold_beyond_signal;
mod hold_too_long;
mod honor_labels;
mod host_slip;
mod id_as_label;
mod idle_side;
mod ignored_document;
mod implausible_threshold;
mod impossible_alternative;
mod impossible_value;
mod inhibit_too_wide;
mod inhibit_without_effect;
mod invalid_argument;
mod invalid_quantile;
mod inverted_guard;
mod inverted_liveness;
mod inverted_share;
mod irate_in_alert;
mod job_drift;
mod job_relabelled;
mod job_without_liveness;
mod job_without_targets;
mod join_label_unknown;
mod label_conflict;
mod label_value_slip;
mod lagged_side;
mod late_evaluation;
mod latency_off_bucket;
mod le_literal;
mod legend_label_missing;
mod listener;
mod literal_secret;
mod localhost_target;
mod log_operator;
mod log_panel;
mod logql_syntax;
mod loki_address;
mod lossy_absent;
mod manifest_address;
mod manifest_check;
mod manifest_contradiction;
mod manifest_dependency;
mod manifest_drift;
mod manifest_environment;
mod manifest_limit;
mod manifest_logging;
mod manifest_metric;
mod manifest_recording;
mod manifest_routing;
mod manifest_scrape;
mod manifest_stack;
mod manifest_text;
mod manifest_value;
mod many_to_one;
mod matcher_slip;
mod mean_of_histogram;
mod metric_buckets;
mod metric_dropped;
mod metric_naming;
mod metric_slip;
mod missing_annotation;
mod missing_datasource;
mod missing_label;
mod missing_severity;
mod missing_unit;
mod misspelt_key;
mod moment_as_duration;
mod naked_selector;
mod native_or_classic;
mod native_scrape;
mod never_holds;
mod newer_alertmanager;
mod newer_blackbox;
mod newer_prometheus;
mod no_default_datasource;
mod no_traffic_blind;
mod notification_template;
mod notifier_address;
mod odd_datasource;
mod other_absent;
mod other_teams_receiver;
mod otlp_port;
mod overwritten_label;
mod own_telemetry;
mod paging_not_resolved;
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
mod partial_status;
mod percent_of_share;
mod pipeline_circle;
mod pipeline_component;
mod pipeline_order;
mod pipeline_signal;
mod plain_regex;
mod probe_drift;
mod probe_expectation;
mod probe_query;
mod probe_relabelling;
mod probe_section;
mod probe_series;
mod probe_target;
mod probe_timeout;
mod promql_syntax;
mod quantile_missing_le;
mod quantile_without_rate;
mod range_below_scrape;
mod rate_arithmetic;
mod rate_of_rate;
mod rate_of_sum;
mod rate_on_gauge;
mod read_before_recorded;
mod receiver_drift;
mod receiver_setting;
mod record_name_drift;
mod redaction_missing;
mod relabel_effect;
mod relabel_pattern;
mod remote_endpoint;
mod removed_component;
mod removed_field;
mod rendered_drift;
mod reused_alert_name;
mod root_route;
mod rounded_away;
mod route_dead_label;
mod route_never_reached;
mod route_swallows;
mod route_timing;
mod route_without_alert;
mod rule_file_not_loaded;
mod same_legend;
mod samples_as_seconds;
mod sampling_policy;
mod scrape_limit;
mod scrape_timing;
mod self_reference;
mod service_drift;
mod sibling_drift;
mod slow_group;
mod stacked_lines;
mod statement_field;
mod success_as_error;
mod summary_misuse;
mod summed_buckets;
mod table_over_time;
mod target_label;
mod target_label_slip;
mod target_label_unread;
mod target_port;
mod target_without_ref_id;
mod template_file;
mod template_outside_braces;
mod template_query;
mod template_syntax;
mod template_types;
mod template_unknown_label;
mod text_contradicts;
mod text_threshold_drift;
mod text_window_drift;
mod threshold_above_top_bucket;
mod threshold_off_bucket;
mod time_interval;
mod time_interval_name;
mod tls_not_verified;
mod transformation_setting;
mod undeclared_option;
mod undefined_receiver;
mod undefined_time_interval;
mod undefined_variable;
mod unexpanded_template;
mod unit_in_text;
mod unit_mismatch;
mod unknown_datasource;
mod unknown_job;
mod unknown_label;
mod unknown_metric;
mod unknown_module;
mod unknown_target;
mod unlike_sides;
mod unlike_units;
mod unnotified_alert;
mod unstable_ranking;
mod unused_component;
mod unused_receiver;
mod unused_time_interval;
mod unused_variable;
mod upside_down_share;
mod useless_continue;
mod value_format;
mod value_in_label;
mod variable_equality;
mod variable_place;
mod variable_query_unknown;
mod variable_setting;
mod vector_mismatch;
mod warning_pages;
mod watchdog_pages;
mod watchdog_silent;
mod window_mismatch;
mod without_hold;
mod zero_threshold;

use super::rule::Rule;
use crate::diagnostic::Level;

/// Every rule, in the order of the manual.
pub const ALL: &[&dyn Rule] = &[
    &promql_syntax::PromqlSyntax,
    &logql_syntax::LogqlSyntax,
    &newer_alertmanager::NewerAlertmanager,
    &newer_blackbox::NewerBlackbox,
    &newer_prometheus::NewerPrometheus,
    &unknown_job::UnknownJob,
    &unknown_metric::UnknownMetric,
    &unknown_label::UnknownLabel,
    &impossible_value::ImpossibleValue,
    &never_holds::NeverHolds,
    &implausible_threshold::ImplausibleThreshold,
    &contradiction::Contradiction,
    &idle_side::IdleSide,
    &plain_regex::PlainRegex,
    &alert_without_condition::AlertWithoutCondition,
    &unstable_ranking::UnstableRanking,
    &window_mismatch::WindowMismatch,
    &samples_as_seconds::SamplesAsSeconds,
    &impossible_alternative::ImpossibleAlternative,
    &probe_series::ProbeSeries,
    &moment_as_duration::MomentAsDuration,
    &histogram_base_name::HistogramBaseName,
    &quantile_without_rate::QuantileWithoutRate,
    &quantile_missing_le::QuantileMissingLe,
    &invalid_quantile::InvalidQuantile,
    &invalid_argument::InvalidArgument,
    &summary_misuse::SummaryMisuse,
    &naked_selector::NakedSelector,
    &native_or_classic::NativeOrClassic,
    &histogram_sample::HistogramSample,
    &threshold_above_top_bucket::ThresholdAboveTopBucket,
    &threshold_off_bucket::ThresholdOffBucket,
    &le_literal::LeLiteral,
    &range_below_scrape::RangeBelowScrape,
    &hold_below_interval::HoldBelowInterval,
    &beyond_retention::BeyondRetention,
    &budget_drift::BudgetDrift,
    &counter_raw::CounterRaw,
    &first_increment_lost::FirstIncrementLost,
    &no_traffic_blind::NoTrafficBlind,
    &rate_on_gauge::RateOnGauge,
    &rate_of_rate::RateOfRate,
    &delta_on_counter::DeltaOnCounter,
    &discovery_setting::DiscoverySetting,
    &discovery_label::DiscoveryLabel,
    &vector_mismatch::VectorMismatch,
    &many_to_one::ManyToOne,
    &join_label_unknown::JoinLabelUnknown,
    &burn_unreachable::BurnUnreachable,
    &burn_windows::BurnWindows,
    &latency_off_bucket::LatencyOffBucket,
    &absolute_as_ratio::AbsoluteAsRatio,
    &partial_status::PartialStatus,
    &constant_ratio::ConstantRatio,
    &division_by_zero::DivisionByZero,
    &unlike_sides::UnlikeSides,
    &unlike_units::UnlikeUnits,
    &foreign_total::ForeignTotal,
    &forecast::Forecast,
    &success_as_error::SuccessAsError,
    &equality_of_fraction::EqualityOfFraction,
    &rounded_away::RoundedAway,
    &rate_of_sum::RateOfSum,
    &alert_manifest_drift::AlertManifestDrift,
    &rendered_drift::RenderedDrift,
    &unknown_target::UnknownTarget,
    &irate_in_alert::IrateInAlert,
    &watchdog_silent::WatchdogSilent,
    &zero_threshold::ZeroThreshold,
    &value_format::ValueFormat,
    &lagged_side::LaggedSide,
    &rate_arithmetic::RateArithmetic,
    &summed_buckets::SummedBuckets,
    &averaged_quantile::AveragedQuantile,
    &mean_of_histogram::MeanOfHistogram,
    &future_offset::FutureOffset,
    &fixed_moment::FixedMoment,
    &inverted_liveness::InvertedLiveness,
    &inverted_share::InvertedShare,
    &upside_down_share::UpsideDownShare,
    &inverted_guard::InvertedGuard,
    &other_absent::OtherAbsent,
    &lossy_absent::LossyAbsent,
    &declared_alert_missing::DeclaredAlertMissing,
    &time_interval_name::TimeIntervalName,
    &other_teams_receiver::OtherTeamsReceiver,
    &useless_continue::UselessContinue,
    &attribute_slip::AttributeSlip,
    &percent_of_share::PercentOfShare,
    &template_query::TemplateQuery,
    &template_syntax::TemplateSyntax,
    &template_types::TemplateTypes,
    &template_unknown_label::TemplateUnknownLabel,
    &external_label_unset::ExternalLabelUnset,
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
    &label_value_slip::LabelValueSlip,
    &missing_annotation::MissingAnnotation,
    &annotation_link::AnnotationLink,
    &reused_alert_name::ReusedAlertName,
    &late_evaluation::LateEvaluation,
    &record_name_drift::RecordNameDrift,
    &self_reference::SelfReference,
    &read_before_recorded::ReadBeforeRecorded,
    &missing_severity::MissingSeverity,
    &missing_label::MissingLabel,
    &duplicate_rule::DuplicateRule,
    &sibling_drift::SiblingDrift,
    &slow_group::SlowGroup,
    &group_setting::GroupSetting,
    &alert_column::AlertColumn,
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
    &legend_label_missing::LegendLabelMissing,
    &rule_file_not_loaded::RuleFileNotLoaded,
    &ignored_document::IgnoredDocument,
    &empty_file_glob::EmptyFileGlob,
    &job_drift::JobDrift,
    &honor_labels::HonorLabels,
    &native_scrape::NativeScrape,
    &job_relabelled::JobRelabelled,
    &job_without_liveness::JobWithoutLiveness,
    &drop_all::DropAll,
    &alerts_go_nowhere::AlertsGoNowhere,
    &localhost_target::LocalhostTarget,
    &scrape_timing::ScrapeTiming,
    &relabel_effect::RelabelEffect,
    &relabel_pattern::RelabelPattern,
    &metric_dropped::MetricDropped,
    &target_label::TargetLabel,
    &target_label_slip::TargetLabelSlip,
    &target_label_unread::TargetLabelUnread,
    &target_port::TargetPort,
    &duplicate_target::DuplicateTarget,
    &job_without_targets::JobWithoutTargets,
    &scrape_limit::ScrapeLimit,
    &host_slip::HostSlip,
    &external_labels::ExternalLabels,
    &alert_relabelled::AlertRelabelled,
    &alertmanager_address::AlertmanagerAddress,
    &remote_endpoint::RemoteEndpoint,
    &unknown_module::UnknownModule,
    &probe_relabelling::ProbeRelabelling,
    &probe_section::ProbeSection,
    &probe_timeout::ProbeTimeout,
    &probe_drift::ProbeDrift,
    &probe_expectation::ProbeExpectation,
    &probe_query::ProbeQuery,
    &probe_target::ProbeTarget,
    &grpc_service_drift::GrpcServiceDrift,
    &client_setting::ClientSetting,
    &otlp_port::OtlpPort,
    &pipeline_component::PipelineComponent,
    &unused_component::UnusedComponent,
    &pipeline_signal::PipelineSignal,
    &pipeline_order::PipelineOrder,
    &pipeline_circle::PipelineCircle,
    &collector_receiver::CollectorReceiver,
    &collector_reference::CollectorReference,
    &log_operator::LogOperator,
    &collector_setting::CollectorSetting,
    &collector_statement::CollectorStatement,
    &collector_wiring::CollectorWiring,
    &statement_field::StatementField,
    &attribute_match::AttributeMatch,
    &same_legend::SameLegend,
    &sampling_policy::SamplingPolicy,
    &exporter_setting::ExporterSetting,
    &own_telemetry::OwnTelemetry,
    &listener::Listener,
    &export_address::ExportAddress,
    &removed_component::RemovedComponent,
    &exposed_nowhere::ExposedNowhere,
    &loki_address::LokiAddress,
    &id_as_label::IdAsLabel,
    &redaction_missing::RedactionMissing,
    &field_not_parsed::FieldNotParsed,
    &alert_not_routable::AlertNotRoutable,
    &route_dead_label::RouteDeadLabel,
    &route_swallows::RouteSwallows,
    &undefined_receiver::UndefinedReceiver,
    &unused_receiver::UnusedReceiver,
    &undefined_time_interval::UndefinedTimeInterval,
    &unused_time_interval::UnusedTimeInterval,
    &root_route::RootRoute,
    &route_never_reached::RouteNeverReached,
    &route_without_alert::RouteWithoutAlert,
    &matcher_slip::MatcherSlip,
    &service_drift::ServiceDrift,
    &equality_with_regex::EqualityWithRegex,
    &inhibit_without_effect::InhibitWithoutEffect,
    &inhibit_too_wide::InhibitTooWide,
    &group_by_label::GroupByLabel,
    &route_timing::RouteTiming,
    &unnotified_alert::UnnotifiedAlert,
    &watchdog_pages::WatchdogPages,
    &warning_pages::WarningPages,
    &notification_template::NotificationTemplate,
    &blank_message::BlankMessage,
    &receiver_setting::ReceiverSetting,
    &receiver_drift::ReceiverDrift,
    &paging_not_resolved::PagingNotResolved,
    &notifier_address::NotifierAddress,
    &time_interval::TimeInterval,
    &template_file::TemplateFile,
    &literal_secret::LiteralSecret,
    &tls_not_verified::TlsNotVerified,
    &metric_naming::MetricNaming,
    &metric_slip::MetricSlip,
    &metric_buckets::MetricBuckets,
    &manifest_contradiction::ManifestContradiction,
    &manifest_address::ManifestAddress,
    &manifest_check::ManifestCheck,
    &manifest_dependency::ManifestDependency,
    &manifest_environment::ManifestEnvironment,
    &manifest_limit::ManifestLimit,
    &manifest_logging::ManifestLogging,
    &manifest_metric::ManifestMetric,
    &manifest_recording::ManifestRecording,
    &manifest_routing::ManifestRouting,
    &manifest_scrape::ManifestScrape,
    &manifest_stack::ManifestStack,
    &manifest_text::ManifestText,
    &manifest_value::ManifestValue,
    &declared_slip::DeclaredSlip,
    &manifest_drift::ManifestDrift,
];

/// The areas of the manual, each with the first of its rules in [`ALL`].
pub const AREAS: &[(&str, &str)] = &[
    ("Expressions", "promql-syntax"),
    ("Alerts and recording rules", "template-syntax"),
    ("Dashboards and data sources", "alert-drift"),
    ("Prometheus", "rule-file-not-loaded"),
    ("Probes of the blackbox exporter", "unknown-module"),
    ("Collector and log shippers", "otlp-port"),
    ("Alertmanager", "alert-not-routable"),
    ("Secrets and certificates", "literal-secret"),
    ("Metrics", "metric-naming"),
    ("Manifests and what stands beside them", "manifest-contradiction"),
];

/// Findings about the shape of files, which are no rules of their own: id, level, what is found.
pub const SHAPES: &[(&str, Level, &str)] = &[
    ("invalid-yaml", Level::Error, "the text is not YAML; what follows in later documents is read all the same"),
    ("invalid-json", Level::Error, "the text is not JSON"),
    ("invalid-alloy", Level::Error, "the text is not in the syntax of Grafana Alloy"),
    (
        super::pages::INVALID_EXPOSITION,
        Level::Error,
        "a page of metrics over which Prometheus loses the whole scrape; a warning where only Prometheus 2 does",
    ),
    (
        super::pages::UNTIDY_EXPOSITION,
        Level::Warning,
        "a page of metrics is not what its format demands, and Prometheus takes it all the same",
    ),
    (super::pages::DUPLICATE_SERIES, Level::Warning, "a series is on a page of metrics twice"),
    ("duplicate-key", Level::Error, "a key is twice in one mapping, which Prometheus refuses (in JSON a warning: the last one counts)"),
    ("unknown-key", Level::Error, "a key means nothing where it stands"),
    ("wrong-type", Level::Error, "a value is of the wrong type"),
    ("missing-key", Level::Error, "a key that has to be there is not"),
    ("bad-duration", Level::Error, "a duration that Prometheus cannot read"),
    ("bad-value", Level::Error, "a value is none that the format takes"),
    ("bad-regex", Level::Error, "a regular expression cannot be read"),
    ("bad-url", Level::Error, "a text is no URL"),
    ("bad-matcher", Level::Error, "a matcher of Alertmanager cannot be read"),
    ("conflicting-keys", Level::Error, "two keys exclude one another"),
    ("duplicate-name", Level::Error, "two things of one kind have one name"),
    ("bad-name", Level::Error, "a label or series has a name that Prometheus refuses"),
    ("ambiguous-rule", Level::Error, "a rule both alerts and records, or neither"),
    ("alert-key-in-recording-rule", Level::Error, "a recording rule has `for`, `keep_firing_for` or annotations"),
    ("bad-target", Level::Error, "a target is a URL rather than a host with a port"),
    ("timeout-above-interval", Level::Error, "a scrape timeout is longer than the interval"),
    ("invalid-comment", Level::Warning, "a comment to obsgen cannot be read"),
    ("unused-ignore", Level::Warning, "a comment, or an entry of `obsgen.toml`, ignores a rule that finds nothing there"),
    ("stale-baseline", Level::Info, "an entry of the baseline that nothing corresponds to any more"),
    ("invalid-baseline", Level::Error, "the baseline cannot be read"),
    ("invalid-toml", Level::Error, "`obsgen.toml`, or a configuration of Vector, is not TOML"),
    (
        "invalid-config",
        Level::Error,
        "a value of `obsgen.toml` means nothing: a rule or a level that is not known, a glob that cannot be read",
    ),
];
