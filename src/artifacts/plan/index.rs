//! The list of what obsgen wrote, by which it knows its own files again.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::disk::read;

/// The list of what obsgen wrote, in the output folder.
pub const INDEX: &str = ".obsgen.json";

/// What obsgen wrote: each path with the hash of its text.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Index {
    pub(super) version: u32,
    pub(super) files: BTreeMap<String, String>,
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

/// The hash of a text, as the list has it.
pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}
