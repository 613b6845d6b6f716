//! Places that only findings need. Manifests are resolved without their trees, since those of a fleet take much memory; where something
//! is wrong, the text is read once more.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use crate::source::{Node, SourceId, SourceMap, Span, read_yaml, text_map};

/// The trees of a manifest and of its defaults, as far as anything was asked of them.
pub(super) struct Places<'a> {
    sources: &'a SourceMap,
    trees: RefCell<HashMap<SourceId, Rc<[Node]>>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(sources: &'a SourceMap) -> Self {
        Self { sources, trees: RefCell::default() }
    }

    /// Where the key of a section of a document stands; `None` where it stands in no text by itself.
    pub(super) fn key(&self, document: Span, name: &str) -> Option<Span> {
        let trees = self.trees(document.source);
        trees.iter().find(|root| root.span == document)?.entry(name).map(|(key, _)| key.span)
    }

    /// The place of a part of the text that a scalar says.
    pub(super) fn within(&self, scalar: Span, part: Range<usize>) -> Span {
        let trees = self.trees(scalar.source);
        let node = trees.iter().find_map(|root| root.find(scalar));
        node.map_or(scalar, |node| text_map::span(&self.sources.get(scalar.source).text, node, part))
    }

    fn trees(&self, id: SourceId) -> Rc<[Node]> {
        let mut trees = self.trees.borrow_mut();
        Rc::clone(trees.entry(id).or_insert_with(|| read_yaml(self.sources, id).roots.into()))
    }
}
