//! Long lists, read in pieces on all cores.
//!
//! Most of a large file of YAML is one list: groups, rules, items. Such a text is cut where items of the list begin, and the
//! pieces are read item by item like files of their own. That a cut was right shows in what comes of it: what stands before
//! ends inside the list, and each item is a list of one and nothing else. Whatever is not so plainly well is left to be read
//! in one go, broken texts included, so that what is said of them is the same. Most items are of the form of another and need
//! not be taken apart.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use super::builder::Language;
use super::comments;
use super::documents::Documents;
use super::form::Part;
use super::forms::Forms;
use super::node::{Node, NodeKind, Paper};
use super::yaml::read_piece;
use crate::parallel;
use crate::text::SourceId;

/// Shorter pieces are not worth a thread's while.
const SHORTEST: usize = 64 * 1024;
/// So many pieces for each core: they are not of equal length.
const FOR_EACH_CORE: usize = 4;
/// Items longer than this may end in a list that is worth being read item by item. Tests need not write as much.
const LONG_ITEM: usize = if cfg!(test) { 64 } else { 2 * 1024 };
/// The list has to begin within so many lines.
const LINES_BEFORE: usize = 64;

/// Reads a text in pieces; `None` where it is short, or not surely one list.
pub(super) fn read(text: &Arc<str>, source: SourceId) -> Option<Documents> {
    if text.len() < 2 * SHORTEST || has_anchors(text) {
        return None;
    }
    let length = (text.len() / (parallel::cores() * FOR_EACH_CORE)).max(SHORTEST);
    lists(text).into_iter().find_map(|list| read_list(text, source, &list, length))
}

/// Whether there may be anchors, which reach across pieces.
fn has_anchors(text: &str) -> bool {
    let byte = |at: usize| text.as_bytes().get(at).copied().unwrap_or(b' ');
    let is_one = |at: usize| b" \t\r\n[{,:".contains(&byte(at.wrapping_sub(1))) && !byte(at + 1).is_ascii_whitespace();
    text.contains('*') && text.match_indices('&').any(|(at, _)| is_one(at))
}

/// Where a block list may begin.
struct List {
    /// The offset of its first item, behind the dash.
    first: usize,
    /// What each item begins with: a line break, the indentation and the dash.
    item: String,
}

/// The lists at the beginning of a text, the outermost first.
fn lists(text: &str) -> Vec<List> {
    let mut found: Vec<List> = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n').take(LINES_BEFORE) {
        let indentation = line.len() - line.trim_start_matches(' ').len();
        if let Some(rest) = line[indentation..].strip_prefix("- ")
            && found.last().is_none_or(|list| list.item.len() < indentation + "\n- ".len())
        {
            let item = format!("\n{}- ", &line[..indentation]);
            found.push(List { first: offset + line.len() - rest.trim_start_matches(' ').len(), item });
        }
        offset += line.len();
    }
    found
}

/// The pieces of about this length that begin with an item, from an item on.
fn cut(text: &str, mut start: usize, list: &List, length: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    while text.len() - start > length {
        let wanted = text.ceil_char_boundary(start + length);
        let Some(found) = text[wanted..].find(&list.item) else { break };
        let next = wanted + found + 1;
        pieces.push(start..next);
        start = next;
    }
    pieces.push(start..text.len());
    pieces
}

fn read_list(text: &Arc<str>, source: SourceId, list: &List, length: usize) -> Option<Documents> {
    // What stands before the list is read with its first item, to see that this is where the tree ends.
    let head = list.first + text[list.first..].find(&list.item)? + 1;
    let mut whole = read_piece(&Paper::new(Arc::clone(text)), 0..head, source, Language::Yaml);
    if !whole.complete {
        return None;
    }
    let pieces = cut(text, head, list, length);
    let forms = Forms::default();
    let read = parallel::map(&pieces, |piece| {
        let paper = Paper::new(Arc::clone(text));
        let has_comments = text[piece.clone()].contains(comments::MARKER);
        let mut items = Items { forms: &forms, paper: &paper, source, has_comments, documents: Documents::default() };
        items.read(piece.clone(), list).map(|nodes| (nodes, items.documents))
    });
    let mut items = Vec::new();
    for piece in read {
        let (mut more, mut documents) = piece?;
        items.append(&mut more);
        whole.comments.append(&mut documents.comments);
        whole.diagnostics.append(&mut documents.diagnostics);
    }
    append(whole.roots.last_mut()?, list.first, items).then_some(whole)
}

