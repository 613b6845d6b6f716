//! Nodes from what a parser meets: lists and mappings are opened and closed, and what is finished is put where it belongs.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::documents::Documents;
use super::node::{Node, NodeKind, Paper, Scalar, Style};
use crate::diagnostic::{Diagnostic, Level};
use crate::text::{SourceId, Span};

/// Which of the two languages is read; they differ in how a finding is put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Yaml,
    Json,
}

/// A list or mapping that is still open.
pub(super) struct Frame {
    pub(super) start: usize,
    pub(super) flow: bool,
    pub(super) anchor: usize,
    pub(super) mapping: bool,
    /// How many nodes there were when it was opened; those after are its own, keys and values in turn.
    first: usize,
}

/// A tree, or several, that grow.
pub(super) struct Builder<'a> {
    paper: &'a Paper,
    /// The part of it that is read.
    pub(super) text: &'a str,
    source: SourceId,
    pub(super) language: Language,
    /// Where the text begins in its source.
    base: usize,
    stack: Vec<Frame>,
    /// What was read of the open lists and mappings.
    nodes: Vec<Node>,
    pub(super) documents: Documents,
}

impl<'a> Builder<'a> {
    pub(super) fn new(paper: &'a Paper, range: Range<usize>, source: SourceId, language: Language) -> Self {
        let documents = Documents { complete: true, ..Documents::default() };
        let (text, base) = (&paper[range.clone()], range.start);
        Self { paper, text, source, language, base, stack: Vec::new(), nodes: Vec::new(), documents }
    }

