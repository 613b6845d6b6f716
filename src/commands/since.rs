//! `obsgen lint --diff-base`: the same files as they were at a revision, whose findings are none of the change's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::files;
use super::inputs;
use crate::diagnostic::Diagnostic;
use crate::lint::{Input, Outcome};
use crate::proof::{Change, Revision};
use crate::source::SourceMap;

/// How often each finding was there at a revision, by its fingerprint.
pub(super) struct Known(HashMap<String, usize>);

/// An input as it was at a revision, and the path that it has now.
struct Earlier {
    input: Input,
    now: String,
}

impl Known {
    /// Judges the inputs as they were at a revision. `given` are the files and folders of the command line.
    pub(super) fn at(revision: &str, given: &[PathBuf], current: &[Input], judge: &dyn Fn(&[Input]) -> Outcome) -> anyhow::Result<Self> {
        let folder = std::env::current_dir().context("the folder here")?;
        let revision = Revision::find(&folder, revision).context("--diff-base")?;
        let earlier = earlier(&revision, given, current)?;
        let outcome = judge(&earlier.iter().map(|earlier| earlier.input.clone()).collect::<Vec<_>>());
        // A file that was renamed is the same file: its findings count under its present name.
        let mut sources = SourceMap::default();
        for (id, source) in outcome.sources.iter() {
            let now = earlier.get(id.0 as usize).map_or(&source.path, |earlier| &earlier.now);
            sources.add(now.clone(), source.text.clone());
        }
        let mut counts = HashMap::new();
        for diagnostic in &outcome.diagnostics {
            *counts.entry(diagnostic.fingerprint(&sources)).or_default() += 1;
        }
        Ok(Self(counts))
    }

    /// Takes out what was there before.
    pub(super) fn leave_out(&self, sources: &SourceMap, diagnostics: &mut Vec<Diagnostic>) {
        let mut left = self.0.clone();
        diagnostics.retain(|diagnostic| match left.get_mut(&diagnostic.fingerprint(sources)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
    }
}

/// The inputs as they were: without what is new, with what is gone. What lies outside of the work tree is no part of a change.
fn earlier(revision: &Revision, given: &[PathBuf], current: &[Input]) -> anyhow::Result<Vec<Earlier>> {
    let top = revision.top.canonicalize().with_context(|| files::shown(&revision.top))?;
    let changes = revision.changes()?;
    let was: HashMap<&str, &str> = changes
        .iter()
        .filter_map(|change| if let Change::Changed { from, to } = change { Some((to.as_str(), from.as_str())) } else { None })
        .collect();
    let paths: std::collections::HashSet<String> = revision.paths()?.into_iter().collect();
    let mut all = Vec::with_capacity(current.len());
    let mut gone = gone(revision, &top, given, &changes)?;
    for input in current {
        let Some(path) = below(Path::new(&input.path), &top).filter(|_| input.path != "-") else {
            if input.path != "-" {
                all.push(Earlier { input: input.clone(), now: input.path.clone() });
            }
            continue;
        };
        let named = |path: &str, text: String| Input { path: path.to_owned(), text: text.into(), named: input.named };
        if let Some(from) = was.get(path.as_str()) {
            let spelt = spelt_like(&input.path, &path, from);
            all.push(Earlier { input: named(&spelt, revision.text(from)?), now: input.path.clone() });
        } else if paths.contains(&path) {
            all.push(Earlier { input: input.clone(), now: input.path.clone() });
        } else if let Some(at) = gone.iter().position(|earlier| earlier.input.text == input.text) {
            // Moved, and git has not been told yet.
            let earlier = gone.remove(at);
            all.push(Earlier { now: input.path.clone(), ..earlier });
        }
    }
    all.extend(gone);
    Ok(all)
}

/// The files below the given folders that are there no more.
fn gone(revision: &Revision, top: &Path, given: &[PathBuf], changes: &[Change]) -> anyhow::Result<Vec<Earlier>> {
    let mut found = Vec::new();
    for change in changes {
        let Change::Deleted(path) = change else { continue };
        let whole = top.join(path);
        let folder = given.iter().find_map(|folder| {
            let rest = whole.strip_prefix(folder.canonicalize().ok().filter(|folder| folder.is_dir())?).ok()?;
            inputs::is_monitoring(rest).then(|| folder.join(rest))
        });
        if let Some(path_now) = folder {
            let shown = files::shown(&path_now);
            let input = Input { path: shown.clone(), text: revision.text(path)?.into(), named: false };
            found.push(Earlier { input, now: shown });
        }
    }
    Ok(found)
}

/// A file's path below the top of the work tree, as git writes it.
fn below(path: &Path, top: &Path) -> Option<String> {
    let whole = path.canonicalize().ok()?;
    Some(files::shown(whole.strip_prefix(top).ok()?))
}

/// Another path of the work tree, spelt from where `shown` is spelt from.
fn spelt_like(shown: &str, path: &str, other: &str) -> String {
    shown.strip_suffix(path).map_or_else(|| other.to_owned(), |start| format!("{start}{other}"))
}
