//! The form of a text: its tree, from which the trees of texts of the same form are made without their being taken apart.
//!
//! Texts that come of one template differ in names, addresses and numbers. Where two texts differ only in which words stand
//! within their values and comments, their trees are the same but for these words and for where everything stands: what a
//! value means is decided by whoever reads the tree.

use std::ops::Range;

use super::documents::Documents;
use super::node::{Node, NodeKind, Paper, Scalar};
use super::text_map::Map;
use crate::text::{SourceId, Span};

/// A part of a source that is read by itself.
pub(super) struct Part<'a> {
    pub(super) paper: &'a Paper,
    pub(super) range: Range<usize>,
    pub(super) source: SourceId,
}

impl<'a> Part<'a> {
    /// What is written there.
    pub(super) fn written(&self) -> &'a str {
        &self.paper[self.range.clone()]
    }
}

/// A text and its tree. Offsets are those of the text.
pub(super) struct Form {
    text: Box<str>,
    root: Node,
    /// Where the text begins in its source.
    begin: usize,
    /// What was written as it is meant within values, in order: words may be others there.
    free: Vec<Range<usize>>,
    /// Of what each value that is no piece of the text consists, in the order of the tree.
    decoded: Vec<Vec<Run>>,
}

/// A part of a decoded text.
enum Run {
    /// It was written so, at this place.
    Written(Range<usize>),
    /// It was written in another way.
    Meant(Box<str>),
}

/// A hash of a text that others of its form have too. It need not be a good one: whatever is found by it is compared.
pub(super) fn outline(text: &str) -> u64 {
    let (mut outline, mut last) = (0_u64, 0);
    for byte in text.bytes() {
        let kind = KIND[usize::from(byte)];
        if kind != last {
            outline = (outline.rotate_left(5) ^ u64::from(kind)).wrapping_mul(0x517c_c1b7_2722_0a95);
            last = kind;
        }
    }
    outline
}

/// What a byte is for an outline: a part of a word, or itself.
const KIND: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        kinds[byte as usize] = if IN_WORD[byte as usize] || matches!(byte, b'-' | b'.' | b'/') { b'a' } else { byte };
        byte += 1;
    }
    kinds
};