    /// The place in the source of a range of the text.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range.start + self.base..range.end + self.base)
    }

    pub(super) fn report(&mut self, range: Range<usize>, message: impl Into<String>, help: Option<&str>) {
        self.report_at(self.span(range), message, help);
    }

    pub(super) fn report_at(&mut self, span: Span, message: impl Into<String>, help: Option<&str>) {
        let mut diagnostic = Diagnostic::error(super::INVALID_YAML, span, message);
        diagnostic.help = help.map(str::to_owned);
        self.documents.diagnostics.push(diagnostic);
    }

    /// How deep the next node lies.
    pub(super) fn depth(&self) -> usize {
        self.stack.len()
    }

    /// The innermost collection that is open.
    pub(super) fn innermost(&self) -> Option<&Frame> {
        self.stack.last()
    }

    /// Whether the next node is the value of a key in the mapping that a key of the root names.
    pub(super) fn is_value_below(&self, section: &str) -> bool {
        let [root, inner] = self.stack.as_slice() else { return false };
        let name = |at: usize| at.checked_sub(1).and_then(|at| self.nodes.get(at)?.as_scalar()).map(Scalar::text);
        root.mapping && inner.mapping && (self.nodes.len() - inner.first) % 2 == 1 && name(inner.first) == Some(section)
    }

    pub(super) fn null(&self, at: usize) -> Node {
        Node { span: self.span(at..at), kind: NodeKind::Scalar(Scalar::slice(self.paper, self.base + at..self.base + at, Style::Plain)) }
    }

    /// A scalar that means `value`, written in `range` with its quotes.
    pub(super) fn scalar(&self, value: &str, style: Style, range: Range<usize>) -> Node {
        let (inner, range) = match style {
            Style::Single | Style::Double | Style::Json => (range.start + 1..range.end.saturating_sub(1), range),
            Style::Literal | Style::Folded => {
                let end = range.start + self.text[range.clone()].trim_end().len();
                // One without a word is where its head ends: what the parser says depends on what comes behind.
                let head = self.text[range.start..].find(char::is_whitespace).map_or(self.text.len(), |length| range.start + length);
                let is_head = self.text[range.start..].starts_with(['|', '>']);
                let before = if is_head { &self.text[..head] } else { self.text[..range.start].trim_end() };
                let blank = value.trim().is_empty().then_some(before.len());
                (range.start..range.start + value.len(), blank.map_or(range.start..end, |at| at..at))
            }
            Style::Plain | Style::Header => (range.clone(), range),
        };
        let scalar = match self.text.get(inner.clone()) {
            Some(written) if written == value => Scalar::slice(self.paper, self.base + inner.start..self.base + inner.end, style),
            _ => Scalar::owned(value, style),
        };
        Node { span: self.span(range), kind: NodeKind::Scalar(scalar) }
    }

    pub(super) fn open(&mut self, start: usize, flow: bool, anchor: usize, mapping: bool) {
        self.stack.push(Frame { start, flow, anchor, mapping, first: self.nodes.len() });
    }

    /// Closes the innermost collection; what it became, and the anchor it was opened with.
    pub(super) fn close(&mut self, end: usize) -> Option<(Node, usize)> {
        let frame = self.stack.pop()?;
        Some((self.build(&frame, end), frame.anchor))
    }

    /// Forgets the innermost collection with all that is in it.
    pub(super) fn forget(&mut self) {
        if let Some(frame) = self.stack.pop() {
            self.nodes.truncate(frame.first);
        }
    }

    fn build(&mut self, frame: &Frame, end: usize) -> Node {
        let own = &self.nodes[frame.first..];
        let begin = self.base + frame.start;
        let first = own.first().filter(|_| frame.mapping).map_or(begin, |key| key.span.range().start);
        let last = own.last().map_or(begin, |node| node.span.range().end);
        // A block collection has no bracket to end at, and an alias inside it lies elsewhere. One of the pairs of `[a: : b]` has none
        // either, and is said to end before it begins.
        let range = if frame.flow { begin..(self.base + end).max(begin) } else { first..last.max(first) };
        // Collected from what is known to be there, so that no list is larger than what it holds.
        let kind = if frame.mapping {
            let mut entries = Vec::with_capacity(own.len() / 2);
            let mut own = self.nodes.drain(frame.first..);
            while let (Some(key), Some(value)) = (own.next(), own.next()) {
                entries.push((key, value));
            }
            drop(own);
            NodeKind::Mapping(self.settle(entries))
        } else {
            NodeKind::Sequence(self.nodes.drain(frame.first..).collect())
        };
        Node { span: Span::new(self.source, range), kind }
    }

    /// Puts a finished node where it belongs: into the open collection, or among the roots.
    pub(super) fn add(&mut self, node: Node) {
        if self.stack.is_empty() { self.documents.roots.push(node) } else { self.nodes.push(node) }
    }

    /// Reports duplicate keys and carries out merges.
    fn settle(&mut self, entries: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
        let entries = if has_duplicates(&entries) { self.without_duplicates(entries) } else { entries };
        if self.language == Language::Yaml && entries.iter().any(|(key, _)| is_merge(key)) { self.merged(entries) } else { entries }
    }

    fn without_duplicates(&mut self, entries: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut kept: Vec<(Node, Node)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = key.as_scalar().map(|s| s.text().to_owned()) else {
                kept.push((key, value));
                continue;
            };
            let Some(first) = seen.get(&name).copied() else {
                seen.insert(name, kept.len());
                kept.push((key, value));
                continue;
            };
            // Prometheus refuses YAML with a duplicate; Grafana's JSON reader takes the last one.
            let (level, help) = match self.language {
                Language::Yaml => (Level::Error, "keep one of the two"),
                Language::Json => (Level::Warning, "keep one of the two; readers of JSON take the last"),
            };
            let diagnostic = Diagnostic::new(super::DUPLICATE_KEY, level, key.span, format!("the key `{name}` is here twice"))
                .related(kept[first].0.span, "the first one")
                .help(help);
            self.documents.diagnostics.push(diagnostic);
            if self.language == Language::Json {
                kept[first] = (key, value);
            }
        }
        kept
    }

    fn merged(&mut self, entries: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
        let (merges, mut kept): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| is_merge(key));
        let mut present: HashSet<String> = kept.iter().filter_map(|(key, _)| key.as_scalar().map(|s| s.text().to_owned())).collect();
        for (key, value) in merges {
            let sources = match value.kind {
                NodeKind::Mapping(entries) => vec![entries],
                NodeKind::Sequence(items) if items.iter().all(|item| item.as_mapping().is_some()) => items
                    .into_iter()
                    .filter_map(|item| match item.kind {
                        NodeKind::Mapping(entries) => Some(entries),
                        _ => None,
                    })
                    .collect(),
                _ => {
                    self.report_at(
                        key.span,
                        "`<<` takes a mapping or a list of mappings",
                        Some("write `<<: *anchor` with the anchor on a mapping"),
                    );
                    Vec::new()
                }
            };
            for entry in sources.into_iter().flatten() {
                if entry.0.as_scalar().is_none_or(|s| present.insert(s.text().to_owned())) {
                    kept.push(entry);
                }
            }
        }
        kept
    }
}

fn is_merge(key: &Node) -> bool {
    key.as_scalar().is_some_and(|s| s.style == Style::Plain && s.text() == "<<")
}

fn has_duplicates(entries: &[(Node, Node)]) -> bool {
    let mut names = entries.iter().filter_map(|(key, _)| key.as_scalar()).map(Scalar::text);
    if entries.len() > 16 {
        let mut seen = HashSet::with_capacity(entries.len());
        return !names.all(|name| seen.insert(name));
    }
    let name = |at: usize| entries[at].0.as_scalar().map(Scalar::text);
    (1..entries.len()).any(|at| name(at).is_some_and(|text| (0..at).any(|earlier| name(earlier) == Some(text))))
}
