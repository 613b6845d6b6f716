//! Manifests as they stand in each of their environments: what is wrong in one of them is found as in the base.

use foldhash::HashMap;

use crate::diagnostic::Diagnostic;
use crate::formats::Kind;
use crate::lint::views::{View, ViewKind};
use crate::manifest::in_environments;
use crate::parallel;
use crate::source::{Node, SourceId};

/// The environments of all manifests.
#[derive(Default)]
pub struct Environments {
    by_file: HashMap<SourceId, Vec<(String, Node)>>,
}

impl Environments {
    /// Those of the manifests among documents.
    pub(in crate::lint) fn of(views: &[View<'_>]) -> Self {
        let manifests: Vec<&View<'_>> = views.iter().filter(|view| matches!(view.kind, ViewKind::Other(Kind::Manifest))).collect();
        let merged = parallel::map(&manifests, |view| {
            let all = in_environments(view.root).map(|(name, root)| (name.to_owned(), root));
            (view.source, all.collect::<Vec<_>>())
        });
        Self { by_file: merged.into_iter().filter(|(_, all)| !all.is_empty()).collect() }
    }

    /// Judges a manifest and each of its environments. What is wrong in the base is said of the base alone.
    pub(in crate::lint) fn judge(&self, view: &View<'_>, rule: &dyn Fn(&Node, &mut Vec<Diagnostic>), found: &mut Vec<Diagnostic>) {
        let start = found.len();
        rule(view.root, found);
        for (name, root) in self.by_file.get(&view.source).into_iter().flatten() {
            let mut there = Vec::new();
            rule(root, &mut there);
            for mut finding in there {
                if found[start..].iter().any(|known| known.span == finding.span && known.message == finding.message) {
                    continue;
                }
                finding.path = finding.path.map(|path| format!("environments.{name}.{path}"));
                found.push(finding);
            }
        }
    }
}
