//! Several services in one run: names that must differ, and what exists once.

use std::collections::{BTreeMap, HashMap};

use super::{Findings, safety};
use crate::diagnostic::Diagnostic;
use crate::manifest::Located;
use crate::manifest::scalars::Duration;
use crate::model::alert::{Alert, Group};
use crate::model::signals::{Signal, Watchdog};
use crate::model::stack::Stack;
use crate::model::synthetic::labels;
use crate::model::{Common, Model, Service};
use crate::source::Span;

/// Puts the services of a run together.
pub(super) fn assemble(mut services: Vec<Service>, stack: Stack, manifests: &[Located], findings: &mut Findings) -> Option<Model> {
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
    let by_source: HashMap<_, _> = manifests.iter().map(|located| (located.span.source, &located.manifest)).collect();
    let written = |s: &Service| by_source.get(&s.manifest).copied();
    let uids = distinct.iter().map(|s| {
        let place = written(s).and_then(|m| m.dashboard.value()).and_then(|d| d.uid.span());
        (s.dashboard.uid.as_str(), place.unwrap_or(s.span))
    });
    clashes(uids, "two dashboards have the uid", "say another one: `dashboard: { uid: … }`", findings);
    let jobs = distinct.iter().flat_map(|s| {
        let place = written(s).and_then(|m| m.service.value()).and_then(|service| service.job.span());
        let own = s.scrape.is_some().then_some((s.job.as_str(), place.unwrap_or(s.span)));
        let probe = s.probed().next().is_some().then_some((s.probe_job.as_str(), s.span));
        let exporters = s.dependencies.iter().filter(|d| d.exporter.is_some() && !d.job_is_anothers).map(|d| {
            let place = written(s).and_then(|m| m.dependencies.get(&d.name)).and_then(|d| d.value.job.span());
            (d.job.as_str(), place.unwrap_or(s.span))
        });
        own.into_iter().chain(probe).chain(exporters)
    });
    clashes(jobs, "two scrape jobs are called", "give one another name with `job:`", findings);
    one_folder(&services, manifests, findings);
    let watchdog = watchdog(manifests, &services, findings);
    let mut render: Vec<String> = manifests
        .iter()
        .filter_map(|m| m.manifest.render.value())
        .flatten()
        .filter_map(|kind| kind.value())
        .map(|kind| kind.0.clone())
        .collect();
    render.sort();
    render.dedup();
    let common = Common { stack, watchdog, render, is_fleet: services.len() > 1 };
    (!services.is_empty()).then_some(Model { services, common })
}

/// Where several services name one job for one exporter, the first renders it: it is scraped once.
fn share_exporters(services: &mut [Service]) {
    let mut known: HashMap<(String, String), String> = HashMap::new();
    for service in services {
        for dependency in &mut service.dependencies {
            let Some(exporter) = &dependency.exporter else { continue };
            let first = known.entry((dependency.job.clone(), exporter.clone())).or_insert_with(|| service.name.clone());
            // Within a service it is a mistake, and said as one.
            dependency.job_is_anothers = *first != service.name;
        }
    }
}

/// Reports every name that occurs twice, once, with both places.
fn clashes<'a>(names: impl Iterator<Item = (&'a str, Span)>, what: &str, help: &str, findings: &mut Findings) {
    let mut known: BTreeMap<&str, Span> = BTreeMap::new();
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
fn one_folder(services: &[Service], manifests: &[Located], findings: &mut Findings) {
    let said = |located: &Located| located.manifest.dashboard.value().and_then(|d| d.folder.span());
    let places: Vec<Span> = manifests.iter().filter_map(said).collect();
    let differ = services.windows(2).any(|pair| matches!(pair, [a, b] if a.dashboard.folder != b.dashboard.folder));
    if let Some((first, rest)) = places.split_first().filter(|_| differ) {
        let other = rest.first().copied().or(services.iter().map(|s| s.span).find(|span| span.source != first.source)).unwrap_or(*first);
        let finding = Diagnostic::error("stack-conflict", other, "`dashboard.folder` differs between two manifests of this run")
            .related(*first, "the other one");
        findings.add(finding.help("the dashboards of a run are provisioned into one folder: say the same everywhere"));
    }
}

/// The one alert that always fires, unless a manifest switches it off. It belongs to monitoring itself and not to a service.
fn watchdog(manifests: &[Located], services: &[Service], findings: &mut Findings) -> Option<Alert> {
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
    let off =
        manifests.iter().any(|m| m.manifest.alerts.get(safety::WATCHDOG).is_some_and(|alert| alert.value.disabled.value() == Some(&true)));
    if off {
        return None;
    }
    let signal = Watchdog;
    Some(Alert {
        name: safety::WATCHDOG.to_owned(),
        group: Group::Safety,
        hold: Duration(0),
        keep_firing: None,
        severity: "none".to_owned(),
        labels: labels([("severity", "none")]),
        annotations: vec![("summary".to_owned(), signal.summary()), ("description".to_owned(), signal.description())],
        signal: Box::new(signal),
        // No manifest says it.
        span: Span::default(),
    })
}
