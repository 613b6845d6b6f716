//! All texts of a run.

use std::sync::Arc;

use super::source::Source;
use super::span::{SourceId, Span};

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
