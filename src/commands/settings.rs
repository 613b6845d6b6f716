//! `obsgen.toml`: where it lies, and how paths are spelt from there.

use std::path::{Component, Path, PathBuf};

use super::files::{self, shown};

/// The name that settings have.
const SETTINGS: &str = "obsgen.toml";

/// The settings of a run.
pub(super) struct Settings {
    /// The path as it is shown.
    pub(super) path: String,
    /// The text.
    pub(super) text: String,
    /// The folder that globs count from.
    folder: PathBuf,
}

/// The settings that are named, or the nearest above what is looked at, or above here.
pub(super) fn find(named: Option<&Path>, looked_at: &[PathBuf]) -> anyhow::Result<Option<Settings>> {
    if let Some(path) = named {
        return load(path).map(Some);
    }
    let here = PathBuf::from(".");
    for path in looked_at.iter().filter(|path| path.as_os_str() != "-").chain([&here]) {
        let start = absolute(path);
        let Some(folder) = start.ancestors().find(|folder| folder.join(SETTINGS).is_file()) else { continue };
        // Spelt from here where that is possible, so that places can be followed.
        let up = absolute(&here).ancestors().position(|above| above == folder);
        let below = folder.strip_prefix(absolute(&here)).ok();
        let folder = match (up, below) {
            (Some(up), _) => (0..up).map(|_| "..").collect(),
            (None, Some(below)) => below.to_owned(),
            (None, None) => folder.to_owned(),
        };
        return load(&folder.join(SETTINGS)).map(Some);
    }
    Ok(None)
}

fn load(path: &Path) -> anyhow::Result<Settings> {
    let folder = absolute(path.parent().unwrap_or(Path::new("")));
    Ok(Settings { path: shown(path), text: files::read(path)?, folder })
}

impl Settings {
    /// A path from here, spelt from the folder of the settings.
    pub(super) fn relative(&self, path: &str) -> String {
        let absolute = absolute(Path::new(path));
        absolute.strip_prefix(&self.folder).map_or_else(|_| path.trim_start_matches("./").to_owned(), shown)
    }
}

/// A path from the root, without asking the disk: `.` and `..` are carried out.
fn absolute(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in std::path::absolute(if path.as_os_str().is_empty() { Path::new(".") } else { path }).unwrap_or_default().components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            part => whole.push(part),
        }
    }
    whole
}
