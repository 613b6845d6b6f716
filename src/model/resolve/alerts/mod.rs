//! Alerts: each becomes a signal with a condition that can hold, or a finding that says why it cannot.

mod burn;
mod dress;
mod kinds;
mod metrics;
mod severities;
mod written;

use std::sync::Arc;

use super::context::Context;
use super::findings::{Findings, INVALID};
use super::generated::{generated, is_generated};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::scalars::{Duration, shorten};
use crate::model::alert::{Alert, Group};
use crate::model::signals::{Objective, Signal};

use written::{KINDS, kinds};

pub(super) use burn::burn_alerts;
pub(super) use dress::{dress, finish};
pub(super) use metrics::{bad_events, counter, histogram, on_a_bound};
pub(super) use severities::{check_severities, severity};
pub(super) use written::{Written, is_of_one_kind};

/// Every alert of the manifest that could be understood. Names that only switch a generated alert off, or change one,
/// are left to whoever generates it.
pub(super) fn resolve(context: &Context, objectives: &[Arc<Objective>], findings: &mut Findings) -> Vec<Alert> {
    let mut all = Vec::new();
    for (name, alert) in context.manifest.alerts.valid() {
        let written = Written { name: &name.value, span: name.span, alert: &alert.value, path: format!("alerts.{}", name.value) };
        if !check_name(&written, findings) || is_generated(context, &name.value) && kinds(&alert.value).is_empty() {
            continue;
        }
        if alert.value.disabled.value() == Some(&true) {
            let message = format!("nothing generates an alert `{}`, so there is nothing to switch off", name.value);
            let finding = Diagnostic::error(INVALID, name.span, message).path(written.path);
            let generated = generated(context);
            findings.add(match did_you_mean(&name.value, generated.iter().map(String::as_str)) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding.help("take it away: an alert of the manifest's own need only not be written"),
            });
            continue;
        }
        all.extend(one(context, &written, objectives, findings));
    }
    all
}

fn check_name(written: &Written, findings: &mut Findings) -> bool {
    let fine = !written.name.is_empty()
        && written.name.len() <= 128
        && written.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.' | ' '));
    if !fine {
        let message = format!("`{}` cannot name an alert", shorten(written.name));
        findings.add(
            Diagnostic::error(INVALID, written.span, message)
                .help("use at most 128 letters, digits, `_`, `-`, `:`, `.` and spaces, as in `HighErrorRate`")
                .path("alerts"),
        );
    }
    fine
}

fn one(context: &Context, written: &Written, objectives: &[Arc<Objective>], findings: &mut Findings) -> Vec<Alert> {
    let alert = written.alert;
    let said = kinds(alert);
    let kind = match said.as_slice() {
        [(kind, _)] => *kind,
        [] => {
            let unreadable = [
                alert.ratio.is_invalid(),
                alert.quantile.is_invalid(),
                alert.down.is_invalid(),
                alert.absent.is_invalid(),
                alert.saturation.is_invalid(),
                alert.burn.is_invalid(),
                alert.expr.is_invalid(),
                alert.log.is_invalid(),
            ];
            if !unreadable.contains(&true) {
                let list = KINDS.map(|k| format!("`{k}`")).join(", ");
                findings.add(
                    Diagnostic::error("alert-kind", written.span, format!("the alert `{}` has no kind", written.name))
                        .help(format!("add one of {list}"))
                        .path(&*written.path),
                );
            }
            return Vec::new();
        }
        [(first, one), (second, two), ..] => {
            let message = format!("the alert `{}` is of two kinds, `{first}` and `{second}`", written.name);
            findings.add(
                Diagnostic::error("alert-kind", *two, message)
                    .related(*one, format!("here it is `{first}`"))
                    .help("make two alerts of it")
                    .path(&*written.path),
            );
            return Vec::new();
        }
    };
    check_strays(written, kind, findings);
    if kind == "log" {
        // Loki watches it, and not Prometheus.
        return Vec::new();
    }
    if kind == "burn" {
        return burn::burn(context, written, objectives, findings);
    }
    let signal: Option<Box<dyn Signal>> = match kind {
        "ratio" => kinds::ratio(context, written, findings).map(|s| Box::new(s) as _),
        "quantile" => kinds::quantile(context, written, findings).map(|s| Box::new(s) as _),
        "down" => kinds::down(context, written, findings).map(|s| Box::new(s) as _),
        "absent" => kinds::absent(context, written, findings).map(|s| Box::new(s) as _),
        "saturation" => kinds::saturation(context, written, findings).map(|s| Box::new(s) as _),
        _ => kinds::free(context, written, findings).map(|s| Box::new(s) as _),
    };
    let severity = severity(written, findings);
    match (signal, severity) {
        (Some(signal), Some(severity)) => {
            let (hold, dress) = (written.hold(Duration(0)), dress(context, written, findings));
            vec![finish(context, written, Group::Alerts, signal, hold, &severity, dress)]
        }
        _ => Vec::new(),
    }
}

/// Keys that say nothing about an alert of its kind.
fn check_strays(written: &Written, kind: &str, findings: &mut Findings) {
    let alert = written.alert;
    let bad = alert.bad.keys().next().map(|k| k.span);
    let keys = [
        ("bad", bad, &["ratio"][..]),
        ("of", alert.of.span(), &["quantile"]),
        ("above", alert.above.span(), &["ratio", "quantile", "saturation", "log"]),
        ("window", alert.window.span(), &["ratio", "quantile", "saturation", "log"]),
        ("min_bad", alert.min_bad.span(), &["ratio"]),
        ("keep_firing_for", alert.keep_firing_for.span(), &KINDS[..7]),
    ];
    for (key, span, kinds) in keys {
        if let Some(span) = span.filter(|_| !kinds.contains(&kind)) {
            let message = format!("`{key}` says nothing about an alert of the kind `{kind}`");
            findings.add(
                Diagnostic::error("alert-kind", span, message).help("take it away, or give the alert another kind").path(&*written.path),
            );
        }
    }
}
