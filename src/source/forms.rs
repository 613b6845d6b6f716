//! Texts of one form: what was read of one of them is read of the others without their being taken apart again.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::comments::MARKER;
use super::documents::Documents;
use super::form::{Form, Part, outline};
use super::node::Paper;
use crate::text::SourceId;

/// More are not kept: texts of so many forms do not come of a template.
const MOST: usize = 256;

/// The forms of texts that were read.
#[derive(Default)]
pub struct Forms {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    forms: HashMap<u64, Arc<Form>>,
    /// Of which form there was one text: most are never seen again.
    once: HashSet<u64>,
}

impl Forms {
    /// Reads a whole text; one with comments to us, and what is of no known form, is read `otherwise`.
    pub(super) fn read_whole(&self, text: &Arc<str>, source: SourceId, otherwise: impl FnOnce() -> Documents) -> Documents {
        if text.contains(MARKER) {
            return otherwise();
        }
        let paper = Paper::new(Arc::clone(text));
        self.read(&Part { paper: &paper, range: 0..text.len(), source }, otherwise)
    }

    /// Reads a part of a text without comments to us; what is of no known form is read `otherwise`.
    pub(super) fn read(&self, part: &Part<'_>, otherwise: impl FnOnce() -> Documents) -> Documents {
        let outline = outline(part.written());
        let known = self.known().forms.get(&outline).cloned();
        if let Some(root) = known.and_then(|form| form.tree_of(part)) {
            return Documents { roots: vec![root], complete: true, ..Documents::default() };
        }
        let documents = otherwise();
        if self.known().is_seen_again(outline)
            && let Some(form) = Form::new(part, &documents)
        {
            self.known().forms.insert(outline, Arc::new(form));
        }
        documents
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Whether a text of a form that is not kept is the second, and there is room to keep it.
    fn is_seen_again(&mut self, outline: u64) -> bool {
        self.forms.len() < MOST && !self.forms.contains_key(&outline) && !self.once.insert(outline)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::{Fingerprint, Node, NodeKind, SourceMap, read_yaml, read_yaml_by_form};

    /// What the tree says and where each part stands, read by itself and by the form of another.
    fn both(first: &str, second: &str) -> (String, String, bool) {
        let mut map = SourceMap::default();
        let ids = [map.add("first", first), map.add("second", second)];
        let forms = Forms::default();
        // The first is kept when it is seen again.
        (0..2).for_each(|_| drop(read_yaml_by_form(&map, ids[0], &forms)));
        let paper = Paper::new(Arc::clone(&map.get(ids[1]).text));
        let part = Part { paper: &paper, range: 0..second.len(), source: ids[1] };
        let is_alike = forms.known().forms.values().any(|form| form.tree_of(&part).is_some());
        let said = |documents: Documents| {
            let told: Vec<_> = documents.diagnostics.iter().map(|found| (&found.message, found.span)).collect();
            format!("{:?} {told:?} {:?}", Fingerprint::of(&documents.roots), documents.roots.iter().map(places).collect::<Vec<_>>())
        };
        (said(read_yaml(&map, ids[1])), said(read_yaml_by_form(&map, ids[1], &forms)), is_alike)
    }

    fn places(node: &Node) -> String {
        let below: Vec<String> = match &node.kind {
            NodeKind::Scalar(scalar) => vec![format!("{:?} {:?}", scalar.text(), scalar.style)],
            NodeKind::Sequence(items) => items.iter().map(places).collect(),
            NodeKind::Mapping(entries) => entries.iter().flat_map(|(key, value)| [places(key), places(value)]).collect(),
        };
        format!("{:?}{below:?}", node.span)
    }

    #[test]
    fn texts_of_one_form_have_one_tree() {
        let first = "# of shop-1\na: { name: shop-1, 'on': \"x:80\" } # shop-1\nb:\n  - 15s\n  - yes\n  - >-\n    folded\n    text\n";
        for second in [
            first.replace("shop-1", "cart-2"),
            first.replace("15s", "30m").replace("x:80", "y:90"),
            first.replace("yes", "nay").replace("# shop", "# cart"),
            first.replace("shop-1", "the_shop.of/all-10"),
            first.replace("15s", "1d").replace("folded", "one").replace("text", "of_several"),
        ] {
            let (alone, by_form, is_alike) = both(first, &second);
            assert_eq!(alone, by_form, "{second}");
            assert!(is_alike, "{second}");
        }
    }

    proptest! {
        /// Wherever a text is changed, it is read as it would be by itself.
        #[test]
        fn by_form_or_by_itself_a_text_is_the_same(changes in prop::collection::vec((0..200_usize, "[a-cA-C0-2_]{0,3}"), 1..6)) {
            let first = "# one\ns: &a1 { 'b1': \"c2\", b2: 10, ? k : v1 }\nt: *a1\nd: !!str 012 # e\nf: |2\n   g h\ni: >-\n  j\n  k\nl:\n- m1\n- 'n''o'\np: ~\n";
            let mut second = first.to_owned();
            for (at, letters) in changes {
                if second.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric) {
                    second.replace_range(at..=at, &letters);
                }
            }
            prop_assert!(both(first, first).2);
            let (alone, by_form, _) = both(first, &second);
            prop_assert_eq!(alone, by_form);
        }
    }

    #[test]
    fn what_is_of_another_form_is_read_by_itself() {
        let first = "a: &one { name: shop-1, b1: x, b2: \"y\\tz\" }\nc: *one\nd: >-\n  folded # one\n  text\ne: |2\n   kept\n";
        for (old, new) in [
            ("b2", "b1"),
            ("y\\tz", "y\\nz"),
            ("&one", "&two"),
            ("*one", "*two"),
            ("folded # one", "folded ! one"),
            ("|2", "|3"),
            ("shop-1", "shop:1"),
            ("shop-1", "shop-é"),
            ("shop-1", "shop--1"),
            ("name", "names"),
        ] {
            let second = first.replacen(old, new, 1);
            assert_ne!(first, second);
            let (alone, by_form, is_alike) = both(first, &second);
            assert_eq!(alone, by_form, "{second}");
            assert!(!is_alike, "{second}");
        }
    }
}
