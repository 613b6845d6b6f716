//! `obsgen probe`: whether the live services keep what their manifests promise.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

use super::manifests::{self, Loaded};
use super::{Console, FAILED, FINE, FOUND, contract, files};
use crate::cli::ProbeArgs;
use crate::diagnostic::did_you_mean;
use crate::manifest::scalars;
use crate::model::{Dependency, Model, Service};
use crate::probe::{self, Again, Ask, Ended, Family, Job, Options, Report, Scraped, Secret, Seen};
use crate::source::SourceMap;

/// `--wait` ran out.
const WAITED_OUT: u8 = 124;
/// How long a dependency may take to answer.
const DEPENDENCY_TIMEOUT: Duration = Duration::from_secs(5);
/// Somebody wanted it to end.
const INTERRUPTED: u8 = 130;

pub(super) fn run(args: &ProbeArgs, console: &mut Console) -> anyhow::Result<u8> {
    let Loaded { sources, model, diagnostics, files } =
        manifests::load(&manifests::find(&args.input.manifests)?, args.input.environment.as_deref())?;
    console.findings(diagnostics, files, &sources)?;
    let Some(model) = model else { return Ok(FAILED) };
    let jobs = jobs(&model, &sources, args, console)?;
    // What was read is not needed any more, and what is made of it takes its room.
    drop((model, sources));
    if args.dry_run {
        console.print(&probe::dry_run(&jobs))?;
        return Ok(FINE);
    }
    let options = options(args);
    let outcome = match args.watch {
        Some(pause) => return watch(jobs, &options, Duration::from_millis(pause.0), args, console),
        None => probe::run(jobs, &options, &mut |check| console.note(&probe::changed(check)))?,
    };
    console.print(&shown(&outcome.report, &args.format)?)?;
    Ok(match outcome.ended {
        Ended::Interrupted => INTERRUPTED,
        Ended::WaitedOut => WAITED_OUT,
        Ended::Done => verdict(&outcome.report, args.fail_on == "warn"),
    })
}

fn options(args: &ProbeArgs) -> Options {
    let time = |duration: Option<scalars::Duration>| duration.map(|duration| Duration::from_millis(duration.0));
    let again = match (args.attempts, time(args.wait)) {
        (Some(most), _) => Again::Attempts(most),
        (None, Some(wait)) => Again::Until(wait),
        (None, None) => Again::Never,
    };
    Options {
        concurrency: args.concurrency.map_or_else(probe::room, usize::from),
        per_host: args.per_host.into(),
        rate: args.rate,
        again,
        timeout: time(args.timeout),
        connect_timeout: time(args.connect_timeout),
        family: args.ip.as_deref().map(|ip| if ip == "4" { Family::Four } else { Family::Six }),
    }
}

fn shown(report: &Report, format: &str) -> serde_json::Result<String> {
    Ok(match format {
        "json" => report.json()?,
        "junit" => probe::junit(report),
        "prometheus" => probe::prometheus(report),
        _ => probe::text(report),
    })
}

/// Round after round, until somebody interrupts: to people, what changes; to programs, each round as a whole.
fn watch(jobs: Vec<Job>, options: &Options, pause: Duration, args: &ProbeArgs, console: &mut Console) -> anyhow::Result<u8> {
    if ["junit", "prometheus"].contains(&args.format.as_str()) {
        bail!("--watch has no end that `--format {}` could be written at; use `human` or `json`", args.format);
    }
    let mut before: Option<Report> = None;
    probe::watch(jobs, options, pause, &mut |report| {
        let text = match (&before, args.format.as_str()) {
            (_, "json") => report.json_line()?,
            (None, _) => probe::text(report),
            (Some(before), _) => probe::changes(before, report),
        };
        before = Some(report.clone());
        console.print(&text)
    })?;
    Ok(INTERRUPTED)
}

fn verdict(report: &Report, warnings_count: bool) -> u8 {
    let bad = report.summary.failed > 0 || warnings_count && report.summary.warned > 0;
    if bad { FOUND } else { FINE }
}

