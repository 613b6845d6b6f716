//! The only writer: what is to be written, what stands in the way, and how all files of a run land or none does.
//!
//! New files are first written to a staging folder below the output folder, as they are rendered, so that no more than a few
//! are held in memory. Then a journal that names every move is put in place by one rename; from that moment on the new set counts, and before it the old one does. Then the moves are
//! made, and the journal goes. A run that finds a journal makes its moves first, so a kill at any moment leaves the old
//! set whole or the new one one run away, and never half a file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use similar::TextDiff;

use super::File;
use crate::parallel;

/// The list of what obsgen wrote, in the output folder.
pub const INDEX: &str = ".obsgen.json";
const JOURNAL: &str = ".obsgen.journal";
const STAGE: &str = ".obsgen.stage";

/// What obsgen wrote: each path with the hash of its text.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Index {
    version: u32,
    files: BTreeMap<String, String>,
}

/// Moves that were decided and may not all have been made.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    version: u32,
    moves: Vec<String>,
    removals: Vec<String>,
}

/// What is rendered, compared with what is in the output folder as it comes: from several threads, in any order.
pub struct Comparison<'a> {
    folder: PathBuf,
    known: Index,
    /// Where new texts are staged as they come; `None` where they are kept to be shown, and nothing is written.
    disk: Option<&'a dyn Disk>,
}

/// A rendered file beside what is there under its path.
#[derive(Debug)]
pub struct Look {
    path: String,
    hash: String,
    found: Found,
}

/// What is there under a rendered file's path.
#[derive(Debug)]
enum Found {
    Same,
    Nothing { texts: Option<Texts> },
    Other { texts: Option<Texts>, is_users: bool },
}

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
    index: Index,
    index_changed: bool,
}

/// A file that is to be written.
#[derive(Debug)]
pub struct Change {
    /// Its path below the output folder.
    pub path: String,
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
    pub path: String,
    /// Its text on disk.
    pub old: String,
}

/// A file that is not obsgen's to write.
#[derive(Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its path below the output folder.
    pub path: String,
    /// Whether obsgen wrote it once and somebody edited it since.
    pub edited: bool,
}

/// What the plan does to a disk, so that tests can make any of it fail.
pub trait Disk: Sync {
    /// Writes a new file.
    fn write(&self, path: &Path, text: &[u8]) -> io::Result<()>;
    /// Moves a file over another.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Takes a file away.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes a folder and those above it.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Takes a folder away with all that is in it.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
}

/// The real disk.
#[derive(Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write(&self, path: &Path, text: &[u8]) -> io::Result<()> {
        fs::write(path, text)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }
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

    fn look(&self, file: File) -> anyhow::Result<Look> {
        let hash = hash(file.text.as_bytes());
        let found = match read(&self.folder.join(&file.path))? {
            Some(bytes) if bytes == file.text.as_bytes() => Found::Same,
            on_disk => {
                let written = self.known.files.get(&file.path);
                let is_users = on_disk.as_ref().is_some_and(|bytes| written.is_none_or(|written| *written != self::hash(bytes)));
                let is_new = on_disk.is_none();
                let texts = match self.disk {
                    Some(disk) => self.stage(disk, &file.path, &file.text).map(|()| None)?,
                    None => Some(Texts { old: on_disk.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()), new: file.text }),
                };
                if is_new { Found::Nothing { texts } } else { Found::Other { texts, is_users } }
            }
        };
        Ok(Look { path: file.path, hash, found })
    }

    fn stage(&self, disk: &dyn Disk, path: &str, text: &str) -> anyhow::Result<()> {
        let staged = self.folder.join(STAGE).join(path);
        if let Some(parent) = staged.parent().filter(|parent| !parent.is_dir()) {
            disk.make_folder(parent).with_context(|| parent.display().to_string())?;
        }
        disk.write(&staged, text.as_bytes()).with_context(|| self.folder.join(path).display().to_string())
    }

    /// Drops what was staged: the set that is there stays.
    pub fn abandon(&self) {
        if let Some(disk) = self.disk {
            // What cannot be removed says nothing without a journal, and the next run clears it away.
            let _ = disk.remove_folder(&self.folder.join(STAGE));
        }
    }

    /// What is to be done, when all files were looked at. With `partial`, files that were not rendered this time are left alone.
    pub fn plan(&self, looks: Vec<Look>, partial: bool) -> anyhow::Result<Plan> {
        let mut plan = Plan {
            folder: self.folder.clone(),
            changes: Vec::new(),
            removals: Vec::new(),
            conflicts: Vec::new(),
            unchanged: 0,
            index: Index { version: 1, files: BTreeMap::new() },
            index_changed: false,
        };
        if partial {
            plan.index.files.clone_from(&self.known.files);
        }
        for look in looks {
            plan.add(look, &self.known);
        }
        plan.changes.sort_by(|a, b| a.path.cmp(&b.path));
        plan.conflicts.sort_by(|a, b| a.path.cmp(&b.path));
        if !partial {
            plan.find_removals(&self.known)?;
        }
        plan.index_changed = plan.index != self.known;
        Ok(plan)
    }
}

