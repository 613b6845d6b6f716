//! Files of targets, as `file_sd_configs` read them: groups of addresses, with the labels that each has in common.

use super::prometheus::{TargetGroups, written_groups};
use super::schema::Checker;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::Node;
use crate::source::path::Path;

const KEYS: &[&str] = &["targets", "labels"];

pub(super) fn looks_like(root: &Node) -> bool {
    let near = |name: &str, key: &str| name == key || did_you_mean(name, [key]).is_some();
    let known = |group: &Node| group.entries().all(|(name, ..)| KEYS.iter().any(|key| near(name, key)));
    let is_group = |group: &Node| group.as_mapping().is_some_and(|entries| !entries.is_empty()) && known(group);
    let has = |group: &Node, key: &str| group.entries().any(|(name, ..)| near(name, key));
    match root.as_sequence() {
        Some(groups) => groups.iter().all(is_group) && groups.iter().any(|group| has(group, "targets")),
        // One group that somebody forgot to make the item of a list.
        None => is_group(root) && root.get("targets").is_some_and(|list| list.as_sequence().is_some()),
    }
}

/// Views a document as a file of targets and reports what Prometheus would reject about its shape.
pub fn view<'a>(root: &'a Node, diagnostics: &mut Vec<Diagnostic>) -> TargetGroups<'a> {
    let mut check = Checker::new(diagnostics);
    let Some(list) = root.as_sequence() else {
        check.wrong_type(root, "a list of groups of targets", &Path::Root);
        return TargetGroups::default();
    };
    written_groups(list, &Path::Root, &mut check)
}
