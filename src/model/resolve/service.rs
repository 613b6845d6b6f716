//! One service: its sections, each resolved by the file of its name.

use std::sync::Arc;

use super::addresses::check_address;
use super::bodies::{check_variable, find_secrets, plain};
use super::context::Context;
use super::findings::{Findings, INVALID, owned};
use super::places::Places;
use super::{alerts, catalogue, dashboard, health, log_alerts, objectives, receivers, safety, scrape, telemetry};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::scalars::{LabelName, Slug};
use crate::manifest::{Located, Manifest};
use crate::model::stack::Stack;
use crate::model::synthetic::Labels;
use crate::model::{Dependency, FreeRecording, Service};
use crate::source::{SourceMap, Span, Spanned};

/// Resolves one manifest; `None` where not even its name is known.
pub(super) fn resolve(located: &Located, stack: &Stack, sources: &SourceMap, findings: &mut Findings) -> Option<Service> {
    let manifest = &*located.manifest;
    let places = Places::new(sources);
    let (name, span) = name_of(located, &places, findings)?;
    let written = manifest.service.value()?;
    let job = written.job.valid().map_or_else(|| name.clone(), owned);
    let mut context = Context {
        document: located.span,
        manifest,
        sources,
        places,
        stack,
        probe_job: format!("{name}-probe"),
        metrics: Arc::new(catalogue::resolve(manifest, findings)),
        dependencies: Vec::new(),
        labels: Arc::new(labels_of(manifest, &name, findings)),
        name,
        job,
    };
    context.dependencies = dependencies(&context, findings);
    let checks = health::resolve(&context, findings);
    let scrape = scrape::resolve(&context, findings);
    let objectives = objectives::resolve(&context, findings);
    let routing = manifest.routing.valid().map(|routing| receivers::resolve(routing, stack, findings));
    let recording = recordings(&context, findings);
    let mut alerts = alerts::resolve(&context, &objectives, findings);
    alerts.extend(safety::resolve(&context, &objectives, &checks, scrape.is_some(), &alerts, findings));
    // A fleet has too many to keep room for more.
    alerts.shrink_to_fit();
    let logging = telemetry::logging(&context);
    let log_alerts = log_alerts::resolve(&context, logging.as_ref(), findings);
    let severities = alerts.iter().map(|alert| (alert.name.as_str(), alert.severity.as_str(), alert.span));
    let of_logs = log_alerts.iter().map(|alert| (alert.name.as_str(), alert.severity.as_str(), alert.span));
    alerts::check_severities(severities.chain(of_logs), manifest, routing.as_ref(), findings);
    let dashboard = dashboard::resolve(&context, findings);
    check_render(manifest, findings);
    let tracing = telemetry::tracing(&context, findings);
    let sentry = telemetry::sentry(&context, findings);
    let Context { name, job, probe_job, metrics, dependencies, .. } = context;
    Some(Service {
        description: written.description.valid().map(owned),
        team: written.team.valid().map(owned),
        name,
        job,
        probe_job,
        scrape,
        health_base: context.manifest.health.value().and_then(|health| health.base.valid()).map(owned),
        checks,
        dependencies,
        metrics,
        objectives,
        alerts,
        log_alerts,
        recording,
        routing,
        dashboard,
        language: written.language.valid().map(owned),
        logging,
        tracing,
        sentry,
        span,
        manifest: located.span.source,
    })
}

fn name_of(located: &Located, places: &Places, findings: &mut Findings) -> Option<(String, Span)> {
    let missing = |span: Span| {
        Diagnostic::error(crate::source::MISSING_KEY, span, "`service.name` is missing")
            .help("add `service: { name: … }`")
            .path("service.name")
    };
    let start = Span { end: located.span.start.saturating_add(1).min(located.span.end), ..located.span };
    let Some(service) = located.manifest.service.valid() else {
        if located.manifest.service.is_missing() {
            findings.add(missing(start));
        }
        return None;
    };
    let name: Option<&Spanned<Slug>> = service.value.name.valid();
    if service.value.name.is_missing() {
        findings.add(missing(places.key(located.span, "service").unwrap_or(service.span)));
    }
    name.map(|name| (name.value.0.clone(), name.span))
}