/// Of which characters words are made.
const IN_WORD: [bool; 256] = {
    let mut known = [false; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        known[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    known
};

fn is_word(byte: u8) -> bool {
    IN_WORD[usize::from(byte)]
}

/// Whether what stands at a place would join the words around it.
fn is_joint(bytes: &[u8], at: usize) -> bool {
    matches!(bytes[at], b'-' | b'.' | b'/') && bytes.get(at + 1).copied().is_some_and(is_word)
}

/// The length of the word that bytes begin with, 0 where they begin with none: nothing in it means anything to YAML.
fn word(bytes: &[u8]) -> usize {
    let mut end = 0;
    loop {
        end += bytes[end..].iter().take_while(|byte| is_word(**byte)).count();
        if end == 0 || end == bytes.len() || !is_joint(bytes, end) {
            return end;
        }
        end += 1;
    }
}

/// Where the word begins that a place behind `from` lies in or ends; the place itself where there is none.
fn word_start(bytes: &[u8], from: usize, mut at: usize) -> usize {
    while at > from && (is_word(bytes[at - 1]) || (at > from + 1 && matches!(bytes[at - 1], b'-' | b'.' | b'/') && is_word(bytes[at - 2])))
    {
        at -= 1;
    }
    at
}

/// How many bytes are the same at the beginning of both.
fn common(one: &[u8], other: &[u8]) -> usize {
    const WIDTH: usize = 16;
    let blocks = one.chunks_exact(WIDTH).zip(other.chunks_exact(WIDTH)).take_while(|(one, other)| one == other).count() * WIDTH;
    blocks + one[blocks..].iter().zip(&other[blocks..]).take_while(|(one, other)| one == other).count()
}

impl Form {
    /// The form of a part in which there is nothing but one tree.
    pub(super) fn new(part: &Part<'_>, documents: &Documents) -> Option<Self> {
        let [root] = documents.roots.as_slice() else { return None };
        let text = part.written();
        if !documents.complete || !documents.diagnostics.is_empty() {
            return None;
        }
        let mut form = Self { text: text.into(), root: root.clone(), begin: part.range.start, free: Vec::new(), decoded: Vec::new() };
        let mut places = Vec::new();
        form.collect(root, true, &mut places);
        // What an alias repeats as a key may not be another where it is a value either.
        places.sort_unstable_by_key(|(range, is_free)| (range.start, range.end, *is_free));
        places.dedup_by(|later, earlier| later.0 == earlier.0);
        form.free = places.into_iter().filter(|(_, is_free)| *is_free).map(|(range, _)| range).collect();
        Some(form)
    }

    /// What is written as it is meant in the scalars of a tree, and whether it may be something else.
    fn collect(&mut self, node: &Node, is_value: bool, places: &mut Vec<(Range<usize>, bool)>) {
        match &node.kind {
            NodeKind::Scalar(scalar) => {
                let runs = self.runs(node, scalar);
                places.extend(runs.iter().filter_map(|run| match run {
                    Run::Written(range) => Some((range.clone(), is_value)),
                    Run::Meant(_) => None,
                }));
                if !scalar.is_slice() {
                    self.decoded.push(runs);
                }
            }
            NodeKind::Sequence(items) => items.iter().for_each(|item| self.collect(item, is_value, places)),
            NodeKind::Mapping(entries) => entries.iter().for_each(|(key, value)| {
                self.collect(key, false, places);
                self.collect(value, is_value, places);
            }),
        }
    }

    /// Of what a scalar consists.
    fn runs(&self, node: &Node, scalar: &Scalar) -> Vec<Run> {
        let span = self.own(node.span);
        // Read as a source of its own.
        let local = Node { span: Span::new(node.span.source, span), kind: node.kind.clone() };
        let mut runs = Vec::new();
        for (meant, written) in Map::new(&self.text, &local).parts() {
            let (value, text) = (&scalar.text()[meant], &self.text[written.clone()]);
            // A line break that stands for a space ends what it follows.
            let same: usize = value.chars().zip(text.chars()).take_while(|(one, other)| one == other).map(|(one, _)| one.len_utf8()).sum();
            runs.push(Run::Written(written.start..written.start + same));
            if same < value.len() || same < text.len() {
                runs.push(Run::Meant(value[same..].into()));
            }
        }
        runs
    }

    /// The place in the text of a place in its source.
    fn own(&self, span: Span) -> Range<usize> {
        span.range().start - self.begin..span.range().end - self.begin
    }

    /// The tree of a part, if it is of this form.
    pub(super) fn tree_of(&self, part: &Part<'_>) -> Option<Node> {
        let shifts = self.shifts(part.written().as_bytes())?;
        Some(Copy { form: self, part, shifts, passed: 0, decoded: self.decoded.iter() }.node(&self.root))
    }

    /// By how much what stands behind each place is moved in a text of this form; `None` where the text is not.
    fn shifts(&self, other: &[u8]) -> Option<Vec<(usize, isize)>> {
        let mine = self.text.as_bytes();
        let (mut at, mut there) = (0, 0);
        let mut shifts = Vec::new();
        loop {
            let same = common(&mine[at..], &other[there..]);
            if at + same == mine.len() && there + same == other.len() {
                return Some(shifts);
            }
            let start = word_start(mine, at, at + same);
            there += start - at;
            let (length, others) = (word(&mine[start..]), word(&other[there..]));
            let is_other = length > 0 && others > 0 && mine[start..start + length] != other[there..there + others];
            (at, there) = (start + length, there + others);
            if !is_other || !self.may_differ(&(start..at)) {
                return None;
            }
            if length != others {
                shifts.push((at, there.cast_signed() - at.cast_signed()));
            }
        }
    }

    /// Whether what stands here is part of a value or of a comment.
    fn may_differ(&self, word: &Range<usize>) -> bool {
        let before = &self.free[..self.free.partition_point(|free| free.start <= word.start)];
        before.last().is_some_and(|free| word.end <= free.end) || self.is_comment(word.start)
    }

    fn is_comment(&self, at: usize) -> bool {
        let text = &self.text;
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        // Within a text of several lines it may look like one.
        let is_scalar = |mark: usize| is_within(&self.root, self.begin + mark);
        text[line..at]
            .match_indices('#')
            .map(|(mark, _)| line + mark)
            .any(|mark| (mark == line || text[..mark].ends_with([' ', '\t'])) && !is_scalar(mark))
    }
}

/// Whether a place of the source lies within a scalar.
fn is_within(node: &Node, at: usize) -> bool {
    match &node.kind {
        NodeKind::Scalar(_) => node.span.range().contains(&at),
        NodeKind::Sequence(items) => items.iter().any(|item| is_within(item, at)),
        NodeKind::Mapping(entries) => entries.iter().any(|(key, value)| is_within(key, at) || is_within(value, at)),
    }
}

/// The tree of a part, while it is made of the tree of its form.
struct Copy<'a> {
    form: &'a Form,
    part: &'a Part<'a>,
    shifts: Vec<(usize, isize)>,
    /// How many of them lie before what was asked for last.
    passed: usize,
    decoded: std::slice::Iter<'a, Vec<Run>>,
}

impl Copy<'_> {
    fn node(&mut self, node: &Node) -> Node {
        let own = self.form.own(node.span);
        let start = self.moved(own.start);
        let kind = match &node.kind {
            NodeKind::Scalar(scalar) => NodeKind::Scalar(self.scalar(scalar, own.start)),
            NodeKind::Sequence(items) => NodeKind::Sequence(items.iter().map(|item| self.node(item)).collect()),
            NodeKind::Mapping(entries) => {
                NodeKind::Mapping(entries.iter().map(|(key, value)| (self.node(key), self.node(value))).collect())
            }
        };
        let (begin, end) = (self.part.range.start, self.moved(own.end));
        Node { span: Span::new(self.part.source, begin + start..begin + end), kind }
    }

    /// A scalar that begins at an offset of the form.
    fn scalar(&mut self, scalar: &Scalar, start: usize) -> Scalar {
        let mut copy = if scalar.is_slice() {
            let start = start + scalar.style.mark();
            let (start, end) = (self.moved(start), self.moved(start + scalar.text().len()));
            let own = self.part.range.start;
            Scalar::slice(self.part.paper, own + start..own + end, scalar.style)
        } else {
            let runs = self.decoded.next().into_iter().flatten();
            let texts = runs.map(|run| match run {
                Run::Written(range) => &self.part.written()[self.moved(range.start)..self.moved(range.end)],
                Run::Meant(text) => text,
            });
            Scalar::owned(texts.collect::<String>(), scalar.style)
        };
        copy.tagged_string = scalar.tagged_string;
        copy
    }

    /// The place in the part of a place in the form. Most are asked for in order.
    fn moved(&mut self, offset: usize) -> usize {
        while self.shifts.get(self.passed).is_some_and(|(end, _)| *end <= offset) {
            self.passed += 1;
        }
        while self.passed > 0 && self.shifts[self.passed - 1].0 > offset {
            self.passed -= 1;
        }
        self.passed.checked_sub(1).map_or(offset, |before| offset.wrapping_add_signed(self.shifts[before].1))
    }
}
