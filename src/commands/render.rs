//! `obsgen render`: manifests to files, all of them or none.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::bail;

use super::manifests::{self, Loaded};
use super::{Console, FAILED, FINE, FOUND, summary};
use crate::artifacts::plan::{Plan, RealDisk, recover};
use crate::artifacts::{self, Engine, File, Selection, readback};
use crate::cli::RenderArgs;
use crate::diagnostic::{Level, did_you_mean};
use crate::lint;
use crate::model::Model;
use crate::parallel;

pub(super) fn run(args: &RenderArgs, console: &mut Console) -> anyhow::Result<u8> {
    check_kinds(&args.only)?;
    check_kinds(&args.targets)?;
    if recover(&RealDisk, &args.output)? {
        console.note("completed what an interrupted run had left");
    }
    let Loaded { sources, model, diagnostics, files, .. } =
        manifests::load(&manifests::find(&args.input.manifests)?, args.input.environment.as_deref())?;
    console.findings(diagnostics, files, &sources)?;
    let Some(model) = model else { return Ok(FAILED) };
    let selection = Selection { only: args.only.clone(), more: args.targets.clone() };
    let files = into_memory(&model, &Engine::new(args.templates.as_deref())?, &selection)?;
    if !is_sound(&model, &files, console)? {
        return Ok(FAILED);
    }
    let plan = Plan::make(&args.output, files, !args.only.is_empty())?;
    if args.check || args.diff {
        console.print(&plan.diff())?;
        return Ok(if args.check && !plan.is_clean() { FOUND } else { FINE });
    }
    if !plan.conflicts.is_empty() && !args.force {
        console.note(&conflicts(&plan, &args.output));
        return Ok(FOUND);
    }
    plan.write(&RealDisk)?;
    if !console.is_quiet() {
        console.note(&summary::of(&model, &plan, &args.output));
    }
    // The program ends here; to take a fleet's model apart first would only take time.
    std::mem::forget((model, plan));
    Ok(FINE)
}

/// Kinds that are named must be kinds.
fn check_kinds(kinds: &[String]) -> anyhow::Result<()> {
    let known = || artifacts::ALL.iter().map(|artifact| artifact.kind());
    if let Some(unknown) = kinds.iter().find(|kind| !known().any(|k| k == kind.as_str())) {
        let help =
            did_you_mean(unknown, known()).map_or_else(|| known().collect::<Vec<_>>().join(", "), |kind| format!("did you mean `{kind}`?"));
        bail!("`{unknown}` is not a kind of artifact; {help}");
    }
    Ok(())
}

/// Renders the selected files, read back by readers that had no part in writing them.
pub(super) fn into_memory(model: &Model, engine: &Engine, selection: &Selection) -> anyhow::Result<Vec<File>> {
    let files = artifacts::render(model, engine, selection)?;
    readback::check(&files)?;
    Ok(files)
}

/// Lints what was rendered: what cannot work is not written.
///
/// Each service's own files are judged by themselves, so that the cost grows with their number and not with its square.
fn is_sound(model: &Model, files: &[File], console: &mut Console) -> anyhow::Result<bool> {
    let input = |file: &File| lint::Input { path: file.path.clone(), text: file.text.as_str().into(), named: true };
    let mut sets: BTreeMap<Option<usize>, Vec<lint::Input>> = BTreeMap::new();
    let names: HashMap<&str, usize> = model.services.iter().enumerate().map(|(i, s)| (s.name.as_str(), i)).collect();
    // Rule tests are promtool's to judge, not lint's.
    for file in files.iter().filter(|file| !file.path.starts_with("tests/")) {
        sets.entry(if model.is_fleet() { owner(&file.path).and_then(|name| names.get(name).copied()) } else { None })
            .or_default()
            .push(input(file));
    }
    let sets: Vec<Vec<lint::Input>> = sets.into_values().collect();
    let mut sound = true;
    for outcome in parallel::map(&sets, |inputs| lint::run(inputs.clone(), &lint::Options::default())) {
        let errors: Vec<_> = outcome.diagnostics.into_iter().filter(|d| d.level == Level::Error).collect();
        if !errors.is_empty() {
            if sound {
                console.error("what would be rendered cannot work, so nothing was written");
            }
            sound = false;
            console.findings(errors, outcome.files, &outcome.sources)?;
        }
    }
    Ok(sound)
}

/// The service that a file of a fleet belongs to: `alerts/<service>.yml`, `tests/<service>_test.yml`, `dashboards/<service>.json`.
fn owner(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    Some(if folder == "tests" { stem.strip_suffix("_test").unwrap_or(stem) } else { stem })
}

fn conflicts(plan: &Plan, output: &Path) -> String {
    let mut text = String::from("nothing was written, because these files are not obsgen's to overwrite:\n");
    for conflict in &plan.conflicts {
        let why = if conflict.edited { "edited since it was rendered" } else { "not written by obsgen" };
        text += &format!("  {}: {why}\n", super::files::shown(&output.join(&conflict.path)));
    }
    text + "see what would change with `--diff`; overwrite them with `--force`"
}
