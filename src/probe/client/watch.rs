//! How long each phase may last, and how long it did.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::answer::NoAnswer;
use crate::probe::failure::Failure;
use crate::probe::phases::Phases;

/// How long each phase may last; none lasts longer than what is left of the whole.
#[derive(Clone, Copy, Debug)]
pub(in crate::probe) struct Limits {
    /// All of it.
    pub(in crate::probe) total: Duration,
    pub(in crate::probe) dns: Duration,
    pub(in crate::probe) connect: Duration,
    pub(in crate::probe) tls: Duration,
    pub(in crate::probe) first_byte: Duration,
    pub(in crate::probe) body: Duration,
}

impl Limits {
    /// Every phase may last as long as the whole.
    pub(in crate::probe) fn of(total: Duration) -> Self {
        Self { total, dns: total, connect: total, tls: total, first_byte: total, body: total }
    }

    /// With less for each phase before the request.
    pub(super) fn before_request(self, limit: Option<Duration>) -> Self {
        let limit = limit.unwrap_or(Duration::MAX);
        Self { dns: self.dns.min(limit), connect: self.connect.min(limit), tls: self.tls.min(limit), ..self }
    }
}

/// A clock that keeps the time of each phase.
pub(super) struct Watch {
    pub(super) start: Instant,
    pub(super) limits: Limits,
    pub(super) phases: Phases,
}

impl Watch {
    pub(super) fn new(limits: Limits) -> Self {
        Self { start: Instant::now(), limits, phases: Phases::default() }
    }

    /// What is left of the whole.
    pub(super) fn left(&self) -> Duration {
        self.limits.total.saturating_sub(self.start.elapsed())
    }

    /// Does something within a limit; how long it took, and what came of it, `None` where the time was over.
    pub(super) async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> (Duration, Option<T>) {
        let start = Instant::now();
        let done = timeout(limit.min(self.left()), work).await.ok();
        (start.elapsed(), done)
    }

    pub(super) fn fail(&self, failure: Failure) -> NoAnswer {
        NoAnswer { failure: Box::new(failure), phases: self.phases }
    }
}

/// A time as people read it.
pub(super) fn shown(time: Duration) -> String {
    crate::manifest::scalars::Duration(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).to_string()
}