/// The items of a piece, each read by itself, or by the form of another.
struct Items<'a> {
    forms: &'a Forms,
    paper: &'a Paper,
    source: SourceId,
    /// Whether there are comments to us in the text.
    has_comments: bool,
    /// What is found on the way.
    documents: Documents,
}

impl Items<'_> {
    /// The items of a list; `None` where not all of them are items and nothing else.
    fn read(&mut self, range: Range<usize>, list: &List) -> Option<Vec<Node>> {
        let paper = self.paper;
        // The line break before an item is the last character of the one before.
        let others = memmem::find_iter(paper[range.clone()].as_bytes(), &list.item).map(|at| range.start + at + 1);
        let mut nodes = Vec::new();
        let mut start = range.start;
        for next in others.chain([range.end]) {
            nodes.append(&mut self.item(start..next)?);
            start = next;
        }
        Some(nodes)
    }

    /// One item, as a list of one.
    fn item(&mut self, range: Range<usize>) -> Option<Vec<Node>> {
        let found = (self.documents.comments.len(), self.documents.diagnostics.len());
        if range.len() > LONG_ITEM
            && let Some(nodes) = self.long_item(range.clone())
        {
            return Some(nodes);
        }
        self.documents.comments.truncate(found.0);
        self.documents.diagnostics.truncate(found.1);
        self.short_item(range)
    }

    /// An item that ends in a list of its own, whose items are read by themselves again.
    fn long_item(&mut self, range: Range<usize>) -> Option<Vec<Node>> {
        let inner = lists(&self.paper[range.clone()]).into_iter().nth(1)?;
        let first = range.start + inner.first;
        let head = first + self.paper[first..range.end].find(&inner.item)? + 1;
        let mut nodes = self.short_item(range.start..head)?;
        let items = self.read(head..range.end, &inner)?;
        append(nodes.last_mut()?, first, items).then_some(nodes)
    }

    fn short_item(&mut self, range: Range<usize>) -> Option<Vec<Node>> {
        let part = Part { paper: self.paper, range, source: self.source };
        let alone = || read_piece(self.paper, part.range.clone(), self.source, Language::Yaml);
        let is_marked = self.has_comments && part.written().contains(comments::MARKER);
        let mut read = if is_marked { alone() } else { self.forms.read(&part, alone) };
        self.documents.comments.append(&mut read.comments);
        self.documents.diagnostics.append(&mut read.diagnostics);
        match (read.complete, read.roots.pop()?.kind, read.roots.is_empty()) {
            (true, NodeKind::Sequence(items), true) => Some(items),
            _ => None,
        }
    }
}

