//! `obsgen render`: manifests to files, all of them or none.

use std::path::Path;
use std::sync::Arc;

use anyhow::bail;

use super::manifests::{self, Loaded};
use super::origins::Origins;
use super::remembered::Remembered;
use super::{Console, FAILED, FINE, FOUND, summary};
use crate::artifacts::alike::Alike;
use crate::artifacts::plan::{Comparison, Entry, Look, Plan, RealDisk, recover};
use crate::artifacts::readback::{self, Judged};
use crate::artifacts::{self, Engine, File, Selection, Share, TemplateError};
use crate::cli::RenderArgs;
use crate::diagnostic::{Level, did_you_mean};
use crate::lint;
use crate::model::{Model, Service};
use crate::parallel;
use crate::source::{Fingerprint, Forms};

pub(super) fn run(args: &RenderArgs, console: &mut Console) -> anyhow::Result<u8> {
    if args.capacity {
        return super::capacity::run(args, console);
    }
    check_kinds(&args.only)?;
    check_kinds(&args.targets)?;
    if recover(&RealDisk, &args.output)? {
        console.note("completed what an interrupted run had left");
    }
    let only_shown = args.check || args.diff;
    // What was written before is a long list where there are many services.
    let (comparison, loaded) = parallel::both(
        || if only_shown { Comparison::to_show(&args.output) } else { Comparison::to_write(&args.output, &RealDisk) },
        || manifests::load(&manifests::find(&args.input.manifests)?, args.input.environment.as_deref()),
    );
    let Loaded { sources, model, diagnostics, files, defaults } = loaded?;
    console.findings(diagnostics, files, &sources)?;
    let Some(model) = model else { return Ok(FAILED) };
    let selection = Selection { only: args.only.clone(), more: args.targets.clone() };
    let comparison = comparison?;
    let engine = Engine::new(args.templates.as_deref())?;
    let origins = Origins { sources: &sources, defaults: &defaults };
    let remembered = Remembered::open(args, &model, &engine, &selection, origins);
    let shares = artifacts::shares(&model);
    let recalled = parallel::map(&shares, |share| remembered.as_ref()?.recall(share.service()?, &comparison));
    let new = shares.iter().zip(&recalled).filter(|(_, recalled)| recalled.is_none()).filter_map(|(share, _)| share.service());
    let alike = Alike::new(&new.collect::<Vec<_>>(), |service, particulars| origins.but_for(particulars, service));
    let renderer =
        Renderer { model: &model, engine: &engine, selection: &selection, alike, judged: Judged::default(), forms: Forms::default() };
    // What was written by this very program was found sound then.
    remembered.iter().filter_map(Remembered::common).for_each(|common| renderer.judged.found_sound(common.clone()));
    let compared = compared(&renderer, shares.into_iter().zip(recalled).collect(), &comparison, remembered.as_ref(), console);
    let Some(Compared { plan, entries, common, recalled }) = compared.inspect_err(|_| comparison.abandon())? else {
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
    if let Some(remembered) = remembered {
        remembered.keep(common, entries.into_iter(), &RealDisk);
    }
    if !console.is_quiet() {
        console.note(&summary::of(&model, &plan, recalled, &args.output, &engine));
    }
    // The program ends here; to take a fleet's model apart first would only take time.
    std::mem::forget((model, plan, comparison, sources, defaults));
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
    let shares = parallel::map(&artifacts::shares(model), |share| {
        let files = artifacts::render(*share, model, engine, selection)?;
        readback::check(&files, &judged)?;
        Ok(files)
    });
    let mut files = shares.into_iter().collect::<anyhow::Result<Vec<_>>>()?.concat();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// What is to be done, and what is to be remembered when it is.
struct Compared {
    plan: Plan,
    entries: Vec<(String, Arc<Entry>)>,
    /// The files that belong to no service, as they were found sound.
    common: Option<Fingerprint>,
    /// How many services were not rendered again.
    recalled: usize,
}

/// What became of one share.
struct Outcome {
    looks: Vec<Look>,
    entry: Option<(String, Arc<Entry>)>,
    common: Option<Fingerprint>,
    /// How many files stay as they are, where it was not rendered again.
    stay: Option<usize>,
}

/// The files of a share, found sound.
struct Sound {
    files: Vec<File>,
    /// What they are.
    shape: Fingerprint,
}

/// Renders shares, and finds out whether they are sound.
struct Renderer<'a> {
    model: &'a Model,
    engine: &'a Engine,
    selection: &'a Selection,
    alike: Alike<'a>,
    judged: Judged,
    /// The forms of the files that were judged.
    forms: Forms,
}

impl Renderer<'_> {
    fn rendered(&self, share: Share) -> Result<Vec<File>, TemplateError> {
        artifacts::render(share, self.model, self.engine, self.selection)
    }

    /// The files of a share; what cannot work in them is an error of its own.
    fn files(&self, share: Share) -> anyhow::Result<Result<Sound, lint::Outcome>> {
        let copied = share.service().and_then(|service| self.alike.files(service, |like| self.rendered(Share::of(like))));
        let (files, shape) = if let Some(copied) = copied {
            copied
        } else {
            let files = self.rendered(share)?;
            let shape = Judged::shape(share, &files);
            (files, shape)
        };
        if self.judged.is_sound(&shape) {
            return Ok(Ok(Sound { files, shape }));
        }
        let (read, faults) = parallel::both(|| readback::check(&files, &self.judged), || faults(&files, &self.forms));
        read?;
        if let Some(faults) = faults {
            return Ok(Err(faults));
        }
        self.judged.found_sound(shape.clone());
        Ok(Ok(Sound { files, shape }))
    }
}

