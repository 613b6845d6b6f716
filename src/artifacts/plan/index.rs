//! The list of what obsgen wrote, by which it knows its own files again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::disk::read;
use super::hash::Hash;

/// The list of what obsgen wrote, in the output folder.
pub const INDEX: &str = ".obsgen.json";

/// What obsgen wrote: each path with the hash of its text.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Index<T> {
    pub(super) version: u32,
    pub(super) files: BTreeMap<Arc<str>, T>,
}

/// A file as it was written once.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Written {
    pub(super) hash: Hash,
    /// Whether it is rendered this time too.
    #[serde(skip)]
    is_rendered: AtomicBool,
}

impl Written {
    /// Notes that it is rendered this time too.
    pub(super) fn stays(&self) {
        self.is_rendered.store(true, Ordering::Relaxed);
    }

    /// Whether it is rendered this time too.
    pub(super) fn is_rendered(&self) -> bool {
        self.is_rendered.load(Ordering::Relaxed)
    }
}

impl Index<Hash> {
    /// Whether the list is what was written before.
    pub(super) fn is(&self, written: &Index<Written>) -> bool {
        self.version == written.version
            && self.files.len() == written.files.len()
            && self.files.iter().zip(&written.files).all(|((path, hash), (known, written))| path == known && *hash == written.hash)
    }

    /// As it is written.
    pub(super) fn text(&self) -> serde_json::Result<Vec<u8>> {
        /// About what a path and its hash take.
        const LINE: usize = 128;
        let mut text = Vec::with_capacity(self.files.len() * LINE);
        serde_json::to_writer_pretty(&mut text, self)?;
        text.push(b'\n');
        Ok(text)
    }
}

pub(super) fn read_index(folder: &Path) -> anyhow::Result<Index<Written>> {
    let path = folder.join(INDEX);
    let Some(bytes) = read(&path)? else { return Ok(Index { version: 0, files: BTreeMap::new() }) };
    let index: Index<Written> = serde_json::from_slice(&bytes).with_context(|| {
        format!("{}: this list of what obsgen wrote cannot be read; take it away and render with `--force`", path.display())
    })?;
    if index.version != 1 {
        bail!("{}: this list was written by a newer obsgen", path.display());
    }
    Ok(index)
}
