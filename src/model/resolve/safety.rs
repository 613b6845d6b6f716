//! The safety net: alerts that no manifest has to ask for, because without them the others can go quiet unnoticed.

use std::sync::Arc;

use super::alerts::{Written, burn_alerts, dress, finish};
use super::context::Context;
use super::findings::Findings;
use super::generated::burn_name;
use crate::manifest::alerts::{self as written, Severity};
use crate::manifest::metrics::MetricType;
use crate::manifest::scalars::Duration;
use crate::model::alert::{Alert, Group};
use crate::model::catalogue::Metric;
use crate::model::health::Check;
use crate::model::signals::{
    AllTargetsDown, Certificate, MetricsAbsent, NotReady, Objective, ReportsLost, Signal, Sli, TargetAbsent, TargetDown,
};
use crate::source::Span;

/// What a generated alert is before the manifest has its say.
struct Plan<'a> {
    name: String,
    signal: Box<dyn Signal>,
    hold: Duration,
    severity: &'a str,
    label: Option<(&'static str, String)>,
}

/// Every alert that is not switched off and that no alert of the manifest says already.
pub(super) fn resolve(
    context: &Context,
    objectives: &[Arc<Objective>],
    checks: &[Check],
    scraped: bool,
    own: &[Alert],
    findings: &mut Findings,
) -> Vec<Alert> {
    let nothing = written::Alert::default();
    let mut all = Vec::new();
    for objective in objectives {
        let name = burn_name(&objective.name);
        let overriding = context.manifest.alerts.valid().any(|(_, alert)| alert.value.burn.value().is_some_and(|b| b.0 == objective.name));
        let (alert, span) = changes(context, &name).unwrap_or((&nothing, objective.span));
        if overriding || alert.disabled.value() == Some(&true) {
            continue;
        }
        let (fast, slow) = match alert.severity.value() {
            Some(Severity::One(one)) => (one.clone(), one.clone()),
            Some(Severity::Tiers { fast, slow }) => (fast.value.clone(), slow.value.clone()),
            None => ("critical".to_owned(), "warning".to_owned()),
        };
        let written = Written { name: &name, span, alert, path: format!("alerts.{name}") };
        all.extend(burn_alerts(context, &written, objective, &fast, &slow, findings));
    }
    for plan in plans(context, objectives, checks, scraped, own) {
        let (alert, span) = changes(context, &plan.name).unwrap_or((&nothing, fallback_span(context)));
        if alert.disabled.value() == Some(&true) || own.iter().any(|a| a.name == plan.name) {
            continue;
        }
        let severity = match alert.severity.value() {
            Some(Severity::One(severity)) => severity.clone(),
            _ => plan.severity.to_owned(),
        };
        let written = Written { name: &plan.name, span, alert, path: format!("alerts.{}", plan.name) };
        let mut made =
            finish(context, &written, Group::Safety, plan.signal, written.hold(plan.hold), &severity, dress(context, &written, findings));
        made.own_labels.extend(plan.label.map(|(name, value)| (name.to_owned(), value)));
        all.push(made);
    }
    all
}

/// What the manifest says about a generated alert of this name.
fn changes<'a>(context: &'a Context, name: &str) -> Option<(&'a written::Alert, Span)> {
    let (key, alert) = context.manifest.alerts.entry(name)?;
    Some((alert.value()?, key.span))
}

fn fallback_span(context: &Context) -> Span {
    context.manifest.service.value().and_then(|s| s.name.span()).unwrap_or(context.document)
}