/// Adds items to the list whose first item begins at `first`, if that is where the tree ends.
fn append(node: &mut Node, first: usize, items: Vec<Node>) -> bool {
    let end = items.last().map_or(node.span.end, |last| last.span.end);
    let found = match &mut node.kind {
        NodeKind::Sequence(own) if own.first().is_some_and(|item| item.span.range().start == first) => {
            own.extend(items);
            true
        }
        NodeKind::Sequence(own) => own.last_mut().is_some_and(|last| append(last, first, items)),
        NodeKind::Mapping(entries) => entries.last_mut().is_some_and(|(_, value)| append(value, first, items)),
        NodeKind::Scalar(_) => false,
    };
    if found {
        node.span.end = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::builder::Language;
    use super::super::node::{Node, NodeKind, Paper};
    use super::super::yaml::read_piece;
    use super::super::{SourceId, Span};
    use super::{Documents, lists, read, read_list};

    /// A tree as places, styles and texts.
    fn flat(node: &Node, found: &mut Vec<(Span, String)>) {
        match &node.kind {
            NodeKind::Scalar(scalar) => found.push((node.span, format!("{:?} {}", scalar.style, scalar.text()))),
            NodeKind::Sequence(items) => {
                found.push((node.span, format!("[{}]", items.len())));
                for item in items {
                    flat(item, found);
                }
            }
            NodeKind::Mapping(entries) => {
                found.push((node.span, format!("{{{}}}", entries.len())));
                for (key, value) in entries {
                    flat(key, found);
                    flat(value, found);
                }
            }
        }
    }

    fn same(text: String) {
        let text: Arc<str> = text.into();
        let pieces = read(&text, SourceId(0)).expect("read in pieces");
        compare(&text, &pieces);
    }

    /// Compares with what is read in one go.
    fn compare(text: &Arc<str>, pieces: &Documents) {
        let whole = read_piece(&Paper::new(Arc::clone(text)), 0..text.len(), SourceId(0), Language::Yaml);
        let (mut one, mut other) = (Vec::new(), Vec::new());
        whole.roots.iter().for_each(|root| flat(root, &mut one));
        pieces.roots.iter().for_each(|root| flat(root, &mut other));
        assert_eq!(one, other);
        assert_eq!(whole.diagnostics, pieces.diagnostics);
        let comments = |documents: &Documents| documents.comments.iter().map(|c| (c.span, c.rules.clone(), c.own_line)).collect::<Vec<_>>();
        assert_eq!(comments(&whole), comments(pieces));
    }

    /// Rules whose texts hold lines that look like items.
    fn rules(indentation: &str, count: usize) -> String {
        let mut text = String::new();
        for n in 0..count {
            let _ = writeln!(text, "{indentation}- alert: Ä{n} # obsgen: ignore[unknown-job] because\n{indentation}  expr: |-");
            let _ = writeln!(text, "{indentation}    up{{job=\"{n}\"}}\n{indentation}    - 1\n\n{indentation}  labels: {{ a: 'x', a: y }}");
        }
        text
    }

    #[test]
    fn a_long_list_is_read_in_pieces_to_the_same_tree() {
        same(format!("# rules\n---\ngroups:\n- name: a\n  rules:\n{}", rules("    ", 4000)));
        same(format!("groups:\n  - name: a\n    rules:\n{}", rules("    ", 4000)));
        same(rules("", 4000));
        let groups: Vec<String> = (0..400).map(|n| format!("    - name: g{n}\n      rules:\n{}", rules("      ", 10))).collect();
        same(format!("apiVersion: v1\nspec:\n  groups:\n{}", groups.concat()));
    }

    /// A value of a key, indented as items of the second list are.
    fn value() -> impl Strategy<Value = String> {
        let word = "[a-cA-C0-2_][a-c0-2_./-]{0,3}[a-c0-2]";
        let text = proptest::collection::vec(word, 1..4).prop_map(|words| words.join(" "));
        (text.clone(), text, 0..14_usize).prop_map(|(one, other, shape)| match shape {
            0 => one,
            1 => format!("\"{one}\""),
            2 => format!("'{one} ''{other}'"),
            3 => format!("|-\n        {one}\n          - {other}"),
            4 => format!(">\n        {one} # {other}\n        {other}\n\n        {one}"),
            5 => format!("{{ a: {one}, 'b': [{other}, \"{one}\"] }} # {other}"),
            6 => format!("\"{one}\\n{other}\\x41{one}\""),
            7 => format!("\n        - {one}\n        - {other}"),
            8 => format!("\n        {one}: {other}\n        key: {one}"),
            9 => format!("{one} # obsgen: ignore[unknown-job] {other}"),
            10 => format!("!!str {one}"),
            11 => format!("{one}\n        {other}"),
            12 => format!("|2-\n        {one}\n\n        {other}"),
            _ => String::new(),
        })
    }

    proptest! {
        /// However long the pieces, and whatever the items have of each other, the tree is the same.
        #[test]
        fn items_are_read_as_they_would_be_in_one_go(
            items in proptest::collection::vec((value(), value(), value(), any::<bool>()), 4..12), length in 20..400_usize
        ) {
            let mut text = "groups:\n  - name: first\n    rules:\n".to_owned();
            for (one, two, three, is_group) in &items {
                if *is_group {
                    let _ = writeln!(text, "  - name: {}\n    rules:", one.lines().next().unwrap_or(""));
                }
                let _ = writeln!(text, "    - alert: {one}\n      expr: {two}\n# between\n      labels: {three}");
            }
            let text: Arc<str> = text.into();
            for list in lists(&text) {
                if let Some(pieces) = read_list(&text, SourceId(0), &list, length) {
                    compare(&text, &pieces);
                }
            }
        }
    }

    #[test]
    fn what_is_not_surely_one_list_is_left() {
        let list = rules("  ", 4000);
        let refused = |text: String| assert!(read(&text.into(), SourceId(0)).is_none());
        refused(rules("  ", 10));
        refused(format!("data: |\n{list}"));
        refused(format!("groups:\n{list}other:\n{list}"));
        refused(format!("groups:\n{list}  - \"open\n"));
        refused(format!("groups:\n{list}---\ngroups:\n{list}"));
        refused(format!("groups:\n{list}  - &a 1\n  - *a\n"));
        refused(format!("groups: [\n{list}"));
    }
}
