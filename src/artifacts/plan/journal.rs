//! The journal: moves that were decided and may not all have been made. Once it is in place the new set counts.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::disk::{Disk, in_its_folder};
use super::is_below;
use crate::parallel;

pub(super) const JOURNAL: &str = ".obsgen.journal";
/// The folder that new files wait in, below the output folder.
pub(super) const STAGE: &str = ".obsgen.stage";

/// Moves that were decided and may not all have been made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    moves: Vec<Arc<str>>,
    removals: Vec<Arc<str>>,
}

impl Journal {
    /// A journal of these moves out of the staging folder, and of these removals.
    pub(super) fn new(moves: Vec<Arc<str>>, removals: Vec<Arc<str>>) -> Self {
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
    let moves: Vec<&str> = as_folders(&journal.moves, |path| !folder.join(path).exists()).into_iter().collect();
    let moved = parallel::map(&moves, |name| {
        let (from, to) = (folder.join(STAGE).join(name), folder.join(name));
        match in_its_folder(disk, &to, || disk.rename(&from, &to)) {
            // The run that was interrupted moved it.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !from.exists() => Ok(()),
            done => done.with_context(|| to.display().to_string()),
        }
    });
    moved.into_iter().collect::<anyhow::Result<()>>()?;
    for name in &journal.removals {
        let gone = folder.join(&**name);
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

/// The moves of files, but of a folder that is new with all that is in it: of a new set that is nearly all, and one move is as good as
/// thousands.
fn as_folders(files: &[Arc<str>], is_new: impl Fn(&str) -> bool) -> BTreeSet<&str> {
    let mut known: HashMap<&str, bool> = HashMap::new();
    let folders = |file: &'_ Arc<str>| file.match_indices('/').map(|(end, _)| end).collect::<Vec<_>>();
    let whole = |file| {
        let new = folders(file).into_iter().map(|end| &file[..end]).find(|folder| *known.entry(folder).or_insert_with(|| is_new(folder)));
        new.unwrap_or(file)
    };
    files.iter().map(whole).collect()
}
