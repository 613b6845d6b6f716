//! `obsgen render`: manifests to files, all of them or none.

use std::path::Path;

use anyhow::bail;

use super::manifests::{self, Loaded};
use super::{Console, FAILED, FINE, FOUND, summary};
use crate::artifacts::plan::{Comparison, Plan, RealDisk, recover};
use crate::artifacts::readback::{self, Judged};
use crate::artifacts::{self, Engine, File, Selection, Share};
use crate::cli::RenderArgs;
use crate::diagnostic::{Level, did_you_mean};
use crate::lint;
use crate::model::Model;
use crate::parallel;

pub(super) fn run(args: &RenderArgs, console: &mut Console) -> anyhow::Result<u8> {
    if args.capacity {
        return super::capacity::run(args, console);
    }
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
    let only_shown = args.check || args.diff;
    let comparison = if only_shown { Comparison::to_show(&args.output)? } else { Comparison::to_write(&args.output, &RealDisk)? };
    let engine = Engine::new(args.templates.as_deref())?;
    let plan = compared(&model, &engine, &selection, &comparison, console);
    let Some(plan) = plan.inspect_err(|_| comparison.abandon())? else {
        comparison.abandon();
        return Ok(FAILED);
    };
    if only_shown {
        console.print(&plan.diff())?;
        return Ok(if args.check && !plan.is_clean() { FOUND } else { FINE });
    }
    if !plan.conflicts.is_empty() && !args.force {
        comparison.abandon();
        console.note(&conflicts(&plan, &args.output));
        return Ok(FOUND);
    }
    plan.write(&RealDisk)?;
    if !console.is_quiet() {
        console.note(&summary::of(&model, &plan, &args.output, &engine));
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

/// Renders the selected files into memory, read back by readers that had no part in writing them.
pub(super) fn into_memory(model: &Model, engine: &Engine, selection: &Selection) -> anyhow::Result<Vec<File>> {
    let judged = Judged::default();
    let shares = parallel::map(&artifacts::shares(model), |share| rendered(*share, model, engine, selection, &judged));
    let mut files = shares.into_iter().collect::<anyhow::Result<Vec<_>>>()?.concat();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn rendered(share: Share, model: &Model, engine: &Engine, selection: &Selection, judged: &Judged) -> anyhow::Result<Vec<File>> {
    let files = artifacts::render(share, model, engine, selection)?;
    readback::check(&files, judged)?;
    Ok(files)
}

/// Renders share after share, and compares each with what is there as soon as it is found sound; `None` where something that
/// would be rendered cannot work, which is then said.
fn compared(
    model: &Model,
    engine: &Engine,
    selection: &Selection,
    comparison: &Comparison,
    console: &mut Console,
) -> anyhow::Result<Option<Plan>> {
    let judged = Judged::default();
    let outcomes = parallel::map(&artifacts::shares(model), |share| {
        let files = rendered(*share, model, engine, selection, &judged)?;
        Ok(match faults(&files) {
            Some(outcome) => Err(outcome),
            None => Ok(comparison.take(files)?),
        })
    });
    let outcomes: Vec<_> = outcomes.into_iter().collect::<anyhow::Result<_>>()?;
    let mut looks = Vec::with_capacity(outcomes.len());
    let mut sound = true;
    for outcome in outcomes {
        match outcome {
            Ok(of_share) => looks.extend(of_share),
            Err(outcome) => {
                if sound {
                    console.error("what would be rendered cannot work, so nothing was written");
                }
                sound = false;
                console.findings(outcome.diagnostics, outcome.files, &outcome.sources)?;
            }
        }
    }
    if sound { comparison.plan(looks, !selection.only.is_empty()).map(Some) } else { Ok(None) }
}

/// The errors that lint finds in what was rendered, if there are any: what cannot work is not written.
fn faults(files: &[File]) -> Option<lint::Outcome> {
    // Rule tests are promtool's to judge, and code is its compiler's.
    let is_others = |path: &str| ["tests/", "instrumentation/"].iter().any(|folder| path.starts_with(folder));
    let judged = files.iter().filter(|file| readback::is_document(&file.path) && !is_others(&file.path));
    let inputs = judged.map(|file| lint::Input { path: file.path.clone(), text: file.text.as_str().into(), named: true }).collect();
    let mut outcome = lint::run(inputs, &lint::Options::default());
    outcome.diagnostics.retain(|found| found.level == Level::Error);
    (!outcome.diagnostics.is_empty()).then_some(outcome)
}

fn conflicts(plan: &Plan, output: &Path) -> String {
    let mut text = String::from("nothing was written, because these files are not obsgen's to overwrite:\n");
    for conflict in &plan.conflicts {
        let why = if conflict.edited { "edited since it was rendered" } else { "not written by obsgen" };
        text += &format!("  {}: {why}\n", super::files::shown(&output.join(&conflict.path)));
    }
    text + "see what would change with `--diff`; overwrite them with `--force`"
}
