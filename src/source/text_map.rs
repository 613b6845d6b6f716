//! From an offset inside a decoded scalar to the place in the file, for every style of scalar.
//!
//! The decoded text and the written text are walked side by side. The written text says where line
//! breaks and escapes are, the decoded text what became of them, so no folding rule is needed twice.

use std::ops::Range;

use super::node::{Node, Style};
use crate::text::Span;

/// The place in `source_text` of a byte range inside the decoded text of a scalar.
///
/// An empty range gives an empty span; anything but a scalar gives the whole node. For many ranges of one scalar,
/// make a [`Map`].
pub fn span(source_text: &str, node: &Node, range: Range<usize>) -> Span {
    Map::new(source_text, node).span(range)
}

/// The way from the decoded text of one scalar to what was written, for any number of ranges.
#[derive(Clone, Debug)]
pub struct Map {
    node: Span,
    length: usize,
    pieces: Vec<Piece>,
}

/// A run of decoded text: written just so, or as something else that belongs together, such as an escape.
#[derive(Clone, Debug)]
struct Piece {
    value: Range<usize>,
    written: Range<usize>,
}

impl Piece {
    fn is_straight(&self) -> bool {
        self.value.len() == self.written.len()
    }
}

impl Map {
    /// Walks a scalar once.
    pub fn new(source_text: &str, node: &Node) -> Self {
        let written = node.span.range();
        let Some(scalar) = node.as_scalar() else { return Self { node: node.span, length: 0, pieces: Vec::new() } };
        let value = scalar.text();
        let pieces = match straight(source_text, value, &written, scalar.style) {
            Some(shift) => vec![Piece { value: 0..value.len(), written: shift..shift + value.len() }],
            None => walked(source_text, value, &written, scalar.style),
        };
        Self { node: node.span, length: value.len(), pieces }
    }

    /// The place of a byte range of the decoded text.
    pub fn span(&self, range: Range<usize>) -> Span {
        let end = range.end.min(self.length);
        let start = range.start.min(end);
        let Some(last) = self.pieces.last() else { return self.node };
        let first = self.piece(start).map_or(last.written.end, |piece| {
            if piece.is_straight() { piece.written.start + start - piece.value.start } else { piece.written.start }
        });
        if start == end {
            return Span::new(self.node.source, first..first);
        }
        let until = self.piece(end - 1).map_or(last.written.end, |piece| {
            if piece.is_straight() { piece.written.start + end - piece.value.start } else { piece.written.end }
        });
        Span::new(self.node.source, first..until.max(first))
    }

    /// The parts of the decoded text, in order, each with the place where it was written.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        self.pieces.iter().map(|piece| (piece.value.clone(), piece.written.clone()))
    }

    /// The piece that a byte of the decoded text lies in.
    fn piece(&self, offset: usize) -> Option<&Piece> {
        self.pieces.get(self.pieces.partition_point(|piece| piece.value.end <= offset))
    }
}

/// The distance between decoded and written text where the one is a piece of the other.
fn straight(source_text: &str, value: &str, written: &Range<usize>, style: Style) -> Option<usize> {
    let shift = written.start + style.mark();
    (source_text.get(shift..shift + value.len())? == value).then_some(shift)
}

fn walked(source_text: &str, value: &str, written: &Range<usize>, style: Style) -> Vec<Piece> {
    let mut walk = Walk::new(source_text, written, style);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut offset = 0;
    while offset < value.len() {
        let (length, place) = walk.step(&value[offset..]);
        let next = Piece { value: offset..offset + length, written: place };
        offset = next.value.end;
        match pieces.last_mut() {
            Some(last) if last.is_straight() && next.is_straight() && last.written.end == next.written.start => {
                last.value.end = next.value.end;
                last.written.end = next.written.end;
            }
            _ => pieces.push(next),
        }
    }
    pieces
}

