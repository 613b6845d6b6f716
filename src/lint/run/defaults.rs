//! The `defaults.yaml` among the inputs, which the manifests below their folders are merged over.

use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::lint::run::reading::Files;
use crate::lint::run::request::DefaultsOf;
use crate::manifest::defaults;
use crate::source::{Documents, Node, SourceId, SourceMap};

/// All that there are.
pub(in crate::lint) struct Defaults<'a> {
    all: Vec<(SourceId, &'a str, &'a Documents)>,
    of: Option<&'a DefaultsOf<'a>>,
}

impl<'a> Defaults<'a> {
    /// Finds them by their names, and leaves those of other programs alone. `of` says which count for a manifest.
    pub(in crate::lint) fn among(sources: &'a SourceMap, files: &Files<'a>, of: Option<&'a DefaultsOf<'a>>) -> Self {
        let inputs = sources.iter().zip(&files.read).take(files.named.len());
        let all = inputs.map(|((id, source), documents)| (id, source.path.as_str(), *documents));
        let is_one = |path: &str| Path::new(path).file_name().is_some_and(|name| name == defaults::FILE);
        let ours = all.filter(|(_, path, documents)| is_one(path) && documents.roots.first().is_some_and(defaults::is_ours));
        Self { all: ours.collect(), of }
    }

    pub(in crate::lint) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether a source is one of them.
    pub(in crate::lint) fn has(&self, source: SourceId) -> bool {
        self.all.iter().any(|(id, ..)| *id == source)
    }

    /// What a manifest is merged over.
    pub(in crate::lint) fn of(&self, manifest: &str) -> Option<Node> {
        let nearest_first = self.of.filter(|_| !self.is_empty()).map(|of| of(manifest)).unwrap_or_default();
        let known = |wanted: &String| self.all.iter().find(|(_, path, _)| path == wanted)?.2.roots.first();
        defaults::together(nearest_first.iter().rev().filter_map(known))
    }

    /// What is wrong with them by themselves.
    pub(in crate::lint) fn check(&self) -> Vec<Diagnostic> {
        self.all.iter().flat_map(|(_, _, documents)| defaults::check(&documents.roots)).collect()
    }
}
