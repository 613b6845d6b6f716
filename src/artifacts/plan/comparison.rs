//! Rendered files beside what is in the output folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use super::disk::{Disk, in_its_folder, read};
use super::hash::Hash;
use super::index::{Index, Written, read_index};
use super::journal::STAGE;
use super::stamp::Stamp;
use super::{Plan, Texts};
use crate::artifacts::File;

/// What is rendered, compared with what is in the output folder as it comes: from several threads, in any order.
pub struct Comparison<'a> {
    folder: PathBuf,
    known: Index<Written>,
    /// Where new texts are staged as they come; `None` where they are kept to be shown, and nothing is written.
    disk: Option<&'a dyn Disk>,
}

/// A rendered file beside what is there under its path.
#[derive(Debug)]
pub struct Look {
    pub(super) path: Arc<str>,
    pub(super) hash: Hash,
    pub(super) found: Found,
    /// What the file system tells of it, or of the file that waits to take its place; `None` where it is only shown.
    pub(super) stamp: Option<Stamp>,
}

/// What is there under a rendered file's path.
#[derive(Debug)]
pub(super) enum Found {
    Same,
    Nothing { texts: Option<Texts> },
    Other { texts: Option<Texts>, is_users: bool },
}

impl<'a> Comparison<'a> {
    /// Begins a comparison after which the new set is to be written: new texts are staged, and not held in memory.
    pub fn to_write(folder: &Path, disk: &'a dyn Disk) -> anyhow::Result<Self> {
        Ok(Self { folder: folder.to_owned(), known: read_index(folder)?, disk: Some(disk) })
    }

    /// Begins a comparison that is only to be shown.
    pub fn to_show(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { folder: folder.to_owned(), known: read_index(folder)?, disk: None })
    }

    /// Compares files, and stages those with new text.
    pub fn take(&self, files: Vec<File>) -> anyhow::Result<Vec<Look>> {
        files.into_iter().map(|file| self.look(file)).collect()
    }

    /// What the file system tells of a file.
    pub(super) fn stamp(&self, path: &str) -> Option<Stamp> {
        Stamp::of(&self.folder.join(path))
    }

    /// Takes files that are known to be as they were written, unless one is not on the list of what was.
    pub(super) fn stay(&self, paths: &[Arc<str>]) -> bool {
        let written: Option<Vec<&Written>> = paths.iter().map(|path| self.known.files.get(path)).collect();
        written.inspect(|all| all.iter().for_each(|written| written.stays())).is_some()
    }

    fn look(&self, file: File) -> anyhow::Result<Look> {
        let hash = Hash::of(file.text.as_bytes());
        let written = self.known.files.get(file.path.as_str());
        written.into_iter().for_each(Written::stays);
        let place = self.folder.join(&file.path);
        // Told before it is read: who writes it meanwhile is not overlooked.
        let told = fs::symlink_metadata(&place);
        let is_missing = told.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let mut stamp = self.disk.and(told.ok()).and_then(|told| Stamp::told(&told));
        let found = match if is_missing { None } else { read(&place)? } {
            Some(bytes) if bytes == file.text.as_bytes() => Found::Same,
            on_disk => {
                let is_users = on_disk.as_ref().is_some_and(|bytes| written.is_none_or(|written| written.hash != Hash::of(bytes)));
                let is_new = on_disk.is_none();
                let texts = match self.disk {
                    Some(disk) => {
                        stamp = self.stage(disk, &file.path, &file.text)?;
                        None
                    }
                    None => Some(Texts { old: on_disk.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()), new: file.text }),
                };
                if is_new { Found::Nothing { texts } } else { Found::Other { texts, is_users } }
            }
        };
        Ok(Look { path: file.path.into(), hash, found, stamp })
    }

    /// Writes a text where it waits to take its place.
    fn stage(&self, disk: &dyn Disk, path: &str, text: &str) -> anyhow::Result<Option<Stamp>> {
        let staged = self.folder.join(STAGE).join(path);
        in_its_folder(disk, &staged, || disk.write(&staged, text.as_bytes()))
            .with_context(|| self.folder.join(path).display().to_string())?;
        Ok(Stamp::of(&staged))
    }

    /// Drops what was staged: the set that is there stays.
    pub fn abandon(&self) {
        if let Some(disk) = self.disk {
            // What cannot be removed says nothing without a journal, and the next run clears it away.
            let _ = disk.remove_folder(&self.folder.join(STAGE));
        }
    }

    /// What is to be done, when all files were looked at but so many that stay. With `partial`, files that were not rendered this time are
    /// left alone.
    pub fn plan(&self, looks: Vec<Look>, stay: usize, partial: bool) -> anyhow::Result<Plan> {
        let known = self.known.files.iter().filter(|(_, written)| partial || written.is_rendered());
        let kept = known.map(|(path, written)| (Arc::clone(path), written.hash));
        // Made of all at once: of a fleet there are hundreds of thousands.
        let files = kept.chain(looks.iter().map(|look| (Arc::clone(&look.path), look.hash))).collect();
        let mut plan = Plan {
            folder: self.folder.clone(),
            changes: Vec::new(),
            removals: Vec::new(),
            conflicts: Vec::new(),
            unchanged: stay,
            index: Index { version: 1, files },
            index_changed: false,
        };
        for look in looks {
            plan.add(look, &self.known);
        }
        plan.changes.sort_by(|a, b| a.path.cmp(&b.path));
        plan.conflicts.sort_by(|a, b| a.path.cmp(&b.path));
        if !partial {
            plan.find_removals(&self.known)?;
        }
        plan.index_changed = !plan.index.is(&self.known);
        Ok(plan)
    }
}
