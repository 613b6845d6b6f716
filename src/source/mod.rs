//! Paper: text and the located tree that is read from it. This room knows nothing of monitoring.

mod alloy;
mod builder;
mod bytes;
mod comments;
mod containers;
pub mod decode;
mod encode;
mod fingerprint;
mod form;
mod forms;
mod json;
pub mod node;
pub mod path;
mod pieces;
mod span;
pub mod text_map;
mod toml;
mod yaml;

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

pub use builder::Documents;
pub use bytes::{ReadError, SIZE_LIMIT, read_bytes};
pub use comments::{Ignore, read_comments};
pub use containers::{Entries, Lenient, OneOrMany, Raw, SHORTHAND};
pub use decode::{decode, decode_below};
pub use encode::{content, encode};
pub use fingerprint::Fingerprint;
pub use forms::Forms;
pub use node::{Node, NodeKind};
pub use span::{SourceId, Span, Spanned};

/// Text that is not YAML.
pub const INVALID_YAML: &str = "invalid-yaml";
/// Text that is not JSON.
pub const INVALID_JSON: &str = "invalid-json";
/// Text that is not in Grafana Alloy's syntax.
pub const INVALID_ALLOY: &str = "invalid-alloy";
/// Text that is not TOML.
pub const INVALID_TOML: &str = "invalid-toml";
/// A key that is twice in one mapping.
pub const DUPLICATE_KEY: &str = "duplicate-key";
/// A key that means nothing where it stands.
pub const UNKNOWN_KEY: &str = "unknown-key";
/// A value of the wrong type.
pub const WRONG_TYPE: &str = "wrong-type";
/// A key that has to be there.
pub const MISSING_KEY: &str = "missing-key";
/// A comment to obsgen that cannot be read.
pub const INVALID_COMMENT: &str = "invalid-comment";

/// Reads every YAML document of a source.
pub fn read_yaml(map: &SourceMap, id: SourceId) -> Documents {
    yaml::read(&map.get(id).text, id, builder::Language::Yaml)
}

/// Reads a source as YAML, of one section of its root only an outline: mappings in it are left empty where [`reread`] can
/// read them again. [`Documents::is_outline`] says whether any may be.
pub fn read_outline(map: &SourceMap, id: SourceId, section: &str) -> Documents {
    yaml::read_outline(&map.get(id).text, id, section)
}

/// The mapping that was left empty in an outline; `None` where it cannot be read.
pub fn reread(map: &SourceMap, span: Span) -> Option<Node> {
    yaml::reread(&map.get(span.source).text, span.source, span.range())
}

/// Reads a source as JSON.
pub fn read_json(map: &SourceMap, id: SourceId) -> Documents {
    json::read(&map.get(id).text, id)
}

/// Reads a source as TOML.
pub fn read_toml(map: &SourceMap, id: SourceId) -> Documents {
    toml::read(&map.get(id).text, id)
}

/// Reads a source in the syntax of Grafana Alloy.
pub fn read_alloy(map: &SourceMap, id: SourceId) -> Documents {
    alloy::read(&map.get(id).text, id)
}

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
        let breaks = text.match_indices('\n').map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
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
    fn new(path: String, text: Arc<str>) -> Self {
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

/// All texts of a run.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    /// Takes a text in and gives it a number.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.sources.len()).expect("fewer than 4 billion sources"));
        self.sources.push(Source::new(path.into(), text.into()));
        id
    }

    /// The source with this number.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// Every source with its number, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources.iter().enumerate().map(|(i, s)| (SourceId(u32::try_from(i).unwrap_or(u32::MAX)), s))
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.range()).unwrap_or("")
    }

    /// `path:line:column` of where a span starts.
    pub fn place(&self, span: Span) -> String {
        let source = self.get(span.source);
        let at = source.position(span.start);
        format!("{}:{}:{}", source.path, at.line, at.column)
    }
}
