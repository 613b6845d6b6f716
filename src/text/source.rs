//! One text, and the lines and columns of places in it.

use std::sync::{Arc, OnceLock};

/// One text that was read, with the name it was asked for by.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the user gave it (`-` for standard input).
    pub path: String,
    /// The whole text, without a byte order mark.
    pub text: Arc<str>,
    /// Found out when first asked for: of most files of a fleet nothing is said.
    lines: OnceLock<Lines>,
}

/// What it takes to tell the line and the column of an offset.
#[derive(Clone, Debug)]
struct Lines {
    /// The byte offset at which each line starts.
    starts: Vec<u32>,
    /// How many characters lie before each block of [`BLOCK`] bytes, for a minified file is one long line.
    characters: Vec<u32>,
}

const BLOCK: usize = 1024;

/// A place as people count it: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX));
        let starts = std::iter::once(0).chain(breaks).collect();
        let mut total = 0;
        let characters = text
            .as_bytes()
            .chunks(BLOCK)
            .map(|block| {
                let before = total;
                total += count_characters(block);
                before
            })
            .collect();
        Self { starts, characters }
    }
}

impl Source {
    pub(super) fn new(path: String, text: Arc<str>) -> Self {
        Self { path, text, lines: OnceLock::new() }
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::of(&self.text))
    }

    /// How many characters start before a byte offset.
    fn characters_before(&self, offset: usize) -> usize {
        let characters = &self.lines().characters;
        let block = (offset / BLOCK).min(characters.len().saturating_sub(1));
        let before = characters.get(block).copied().unwrap_or(0);
        (before + count_characters(&self.text.as_bytes()[block * BLOCK..offset])) as usize
    }

    /// The line and column of a byte offset; an offset past the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        let starts = &self.lines().starts;
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts[line - 1] as usize;
        let mut end = offset as usize;
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        Position { line, column: self.characters_before(end) - self.characters_before(start) + 1 }
    }

    /// The whole line that a byte offset lies in, without its line break, and its number from 1.
    pub fn line_at(&self, offset: usize) -> (std::ops::Range<usize>, usize) {
        let offset = offset.min(self.text.len());
        let starts = &self.lines().starts;
        let line = starts.partition_point(|start| *start as usize <= offset);
        let end = starts.get(line).map_or(self.text.len(), |next| *next as usize - 1);
        (starts[line - 1] as usize..end, line)
    }
}

/// Every character has one byte that continues none.
fn count_characters(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()).unwrap_or(u32::MAX)
}
