//! `obsgen lint`: anybody's files to findings.

use std::path::Path;

use anyhow::bail;

use super::since::Known;
use super::{Console, FAILED, FINE, FOUND};
use super::{defaults, evidence, files, fix, inputs, manuals, rendered, settings};
use crate::cli::LintArgs;
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::run::baseline::{self, Baseline};
use crate::lint::world::declared::Catalogue;
use crate::lint::{self, ConfigFile, Input, Options, Outcome, Page};
use crate::manifest;
use crate::model::resolve::{resolve, rules};
use crate::report::{Format, Manual, Report};
use crate::source::{Node, SourceMap};

pub(super) fn run(args: &LintArgs, console: &mut Console) -> anyhow::Result<u8> {
    if args.list {
        console.print(&list())?;
        return Ok(FINE);
    }
    if let Some(rule) = &args.explain {
        console.print(&explain(rule)?)?;
        return Ok(FINE);
    }
    let mut unreadable = 0;
    let given = inputs::given(args);
    let mut inputs = inputs::read(&given, console, &mut unreadable);
    let read_manifest =
        |sources: &SourceMap, root: &Node, defaults: Option<&Node>| read_manifest(sources, root, defaults, args.environment.as_deref());
    let defaults_of = |manifest: &str| defaults::places(Path::new(manifest)).map(|path| files::shown(&path)).collect();
    let settings = settings::find(args.config.as_deref(), &args.paths)?;
    let relative = |path: &str| settings.as_ref().map_or_else(|| path.to_owned(), |settings| settings.relative(path));
    let config = settings.as_ref().map(|s| ConfigFile { path: s.path.clone(), text: s.text.as_str().into(), relative: &relative });
    let of_manifests: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
    let pages = pages(args, console, &mut unreadable);
    let options = Options {
        at_least: None,
        read_manifest: Some(&read_manifest),
        defaults_of: Some(&defaults_of),
        config,
        other_rules: &of_manifests,
        pages,
        forms: None,
    };
    let baseline = args.baseline.as_deref().map(files::read).transpose()?;
    let judge_all = |inputs: &[Input]| lint::run(inputs.to_vec(), &options);
    let known = args.diff_base.as_deref().map(|revision| Known::at(revision, &given, &inputs, &judge_all)).transpose()?;
    let judge = |inputs: &[Input]| {
        let mut outcome = judge_all(inputs);
        if let Some(known) = &known {
            known.leave_out(&outcome.sources, &mut outcome.diagnostics);
        }
        if let Some((path, text)) = args.baseline.as_deref().zip(baseline.as_deref()) {
            leave_out(&files::shown(path), text, inputs, &mut outcome);
        }
        outcome
    };
    let mut outcome = judge(&inputs);
    if outcome.files == 0 && outcome.diagnostics.is_empty() && unreadable == 0 {
        let skipped = outcome.skipped;
        bail!(
            "nothing to lint: {}",
            if skipped == 0 { "no file was found".to_owned() } else { format!("{skipped} files are of no kind that obsgen knows") }
        );
    }
    if let Some(path) = &args.write_baseline {
        files::replace(path, baseline::text(&outcome.diagnostics, &outcome.sources).as_bytes())?;
        console.note(&format!("{}: {} findings written", files::shown(path), outcome.diagnostics.len()));
        return Ok(if unreadable > 0 { FAILED } else { FINE });
    }
    if args.fix {
        let before: Vec<Input> = inputs.clone();
        let count = fix::mend(&mut inputs, &mut outcome, &judge);
        if args.diff {
            console.print(&fix::diff(&before, &inputs))?;
            return Ok(if unreadable > 0 { FAILED } else { FINE });
        }
        fix::write(&before, &inputs, count, console)?;
    }
    let Outcome { diagnostics, files, skipped, sources } = outcome;
    let format = format(&args.format);
    let manuals = if format == Format::Sarif { manuals::all() } else { Vec::new() };
    let report = Report { diagnostics, files, skipped, manuals };
    console.report(format, &report, &sources)?;
    let threshold = [Level::Error, Level::Warning, Level::Info].into_iter().find(|level| level.name() == args.fail_on);
    let failed = threshold.is_some_and(|level| report.worst() >= Some(level));
    Ok(if unreadable > 0 {
        FAILED
    } else if failed {
        FOUND
    } else {
        FINE
    })
}

