//! Finding, reading and resolving the manifests of a run.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;

use super::defaults::Defaults;
use super::files::{self, MANIFEST};
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint;
use crate::manifest::{self, Located, Reading};
use crate::model::Model;
use crate::model::resolve::resolve;
use crate::parallel;
use crate::source::{Forms, Node, SourceId, SourceMap};

/// What became of the manifests of a run.
pub(super) struct Loaded {
    /// The texts.
    pub(super) sources: SourceMap,
    /// What they mean; `None` where an error stands in the way.
    pub(super) model: Option<Model>,
    /// Everything that was found.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// How many there are.
    pub(super) files: usize,
    /// What each is merged over.
    pub(super) defaults: HashMap<SourceId, Arc<Node>>,
}

/// The manifests that are meant: those named, those below the folders named, or the nearest one from here upwards.
pub(super) fn find(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if named.is_empty() {
        let here = std::env::current_dir()?;
        let nearest = here.ancestors().enumerate().find(|(_, folder)| folder.join(MANIFEST).is_file());
        return match nearest {
            // Spelt from here, so that places can be followed.
            Some((up, _)) => Ok(vec![(0..up).map(|_| "..").collect::<PathBuf>().join(MANIFEST)]),
            None => bail!("no `{MANIFEST}` here or in a folder above; name one with `-m`, or write one with `obsgen init`"),
        };
    }
    let mut all = Vec::new();
    for path in named {
        if path.is_dir() {
            let found = files::below(path, |file| file.file_name().is_some_and(|name| name == MANIFEST))?;
            if found.is_empty() {
                bail!("{}: no `{MANIFEST}` in this folder or below it", files::shown(path));
            }
            all.extend(found);
        } else {
            all.push(path.clone());
        }
    }
    let mut seen = HashSet::new();
    all.retain(|path| seen.insert(path.clone()));
    Ok(all)
}

/// Manifests that were read.
pub(super) struct Read<T> {
    /// The texts: the manifests, then their defaults.
    pub(super) sources: SourceMap,
    /// What is kept of each that could be read.
    pub(super) kept: Vec<T>,
    /// What each is merged over.
    pub(super) defaults: HashMap<SourceId, Arc<Node>>,
    /// Everything that was found.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Reads manifests, each over the defaults of its folder. Of each is kept what `keep` makes of it and of its tree, to whose findings it adds
/// its own: the trees of a fleet are never there together.
pub(super) fn read<T: Send>(
    paths: &[PathBuf],
    environment: Option<&str>,
    keep: impl Fn(&SourceMap, Located, Node, &mut Vec<Diagnostic>) -> T + Sync,
) -> anyhow::Result<Read<T>> {
    let mut sources = SourceMap::default();
    let mut ids = Vec::with_capacity(paths.len());
    for (path, text) in paths.iter().zip(parallel::map(paths, |path| files::read(path))) {
        ids.push(sources.add(files::shown(path), text?));
    }
    let mut defaults = Defaults::beside(paths);
    let mut manifests = Vec::with_capacity(paths.len());
    for (path, id) in paths.iter().zip(ids) {
        manifests.push((id, defaults.of(path, &mut sources)?));
    }
    let mut diagnostics = defaults.diagnostics;
    let mut all = Vec::with_capacity(paths.len());
    let mut has_environment = environment.is_none();
    let mut environments: Vec<String> = Vec::new();
    let forms = Forms::default();
    let readings = parallel::map(&manifests, |(id, defaults)| {
        let Reading { manifest, mut diagnostics, has_environment } =
            manifest::read(&sources, *id, defaults.as_deref(), environment, &forms);
        let kept = manifest.map(|(located, root)| {
            let environments: Vec<String> = located.manifest.environments.keys().map(|name| name.value.clone()).collect();
            (keep(&sources, located, root, &mut diagnostics), environments)
        });
        (kept, diagnostics, has_environment)
    });
    for (kept, found, has_it) in readings {
        has_environment |= has_it;
        diagnostics.extend(found);
        if let Some((kept, its)) = kept {
            environments.extend(its);
            all.push(kept);
        }
    }
    if let Some(wanted) = environment.filter(|_| !has_environment) {
        let known = did_you_mean(wanted, environments.iter().map(String::as_str)).map(|name| format!("; did you mean `{name}`?"));
        bail!("no manifest of this run has an environment `{wanted}`{}", known.unwrap_or_default());
    }
    sort(&mut diagnostics);
    let defaults = manifests.into_iter().filter_map(|(id, defaults)| Some((id, defaults?))).collect();
    Ok(Read { sources, kept: all, defaults, diagnostics })
}

/// Reads and resolves manifests.
pub(super) fn load(paths: &[PathBuf], environment: Option<&str>) -> anyhow::Result<Loaded> {
    let Read { sources, kept, defaults, mut diagnostics } = read(paths, environment, |sources, located, root, found| {
        found.extend(lint::judge_expressions(sources, &root));
        located
    })?;
    let resolved = resolve(kept, &sources);
    diagnostics.extend(resolved.diagnostics);
    sort(&mut diagnostics);
    let broken = diagnostics.iter().any(|d| d.level == Level::Error);
    Ok(Loaded { sources, model: resolved.model.filter(|_| !broken), diagnostics, files: paths.len(), defaults })
}

/// By place; what all manifests below one `defaults.yaml` bring is said once.
fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.span, &a.rule, &a.message).cmp(&(b.span, &b.rule, &b.message)));
    diagnostics.dedup_by(|a, b| (a.span, &a.rule, &a.message) == (b.span, &b.rule, &b.message));
}
