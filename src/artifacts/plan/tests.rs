//! What fails, when, and what is left then.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::File;
use super::journal::JOURNAL;
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
    comparison.plan(comparison.take(files)?, 0, false)?.write(disk)
}

fn shown(folder: &Path, files: Vec<File>) -> Plan {
    let comparison = Comparison::to_show(folder).expect("an output folder");
    comparison.take(files).and_then(|looks| comparison.plan(looks, 0, false)).expect("a plan")
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
    let conflict = |path: &str, edited| Conflict { path: path.into(), edited };
    assert_eq!(plan.conflicts, [conflict("a.yml", true), conflict("c.yml", false)]);
    assert_eq!(plan.removals.iter().map(|r| &*r.path).collect::<Vec<_>>(), ["b.yml"]);
}

#[test]
fn a_journal_cannot_reach_outside_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(JOURNAL), r#"{"version":1,"moves":["../evil"],"removals":[]}"#).expect("a journal");
    assert!(recover(&RealDisk, folder.path()).is_err());
}
