//! Walks over a document: its mappings, and its texts.

use crate::source::path::Path;
use crate::source::{Node, NodeKind};

/// Visits every mapping of a tree with its path, the outer ones first.
pub fn mappings<'a>(root: &'a Node, visit: &mut impl FnMut(&'a Node, &Path<'_>)) {
    below(root, &Path::Root, visit);
}

/// All texts of a tree, keys included.
pub fn texts(node: &Node) -> Vec<&str> {
    let entries = node.entries().flat_map(|(name, _, value)| std::iter::once(name).chain(texts(value)));
    node.as_str().into_iter().chain(entries).chain(node.items().filter(|_| node.as_sequence().is_some()).flat_map(texts)).collect()
}

fn below<'a>(node: &'a Node, path: &Path<'_>, visit: &mut impl FnMut(&'a Node, &Path<'_>)) {
    match &node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter().enumerate().for_each(|(index, item)| below(item, &path.index(index), visit)),
        NodeKind::Mapping(_) => {
            visit(node, path);
            node.entries().for_each(|(key, _, value)| below(value, &path.key(key), visit));
        }
    }
}