impl Plan {
    fn add(&mut self, look: Look, known: &Index) {
        let Look { path, hash, found } = look;
        self.index.files.insert(path.clone(), hash);
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

    fn find_removals(&mut self, known: &Index) -> anyhow::Result<()> {
        for (path, written) in &known.files {
            if self.index.files.contains_key(path) || !is_below(path) {
                continue;
            }
            // An edited file that is no longer rendered is the user's from now on.
            if let Some(bytes) = read(&self.folder.join(path))?.filter(|bytes| *written == hash(bytes)) {
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
        let written = self.journal(disk).and_then(|journal| self.commit(disk, &journal));
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
        let mut index = serde_json::to_string_pretty(&self.index)?;
        index.push('\n');
        disk.write(&stage.join(INDEX), index.as_bytes()).with_context(|| self.folder.join(INDEX).display().to_string())?;
        let moves = self.changes.iter().map(|change| change.path.clone()).chain([INDEX.to_owned()]).collect();
        Ok(Journal { version: 1, moves, removals: self.removals.iter().map(|removal| removal.path.clone()).collect() })
    }

    fn commit(&self, disk: &dyn Disk, journal: &Journal) -> anyhow::Result<()> {
        let path = self.folder.join(JOURNAL);
        let draft = self.folder.join(STAGE).join(JOURNAL);
        disk.write(&draft, serde_json::to_string(journal)?.as_bytes())
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
fn apply(disk: &dyn Disk, folder: &Path) -> anyhow::Result<()> {
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

fn read_index(folder: &Path) -> anyhow::Result<Index> {
    let path = folder.join(INDEX);
    let Some(bytes) = read(&path)? else { return Ok(Index::default()) };
    let index: Index = serde_json::from_slice(&bytes).with_context(|| {
        format!("{}: this list of what obsgen wrote cannot be read; take it away and render with `--force`", path.display())
    })?;
    if index.version != 1 {
        bail!("{}: this list was written by a newer obsgen", path.display());
    }
    Ok(index)
}

/// Puts a text in a file's place in one step: at any moment the old text is there, or the new one.
pub fn replace(disk: &dyn Disk, path: &Path, text: &[u8]) -> anyhow::Result<()> {
    // A link stays a link; what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // What is no file takes the text as it comes: nobody means to replace `/dev/null`.
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        return disk.write(&path, text).with_context(|| path.display().to_string());
    }
    let name = path.file_name().with_context(|| path.display().to_string())?.to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.obsgen-{}", std::process::id()));
    let written = disk.write(&draft, text).and_then(|()| {
        if let Ok(metadata) = fs::metadata(&path) {
            fs::set_permissions(&draft, metadata.permissions())?;
        }
        disk.rename(&draft, &path)
    });
    if written.is_err() {
        let _ = disk.remove(&draft);
    }
    written.with_context(|| path.display().to_string())
}

/// How a text changes, as a unified diff.
pub fn diff_of(path: &str, old: &str, new: &str) -> String {
    unified(path.trim_start_matches("./"), Some(old), Some(new))
}

/// The bytes of a file, or nothing where there is none.
fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Whether a path stays below the folder that it is joined to.
fn is_below(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

fn unified(path: &str, old: Option<&str>, new: Option<&str>) -> String {
    let name = |side: &str, text: Option<&str>| text.map_or_else(|| "/dev/null".to_owned(), |_| format!("{side}/{path}"));
    let (from, to) = (name("a", old), name("b", new));
    TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default()).unified_diff().context_radius(3).header(&from, &to).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A disk on which the nth operation, and every one after it, fails: what a kill looks like from the inside.
    struct Failing {
        left: AtomicUsize,
        halfway: bool,
    }

    impl Failing {
        fn after(operations: usize, halfway: bool) -> Self {
            Self { left: AtomicUsize::new(operations), halfway }
        }

        fn step(&self) -> io::Result<()> {
            let one_less = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            one_less.map(drop).map_err(|_| io::Error::other("the plug was pulled"))
        }
    }

    impl Disk for Failing {
        fn write(&self, path: &Path, text: &[u8]) -> io::Result<()> {
            if self.step().is_err() {
                // The worst that a kill can do to a file that is being written.
                if self.halfway {
                    RealDisk.write(path, &text[..text.len() / 2])?;
                }
                return Err(io::Error::other("the plug was pulled"));
            }
            RealDisk.write(path, text)
        }
        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.step().and_then(|()| RealDisk.rename(from, to))
        }
        fn remove(&self, path: &Path) -> io::Result<()> {
            self.step().and_then(|()| RealDisk.remove(path))
        }
        fn make_folder(&self, path: &Path) -> io::Result<()> {
            self.step().and_then(|()| RealDisk.make_folder(path))
        }
        fn remove_folder(&self, path: &Path) -> io::Result<()> {
            self.step().and_then(|()| RealDisk.remove_folder(path))
        }
    }

    /// Compares a set with what is there and writes it.
    fn write(folder: &Path, files: Vec<File>, disk: &dyn Disk) -> anyhow::Result<()> {
        let comparison = Comparison::to_write(folder, disk)?;
        comparison.plan(comparison.take(files)?, false)?.write(disk)
    }

    fn shown(folder: &Path, files: Vec<File>) -> Plan {
        let comparison = Comparison::to_show(folder).expect("an output folder");
        comparison.take(files).and_then(|looks| comparison.plan(looks, false)).expect("a plan")
    }

    fn set(words: &[(&str, &str)]) -> Vec<File> {
        words.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
    }

    fn texts(folder: &Path, paths: &[&str]) -> Vec<Option<String>> {
        paths.iter().map(|path| fs::read_to_string(folder.join(path)).ok()).collect()
    }

    #[test]
    fn a_failure_at_any_moment_leaves_one_set_whole() {
        let paths = ["a.yml", "deep/b.yml", "gone/c.yml", "new/d.yml"];
        let old = set(&[("a.yml", "old a\n"), ("deep/b.yml", "old b\n"), ("gone/c.yml", "old c\n")]);
        let new = set(&[("a.yml", "new a\n"), ("deep/b.yml", "new b\n"), ("new/d.yml", "new d\n")]);
        for halfway in [false, true] {
            for operations in 0.. {
                let folder = tempfile::tempdir().expect("a folder");
                let folder = folder.path();
                write(folder, old.clone(), &RealDisk).expect("the old set");
                let before = texts(folder, &paths);
                let finished = write(folder, new.clone(), &Failing::after(operations, halfway)).is_ok();
                let committed = folder.join(JOURNAL).exists();
                if !finished && !committed && !texts(folder, &paths).contains(&Some("new a\n".to_owned())) {
                    assert_eq!(texts(folder, &paths), before, "after {operations} operations");
                    recover(&RealDisk, folder).expect("nothing to complete");
                    assert_eq!(texts(folder, &paths), before, "after {operations} operations and recovery");
                    continue;
                }
                recover(&RealDisk, folder).expect("the next run completes it");
                let after = ["new a\n", "new b\n"]
                    .map(|t| Some(t.to_owned()))
                    .into_iter()
                    .chain([None, Some("new d\n".to_owned())])
                    .collect::<Vec<_>>();
                assert_eq!(texts(folder, &paths), after, "after {operations} operations");
                assert!(shown(folder, new.clone()).is_clean());
                if finished {
                    assert!(!folder.join(STAGE).exists() && !folder.join(JOURNAL).exists());
                    break;
                }
            }
        }
    }

    #[test]
    fn a_file_is_replaced_in_one_step_or_not_at_all() {
        for operations in 0..3 {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("a.yml");
            fs::write(&path, "old\n").expect("a file");
            let done = replace(&Failing::after(operations, true), &path, b"new and longer\n").is_ok();
            let expected = if done { "new and longer\n" } else { "old\n" };
            assert_eq!(fs::read_to_string(&path).expect("a file"), expected, "after {operations} operations");
            assert_eq!(done, operations >= 2);
        }
    }

    #[test]
    fn what_somebody_edited_or_wrote_is_theirs() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        write(folder, set(&[("a.yml", "one\n"), ("b.yml", "one\n")]), &RealDisk).expect("a set");
        fs::write(folder.join("a.yml"), "by hand\n").expect("an edit");
        fs::write(folder.join("c.yml"), "mine\n").expect("a file");
        let plan = shown(folder, set(&[("a.yml", "two\n"), ("c.yml", "two\n")]));
        let conflict = |path: &str, edited| Conflict { path: path.to_owned(), edited };
        assert_eq!(plan.conflicts, [conflict("a.yml", true), conflict("c.yml", false)]);
        assert_eq!(plan.removals.iter().map(|r| r.path.as_str()).collect::<Vec<_>>(), ["b.yml"]);
    }

    #[test]
    fn a_journal_cannot_reach_outside_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(JOURNAL), r#"{"version":1,"moves":["../evil"],"removals":[]}"#).expect("a journal");
        assert!(recover(&RealDisk, folder.path()).is_err());
    }
}
