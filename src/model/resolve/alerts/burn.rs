//! Alerts that an objective brings: one for each tier.

use std::sync::Arc;

use super::dress::{Dress, dress, finish};
use super::written::Written;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::alerts::Severity;
use crate::manifest::scalars::shorten;
use crate::model::alert::{Alert, Group};
use crate::model::resolve::context::Context;
use crate::model::resolve::findings::Findings;
use crate::model::signals::{Burn, Objective, Tier};

pub(super) fn burn(context: &Context, written: &Written, objectives: &[Arc<Objective>], findings: &mut Findings) -> Vec<Alert> {
    let Some(name) = written.alert.burn.valid() else { return Vec::new() };
    let Some(objective) = objectives.iter().find(|o| o.name == name.value.0) else {
        if !context.manifest.objectives.contains_key(&name.value.0) {
            let finding =
                Diagnostic::error("unknown-objective", name.span, format!("the manifest has no objective `{}`", shorten(&name.value.0)))
                    .path(&*written.path);
            findings.add(match did_you_mean(&name.value.0, objectives.iter().map(|o| o.name.as_str())) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help("declare it under `objectives:`"),
            });
        }
        return Vec::new();
    };
    let (fast, slow) = match written.alert.severity.value() {
        Some(Severity::One(severity)) => (severity.clone(), severity.clone()),
        Some(Severity::Tiers { fast, slow }) => (fast.value.clone(), slow.value.clone()),
        None => ("critical".to_owned(), "warning".to_owned()),
    };
    if let Some(hold) = written.alert.hold.span() {
        findings.add(
            Diagnostic::error("alert-kind", hold, "each tier of `burn` has a `for` of its own").help("take it away").path(&*written.path),
        );
    }
    burn_alerts(context, written, objective, &fast, &slow, findings)
}

/// An alert for each tier of an objective that can fire.
pub(in crate::model::resolve) fn burn_alerts(
    context: &Context,
    written: &Written,
    objective: &Arc<Objective>,
    fast: &str,
    slow: &str,
    findings: &mut Findings,
) -> Vec<Alert> {
    let dress = dress(context, written, findings);
    let tier_alert = |tier: Tier| {
        let severity = if tier.fast { fast } else { slow };
        let signal = Box::new(Burn { objective: objective.clone(), tier });
        let mut dress = Dress { labels: dress.labels.clone(), words: dress.words.clone() };
        dress.labels.extend([("slo".to_owned(), objective.name.clone()), ("burn".to_owned(), tier.name.to_owned())]);
        finish(context, written, Group::Objectives, signal, tier.hold, severity, dress)
    };
    objective.tiers().into_iter().map(tier_alert).collect()
}