/// Where the walk stands in the written text.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    style: Style,
    /// The column at which the content of a block scalar starts.
    indent: usize,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, written: &Range<usize>, style: Style) -> Self {
        let quoted = matches!(style, Style::Single | Style::Double | Style::Json);
        let (at, end) = if quoted { (written.start + 1, written.end.saturating_sub(1)) } else { (written.start, written.end) };
        let block = matches!(style, Style::Literal | Style::Folded);
        let indent = if block { text[..written.start].bytes().rev().take_while(|byte| *byte != b'\n').count() } else { 0 };
        Self { text, at, end, style, indent }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..self.end.max(self.at)]
    }

    /// Takes one decoded character or one run of line breaks: how many decoded bytes, and where they were written.
    fn step(&mut self, value: &str) -> (usize, Range<usize>) {
        match self.style {
            Style::Literal | Style::Folded => self.block_step(value),
            _ => self.flow_step(value),
        }
    }

    fn block_step(&mut self, value: &str) -> (usize, Range<usize>) {
        let at = self.at;
        let Some(width) = line_break(self.rest()) else {
            // Leading blank lines lie before the span; trailing ones behind it.
            return if value.starts_with('\n') { (1, at..at) } else { self.take_one(value) };
        };
        if !value.starts_with('\n') {
            // A folded break: one space for one break.
            self.at += width;
            self.skip_indent();
            return (1, at..at + width);
        }
        let newlines = value.bytes().take_while(|b| *b == b'\n').count();
        let mut breaks = 0;
        while let Some(width) = line_break(self.rest()) {
            self.at += width;
            self.skip_indent();
            breaks += 1;
            if self.style == Style::Literal || breaks > newlines {
                break;
            }
        }
        let taken = if self.style == Style::Literal { 1 } else { newlines };
        (taken, at..at + width)
    }

    /// Skips the indentation at the start of a line of a block scalar.
    fn skip_indent(&mut self) {
        let spaces = self.rest().bytes().take(self.indent).take_while(|b| *b == b' ').count();
        self.at += spaces;
    }

    fn flow_step(&mut self, value: &str) -> (usize, Range<usize>) {
        let at = self.at;
        let blank = self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        if self.style != Style::Json && line_break(&self.rest()[blank..]).is_some() {
            let (breaks, width) = line_breaks(self.rest());
            self.at += width;
            let taken = if breaks == 1 { 1 } else { breaks - 1 };
            return (taken, at..at + width);
        }
        match (self.style, self.rest().as_bytes()) {
            (Style::Single, [b'\'', b'\'', ..]) => self.take(1, 2),
            (Style::Double | Style::Json, [b'\\', ..]) => self.escape(value),
            _ => self.take_one(value),
        }
    }

    fn escape(&mut self, value: &str) -> (usize, Range<usize>) {
        let rest = self.rest();
        if self.style == Style::Double && line_break(&rest[1..]).is_some() {
            // An escaped line break stands for nothing; the next line's indentation goes with it.
            let (_, width) = line_breaks(&rest[1..]);
            self.at += 1 + width;
            return self.step(value);
        }
        let length = value.chars().next().map_or(1, char::len_utf8);
        let width = match rest.as_bytes().get(1) {
            Some(b'x') => 4,
            Some(b'u') if length == 4 && rest.as_bytes().get(6) == Some(&b'\\') => 12,
            Some(b'u') => 6,
            Some(b'U') => 10,
            _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        self.take(length, width.min(rest.len()))
    }

    fn take_one(&mut self, value: &str) -> (usize, Range<usize>) {
        let length = value.chars().next().map_or(1, char::len_utf8);
        let width = self.rest().chars().next().map_or(0, char::len_utf8);
        self.take(length, width)
    }

    fn take(&mut self, length: usize, width: usize) -> (usize, Range<usize>) {
        let at = self.at;
        self.at += width;
        (length, at..self.at)
    }
}

/// The width of a line break that the text starts with.
fn line_break(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => Some(2),
        [b'\n' | b'\r', ..] => Some(1),
        _ => None,
    }
}

/// How many line breaks stand at the start, blanks around them, and how wide all of it is.
fn line_breaks(text: &str) -> (usize, usize) {
    let (mut breaks, mut at) = (0, 0);
    loop {
        let blank = text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
        match line_break(&text[at + blank..]) {
            Some(width) => {
                breaks += 1;
                at += blank + width;
            }
            None => return (breaks, at + blank),
        }
    }
}
