//! `obsgen probe`: whether the live services keep what their manifests promise.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};

use super::base::Base;
use super::manifests::{self, Loaded};
use super::{Console, FAILED, FINE, FOUND, contract, files};
use crate::cli::ProbeArgs;
use crate::diagnostic::did_you_mean;
use crate::manifest::scalars;
use crate::model::health::Check;
use crate::model::{Dependency, Model, Service};
use crate::probe::{
    self, Again, Ask, Ended, Family, Happened, Headers, Job, Options, Owner, Reach, Report, Resolve, Scraped, Secret, Seen,
};
use crate::source::SourceMap;

/// `--wait` ran out.
const WAITED_OUT: u8 = 124;
/// How long a dependency may take to answer.
const DEPENDENCY_TIMEOUT: Duration = Duration::from_secs(5);
/// Somebody wanted it to end.
const INTERRUPTED: u8 = 130;

pub(super) fn run(args: &ProbeArgs, console: &mut Console) -> anyhow::Result<u8> {
    let options = options(args)?;
    let Loaded { sources, model, diagnostics, files, .. } =
        manifests::load(&manifests::find(&args.input.manifests)?, args.input.environment.as_deref())?;
    console.findings(diagnostics, files, &sources)?;
    let Some(mut model) = model else { return Ok(FAILED) };
    let base = args.base_url.as_deref().map(|url| Base::of(url, &model)).transpose()?;
    let jobs = jobs(&mut model, &sources, base.as_ref(), args, console)?;
    // What was read is not needed any more, and what is made of it takes its room.
    drop((model, sources));
    if args.dry_run {
        console.print(&probe::dry_run(&jobs))?;
        return Ok(FINE);
    }
    if let Some(path) = &args.output_file {
        files::check_writable(path)?;
    }
    if let Some(pause) = args.watch {
        return watch(jobs, &options, Duration::from_millis(pause.0), args, console);
    }
    let outcome = probe::run(jobs, &options, &mut |happened| match happened {
        Happened::Changed(check) => console.note(&probe::changed(check)),
        Happened::Moved { done, all, failed, time } => console.progress(done, all, time, || probe::progress(done, all, failed, time)),
    })?;
    deliver(&outcome.report, args, console)?;
    Ok(match outcome.ended {
        Ended::Interrupted => INTERRUPTED,
        Ended::WaitedOut => WAITED_OUT,
        Ended::Done => verdict(&outcome.report, args.fail_on == "warn"),
    })
}

fn options(args: &ProbeArgs) -> anyhow::Result<Options> {
    let time = |duration: Option<scalars::Duration>| duration.map(|duration| Duration::from_millis(duration.0));
    let again = match (args.attempts, time(args.wait)) {
        (Some(most), _) => Again::Attempts(most),
        (None, Some(wait)) => Again::Until { wait, whatever: args.wait_all_errors },
        (None, None) => Again::AsDeclared,
    };
    let headers = match &args.header_file {
        Some(path) => Headers::parse(&files::read(path)?).map_err(|why| anyhow!("{}: {why}", files::shown(path)))?,
        None => Headers::default(),
    };
    let resolve = args.resolve.iter().map(|text| Resolve::parse(text).map_err(|why| anyhow!("--resolve: {why}")));
    Ok(Options {
        concurrency: args.concurrency.map_or_else(probe::room, usize::from),
        per_host: args.per_host.into(),
        rate: args.rate,
        again,
        timeout: time(args.timeout),
        reach: Reach {
            family: args.ip.as_deref().map(|ip| if ip == "4" { Family::Four } else { Family::Six }),
            connect_timeout: time(args.connect_timeout),
            resolve: resolve.collect::<anyhow::Result<_>>()?,
            reuse: args.reuse,
            headers,
        },
        redirects: args.follow_redirects.into(),
        heads: args.verbose,
        max_body: args.max_body.map(|size| usize::try_from(size.0).unwrap_or(usize::MAX)),
    })
}

/// Shows a report, or puts it where it is wanted.
fn deliver(report: &Report, args: &ProbeArgs, console: &mut Console) -> anyhow::Result<()> {
    let Some(path) = &args.output_file else { return console.write(|out| write(report, &args.format, out)) };
    let mut text = Vec::new();
    write(report, &args.format, &mut text)?;
    files::replace(path, &text)?;
    console.note(&format!("wrote {}", files::shown(path)));
    Ok(())
}

fn write(report: &Report, format: &str, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        "json" => report.json(out),
        "junit" => out.write_all(probe::junit(report).as_bytes()),
        "tap" => probe::tap(report, out),
        "prometheus" => out.write_all(probe::prometheus(report).as_bytes()),
        _ => probe::text(report, out),
    }
}

/// Round after round, until somebody interrupts: to people, what changes; to programs, and into a file, each round as a whole.
fn watch(jobs: Vec<Job>, options: &Options, pause: Duration, args: &ProbeArgs, console: &mut Console) -> anyhow::Result<u8> {
    if args.output_file.is_none() && ["junit", "tap", "prometheus"].contains(&args.format.as_str()) {
        bail!("--watch has no end that `--format {}` could be written at; use `human` or `json`, or name an `--output-file`", args.format);
    }
    let mut before: Option<Report> = None;
    probe::watch(jobs, options, pause, &mut |report| {
        match (&before, args.format.as_str()) {
            _ if args.output_file.is_some() => deliver(&report, args, console)?,
            (_, "json") => console.write(|out| report.json_line(out))?,
            (None, _) => console.write(|out| probe::text(&report, out))?,
            (Some(before), _) => console.print(&probe::changes(before, &report))?,
        }
        before = Some(report);
        Ok(())
    })?;
    Ok(INTERRUPTED)
}

