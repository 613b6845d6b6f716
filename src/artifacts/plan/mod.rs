//! The only writer: what is to be written, what stands in the way, and how all files of a run land or none does.
//!
//! New files are first written to a staging folder below the output folder, as they are rendered, so that no more than a few
//! are held in memory. Then a journal that names every move is put in place by one rename; from that moment on the new set counts, and before it the old one does. Then the moves are
//! made, and the journal goes. A run that finds a journal makes its moves first, so a kill at any moment leaves the old
//! set whole or the new one one run away, and never half a file.

mod comparison;
mod disk;
mod hash;
mod index;
mod journal;
mod memory;
mod stamp;
#[cfg(test)]
mod tests;

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use similar::TextDiff;

use comparison::Found;
pub use comparison::{Comparison, Look};
use disk::read;
pub use disk::{Disk, RealDisk, replace};
use hash::Hash;
pub use index::INDEX;
use index::{Index, Written};
pub use journal::recover;
use journal::{Journal, STAGE, apply};
pub use memory::{Entry, Memory};

/// What a run would do to the output folder.
#[derive(Debug)]
pub struct Plan {
    folder: PathBuf,
    /// Files with new text.
    pub changes: Vec<Change>,
    /// Files that are no longer rendered and were not edited.
    pub removals: Vec<Removal>,
    /// Files that are the user's, so nothing may be written.
    pub conflicts: Vec<Conflict>,
    /// How many files stay as they are.
    pub unchanged: usize,
    index: Index<Hash>,
    index_changed: bool,
}

/// A file that is to be written.
#[derive(Debug)]
pub struct Change {
    /// Its path below the output folder.
    pub path: Arc<str>,
    /// Whether there is no such file yet.
    pub is_new: bool,
    /// What changes in it, where that is to be shown.
    texts: Option<Texts>,
}

/// The text of a file on disk, if there is one, and its new text.
#[derive(Debug)]
struct Texts {
    old: Option<String>,
    new: String,
}

/// A file that is to go.
#[derive(Debug)]
pub struct Removal {
    /// Its path below the output folder.
    pub path: Arc<str>,
    /// Its text on disk.
    pub old: String,
}

/// A file that is not obsgen's to write.
#[derive(Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its path below the output folder.
    pub path: Arc<str>,
    /// Whether obsgen wrote it once and somebody edited it since.
    pub edited: bool,
}

impl Plan {
    fn add(&mut self, look: Look, known: &Index<Written>) {
        let Look { path, found, .. } = look;
        let (is_new, texts) = match found {
            Found::Same => {
                self.unchanged += 1;
                return;
            }
            Found::Nothing { texts } => (true, texts),
            Found::Other { texts, is_users } => {
                if is_users {
                    self.conflicts.push(Conflict { path: path.clone(), edited: known.files.contains_key(&path) });
                }
                (false, texts)
            }
        };
        self.changes.push(Change { path, is_new, texts });
    }

    fn find_removals(&mut self, known: &Index<Written>) -> anyhow::Result<()> {
        for (path, written) in known.files.iter().filter(|(path, written)| !written.is_rendered() && is_below(path)) {
            // An edited file that is no longer rendered is the user's from now on.
            if let Some(bytes) = read(&self.folder.join(&**path))?.filter(|bytes| written.hash == Hash::of(bytes)) {
                self.removals.push(Removal { path: path.clone(), old: String::from_utf8_lossy(&bytes).into_owned() });
            }
        }
        Ok(())
    }

    /// Whether a path is among what is rendered.
    pub fn has(&self, path: &str) -> bool {
        self.index.files.contains_key(path)
    }

    /// Whether the folder is as it should be.
    pub fn is_clean(&self) -> bool {
        self.changes.is_empty() && self.removals.is_empty()
    }

    /// What would change, as a unified diff; nothing for what was compared to be written.
    pub fn diff(&self) -> String {
        let texts = |change: &'_ Change| change.texts.as_ref().map(|texts| unified(&change.path, texts.old.as_deref(), Some(&texts.new)));
        let removed = self.removals.iter().map(|removal| unified(&removal.path, Some(&removal.old), None));
        self.changes.iter().filter_map(texts).chain(removed).collect()
    }

    /// Puts everything that was staged in its place, or nothing.
    pub fn write(&self, disk: &dyn Disk) -> anyhow::Result<()> {
        if self.is_clean() && !self.index_changed {
            return Ok(());
        }
        let written = self.journal(disk).and_then(|journal| journal.commit(disk, &self.folder));
        if let Err(error) = written {
            // The old set still counts: nothing was moved yet.
            let _ = disk.remove_folder(&self.folder.join(STAGE));
            return Err(error);
        }
        apply(disk, &self.folder)
    }

    fn journal(&self, disk: &dyn Disk) -> anyhow::Result<Journal> {
        let stage = self.folder.join(STAGE);
        disk.make_folder(&stage).with_context(|| stage.display().to_string())?;
        disk.write(&stage.join(INDEX), &self.index.text()?).with_context(|| self.folder.join(INDEX).display().to_string())?;
        let moves = self.changes.iter().map(|change| change.path.clone()).chain([INDEX.into()]).collect();
        Ok(Journal::new(moves, self.removals.iter().map(|removal| removal.path.clone()).collect()))
    }
}

/// How a text changes, as a unified diff.
pub fn diff_of(path: &str, old: &str, new: &str) -> String {
    unified(path.trim_start_matches("./"), Some(old), Some(new))
}

/// Whether a path stays below the folder that it is joined to.
fn is_below(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fn unified(path: &str, old: Option<&str>, new: Option<&str>) -> String {
    let name = |side: &str, text: Option<&str>| text.map_or_else(|| "/dev/null".to_owned(), |_| format!("{side}/{path}"));
    let (from, to) = (name("a", old), name("b", new));
    TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default()).unified_diff().context_radius(3).header(&from, &to).to_string()
}
