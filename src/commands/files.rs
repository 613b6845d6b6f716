//! Files and folders of the command line, read as they are named.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ignore::WalkBuilder;

use crate::source::{ReadError, SIZE_LIMIT, read_bytes};

/// The name that a manifest has in its folder.
pub(super) const MANIFEST: &str = "obsgen.yaml";

/// A path as it is shown: always with `/`.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The text of a file; `-` is standard input. The error names the file.
pub(super) fn read(path: &Path) -> Result<String, ReadError> {
    let name = shown(path);
    let failed = |error: io::Error| ReadError::from_io(&name, &error);
    if name == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().take(SIZE_LIMIT as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        return read_bytes(&name, bytes);
    }
    let file = fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(ReadError::from_io(&name, &io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0).min(SIZE_LIMIT));
    file.take(SIZE_LIMIT as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    read_bytes(&name, bytes)
}

/// Every file below a folder in the order of their paths, without what `.gitignore` and hidden names leave out.
pub(super) fn below(folder: &Path, wanted: impl Fn(&Path) -> bool) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in WalkBuilder::new(folder).require_git(false).sort_by_file_path(Path::cmp).build() {
        let entry = entry.with_context(|| shown(folder))?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) && wanted(entry.path()) {
            all.push(entry.into_path());
        }
    }
    Ok(all)
}
