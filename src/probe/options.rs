//! How checks are made.

use std::time::Duration;

use super::client::Reach;

/// How all checks of a run are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many at the same time.
    pub concurrency: usize,
    /// How many of one host and port at the same time.
    pub per_host: usize,
    /// How many a second, at most.
    pub rate: Option<u32>,
    /// Whether those that fail are made again.
    pub again: Again,
    /// No check lasts longer.
    pub timeout: Option<Duration>,
    /// How hosts are reached.
    pub reach: Reach,
    /// How many redirects are followed where the manifest does not say.
    pub redirects: u32,
    /// So much of a body is read; of health checks and of pages of metrics, each to their own limit where nothing is said.
    pub max_body: Option<usize>,
    /// Whether the heads of requests and answers are shown.
    pub heads: bool,
}

/// Whether checks that fail are made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Only until the manifest's thresholds decide.
    AsDeclared,
    /// So many attempts at most, of which one must pass where the manifest has no thresholds; one that does not pass at once is
    /// flaky.
    Attempts(u32),
    /// For so long, where that can help.
    Until {
        /// How long.
        wait: Duration,
        /// Whether also where it hardly can.
        whatever: bool,
    },
}
