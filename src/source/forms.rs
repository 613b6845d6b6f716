//! Texts of one form: what was read of one of them is read of the others without their being taken apart again.
//!
//! A platform's manifests mostly come of one template and differ in names, addresses and numbers. Where two texts of one
//! length differ only in letters for letters and digits for digits, and only within values or comments, their trees are the
//! same but for the text that the values are pieces of: what a value means is decided by whoever reads the tree.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use super::node::{Node, NodeKind};
use super::{Documents, SourceId, SourceMap, comments, read_yaml};

/// More are not kept: texts of so many forms do not come of a template.
const MOST: usize = 64;

/// The forms of texts that were read.
#[derive(Default)]
pub struct Forms {
    known: Mutex<HashMap<u64, Arc<Form>>>,
}

/// A text and its tree.
struct Form {
    text: Arc<str>,
    root: Node,
    /// Where its scalars stand, in order, and whether each may be another.
    scalars: Vec<(usize, usize, bool)>,
}

impl Forms {
    /// Reads every YAML document of a source.
    pub fn read_yaml(&self, map: &SourceMap, id: SourceId) -> Documents {
        let text = &map.get(id).text;
        let outline = outline(text);
        if let Some(root) = self.known().get(&outline).cloned().and_then(|form| form.root_of(text, id)) {
            return Documents { roots: vec![root], complete: true, ..Documents::default() };
        }
        let documents = read_yaml(map, id);
        let mut known = self.known();
        if known.len() < MOST && !known.contains_key(&outline) {
            known.extend(Form::new(text, &documents).map(|form| (outline, Arc::new(form))));
        }
        documents
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Form>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hash of a text that others of its form have too.
fn outline(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    kinds(text).hash(&mut hasher);
    hasher.finish()
}

/// Of which kind each character of a text is: two texts of the same kinds become the same when they are spelt otherwise.
pub fn kinds(text: &str) -> Vec<u8> {
    text.bytes().map(kind).collect()
}

/// Letters and digits are like their kind, everything else is only like itself.
fn kind(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => b'a',
        b'A'..=b'Z' => b'A',
        b'0'..=b'9' => b'0',
        other => other,
    }
}

impl Form {
    /// The form of a text in which there is nothing but one tree.
    fn new(text: &Arc<str>, documents: &Documents) -> Option<Self> {
        let [root] = documents.roots.as_slice() else { return None };
        let is_whole = documents.complete && documents.diagnostics.is_empty() && !text.contains(comments::MARKER);
        let mut scalars = Vec::new();
        collect(root, true, &mut scalars);
        scalars.sort_unstable();
        is_whole.then(|| Self { text: Arc::clone(text), root: root.clone(), scalars })
    }

    /// The tree of a text, if it is of this form.
    fn root_of(&self, text: &Arc<str>, id: SourceId) -> Option<Node> {
        let pairs = || self.text.bytes().zip(text.bytes()).enumerate();
        let is_alike = self.text.len() == text.len()
            && !text.contains(comments::MARKER)
            && pairs()
                .filter(|(_, (mine, other))| mine != other)
                .all(|(at, (mine, other))| kind(mine) == kind(other) && self.may_differ(at));
        is_alike.then(|| self.root.moved(id, text))
    }

    /// Whether what stands here is part of a value or of a comment.
    fn may_differ(&self, at: usize) -> bool {
        let before = &self.scalars[..self.scalars.partition_point(|(start, ..)| *start <= at)];
        let end = match before.last() {
            Some((_, end, is_value)) if at < *end => return *is_value,
            last => last.map_or(0, |(_, end, _)| *end),
        };
        // No value stands between: a `#` that follows a space begins a comment.
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        self.text[..at]
            .rmatch_indices('#')
            .take_while(|(mark, _)| *mark >= end.max(line))
            .any(|(mark, _)| mark == line || self.text[..mark].ends_with([' ', '\t']))
    }
}

/// The places of all scalars, of which those may be others that are values, each a piece of the text.
fn collect(node: &Node, is_value: bool, scalars: &mut Vec<(usize, usize, bool)>) {
    let range = node.span.range();
    match &node.kind {
        NodeKind::Scalar(scalar) => scalars.push((range.start, range.end, is_value && scalar.is_slice())),
        NodeKind::Sequence(items) => items.iter().for_each(|item| collect(item, is_value, scalars)),
        NodeKind::Mapping(entries) => entries.iter().for_each(|(key, value)| {
            collect(key, false, scalars);
            collect(value, is_value, scalars);
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::Fingerprint;

    /// What the tree says and where each part stands, read by itself and by the form of another.
    fn both(first: &str, second: &str) -> (String, String, bool) {
        let mut map = SourceMap::default();
        let ids = [map.add("first", first), map.add("second", second)];
        let forms = Forms::default();
        forms.read_yaml(&map, ids[0]);
        let is_alike = forms.known().values().any(|form| form.root_of(&map.get(ids[1]).text, ids[1]).is_some());
        let said = |documents: Documents| {
            let told: Vec<_> = documents.diagnostics.iter().map(|found| (&found.message, found.span)).collect();
            format!("{:?} {told:?} {:?}", Fingerprint::of(&documents.roots), documents.roots.iter().map(places).collect::<Vec<_>>())
        };
        (said(read_yaml(&map, ids[1])), said(forms.read_yaml(&map, ids[1])), is_alike)
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
        ] {
            let (alone, by_form, is_alike) = both(first, &second);
            assert_eq!(alone, by_form, "{second}");
            assert!(is_alike, "{second}");
        }
    }

    proptest! {
        /// Wherever a text is changed, it is read as it would be by itself.
        #[test]
        fn by_form_or_by_itself_a_text_is_the_same(changes in prop::collection::vec((0..200_usize, "[a-cA-C0-2]"), 1..6)) {
            let first = "# one\ns: &a1 { 'b1': \"c2\", b2: 10, ? k : v1 }\nt: *a1\nd: !!str 012 # e\nf: |2\n   g h\ni: >-\n  j\n  k\nl:\n- m1\n- 'n''o'\np: ~\n";
            let mut second = first.as_bytes().to_vec();
            for (at, letter) in changes {
                if let Some(byte) = second.get_mut(at).filter(|byte| byte.is_ascii_alphanumeric()) {
                    *byte = letter.as_bytes()[0];
                }
            }
            prop_assert!(both(first, first).2);
            let (alone, by_form, _) = both(first, std::str::from_utf8(&second).expect("letters for letters"));
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
            ("# one", "# two"),
            ("|2", "|3"),
            ("shop-1", "shop.1"),
            ("shop-1", "shop-10"),
            ("shop-1", "shop-a"),
            ("c: *one\n", "c: *one # obsgen: ignore[unknown-job] why\n"),
        ] {
            let second = first.replacen(old, new, 1);
            assert_ne!(first, second);
            let (alone, by_form, is_alike) = both(first, &second);
            assert_eq!(alone, by_form, "{second}");
            assert!(!is_alike, "{second}");
        }
    }
}
