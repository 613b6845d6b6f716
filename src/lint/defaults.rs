//! The `defaults.yaml` among the inputs, which the manifests below their folders are merged over.

use std::path::Path;

use super::Files;
use crate::diagnostic::Diagnostic;
use crate::manifest::defaults;
use crate::source::{Documents, Node, SourceId, SourceMap};

/// All that there are, the farthest from a manifest first.
pub(super) struct Defaults<'a>(Vec<(SourceId, &'a Path, &'a Documents)>);

impl<'a> Defaults<'a> {
    /// Finds them by their names, and leaves those of other programs alone.
    pub(super) fn among(sources: &'a SourceMap, files: &Files<'a>) -> Self {
        let named = sources.iter().zip(&files.read).take(files.named.len());
        let all = named.map(|((id, source), documents)| (id, Path::new(source.path.as_str()), *documents));
        let is_one = |path: &Path| path.file_name().is_some_and(|name| name == defaults::FILE);
        let mut all: Vec<_> =
            all.filter(|(_, path, documents)| is_one(path) && documents.roots.first().is_some_and(defaults::is_ours)).collect();
        // Of two that are above one manifest, one is above the other.
        all.sort_by_key(|(_, path, _)| depth(path));
        Self(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a source is one of them.
    pub(super) fn has(&self, source: SourceId) -> bool {
        self.0.iter().any(|(id, ..)| *id == source)
    }

    /// What a manifest is merged over.
    pub(super) fn of(&self, manifest: &str) -> Option<Node> {
        let above = self.0.iter().filter(|(_, path, _)| defaults::is_above(path, Path::new(manifest)));
        defaults::together(above.filter_map(|(_, _, documents)| documents.roots.first()))
    }

    /// What is wrong with them by themselves.
    pub(super) fn check(&self) -> Vec<Diagnostic> {
        self.0.iter().flat_map(|(_, _, documents)| defaults::check(&documents.roots)).collect()
    }
}

/// How deep a file lies, counted from the folder here.
fn depth(path: &Path) -> i64 {
    path.components()
        .map(|part| match part {
            std::path::Component::ParentDir => -1,
            std::path::Component::CurDir => 0,
            _ => 1,
        })
        .sum()
}
