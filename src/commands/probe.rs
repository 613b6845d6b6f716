//! `obsgen probe`: whether the live services keep what their manifests promise.

use std::path::Path;
use std::time::Duration;

use anyhow::bail;

use super::manifests::{self, Loaded};
use super::{Console, FAILED, FINE, FOUND};
use crate::cli::ProbeArgs;
use crate::diagnostic::did_you_mean;
use crate::model::Model;
use crate::probe::{self, Ended, Job, Options, Report};
use crate::source::SourceMap;

/// `--wait` ran out.
const WAITED_OUT: u8 = 124;
/// Somebody wanted it to end.
const INTERRUPTED: u8 = 130;

pub(super) fn run(args: &ProbeArgs, console: &mut Console) -> anyhow::Result<u8> {
    let Loaded { sources, model, diagnostics, files } =
        manifests::load(&manifests::find(&args.input.manifests)?, args.input.environment.as_deref())?;
    console.findings(diagnostics, files, &sources)?;
    let Some(model) = model else { return Ok(FAILED) };
    let jobs = jobs(&model, &sources, &args.names)?;
    if args.dry_run {
        console.print(&probe::dry_run(&jobs))?;
        return Ok(FINE);
    }
    let options = Options { concurrency: args.concurrency.into(), wait: args.wait.map(|wait| Duration::from_millis(wait.0)) };
    let outcome = probe::run(jobs, options, &mut |check| console.note(&probe::changed(check)))?;
    console.print(&if args.format == "json" { outcome.report.json()? } else { probe::text(&outcome.report) })?;
    Ok(match outcome.ended {
        Ended::Interrupted => INTERRUPTED,
        Ended::WaitedOut => WAITED_OUT,
        Ended::Done => verdict(&outcome.report, args.fail_on == "warn"),
    })
}

fn verdict(report: &Report, warnings_count: bool) -> u8 {
    let bad = report.summary.failed > 0 || warnings_count && report.summary.warned > 0;
    if bad { FOUND } else { FINE }
}

/// The checks that are meant: all, or those named as `check` or `service/check`.
fn jobs(model: &Model, sources: &SourceMap, names: &[String]) -> anyhow::Result<Vec<Job>> {
    let mut all = Vec::new();
    for service in &model.services {
        let folder = Path::new(&sources.get(service.span.source).path).parent().unwrap_or(Path::new("")).to_owned();
        all.extend(service.checks.iter().map(|check| Job { service: service.name.clone(), check: check.clone(), folder: folder.clone() }));
    }
    if all.is_empty() {
        bail!("nothing to probe: no manifest has `health:` checks");
    }
    let is = |job: &Job, name: &str| job.check.name == name || format!("{}/{}", job.service, job.check.name) == name;
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|job| is(job, name))) {
        let known = || all.iter().map(|job| job.check.name.as_str());
        let help = did_you_mean(unknown, known()).map(|name| format!("; did you mean `{name}`?"));
        bail!(
            "no check is called `{unknown}`{}",
            help.unwrap_or_else(|| format!("; there are {}", known().collect::<Vec<_>>().join(", ")))
        );
    }
    all.retain(|job| names.is_empty() || names.iter().any(|name| is(job, name)));
    Ok(all)
}
