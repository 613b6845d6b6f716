//! What an earlier run made of each service of a fleet, so that a service that did not change is not rendered again.
//!
//! It is kept among the user's caches and not in the output folder, since it holds for one machine and one build of obsgen only. An
//! entry counts as long as everything that the service's files are made of is what it was, and as long as nobody wrote one of them
//! since. Whatever is in doubt is rendered, and nothing is lost with the whole memory but time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::comparison::{Comparison, Look};
use super::disk::{Disk, replace};
use super::stamp::{STEP, Stamp};
use crate::source::Fingerprint;

/// How long a memory is kept that no run has written since.
const LIFETIME: Duration = Duration::from_hours(30 * 24);

/// What is remembered of the services whose files are in one output folder.
#[derive(Debug)]
pub struct Memory {
    /// The file that holds it.
    file: PathBuf,
    known: Known,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    /// What the files of every service are made of: the program, its templates, what services share.
    ground: Fingerprint,
    /// The files that belong to no service of them, as they were found sound.
    common: Option<Fingerprint>,
    services: BTreeMap<String, Arc<Entry>>,
}

/// What is remembered of a service.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What its files are made of, beside the ground.
    made_of: Fingerprint,
    /// Its files, in the order of their paths.
    files: Vec<Arc<str>>,
    /// What the file system told of them.
    stamps: Fingerprint,
    /// When the last of them was written; of interest only in the run that wrote it.
    #[serde(skip, default = "long_ago")]
    written: SystemTime,
}

fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH
}

impl Memory {
    /// What is known in a cache folder of an output folder, as far as it stands on the same ground.
    pub fn open(caches: &Path, output: &Path, ground: Fingerprint) -> Self {
        let output = std::path::absolute(output).unwrap_or_else(|_| output.to_owned());
        let file = caches.join("renders").join(format!("{}.json", Fingerprint::of(&output).digits()));
        let known = fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Known>(&text).ok());
        let known =
            known.filter(|known| known.ground == ground).unwrap_or_else(|| Known { ground, common: None, services: BTreeMap::new() });
        Self { file, known }
    }

    /// The files that belong to no service, as they were found sound.
    pub fn common(&self) -> Option<&Fingerprint> {
        self.known.common.as_ref()
    }

    /// What is remembered of a service, if its files are what would be rendered: then they stay as they are.
    pub fn recall(&self, service: &str, made_of: &Fingerprint, comparison: &Comparison) -> Option<Arc<Entry>> {
        let entry = self.known.services.get(service).filter(|entry| entry.made_of == *made_of)?;
        let stamps: Vec<Stamp> = entry.files.iter().map(|path| comparison.stamp(path)).collect::<Option<_>>()?;
        (Fingerprint::of(&stamps) == entry.stamps && comparison.stay(&entry.files)).then(|| Arc::clone(entry))
    }

    /// What is to be remembered of a service that was just rendered; nothing where that was not to be written.
    pub fn entry(made_of: Fingerprint, looks: &[Look]) -> Option<Arc<Entry>> {
        let stamps: Vec<Stamp> = looks.iter().map(|look| look.stamp).collect::<Option<_>>()?;
        let written = stamps.iter().map(|stamp| stamp.written).max().unwrap_or_else(long_ago);
        let files = looks.iter().map(|look| Arc::clone(&look.path)).collect();
        Some(Arc::new(Entry { made_of, files, stamps: Fingerprint::of(&stamps), written }))
    }

    /// Remembers these files of all services, and these services and no others. Where that cannot be done, the next run takes its time.
    pub fn keep(self, common: Option<Fingerprint>, entries: BTreeMap<String, Arc<Entry>>, disk: &dyn Disk) {
        if self.known.services == entries && self.known.common == common {
            return;
        }
        let newest = entries.values().map(|entry| entry.written).max().unwrap_or_else(long_ago);
        // Whoever writes one of the files from now on gives it another time.
        thread::sleep(STEP.saturating_sub(newest.elapsed().unwrap_or_default()));
        let known = Known { common, services: entries, ..self.known };
        let Some(folder) = self.file.parent() else { return };
        let Ok(text) = serde_json::to_vec(&known) else { return };
        if disk.make_folder(folder).is_ok() && replace(disk, &self.file, &text).is_ok() {
            forget_old(folder, disk);
        }
    }
}

impl Entry {
    /// How many files it is of.
    pub fn files(&self) -> usize {
        self.files.len()
    }
}

/// Takes the memories of folders away that nobody renders into any more.
fn forget_old(folder: &Path, disk: &dyn Disk) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > LIFETIME) {
            // What stays is tried again another time.
            let _ = disk.remove(&entry.path());
        }
    }
}
