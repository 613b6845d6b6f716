//! The list of what obsgen wrote, by which it knows its own files again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use super::disk::read;
use super::hash::Hash;

/// The list of what obsgen wrote, in the output folder.
pub const INDEX: &str = ".obsgen.json";

/// What obsgen wrote: each path with the hash of its text.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Index {
    pub(super) version: u32,
    pub(super) files: BTreeMap<Arc<str>, Hash>,
}

impl Index {
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

pub(super) fn read_index(folder: &Path) -> anyhow::Result<Index> {
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
