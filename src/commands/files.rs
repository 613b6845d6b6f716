//! Files and folders of the command line, read as they are named.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use ignore::{WalkBuilder, WalkState};

use crate::artifacts::plan;
use crate::parallel;
use crate::source::{ReadError, SIZE_LIMIT, read_bytes};

/// The name that a manifest has in its folder.
pub(super) const MANIFEST: &str = "obsgen.yaml";

/// A path as it is shown: always with `/`.
pub(super) fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The text of a file; `-` is standard input. The error names the file.
pub(super) fn read(path: &Path) -> Result<String, ReadError> {
    read_bytes(&shown(path), read_raw(path)?)
}

/// The bytes of a file; `-` is standard input. The error names the file.
pub(super) fn read_raw(path: &Path) -> Result<Vec<u8>, ReadError> {
    let name = shown(path);
    let failed = |error: io::Error| ReadError::from_io(&name, &error);
    if name == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().take(SIZE_LIMIT as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        return Ok(bytes);
    }
    let file = fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(ReadError::from_io(&name, &io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0).min(SIZE_LIMIT));
    file.take(SIZE_LIMIT as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Says so where a file could not be written, as far as that is known before.
pub(super) fn check_writable(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() {
        anyhow::bail!("{}: it is a folder, and a file is to be written", shown(path));
    }
    if !folder.is_dir() {
        anyhow::bail!("{}: there is no such folder to write a file into", shown(folder));
    }
    Ok(())
}

/// Writes a file as a whole: whoever reads it has the old or the new one.
pub(super) fn replace(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    plan::replace(&plan::RealDisk, path, text)
}

/// Every file below a folder in the order of their paths, without what `.gitignore` and hidden names leave out.
pub(super) fn below(folder: &Path, wanted: impl Fn(&Path) -> bool + Sync) -> anyhow::Result<Vec<PathBuf>> {
    let (found, failed) = (Mutex::new(Vec::new()), Mutex::new(None));
    // The file system is what takes the time where there are thousands of folders.
    WalkBuilder::new(folder).require_git(false).threads(parallel::cores()).build_parallel().run(|| {
        Box::new(|entry| match entry {
            Ok(entry) => {
                if entry.file_type().is_some_and(|kind| kind.is_file()) && wanted(entry.path()) {
                    found.lock().unwrap_or_else(PoisonError::into_inner).push(entry.into_path());
                }
                WalkState::Continue
            }
            Err(error) => {
                // Of several, the same is told in every run.
                let mut first = failed.lock().unwrap_or_else(PoisonError::into_inner);
                if first.as_ref().is_none_or(|known: &ignore::Error| error.to_string() < known.to_string()) {
                    *first = Some(error);
                }
                WalkState::Continue
            }
        })
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error).with_context(|| shown(folder));
    }
    let mut all = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort();
    Ok(all)
}

/// Every file that a glob such as `rules/**/*.yml` means, in the order of their paths; `None` where it is no glob.
pub(super) fn matching(pattern: &Path) -> Option<anyhow::Result<Vec<PathBuf>>> {
    const MARKS: &[char] = &['*', '?', '[', '{'];
    let is_glob = |part: &std::path::Component<'_>| part.as_os_str().to_string_lossy().contains(MARKS);
    pattern.components().find(is_glob)?;
    let base: PathBuf = pattern.components().take_while(|part| !is_glob(part)).collect();
    Some(find_matching(pattern, &base))
}

fn find_matching(pattern: &Path, base: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let is_here = base.as_os_str().is_empty();
    let glob = shown(pattern);
    let glob = globset::GlobBuilder::new(&glob).literal_separator(true).build().with_context(|| glob.clone())?.compile_matcher();
    // A walk from `.` says so in every path, which the pattern does not.
    let spelt = |path: &Path| if is_here { path.strip_prefix(".").unwrap_or(path).to_owned() } else { path.to_owned() };
    let found = below(if is_here { Path::new(".") } else { base }, |path| glob.is_match(spelt(path)))?;
    if found.is_empty() {
        anyhow::bail!("{}: no file fits this", shown(pattern));
    }
    Ok(found.iter().map(|path| spelt(path)).collect())
}
