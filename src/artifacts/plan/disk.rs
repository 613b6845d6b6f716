//! The disk: the one place that files are written, moved and removed from.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;

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

/// Puts a file in its place. Its folder is made where it turns out to be missing; to ask for it each time would take longer.
pub(super) fn in_its_folder(disk: &dyn Disk, path: &Path, put: impl Fn() -> io::Result<()>) -> io::Result<()> {
    match (put(), path.parent()) {
        (Err(error), Some(folder)) if error.kind() == io::ErrorKind::NotFound => disk.make_folder(folder).and_then(|()| put()),
        (done, _) => done,
    }
}

/// The bytes of a file, or nothing where there is none.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}
