//! What `render` remembers from run to run of the services of a fleet: where, and what their files are made of.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::origins::Origins;
use crate::artifacts::plan::{Comparison, Disk, Entry, Look, Memory};
use crate::artifacts::{Engine, Selection};
use crate::cli::RenderArgs;
use crate::model::{Model, Service};
use crate::source::Fingerprint;

/// What is remembered, and what it takes to recall it.
pub(super) struct Remembered<'a> {
    memory: Memory,
    origins: Origins<'a>,
}

impl<'a> Remembered<'a> {
    /// What earlier runs left; `None` for a service by itself, where there is no folder for caches, or where nobody wants it.
    pub(super) fn open(args: &RenderArgs, model: &Model, engine: &Engine, selection: &Selection, origins: Origins<'a>) -> Option<Self> {
        if args.no_cache || !model.common.is_fleet {
            return None;
        }
        let common = format!("{:?}", model.common);
        let kinds = selection.kinds(&model.common);
        let ground = Fingerprint::of(&(program()?, engine.fingerprint(), common, kinds, &args.input.environment));
        Some(Self { memory: Memory::open(&caches()?, &args.output, ground), origins })
    }

    /// What is remembered of a service, if its files are what would be rendered: then they stay as they are.
    pub(super) fn recall(&self, service: &Service, comparison: &Comparison) -> Option<Arc<Entry>> {
        self.memory.recall(&service.name, &self.origins.of(service), comparison)
    }

    /// What is to be remembered of a service that was just rendered.
    pub(super) fn entry(&self, service: &Service, looks: &[Look]) -> Option<Arc<Entry>> {
        Memory::entry(self.origins.of(service), looks)
    }

    /// The files that belong to no service, as they were found sound.
    pub(super) fn common(&self) -> Option<&Fingerprint> {
        self.memory.common()
    }

    /// Remembers these files and services for the next run.
    pub(super) fn keep(self, common: Option<Fingerprint>, entries: impl Iterator<Item = (String, Arc<Entry>)>, disk: &dyn Disk) {
        self.memory.keep(common, entries.collect(), disk);
    }
}

/// The build of obsgen that runs, as far as it can be told from another.
fn program() -> Option<Fingerprint> {
    let path = std::env::current_exe().ok()?;
    let metadata = fs::metadata(&path).ok()?;
    Some(Fingerprint::of(&(path, metadata.len(), metadata.modified().ok()?)))
}

/// The folder of obsgen's caches, by the rules of the XDG Base Directory specification.
fn caches() -> Option<PathBuf> {
    let absolute = |path: PathBuf| Some(path).filter(|path| path.is_absolute());
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).and_then(absolute);
    let usual = || std::env::home_dir().and_then(absolute).map(|home| home.join(".cache"));
    named.or_else(usual).map(|folder| folder.join("obsgen"))
}