fn verdict(report: &Report, warnings_count: bool) -> u8 {
    let bad = report.summary.failed > 0 || warnings_count && report.summary.warned > 0;
    if bad { FOUND } else { FINE }
}

/// Everything that is meant: all, or what is named as `check` or `service/check`. The model loses its checks to that.
fn jobs(model: &mut Model, sources: &SourceMap, base: Option<&Base>, args: &ProbeArgs, console: &mut Console) -> anyhow::Result<Vec<Job>> {
    if let Some(path) = &args.metrics_file {
        return page(model, sources, path, args.require_all).map(|job| vec![job]);
    }
    let checks: Vec<Vec<Check>> = model.services.iter_mut().map(|service| std::mem::take(&mut service.checks)).collect();
    let mut all = Vec::with_capacity(checks.iter().map(Vec::len).sum());
    for (service, checks) in model.services.iter().zip(checks) {
        let owner = Arc::new(Owner { service: service.name.clone(), folder: folder(service, sources) });
        let mut add = |ask: Ask| all.push(Job { owner: Arc::clone(&owner), ask });
        let moved = |check: Check| match base {
            Some(base) => base.check(check),
            None => check,
        };
        checks.into_iter().map(moved).map(Ask::Check).for_each(&mut add);
        service.dependencies.iter().filter_map(depends).for_each(&mut add);
        metrics(model, service, sources, base, args.require_all, console).into_iter().for_each(&mut add);
    }
    if all.is_empty() {
        bail!("nothing to probe: no manifest has `health:` checks, dependencies with an `address`, or metrics with `scrape.targets`");
    }
    named(all, &args.names, &args.skip)
}

/// A dependency that has an address of its own.
fn depends(dependency: &Dependency) -> Option<Ask> {
    let password = dependency.password_env.as_ref().map(|variable| {
        std::env::var(variable).map(Secret).map_err(|_| format!("the environment variable `{variable}` is not set, or is not text"))
    });
    let asked = probe::Dependency {
        name: dependency.name.as_str().into(),
        kind: dependency.kind,
        address: dependency.address.clone()?,
        user: dependency.user.clone(),
        password: password.transpose(),
        tls: dependency.tls.clone(),
        timeout: DEPENDENCY_TIMEOUT,
    };
    Some(Ask::Dependency(Box::new(asked)))
}

/// The metrics contract of a service, where its instances are known.
fn metrics(
    model: &Model,
    service: &Service,
    sources: &SourceMap,
    base: Option<&Base>,
    require_all: bool,
    console: &mut Console,
) -> Option<Ask> {
    let scrape = service.scrape.as_ref().filter(|_| !service.metrics.is_empty())?;
    let Some(urls) = probe::urls(&scrape.discovery, scrape.scheme, &scrape.path) else {
        console.note(&format!("{}: metrics are not judged: only `scrape.targets` says where they are", service.name));
        return None;
    };
    let urls = match base {
        Some(base) => base.pages(&urls),
        None => urls,
    };
    let terms = Arc::new(contract::terms(model, service, sources, require_all));
    Some(Ask::Scrape(terms, Arc::new(Scraped { urls, settings: scrape.settings.clone() })))
}

fn folder(service: &Service, sources: &SourceMap) -> PathBuf {
    Path::new(&sources.get(service.span.source).path).parent().unwrap_or(Path::new("")).to_owned()
}

fn named(mut all: Vec<Job>, names: &[String], skip: &[String]) -> anyhow::Result<Vec<Job>> {
    let is = |job: &Job, name: &str| *job.name() == *name || format!("{}/{}", job.owner.service, job.name()) == name;
    if let Some(unknown) = names.iter().chain(skip).find(|name| !all.iter().any(|job| is(job, name))) {
        let names: Vec<Arc<str>> = all.iter().map(Job::name).collect();
        let known = || names.iter().map(|name| &**name);
        let help = did_you_mean(unknown, known()).map(|name| format!("; did you mean `{name}`?"));
        bail!(
            "no check is called `{unknown}`{}",
            help.unwrap_or_else(|| format!("; there are {}", known().collect::<Vec<_>>().join(", ")))
        );
    }
    let any = |job: &Job, of: &[String]| of.iter().any(|name| is(job, name));
    all.retain(|job| (names.is_empty() || any(job, names)) && !any(job, skip));
    if all.is_empty() {
        bail!("--skip leaves nothing to probe");
    }
    Ok(all)
}

/// A page that is judged without asking anybody.
fn page(model: &Model, sources: &SourceMap, path: &Path, require_all: bool) -> anyhow::Result<Job> {
    let [service] = model.services.as_slice() else {
        bail!("--metrics-file: a page belongs to one service; name its manifest with `-m`");
    };
    let terms = contract::terms(model, service, sources, require_all);
    let seen = Seen { from: files::shown(path), content_type: None, body: files::read_raw(path)?, took: None, again: None };
    let owner = Owner { service: service.name.clone(), folder: PathBuf::new() };
    Ok(Job { owner: Arc::new(owner), ask: Ask::Page(Arc::new(terms), Arc::new(seen)) })
}
