//! What git says of a work tree: what changed since a revision, and what a file held then. It is only ever asked.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::process::{self, Output};

/// A revision of a work tree, to compare what is there now with.
#[derive(Clone, Debug)]
pub struct Revision {
    /// The top of the work tree.
    pub top: PathBuf,
    commit: String,
}

/// What became of a file since a revision. Paths are below the top of the work tree, with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It held something else, under this name or another.
    Changed {
        /// Its path then.
        from: String,
        /// Its path now.
        to: String,
    },
    /// It is gone.
    Deleted(String),
}

impl Revision {
    /// Finds a revision in the work tree that a folder lies in; of one on another branch, the commit where they parted.
    ///
    /// # Errors
    /// Where the folder is in no work tree, git does not know the revision, or there is no git.
    pub fn find(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let top = git(folder, &["rev-parse", "--show-toplevel"])?;
        if !top.success {
            bail!("`{}` is in no work tree of git: {}", folder.display(), first_line(&top.stderr));
        }
        let top = PathBuf::from(top.stdout.trim_end_matches(['\r', '\n']));
        let commit = git(&top, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])?;
        if !commit.success {
            bail!("git knows no revision `{name}` here; a shallow clone lacks what `git fetch --unshallow` brings");
        }
        let commit = commit.stdout.trim().to_owned();
        // Without a commit in common, or before the first one, the revision itself is all there is to compare with.
        let parted = git(&top, &["merge-base", &commit, "HEAD"])?;
        let commit = if parted.success { parted.stdout.trim().to_owned() } else { commit };
        Ok(Self { top, commit })
    }

    /// Everything that became of its files, but for what stayed the same.
    ///
    /// # Errors
    /// Where git cannot tell.
    pub fn changes(&self) -> anyhow::Result<Vec<Change>> {
        let told = self.ask(&["diff", "--name-status", "-z", "-M", "--no-ext-diff", "--no-color", &self.commit, "--"])?;
        let mut words = told.split('\0');
        let mut changes = Vec::new();
        while let (Some(status), Some(path)) = (words.next().filter(|word| !word.is_empty()), words.next()) {
            let path = path.to_owned();
            match status.as_bytes().first() {
                Some(b'D') => changes.push(Change::Deleted(path)),
                Some(b'R') => changes.push(Change::Changed { from: path, to: words.next().unwrap_or_default().to_owned() }),
                // The file that was copied is still there; the copy is new.
                Some(b'C') => drop(words.next()),
                Some(b'M' | b'T') => changes.push(Change::Changed { from: path.clone(), to: path }),
                _ => {}
            }
        }
        Ok(changes)
    }

    /// The paths of all its files.
    ///
    /// # Errors
    /// Where git cannot tell.
    pub fn paths(&self) -> anyhow::Result<Vec<String>> {
        let told = self.ask(&["ls-tree", "-r", "-z", "--name-only", &self.commit])?;
        Ok(told.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
    }

    /// What a file held.
    ///
    /// # Errors
    /// Where it was not there, or git cannot tell.
    pub fn text(&self, path: &str) -> anyhow::Result<String> {
        self.ask(&["cat-file", "blob", &format!("{}:{path}", self.commit)])
    }

    fn ask(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = git(&self.top, arguments)?;
        if !output.success {
            bail!("`git {}` failed: {}", arguments.join(" "), first_line(&output.stderr));
        }
        Ok(output.stdout)
    }
}

fn git(folder: &Path, arguments: &[&str]) -> anyhow::Result<Output> {
    process::run(Path::new("git"), folder, arguments)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("it does not say why")
}
