//! What all checks of a run share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::idle::Idle;
use super::reach::Reach;
use super::settings::build;
use super::settings::{Config, Tls};

/// The configurations and connections that are there already.
#[derive(Debug, Default)]
pub(in crate::probe) struct Clients {
    /// Configurations, each made when it is first needed: reading the system's certificates takes a while.
    known: Mutex<HashMap<Tls, Arc<Config>>>,
    /// How hosts are reached.
    pub(in crate::probe) reach: Reach,
    /// Connections that may be asked over again.
    pub(super) idle: Idle,
}

impl Clients {
    pub(in crate::probe) fn new(reach: Reach) -> Self {
        Self { reach, ..Self::default() }
    }

    pub(super) fn config(&self, tls: &Tls) -> Result<Arc<Config>, String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.get(tls) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(build(tls)?);
        known.insert(tls.clone(), Arc::clone(&config));
        Ok(config)
    }
}
