//! Prometheus: jobs, relabelling, targets and where alerts and samples are sent.

mod alert_relabelled;
mod alertmanager_address;
mod alerts_go_nowhere;
mod collect_filter;
mod discovery_label;
mod discovery_setting;
mod drop_all;
mod duplicate_target;
mod empty_file_glob;
mod external_labels;
mod federation_match;
mod honor_labels;
mod host_slip;
mod ignored_document;
mod job_drift;
mod job_relabelled;
mod job_without_liveness;
mod job_without_targets;
mod localhost_target;
mod metric_dropped;
mod metrics_path;
mod native_scrape;
mod relabel_effect;
mod relabel_pattern;
mod remote_endpoint;
mod rule_file_not_loaded;
mod scrape_limit;
mod scrape_timing;
mod target_label;
mod target_label_slip;
mod target_label_unread;
mod target_port;
mod targets_of_another;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &discovery_setting::DiscoverySetting,
    &discovery_label::DiscoveryLabel,
    &rule_file_not_loaded::RuleFileNotLoaded,
    &ignored_document::IgnoredDocument,
    &empty_file_glob::EmptyFileGlob,
    &job_drift::JobDrift,
    &targets_of_another::TargetsOfAnother,
    &honor_labels::HonorLabels,
    &native_scrape::NativeScrape,
    &job_relabelled::JobRelabelled,
    &job_without_liveness::JobWithoutLiveness,
    &drop_all::DropAll,
    &alerts_go_nowhere::AlertsGoNowhere,
    &metrics_path::MetricsPath,
    &localhost_target::LocalhostTarget,
    &scrape_timing::ScrapeTiming,
    &relabel_effect::RelabelEffect,
    &relabel_pattern::RelabelPattern,
    &metric_dropped::MetricDropped,
    &collect_filter::CollectFilter,
    &federation_match::FederationMatch,
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
];