fn format(name: &str) -> Format {
    Format::ALL.iter().copied().find(|format| format.name() == name).unwrap_or_default()
}

/// Takes out what a baseline knows. One that cannot be read leaves out nothing, and says so at its place.
fn leave_out(path: &str, text: &str, inputs: &[Input], outcome: &mut Outcome) {
    let id = outcome.sources.add(path, text);
    let judged: Vec<String> = inputs.iter().map(|input| input.path.clone()).collect();
    match Baseline::read(&outcome.sources, id) {
        Ok(baseline) => baseline.apply(&outcome.sources, &judged, &mut outcome.diagnostics),
        Err(mut found) => outcome.diagnostics.append(&mut found),
    }
}

/// Every page to judge by. One that cannot be read is said on standard error, and the files are judged without it.
fn pages(args: &LintArgs, console: &mut Console, unreadable: &mut usize) -> Vec<Page> {
    let mut pages = Vec::with_capacity(args.metrics.len());
    for argument in &args.metrics {
        match evidence::read(argument) {
            Ok(page) => pages.push(page),
            Err(error) => {
                console.error(&format!("{error:#}"));
                *unreadable += 1;
            }
        }
    }
    pages
}

/// A manifest among the inputs: what it declares, and everything that is wrong with it.
pub fn read_manifest(
    sources: &SourceMap,
    root: &Node,
    defaults: Option<&Node>,
    environment: Option<&str>,
) -> (Option<Catalogue>, Vec<Diagnostic>) {
    let reading = manifest::read_tree(root.clone(), defaults, environment);
    let mut diagnostics = reading.diagnostics;
    let Some((located, _)) = reading.manifest else { return (None, diagnostics) };
    let mut catalogue = lint::world::catalogue::of(&located.manifest);
    let resolved = resolve(vec![located], sources);
    diagnostics.extend(resolved.diagnostics);
    let whole = diagnostics.iter().all(|d| d.level != Level::Error);
    if environment.is_none() {
        let of_environments = in_environments(sources, root, defaults, &diagnostics);
        diagnostics.extend(of_environments);
    }
    if let Some(catalogue) = &mut catalogue {
        match resolved.model.filter(|_| whole) {
            Some(model) => catalogue.rendered = rendered::rules(&model),
            // A series that it does not declare may well exist.
            None => catalogue.jobs.clear(),
        }
    }
    (catalogue, diagnostics)
}

/// What is wrong with what differs in an environment, found where that stands.
fn in_environments(sources: &SourceMap, root: &Node, defaults: Option<&Node>, known: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for (name, _, overlay) in root.entries_of("environments") {
        let (_, diagnostics) = read_manifest(sources, root, defaults, Some(name));
        let is_here =
            |d: &Diagnostic| d.span.source == overlay.span.source && overlay.span.start <= d.span.start && d.span.end <= overlay.span.end;
        let is_new =
            |d: &Diagnostic, found: &[Diagnostic]| !known.iter().chain(found).any(|other| other.span == d.span && other.rule == d.rule);
        for diagnostic in diagnostics.into_iter().filter(is_here) {
            if is_new(&diagnostic, &found) {
                found.push(diagnostic);
            }
        }
    }
    found
}

/// A rule a line: its id, its level and what it finds.
fn list() -> String {
    let line = |manual: &Manual| format!("{:<28} {:<8} {}\n", manual.rule, manual.level.name(), manual.summary);
    manuals::all().iter().map(line).collect()
}

fn explain(id: &str) -> anyhow::Result<String> {
    let all = manuals::all();
    if let Some(manual) = all.iter().find(|manual| manual.rule == id) {
        return Ok(format!("{} ({})\n\n{}\n", manual.rule, manual.level.name(), manual.text));
    }
    let help = did_you_mean(id, all.iter().map(|manual| manual.rule.as_str()))
        .map_or_else(|| "`obsgen lint --list` prints them all".to_owned(), |known| format!("did you mean `{known}`?"));
    bail!("there is no rule `{id}`; {help}")
}
