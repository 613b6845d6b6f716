//! How a file that nobody touched is known again without reading it.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// File systems tell times in steps of at most this: what is written within one step of another writing may have the same time.
pub(super) const STEP: Duration = Duration::from_millis(20);

/// A file as its file system tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stamp {
    size: u64,
    /// When it was last written.
    pub(super) written: SystemTime,
    /// Its number: a file that takes another's place has another one.
    number: u64,
}

impl Stamp {
    /// The stamp of a file; `None` where there is none, or nobody knows when it was written.
    pub(super) fn of(path: &Path) -> Option<Self> {
        Self::told(&fs::symlink_metadata(path).ok()?)
    }

    /// The stamp of what the file system tells this of.
    pub(super) fn told(metadata: &Metadata) -> Option<Self> {
        let written = metadata.modified().ok().filter(|_| metadata.is_file())?;
        Some(Self { size: metadata.len(), written, number: number(metadata) })
    }
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}
