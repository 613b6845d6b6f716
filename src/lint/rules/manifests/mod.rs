//! Manifests and what stands beside them: manifests, and other files that say something else.

mod alert_manifest_drift;
mod budget_drift;
mod dashboard_drift;
mod declared_alert_missing;
mod declared_slip;
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
mod page_drift;
mod rendered_drift;
mod routing_drift;
mod service_drift;
mod tenant_drift;

use crate::lint::rule::Rule;

/// The rules, in the order of the manual.
pub(super) const RULES: &[&dyn Rule] = &[
    &budget_drift::BudgetDrift,
    &alert_manifest_drift::AlertManifestDrift,
    &rendered_drift::RenderedDrift,
    &dashboard_drift::DashboardDrift,
    &declared_alert_missing::DeclaredAlertMissing,
    &service_drift::ServiceDrift,
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
    &page_drift::PageDrift,
    &tenant_drift::TenantDrift,
    &routing_drift::RoutingDrift,
];
