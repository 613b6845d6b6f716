//! Collector and log shippers: pipelines of the OpenTelemetry Collector and of shippers of logs.

mod attribute_match;
mod attribute_slip;
mod collector_receiver;
mod collector_reference;
mod collector_setting;
mod collector_statement;
mod collector_wiring;
mod counted_label;
mod counted_twice;
mod export_address;
mod exporter_setting;
mod exposed_nowhere;
mod field_not_parsed;
mod filtered_path;
mod handing_on;
mod id_as_label;
mod listener;
mod log_operator;
mod loki_address;
mod made_metrics;
mod only_counted;
mod otlp_port;
mod own_telemetry;
mod pipeline_circle;
mod pipeline_component;
mod pipeline_order;
mod pipeline_signal;
mod redaction_missing;
mod removed_component;
mod sampled_count;
mod sampled_twice;
mod sampling_policy;
mod span_metric_name;
mod statement_field;
mod unused_component;
mod update_of_nothing;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &attribute_slip::AttributeSlip,
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
    &update_of_nothing::UpdateOfNothing,
    &sampling_policy::SamplingPolicy,
    &sampled_twice::SampledTwice,
    &counted_twice::CountedTwice,
    &sampled_count::SampledCount,
    &only_counted::OnlyCounted,
    &span_metric_name::SpanMetricName,
    &counted_label::CountedLabel,
    &filtered_path::FilteredPath,
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
];
