//! Connections that were asked over and may be asked over again, where sharing them is wanted.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::http::Session;
use super::request::Request;
use super::settings::Tls;
use super::url::Url;
use crate::manifest::health::HttpVersion;

/// More are not kept: each holds a descriptor that a check might need.
const MOST: usize = 64;

/// What two requests have in common that can share a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    is_tls: bool,
    authority: String,
    tls: Tls,
    proxy: Option<String>,
    version: Option<HttpVersion>,
}

impl Way {
    pub(super) fn of(url: &Url, request: &Request) -> Self {
        Self {
            is_tls: url.is_tls,
            authority: url.authority.clone(),
            tls: request.tls.clone(),
            proxy: request.proxy.map(str::to_owned),
            version: request.version,
        }
    }
}

/// Connections that nobody asks over at the moment, the longest idle first.
#[derive(Debug, Default)]
pub(super) struct Idle(Mutex<VecDeque<(Way, Session)>>);

impl Idle {
    /// One that goes this way; the one that was used last is the likeliest to be open still.
    pub(super) fn take(&self, way: &Way) -> Option<Session> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().rposition(|(known, _)| known == way)?;
        all.remove(found).map(|(_, session)| session)
    }

    /// Keeps one for whoever goes the same way.
    pub(super) fn give(&self, way: Way, session: Session) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back((way, session));
    }
}
