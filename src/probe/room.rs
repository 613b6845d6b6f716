//! How many checks this machine has room for.

use rustix::process::{Resource, getrlimit};

/// More gains nothing: whoever is asked answers in the order of the questions.
const MOST: usize = 256;
/// Files that are open anyway: standard streams, libraries, what the resolver reads.
const KEPT: u64 = 32;

/// How many checks can be made at the same time, each with a connection and maybe a file of its own.
pub fn room() -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files.saturating_sub(KEPT) / 2).unwrap_or(MOST).clamp(1, MOST)
}
