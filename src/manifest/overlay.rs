//! Environments: one tree merged over another by key, as RFC 7396 merges JSON.

use crate::source::{Node, NodeKind};

/// What `base` has below the keys of `patch`.
pub fn below_keys_of(base: &Node, patch: &Node) -> Node {
    let entries = base.as_mapping().unwrap_or_default().iter();
    let is_named = |key: &Node| patch.entries().any(|(name, ..)| key.as_str() == Some(name));
    let kept = entries.filter(|(key, _)| is_named(key)).cloned().collect();
    Node { span: base.span, kind: NodeKind::Mapping(kept) }
}

/// `base` with `patch` merged over it: mappings key by key, null takes a key away, anything else replaces.
///
/// Every value keeps the place it was written at, so a finding points into the environment that brought it.
pub fn merge(base: &Node, patch: &Node) -> Node {
    let Some(changes) = patch.as_mapping() else {
        return patch.clone();
    };
    let mut entries = base.as_mapping().map(<[_]>::to_vec).unwrap_or_default();
    for (key, value) in changes {
        let name = key.as_str();
        let known = entries.iter().position(|(k, _)| k.as_str() == name);
        match (known, value.is_null()) {
            (Some(at), true) => drop(entries.remove(at)),
            (Some(at), false) => entries[at].1 = merge(&entries[at].1, value),
            (None, true) => {}
            (None, false) => entries.push((key.clone(), merge(&Node { span: value.span, kind: NodeKind::Mapping(Vec::new()) }, value))),
        }
    }
    Node { span: base.span, kind: NodeKind::Mapping(entries) }
}