/// Everything that is meant: all, or what is named as `check` or `service/check`.
fn jobs(model: &Model, sources: &SourceMap, args: &ProbeArgs, console: &mut Console) -> anyhow::Result<Vec<Job>> {
    if let Some(path) = &args.metrics_file {
        return page(model, sources, path, args.require_all).map(|job| vec![job]);
    }
    let mut all = Vec::new();
    for service in &model.services {
        let folder = folder(service, sources);
        all.extend(service.checks.iter().map(|check| Job {
            service: service.name.clone(),
            name: check.name.clone(),
            ask: Ask::Check(Box::new(check.clone())),
            folder: folder.clone(),
        }));
        all.extend(service.dependencies.iter().filter_map(|dependency| depends(service, dependency, folder.clone())));
        all.extend(metrics(model, service, sources, args.require_all, console));
    }
    if all.is_empty() {
        bail!("nothing to probe: no manifest has `health:` checks, dependencies with an `address`, or metrics with `scrape.targets`");
    }
    named(all, &args.names)
}

/// A dependency that has an address of its own.
fn depends(service: &Service, dependency: &Dependency, folder: PathBuf) -> Option<Job> {
    let password = dependency.password_env.as_ref().map(|variable| {
        std::env::var(variable).map(Secret).map_err(|_| format!("the environment variable `{variable}` is not set, or is not text"))
    });
    let asked = probe::Dependency {
        kind: dependency.kind,
        address: dependency.address.clone()?,
        user: dependency.user.clone(),
        password: password.transpose(),
        tls: dependency.tls.clone(),
        timeout: DEPENDENCY_TIMEOUT,
    };
    Some(Job { service: service.name.clone(), name: dependency.name.clone(), ask: Ask::Dependency(Box::new(asked)), folder })
}

/// The metrics contract of a service, where its instances are known.
fn metrics(model: &Model, service: &Service, sources: &SourceMap, require_all: bool, console: &mut Console) -> Option<Job> {
    let scrape = service.scrape.as_ref().filter(|_| !service.metrics.is_empty())?;
    let Some(urls) = probe::urls(&scrape.discovery, scrape.scheme, &scrape.path) else {
        console.note(&format!("{}: metrics are not judged: only `scrape.targets` says where they are", service.name));
        return None;
    };
    let terms = Arc::new(contract::terms(model, service, sources, require_all));
    Some(Job::scrape(&service.name, terms, Scraped { urls, settings: scrape.settings.clone() }, folder(service, sources)))
}

fn folder(service: &Service, sources: &SourceMap) -> PathBuf {
    Path::new(&sources.get(service.span.source).path).parent().unwrap_or(Path::new("")).to_owned()
}

fn named(mut all: Vec<Job>, names: &[String]) -> anyhow::Result<Vec<Job>> {
    let is = |job: &Job, name: &str| job.name == name || format!("{}/{}", job.service, job.name) == name;
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|job| is(job, name))) {
        let known = || all.iter().map(|job| job.name.as_str());
        let help = did_you_mean(unknown, known()).map(|name| format!("; did you mean `{name}`?"));
        bail!(
            "no check is called `{unknown}`{}",
            help.unwrap_or_else(|| format!("; there are {}", known().collect::<Vec<_>>().join(", ")))
        );
    }
    all.retain(|job| names.is_empty() || names.iter().any(|name| is(job, name)));
    Ok(all)
}

/// A page that is judged without asking anybody.
fn page(model: &Model, sources: &SourceMap, path: &Path, require_all: bool) -> anyhow::Result<Job> {
    let [service] = model.services.as_slice() else {
        bail!("--metrics-file: a page belongs to one service; name its manifest with `-m`");
    };
    let terms = contract::terms(model, service, sources, require_all);
    let seen = Seen { from: files::shown(path), content_type: None, body: files::read_raw(path)?, took: None, again: None };
    Ok(Job {
        service: service.name.clone(),
        name: probe::METRICS.to_owned(),
        ask: Ask::Page(Arc::new(terms), Arc::new(seen)),
        folder: PathBuf::new(),
    })
}
