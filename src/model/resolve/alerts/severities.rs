//! How grave alerts are, and whether somebody is told of each.

use super::written::Written;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::Manifest;
use crate::manifest::alerts::Severity;
use crate::model::resolve::findings::{Findings, INVALID};
use crate::model::routing::Routing;
use crate::source::{Span, Spanned};

/// The one severity of an alert.
pub(in crate::model::resolve) fn severity(written: &Written, findings: &mut Findings) -> Option<String> {
    match written.alert.severity.valid() {
        Some(Spanned { value: Severity::One(severity), .. }) => Some(severity.clone()),
        Some(Spanned { span, .. }) => {
            findings.add(
                Diagnostic::error(INVALID, *span, "only `burn` has a severity for each tier")
                    .help("write one, as in `severity: critical`")
                    .path(&*written.path),
            );
            None
        }
        None => {
            if written.alert.severity.is_missing() {
                let message = format!("the alert `{}` has no `severity`, so it cannot be routed", written.name);
                findings.add(
                    Diagnostic::error("missing-severity", written.span, message)
                        .help("add `severity: critical` or `severity: warning`")
                        .path(&*written.path),
                );
            }
            None
        }
    }
}

/// Every severity reaches somebody.
pub(in crate::model::resolve) fn check_severities<'a>(
    alerts: impl Iterator<Item = (&'a str, &'a str, Span)>,
    manifest: &Manifest,
    routing: Option<&Routing>,
    findings: &mut Findings,
) {
    let Some(routing) = routing else {
        if manifest.routing.is_missing() {
            let span = manifest.service.value().and_then(|s| s.name.span()).unwrap_or_default();
            findings.add(
                Diagnostic::info(
                    "no-routing",
                    span,
                    "the manifest has no `routing`, so no `alertmanager.yml` is rendered and nobody is told",
                )
                .help("add `routing: { receivers: { critical: … } }`")
                .path("routing"),
            );
        }
        return;
    };
    let mut said: Vec<&str> = Vec::new();
    for (name, severity, span) in alerts {
        let known = routing.default.is_some() || severity == "none" || routing.receivers.iter().any(|(receiver, _)| receiver == severity);
        if !known && !said.contains(&severity) {
            said.push(severity);
            let receivers: Vec<&str> = routing.receivers.iter().map(|(severity, _)| severity.as_str()).collect();
            let finding = Diagnostic::error(
                "no-receiver",
                manifest.alerts.get(name).and_then(|written| written.value.severity.span()).unwrap_or(span),
                format!("`{name}` has the severity `{severity}`, and no receiver takes it"),
            )
            .related(routing.span, "the receivers");
            findings.add(match did_you_mean(severity, receivers) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help(format!("add `{severity}:` to `routing.receivers`, or a `routing.default`")),
            });
        }
    }
}
