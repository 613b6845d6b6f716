//! A walk over the mappings of a document.

use crate::source::path::Path;
use crate::source::{Node, NodeKind};

/// Visits every mapping of a tree with its path, the outer ones first.
pub fn mappings<'a>(root: &'a Node, visit: &mut impl FnMut(&'a Node, &Path<'_>)) {
    below(root, &Path::Root, visit);
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
