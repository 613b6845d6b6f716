//! What bounds an attempt, besides the manifest.

use std::time::Duration;

/// The bounds of one attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// It does not last longer.
    pub(super) time: Duration,
    /// So many redirects are followed where the manifest does not say.
    pub(super) redirects: u32,
    /// So much of a body is read, where that is said.
    pub(super) body: Option<usize>,
    /// Whether the heads of requests and answers are shown.
    pub(super) heads: bool,
}