/// Renders share after share, and compares each with what is there as soon as it is found sound; `None` where something that
/// would be rendered cannot work, which is then said.
fn compared(
    renderer: &Renderer,
    shares: Vec<(Share, Option<Arc<Entry>>)>,
    comparison: &Comparison,
    remembered: Option<&Remembered>,
    console: &mut Console,
) -> anyhow::Result<Option<Compared>> {
    let take = |(share, recalled): (Share, Option<Arc<Entry>>)| {
        let name = |service: &Service| service.name.clone();
        if let Some(entry) = recalled {
            let stay = Some(entry.files());
            let entry = share.service().map(|service| (name(service), entry));
            return Ok(Ok(Outcome { looks: Vec::new(), entry, common: None, stay }));
        }
        let Sound { files, shape } = match renderer.files(share)? {
            Ok(sound) => sound,
            Err(faults) => return Ok(Err(faults)),
        };
        let looks = comparison.take(files)?;
        let entry = remembered.zip(share.service()).and_then(|(known, service)| Some((name(service), known.entry(service, &looks)?)));
        Ok(Ok(Outcome { looks, entry, common: share.service().is_none().then_some(shape), stay: None }))
    };
    // The first share of a fleet is larger than all others, and has all cores for itself.
    let mut first = shares;
    let others = first.split_off(1.min(first.len()));
    let outcomes = first.into_iter().map(take).chain(parallel::consume(others, take));
    let outcomes: Vec<_> = outcomes.collect::<anyhow::Result<_>>()?;
    let mut looks = Vec::with_capacity(outcomes.len());
    let mut entries = Vec::with_capacity(outcomes.len());
    let (mut common, mut recalled, mut stay) = (None, 0, 0);
    let mut sound = true;
    for outcome in outcomes {
        match outcome {
            Ok(outcome) => {
                looks.extend(outcome.looks);
                entries.extend(outcome.entry);
                common = common.or(outcome.common);
                recalled += usize::from(outcome.stay.is_some());
                stay += outcome.stay.unwrap_or_default();
            }
            Err(faults) => {
                if sound {
                    console.error("what would be rendered cannot work, so nothing was written");
                }
                sound = false;
                console.findings(faults.diagnostics, faults.files, &faults.sources)?;
            }
        }
    }
    if !sound {
        return Ok(None);
    }
    Ok(Some(Compared { plan: comparison.plan(looks, stay, !renderer.selection.only.is_empty())?, entries, common, recalled }))
}

/// The errors that lint finds in what was rendered, if there are any: what cannot work is not written.
fn faults(files: &[File], forms: &Forms) -> Option<lint::Outcome> {
    // Rule tests are promtool's to judge, and code is its compiler's.
    let is_others = |path: &str| ["tests/", "instrumentation/"].iter().any(|folder| path.starts_with(folder));
    let judged = files.iter().filter(|file| readback::is_document(&file.path) && !is_others(&file.path));
    let inputs = judged.map(|file| lint::Input { path: file.path.clone(), text: file.text.as_str().into(), named: true }).collect();
    let outcome = lint::run(inputs, &lint::Options { at_least: Some(Level::Error), forms: Some(forms), ..lint::Options::default() });
    (!outcome.diagnostics.is_empty()).then_some(outcome)
}

fn conflicts(plan: &Plan, output: &Path) -> String {
    let mut text = String::from("nothing was written, because these files are not obsgen's to overwrite:\n");
    for conflict in &plan.conflicts {
        let why = if conflict.edited { "edited since it was rendered" } else { "not written by obsgen" };
        text += &format!("  {}: {why}\n", super::files::shown(&output.join(&*conflict.path)));
    }
    text + "see what would change with `--diff`; overwrite them with `--force`"
}
