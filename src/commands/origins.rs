//! What the own files of a service are made of, beside what all services of a run share.

use std::collections::HashMap;
use std::sync::Arc;

use crate::artifacts::particulars::Particulars;
use crate::model::Service;
use crate::source::{Fingerprint, Node, SourceId, SourceMap};

/// The texts of a run's manifests, and what each is merged over.
#[derive(Clone, Copy)]
pub(super) struct Origins<'a> {
    /// The texts.
    pub(super) sources: &'a SourceMap,
    /// What is merged over by manifest.
    pub(super) defaults: &'a HashMap<SourceId, Arc<Node>>,
}

impl<'a> Origins<'a> {
    /// Everything that a service's own files are made of.
    pub(super) fn of(self, service: &Service) -> Fingerprint {
        Fingerprint::of(&(self.text(service), self.others(service)))
    }

    /// The same, but for its particulars.
    pub(super) fn but_for(self, particulars: &Particulars, service: &Service) -> Option<Fingerprint> {
        Some(Fingerprint::of(&(particulars.finder()?.skeleton(self.text(service)), self.others(service))))
    }

    fn text(self, service: &Service) -> &'a str {
        &self.sources.get(service.manifest).text
    }

    /// All that a service has from outside of its manifest: defaults, and what another service can change in it.
    fn others(self, service: &Service) -> (Option<&'a Node>, Vec<bool>) {
        let defaults = self.defaults.get(&service.manifest).map(Arc::as_ref);
        (defaults, service.dependencies.iter().map(|dependency| dependency.job_is_anothers).collect())
    }
}