fn plans<'a>(context: &Context, objectives: &[Arc<Objective>], checks: &[Check], scraped: bool, own: &[Alert]) -> Vec<Plan<'a>> {
    let (service, job) = (context.name.clone(), context.job.clone());
    let checks: Vec<&Check> = checks.iter().filter(|check| !check.is_h2c()).collect();
    let probed = context.stack.blackbox.is_some() && !checks.is_empty();
    let plan = |name: &str, signal: Box<dyn Signal>, minutes: u64, severity: &'a str| Plan {
        name: name.to_owned(),
        signal,
        hold: Duration::minutes(minutes),
        severity,
        label: None,
    };
    let mut all = Vec::new();
    let others = unwatched_jobs(context, probed);
    if !scraped && !others.is_empty() {
        all.push(plan("TargetDown", Box::new(TargetDown { service: service.clone(), job: None, others: others.clone() }), 5, "warning"));
    }
    if scraped {
        all.push(plan("AllTargetsDown", Box::new(AllTargetsDown { service: service.clone(), job: job.clone() }), 1, "critical"));
        all.push(plan("TargetAbsent", Box::new(TargetAbsent { service: service.clone(), job: job.clone() }), 5, "critical"));
        all.push(plan("TargetDown", Box::new(TargetDown { service: service.clone(), job: Some(job.clone()), others }), 5, "warning"));
        let needed = needed_metrics(context, objectives, own);
        for metric in needed.iter().cloned() {
            let label = Some(("metric", metric.name.clone()));
            let others = needed.iter().filter(|other| other.name != metric.name).cloned().collect();
            let signal = Box::new(MetricsAbsent { service: service.clone(), metric, others, job: job.clone() });
            all.push(Plan { label, ..plan("MetricsAbsent", signal, 15, "warning") });
        }
    }
    if let Some(metric) = lost_reports(context).filter(|_| scraped) {
        let signal = Box::new(ReportsLost { service: service.clone(), metric, job: job.clone() });
        all.push(plan("ReportsLost", signal, 5, "warning"));
    }
    if probed {
        let names = checks.iter().map(|check| check.name.to_string()).collect();
        all.push(plan(
            "NotReady",
            Box::new(NotReady { service: service.clone(), job: context.probe_job.clone(), checks: names }),
            2,
            "critical",
        ));
        if checks.iter().any(|check| check.target.is_tls()) {
            all.push(plan("CertificateExpiry", Box::new(Certificate { service, job: context.probe_job.clone(), days: 14 }), 60, "warning"));
        }
    }
    all
}

/// The counter of reports of crashes that were lost, where crashes are reported and it is declared.
fn lost_reports(context: &Context) -> Option<Arc<Metric>> {
    let reports = context.manifest.errors.value().is_some_and(|errors| errors.sentry.valid().is_some());
    context.metrics.get(ReportsLost::METRIC).filter(|metric| reports && metric.kind == MetricType::Counter).cloned()
}

/// Jobs of the service that no `down` alert watches: `TargetDown` does.
fn unwatched_jobs(context: &Context, probed: bool) -> Vec<String> {
    let watched: Vec<&str> =
        context.manifest.alerts.valid().filter_map(|(_, alert)| alert.value.down.value().map(|d| d.0.as_str())).collect();
    let exporters =
        context.dependencies.iter().filter(|d| d.exporter.is_some() && !watched.contains(&d.name.as_str())).map(|d| d.job.clone());
    exporters.chain(probed.then(|| context.probe_job.clone())).collect()
}

/// Metrics that an alert or an objective rests on, that are always there, and whose absence nothing else reports.
fn needed_metrics(context: &Context, objectives: &[Arc<Objective>], own: &[Alert]) -> Vec<Arc<Metric>> {
    let of_objectives = objectives.iter().map(|objective| match &objective.sli {
        Sli::Ratio(events) => events.metric.name.clone(),
        Sli::Latency { metric, .. } => metric.name.clone(),
    });
    let mut watched: Vec<String> = Vec::new();
    let mut of_alerts: Vec<String> = Vec::new();
    for (name, alert) in context.manifest.alerts.valid() {
        if !own.iter().any(|a| a.name == name.value) {
            continue;
        }
        watched.extend(alert.value.absent.value().map(|m| m.0.clone()));
        let used = [&alert.value.ratio, &alert.value.of, &alert.value.saturation];
        of_alerts.extend(used.into_iter().filter_map(|m| m.value()).map(|m| m.0.clone()));
    }
    let mut names: Vec<String> = of_alerts.into_iter().chain(of_objectives).filter(|name| !watched.contains(name)).collect();
    names.sort();
    names.dedup();
    names.iter().filter_map(|name| context.metrics.get(name)).filter(|metric| metric.always).cloned().collect()
}
