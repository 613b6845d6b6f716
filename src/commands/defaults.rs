//! Finding the `defaults.yaml` that count for a manifest: in its folder and in those above it, up to the top of the work tree.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::files;
use crate::diagnostic::Diagnostic;
use crate::manifest::defaults::{self, FILE};
use crate::parallel;
use crate::source::{Node, ReadError, SourceMap, read_yaml};

/// What the manifests of a run are merged over, each file read once.
#[derive(Default)]
pub(super) struct Defaults {
    folders: HashMap<PathBuf, Option<Arc<Node>>>,
    stands: HashMap<PathBuf, Stands>,
    /// What is wrong with the files.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// What the file system tells of a folder.
#[derive(Clone, Copy)]
struct Stands {
    has_defaults: bool,
    is_top: bool,
}

impl Stands {
    fn of(folder: &Path) -> Self {
        Self { has_defaults: folder.join(FILE).is_file(), is_top: is_top(folder) }
    }
}

impl Defaults {
    /// Those of manifests, whose folders are looked at all at once: a fleet has thousands.
    pub(super) fn beside(manifests: &[PathBuf]) -> Self {
        let mut folders: Vec<&Path> = manifests.iter().filter_map(|manifest| manifest.parent()).collect();
        folders.dedup();
        let stands = parallel::map(&folders, |folder| Stands::of(folder));
        Self { stands: folders.into_iter().map(Path::to_owned).zip(stands).collect(), ..Self::default() }
    }

    /// What a manifest is merged over; `None` where no folder above it has any.
    pub(super) fn of(&mut self, manifest: &Path, sources: &mut SourceMap) -> Result<Option<Arc<Node>>, ReadError> {
        if manifest == Path::new("-") {
            return Ok(None);
        }
        self.below(manifest.parent().unwrap_or(Path::new("")), sources)
    }

    fn below(&mut self, folder: &Path, sources: &mut SourceMap) -> Result<Option<Arc<Node>>, ReadError> {
        if let Some(known) = self.folders.get(folder) {
            return Ok(known.clone());
        }
        let Stands { has_defaults, is_top } = self.stands.remove(folder).unwrap_or_else(|| Stands::of(folder));
        let farther = match above(folder).filter(|_| !is_top) {
            Some(parent) => self.below(&parent, sources)?,
            None => None,
        };
        let own = if has_defaults { self.read(&folder.join(FILE), sources)? } else { None };
        let all = match own {
            Some(own) => defaults::together(farther.as_deref().into_iter().chain([&own])).map(Arc::new),
            None => farther,
        };
        self.folders.insert(folder.to_owned(), all.clone());
        Ok(all)
    }

    fn read(&mut self, path: &Path, sources: &mut SourceMap) -> Result<Option<Node>, ReadError> {
        let id = sources.add(files::shown(path), files::read(path)?);
        let mut documents = read_yaml(sources, id);
        // What cannot be read as YAML says nothing of whose it is; to pass over it would change what is rendered.
        if documents.diagnostics.is_empty() && !documents.roots.first().is_some_and(defaults::is_ours) {
            return Ok(None);
        }
        self.diagnostics.append(&mut documents.diagnostics);
        self.diagnostics.extend(defaults::check(&documents.roots));
        documents.roots.truncate(1);
        Ok(documents.roots.pop())
    }
}

/// Where the defaults of a manifest would be, the nearest first.
pub(super) fn places(manifest: &Path) -> impl Iterator<Item = PathBuf> {
    let nearest = manifest.parent().filter(|_| manifest != Path::new("-")).map(Path::to_owned);
    std::iter::successors(nearest, |folder| above(folder).filter(|_| !is_top(folder))).map(|folder| folder.join(FILE))
}

/// Whether it is the top of a work tree.
fn is_top(folder: &Path) -> bool {
    folder.join(".git").exists()
}

/// The folder above one, spelt from it; `None` above everything.
fn above(folder: &Path) -> Option<PathBuf> {
    match folder.components().next_back() {
        Some(Component::Normal(_)) => folder.parent().map(Path::to_owned),
        Some(Component::RootDir | Component::Prefix(_)) => None,
        Some(Component::CurDir) | None => Some(PathBuf::from("..")).filter(|up| is_there(up)),
        Some(Component::ParentDir) => Some(folder.join("..")).filter(|up| is_there(up)),
    }
}

/// Whether a path of nothing but `..` leads anywhere: above the top folder there is only itself.
fn is_there(up: &Path) -> bool {
    let depth = std::env::current_dir().map_or(0, |here| here.components().count().saturating_sub(1));
    up.components().filter(|part| *part == Component::ParentDir).count() <= depth
}
