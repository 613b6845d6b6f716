//! `obsgen lint`: anybody's files to findings.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::files;
use super::{Console, FAILED, FINE, FOUND};
use crate::cli::LintArgs;
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::world::Catalogue;
use crate::lint::{self, Input, Options, Outcome};
use crate::manifest;
use crate::model::resolve::{resolve, rules};
use crate::report::{Format, Report};
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
    let inputs = inputs(args, console, &mut unreadable);
    let read_manifest = |sources: &SourceMap, root: &Node| read_manifest(sources, root, args.environment.as_deref());
    let Outcome { diagnostics, files, skipped, sources } = lint::run(inputs, &Options { read_manifest: Some(&read_manifest) });
    let report = Report { diagnostics, files, skipped };
    if report.files == 0 && report.diagnostics.is_empty() && unreadable == 0 {
        bail!(
            "nothing to lint: {}",
            if skipped == 0 { "no file was found".to_owned() } else { format!("{skipped} files are of no kind that obsgen knows") }
        );
    }
    console.report(format(&args.format), &report, &sources)?;
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

/// Every file that is meant. One that cannot be read is said on standard error, and the rest is judged.
fn inputs(args: &LintArgs, console: &mut Console, unreadable: &mut usize) -> Vec<Input> {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths[..] };
    let mut wanted: Vec<(PathBuf, bool)> = Vec::new();
    for path in paths.iter().chain(&args.manifests) {
        if !path.is_dir() {
            wanted.push((path.clone(), true));
            continue;
        }
        match files::below(path, is_monitoring) {
            Ok(found) => wanted.extend(found.into_iter().map(|file| (file, false))),
            Err(error) => {
                console.error(&format!("{error:#}"));
                *unreadable += 1;
            }
        }
    }
    let mut seen = HashSet::new();
    wanted.retain(|(path, _)| seen.insert(path.clone()));
    let mut inputs = Vec::with_capacity(wanted.len());
    for (path, named) in wanted {
        match files::read(&path) {
            Ok(text) => inputs.push(Input { path: files::shown(&path), text: text.into(), named }),
            Err(error) => {
                console.error(&error.to_string());
                *unreadable += 1;
            }
        }
    }
    inputs
}

/// What a folder is searched for: anything that could be a monitoring file by its name.
fn is_monitoring(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yml", "yaml", "json", "rules"].iter().any(|known| extension == *known))
}

/// A manifest among the inputs: what it declares, and everything that is wrong with it.
fn read_manifest(sources: &SourceMap, root: &Node, environment: Option<&str>) -> (Option<Catalogue>, Vec<Diagnostic>) {
    let reading = manifest::read_tree(root, environment);
    let mut diagnostics = reading.diagnostics;
    let Some(located) = reading.manifest else { return (None, diagnostics) };
    let located = [located];
    diagnostics.extend(resolve(&located, sources).diagnostics);
    let whole = diagnostics.iter().all(|d| d.level != Level::Error);
    let catalogue = located.iter().find_map(|located| lint::catalogue::of(&located.manifest, whole));
    (catalogue, diagnostics)
}

/// A rule a line: its id, its level and what it finds.
fn list() -> String {
    let mut lines: Vec<String> =
        lint::ALL.iter().map(|rule| rule.meta()).map(|meta| line(meta.id, meta.level.name(), meta.summary())).collect();
    lines.extend(lint::SHAPES.iter().map(|(id, level, summary)| line(id, level.name(), summary)));
    lines.extend(rules::RULES.iter().map(|rule| line(rule.id, rule.level, &rule.summary())));
    lines.sort();
    lines.concat()
}

fn line(id: &str, level: &str, summary: &str) -> String {
    format!("{id:<28} {level:<8} {}\n", summary.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn explain(id: &str) -> anyhow::Result<String> {
    if let Some(rule) = lint::find(id) {
        let meta = rule.meta();
        return Ok(format!("{} ({})\n\n{}\n", meta.id, meta.level.name(), meta.manual.trim()));
    }
    if let Some(rule) = rules::find(id) {
        return Ok(format!("{} ({})\n\n{}\n", rule.id, rule.level, rule.manual));
    }
    if let Some((id, level, summary)) = lint::SHAPES.iter().find(|(known, ..)| *known == id) {
        return Ok(format!(
            "{id} ({})\n\n{summary}.\n\nThis is about the shape of a file, before anything it means: the finding's own text says what is wrong at its place, what was expected there and, where a name is nearly right, which one was probably meant.\n",
            level.name()
        ));
    }
    let known = lint::ALL
        .iter()
        .map(|rule| rule.meta().id)
        .chain(rules::RULES.iter().map(|rule| rule.id))
        .chain(lint::SHAPES.iter().map(|(id, ..)| *id));
    let help = did_you_mean(id, known)
        .map_or_else(|| "`obsgen lint --list` prints them all".to_owned(), |known| format!("did you mean `{known}`?"));
    bail!("there is no rule `{id}`; {help}")
}
