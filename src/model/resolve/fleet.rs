//! Several services in one run: names that must differ, and what exists once.

use std::collections::HashMap;
use std::sync::Arc;

use super::findings::Findings;
use super::generated::WATCHDOG;
use crate::diagnostic::Diagnostic;
use crate::manifest::scalars::Duration;
use crate::manifest::{Located, Manifest};
use crate::model::alert::{Alert, Group};
use crate::model::signals::Watchdog;
use crate::model::stack::Stack;
use crate::model::synthetic::Labels;
use crate::model::{Common, Model, Service};
use crate::source::{SourceId, Span};

/// What a manifest says that concerns all services of a run, and where.
pub(super) struct Said {
    source: SourceId,
    /// The dashboard's uid.
    uid: Option<Span>,
    /// The scrape job's name.
    job: Option<Span>,
    /// The names of dependencies' jobs, by dependency.
    jobs: Vec<(String, Span)>,
    /// The dashboard's folder.
    folder: Option<Span>,
    is_watchdog_off: bool,
    /// Kinds of artifacts.
    render: Vec<String>,
}

impl Said {
    pub(super) fn by(located: &Located) -> Self {
        let Manifest { dashboard, service, dependencies, alerts, render, .. } = &*located.manifest;
        let dashboard = dashboard.value();
        Self {
            source: located.span.source,
            uid: dashboard.and_then(|dashboard| dashboard.uid.span()),
            job: service.value().and_then(|service| service.job.span()),
            jobs: dependencies.valid().filter_map(|(name, body)| Some((name.value.clone(), body.value.job.span()?))).collect(),
            folder: dashboard.and_then(|dashboard| dashboard.folder.span()),
            is_watchdog_off: alerts.get(WATCHDOG).is_some_and(|alert| alert.value.disabled.value() == Some(&true)),
            render: render.value().into_iter().flatten().filter_map(|kind| kind.value()).map(|kind| kind.0.clone()).collect(),
        }
    }
}

/// Puts the services of a run together.
pub(super) fn assemble(mut services: Vec<Service>, stack: Stack, said: &[Said], findings: &mut Findings) -> Option<Model> {
    services.sort_by(|a, b| a.name.cmp(&b.name));
    share_exporters(&mut services);
    clashes(
        services.iter().map(|s| (s.name.as_str(), s.span)),
        "two services are called",
        "a service has one manifest, and services of one run differ in their names",
        findings,
    );
    // Whatever is named after a service clashes with it; that needs no finding of its own.
    let mut distinct: Vec<&Service> = services.iter().collect();
    distinct.dedup_by(|a, b| a.name == b.name);
    let by_source: HashMap<SourceId, &Said> = said.iter().map(|said| (said.source, said)).collect();
    let of = |s: &Service| by_source.get(&s.manifest).copied();
    let uids = distinct.iter().map(|s| (s.dashboard.uid.as_str(), of(s).and_then(|said| said.uid).unwrap_or(s.span)));
    clashes(uids, "two dashboards have the uid", "say another one: `dashboard: { uid: … }`", findings);
    let jobs = distinct.iter().flat_map(|s| {
        let place = of(s).and_then(|said| said.job);
        let own = s.scrape.is_some().then_some((s.job.as_str(), place.unwrap_or(s.span)));
        let probe = s.probed().next().is_some().then_some((s.probe_job.as_str(), s.span));
        let exporters = s.dependencies.iter().filter(|d| d.exporter.is_some() && !d.job_is_anothers).map(|d| {
            let place = of(s).and_then(|said| said.jobs.iter().find(|(name, _)| *name == d.name));
            (d.job.as_str(), place.map_or(s.span, |(_, span)| *span))
        });
        own.into_iter().chain(probe).chain(exporters)
    });
    clashes(jobs, "two scrape jobs are called", "give one another name with `job:`", findings);
    one_folder(&services, said, findings);
    let watchdog = watchdog(said, &services, findings);
    let mut render: Vec<String> = said.iter().flat_map(|said| said.render.iter().cloned()).collect();
    render.sort();
    render.dedup();
    let common = Common { stack, watchdog, render, is_fleet: services.len() > 1 };
    (!services.is_empty()).then_some(Model { services, common })
}

/// Where several services name one job for one exporter, the first renders it: it is scraped once.
fn share_exporters(services: &mut [Service]) {
    let mut known: HashMap<(&str, &str), &str> = HashMap::new();
    let mut anothers = Vec::new();
    for (at, service) in services.iter().enumerate() {
        for (which, dependency) in service.dependencies.iter().enumerate() {
            let Some(exporter) = &dependency.exporter else { continue };
            let first = known.entry((&dependency.job, exporter)).or_insert(&service.name);
            // Within a service it is a mistake, and said as one.
            if *first != service.name {
                anothers.push((at, which));
            }
        }
    }
    for (at, which) in anothers {
        services[at].dependencies[which].job_is_anothers = true;
    }
}

/// Reports every name that occurs twice, once, with both places.
fn clashes<'a>(names: impl Iterator<Item = (&'a str, Span)>, what: &str, help: &str, findings: &mut Findings) {
    let mut known: HashMap<&str, Span> = HashMap::new();
    for (name, span) in names {
        if let Some(first) = known.get(name) {
            let finding = Diagnostic::error("name-clash", span, format!("{what} `{name}`"));
            findings.add(finding.related(*first, "the other one").help(help));
        } else {
            known.insert(name, span);
        }
    }
}

/// Grafana's file provider puts all dashboards of a folder on disk into one folder of its own.
fn one_folder(services: &[Service], said: &[Said], findings: &mut Findings) {
    let places: Vec<Span> = said.iter().filter_map(|said| said.folder).collect();
    let differ = services.windows(2).any(|pair| matches!(pair, [a, b] if a.dashboard.folder != b.dashboard.folder));
    if let Some((first, rest)) = places.split_first().filter(|_| differ) {
        let other = rest.first().copied().or(services.iter().map(|s| s.span).find(|span| span.source != first.source)).unwrap_or(*first);
        let finding = Diagnostic::error("stack-conflict", other, "`dashboard.folder` differs between two manifests of this run")
            .related(*first, "the other one");
        findings.add(finding.help("the dashboards of a run are provisioned into one folder: say the same everywhere"));
    }
}

/// The one alert that always fires, unless a manifest switches it off. It belongs to monitoring itself and not to a service.
fn watchdog(said: &[Said], services: &[Service], findings: &mut Findings) -> Option<Alert> {
    let receivers: Vec<_> =
        services.iter().filter_map(|s| s.routing.as_ref()).filter_map(|r| r.watchdog.as_ref().map(|w| (w, r.span))).collect();
    if let [(first, place), rest @ ..] = receivers.as_slice()
        && let Some((_, other)) = rest.iter().find(|(w, _)| w != first)
    {
        let finding = Diagnostic::error("stack-conflict", *other, "`routing.watchdog` differs between two manifests of this run");
        findings.add(
            finding
                .related(*place, "the other one")
                .help("the watchdog exists once: say it the same way everywhere, or in one manifest only"),
        );
    }
    if said.iter().any(|said| said.is_watchdog_off) {
        return None;
    }
    Some(Alert {
        name: WATCHDOG.to_owned(),
        group: Group::Safety,
        hold: Duration(0),
        keep_firing: None,
        severity: "none".to_owned(),
        shared_labels: Arc::default(),
        own_labels: Labels::new(),
        words: Arc::default(),
        signal: Box::new(Watchdog),
        // No manifest says it.
        span: Span::default(),
    })
}
