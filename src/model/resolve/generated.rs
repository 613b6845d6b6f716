//! The names of the alerts that obsgen itself brings.

use super::context::Context;

/// Names of the alerts that every service can have; an objective adds `<Objective>ErrorBudgetBurn`.
const NAMES: [&str; 8] =
    ["TargetDown", "AllTargetsDown", "TargetAbsent", "MetricsAbsent", "NotReady", "CertificateExpiry", "ReportsLost", WATCHDOG];

/// The name of the alert that always fires.
pub(super) const WATCHDOG: &str = "Watchdog";

/// The names of the alerts that obsgen itself can bring.
pub(super) fn generated(context: &Context) -> Vec<String> {
    NAMES.iter().map(|name| (*name).to_owned()).chain(context.manifest.objectives.keys().map(|objective| burn_name(objective))).collect()
}

/// Whether obsgen itself brings an alert of this name.
pub(super) fn is_generated(context: &Context, name: &str) -> bool {
    NAMES.contains(&name) || context.manifest.objectives.keys().any(|objective| burn_name(objective) == name)
}

/// `availability` becomes `AvailabilityErrorBudgetBurn`.
pub(super) fn burn_name(objective: &str) -> String {
    let words = objective
        .split(['-', '_', '.'])
        .map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect::<String>());
    format!("{}ErrorBudgetBurn", words.collect::<String>())
}
