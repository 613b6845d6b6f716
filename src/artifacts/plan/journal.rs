//! The journal: moves that were decided and may not all have been made. Once it is in place the new set counts.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::is_below;
use crate::parallel;

pub(super) const JOURNAL: &str = ".obsgen.journal";
/// The folder that new files wait in, below the output folder.
pub(super) const STAGE: &str = ".obsgen.stage";

/// Moves that were decided and may not all have been made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    moves: Vec<String>,
    removals: Vec<String>,
}

impl Journal {
    /// A journal of these moves out of the staging folder, and of these removals.
    pub(super) fn new(moves: Vec<String>, removals: Vec<String>) -> Self {
        Self { version: 1, moves, removals }
    }

    /// Puts it in its place in one step.
    pub(super) fn commit(&self, disk: &dyn Disk, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(JOURNAL);
        let draft = folder.join(STAGE).join(JOURNAL);
        disk.write(&draft, serde_json::to_string(self)?.as_bytes())
            .and_then(|()| disk.rename(&draft, &path))
            .with_context(|| path.display().to_string())
    }
}

/// Makes the moves of a journal that an earlier run left, or clears away what it had only staged. Says whether it did.
pub fn recover(disk: &dyn Disk, folder: &Path) -> anyhow::Result<bool> {
    if folder.join(JOURNAL).exists() {
        apply(disk, folder).context("an earlier run was interrupted, and what it left cannot be completed")?;
        return Ok(true);
    }
    let stage = folder.join(STAGE);
    if stage.exists() {
        disk.remove_folder(&stage).with_context(|| stage.display().to_string())?;
    }
    Ok(false)
}

/// Makes the moves of the journal, as far as they are not made yet, and takes the journal away.
pub(super) fn apply(disk: &dyn Disk, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(JOURNAL);
    let text = fs::read(&path).with_context(|| path.display().to_string())?;
    let journal: Journal = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
    if let Some(outside) = journal.moves.iter().chain(&journal.removals).find(|path| !is_below(path)) {
        bail!("{}: `{outside}` lies outside the output folder", path.display());
    }
    let moved = parallel::map(&journal.moves, |name| {
        let (from, to) = (folder.join(STAGE).join(name), folder.join(name));
        if !from.exists() {
            return Ok(());
        }
        if let Some(parent) = to.parent().filter(|parent| !parent.is_dir()) {
            disk.make_folder(parent).with_context(|| parent.display().to_string())?;
        }
        disk.rename(&from, &to).with_context(|| to.display().to_string())
    });
    moved.into_iter().collect::<anyhow::Result<()>>()?;
    for name in &journal.removals {
        let gone = folder.join(name);
        if gone.exists() {
            disk.remove(&gone).with_context(|| gone.display().to_string())?;
        }
        // A folder that is empty now was obsgen's too; one that is not, stays.
        for parent in gone.ancestors().skip(1).take_while(|parent| *parent != folder) {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
    }
    disk.remove(&path).with_context(|| path.display().to_string())?;
    // Without a journal the staging folder says nothing any more; the next run would clear it away too.
    let _ = disk.remove_folder(&folder.join(STAGE));
    Ok(())
}