/// `service`, `team` and the labels of the manifest.
fn labels_of(manifest: &Manifest, name: &str, findings: &mut Findings) -> Labels {
    let mut labels = crate::model::synthetic::labels([("service", name)]);
    let Some(service) = manifest.service.value() else { return labels };
    labels.extend(service.team.value().map(|team| ("team".to_owned(), team.0.clone())));
    for (label, value) in service.labels.valid() {
        match LabelName::parse(label) {
            Ok(_) if ["service", "team", "severity", "alertname", "job", "instance"].contains(&label.value.as_str()) => {
                findings.add(
                    Diagnostic::error(INVALID, label.span, format!("the label `{}` is set by obsgen or by Prometheus", label.value))
                        .path("service.labels"),
                );
            }
            Ok(_) => drop(labels.insert(label.value.clone(), owned(value))),
            Err(why) => findings.add(Diagnostic::error(INVALID, label.span, why).path("service.labels")),
        }
    }
    labels
}

fn dependencies(context: &Context, findings: &mut Findings) -> Vec<Dependency> {
    let mut all = Vec::new();
    for (name, written) in context.manifest.dependencies.valid() {
        let path = format!("dependencies.{}", name.value);
        if let Err(why) = Slug::parse(name) {
            findings.add(Diagnostic::error(INVALID, name.span, why).path(path));
            continue;
        }
        let Some(kind) = written.value.kind.value() else {
            if written.value.kind.is_missing() {
                findings.add(
                    Diagnostic::error(crate::source::MISSING_KEY, name.span, format!("the dependency `{}` has no `kind`", name.value))
                        .help("say what it is, as in `kind: postgres`")
                        .path(path),
                );
            }
            continue;
        };
        for address in [&written.value.exporter, &written.value.address].into_iter().filter_map(|a| a.valid()) {
            check_address(address, findings);
        }
        if let Some(variable) = written.value.password_env.valid() {
            check_variable(variable, &path, findings);
        }
        let job = written.value.job.valid().map_or_else(|| format!("{}-{}", context.name, name.value), owned);
        if let Some(tls) = written.value.tls.valid() {
            find_secrets(tls, &path, findings);
        }
        all.push(Dependency {
            name: name.value.clone(),
            kind: *kind,
            job,
            exporter: written.value.exporter.valid().map(owned),
            max_series: written.value.max_series.value().copied(),
            job_is_anothers: false,
            address: written.value.address.valid().map(owned),
            user: written.value.user.valid().map(owned),
            password_env: written.value.password_env.valid().map(owned),
            tls: written.value.tls.value().map(plain),
        });
    }
    all
}

fn recordings(context: &Context, findings: &mut Findings) -> Vec<FreeRecording> {
    let mut all = Vec::new();
    for (name, expr) in context.manifest.recording.valid() {
        let path = format!("recording.{}", name.value);
        if let Err(why) = crate::manifest::scalars::MetricName::parse(name) {
            findings.add(Diagnostic::error(INVALID, name.span, why).path(path));
            continue;
        }
        if name.value.starts_with("job:slo_") {
            findings.add(
                Diagnostic::error("name-clash", name.span, "names that start with `job:slo_` are those that objectives record").path(path),
            );
            continue;
        }
        if let Some(expr) = context.parse(&expr.value.0, expr.span, &path, findings) {
            all.push(FreeRecording { name: name.value.clone(), expr });
        }
    }
    all
}

/// Only kinds that can be rendered can be asked for.
fn check_render(manifest: &Manifest, findings: &mut Findings) {
    let known = crate::model::OPTIONAL_KINDS;
    for kind in manifest.render.value().into_iter().flatten().filter_map(|kind| kind.valid()) {
        if !known.contains(&kind.value.0.as_str()) {
            let finding =
                Diagnostic::error(INVALID, kind.span, format!("`{}` is not a kind of artifact that can be asked for", kind.value.0))
                    .path("render");
            findings.add(match did_you_mean(&kind.value.0, known.iter().copied()) {
                Some(name) => finding.help(format!("did you mean `{name}`?")),
                None => finding.help(format!("known are {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))),
            });
        }
    }
}
