//! YAML text to nodes. The only file that names the YAML parser.
//!
//! Every problem becomes a diagnostic and reading goes on where it can: with the next key, or after a
//! syntax error with the next document. What had been read of a broken document is kept without the
//! innermost mapping, which may be half there; [`Documents::complete`] says so.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::comments::{self, Ignore};
use super::node::{Node, NodeKind, Scalar, Style};
use super::{SourceId, Span, pieces};
use crate::diagnostic::{Diagnostic, Level};

/// Deeper nesting is an error; nobody writes it, and everything that walks a tree may recurse.
const NESTING_LIMIT: usize = 200;

/// What was read of one file.
#[derive(Debug, Default)]
pub struct Documents {
    /// The roots, one per YAML document.
    pub roots: Vec<Node>,
    /// Whether all there is was read: false after a syntax error.
    pub complete: bool,
    /// The `# obsgen: ignore[…]` comments.
    pub comments: Vec<Ignore>,
    /// What is wrong with the text as YAML or JSON.
    pub diagnostics: Vec<Diagnostic>,
}

/// Which of the two languages is read; they differ in how a finding is put.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Yaml,
    Json,
}

/// Reads a text: a long list of YAML in pieces, everything else in one go.
pub(super) fn read(text: &Arc<str>, source: SourceId, language: Language) -> Documents {
    let pieces = (language == Language::Yaml).then(|| pieces::read(text, source)).flatten();
    pieces.unwrap_or_else(|| read_piece(text, source, language, 0))
}

/// Reads a text that stands in its source from `base` on.
pub(super) fn read_piece(text: &Arc<str>, source: SourceId, language: Language, base: usize) -> Documents {
    let mut loader = Loader::new(text, source, language, base);
    let readable = loader.readable_text();
    let options = granit_parser::options! {
        flow_nesting_limit: NESTING_LIMIT,
        block_nesting_limit: NESTING_LIMIT,
        emit_unresolved_aliases: true,
        emit_comments: readable.contains(comments::MARKER),
        max_buffered_comment_events: usize::MAX,
        block_scalar_eof_without_line_feed: true,
    };
    let mut parser = Parser::new_from_str_with_options(readable, options);
    loop {
        match parser.next_event() {
            Some(Ok((event, span))) => {
                let range = span.byte_range().unwrap_or(0..0);
                loader.event(event, range);
            }
            Some(Err(error)) => {
                loader.syntax_error(&error);
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
            None => break,
        }
    }
    loader.documents
}

/// A list or mapping that is still open.
struct Frame {
    start: usize,
    flow: bool,
    anchor: usize,
    mapping: bool,
    /// How many nodes there were when it was opened; those after are its own, keys and values in turn.
    first: usize,
}

struct Loader<'a> {
    text: &'a Arc<str>,
    source: SourceId,
    language: Language,
    /// Where the text begins in its source.
    base: usize,
    stack: Vec<Frame>,
    /// What was read of the open lists and mappings.
    nodes: Vec<Node>,
    /// Anchored nodes; `None` where a copy would have gone over the budget.
    anchors: HashMap<usize, Option<Node>>,
    has_aliases: bool,
    /// How many nodes aliases may still copy.
    budget: usize,
    documents: Documents,
}

impl<'a> Loader<'a> {
    fn new(text: &'a Arc<str>, source: SourceId, language: Language, base: usize) -> Self {
        Self {
            text,
            source,
            language,
            base,
            stack: Vec::new(),
            nodes: Vec::new(),
            anchors: HashMap::new(),
            has_aliases: text.contains('*') && text.contains('&'),
            budget: 100_000 + text.len() / 4,
            documents: Documents { complete: true, ..Documents::default() },
        }
    }

    /// The text up to the first NUL, which the parser would take for the end without a word.
    fn readable_text(&mut self) -> &'a str {
        let Some(nul) = self.text.find('\0') else { return self.text };
        self.documents.complete = false;
        self.report(nul..nul + 1, "the text has a NUL character, which YAML does not allow", Some("save the file as UTF-8 text"));
        &self.text[..nul]
    }

    /// The place in the source of a range of the text.
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range.start + self.base..range.end + self.base)
    }

    fn report(&mut self, range: Range<usize>, message: impl Into<String>, help: Option<&str>) {
        self.report_at(self.span(range), message, help);
    }

    fn report_at(&mut self, span: Span, message: impl Into<String>, help: Option<&str>) {
        let mut diagnostic = Diagnostic::error(super::INVALID_YAML, span, message);
        diagnostic.help = help.map(str::to_owned);
        self.documents.diagnostics.push(diagnostic);
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tagged_string = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let node = self.scalar(&value, style, range, tagged_string);
                self.finish(node, anchor);
            }
            Event::SequenceStart(style, anchor, _) => {
                self.open(range.start, style, anchor, false);
            }
            Event::MappingStart(style, anchor, _) => self.open(range.start, style, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            Event::Alias(id) => self.alias(id, range),
            Event::UnresolvedAlias(name) => {
                self.report(
                    range.clone(),
                    format!("no anchor is named `&{name}`"),
                    Some("define the anchor above, or quote the value if it is text"),
                );
                let node = self.null(range.start);
                self.finish(node, 0);
            }
            Event::Comment(text, _) => {
                if let Some(comment) = comments::parse(&self.text[..range.start], &text, self.span(range)) {
                    match comment {
                        Ok(ignore) => self.documents.comments.push(ignore),
                        Err(diagnostic) => self.documents.diagnostics.push(*diagnostic),
                    }
                }
            }
            Event::DocumentStart(..) => self.anchors.clear(),
            _ => {}
        }
    }

    fn null(&self, at: usize) -> Node {
        Node { span: self.span(at..at), kind: NodeKind::Scalar(Scalar::slice(self.text, at..at, Style::Plain)) }
    }

    fn scalar(&self, value: &str, style: ScalarStyle, range: Range<usize>, tagged_string: bool) -> Node {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted if self.language == Language::Json => Style::Json,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        // The parser says `~` for a value that was left out.
        if style == Style::Plain && range.is_empty() {
            return self.null(range.start);
        }
        let (inner, range) = match style {
            Style::Single | Style::Double | Style::Json => (range.start + 1..range.end.saturating_sub(1), range),
            Style::Literal | Style::Folded => {
                let end = range.start + self.text[range.clone()].trim_end().len();
                (range.start..range.start + value.len(), range.start..end)
            }
            Style::Plain => (range.clone(), range),
        };
        let mut scalar = match self.text.get(inner.clone()) {
            Some(written) if written == value => Scalar::slice(self.text, inner, style),
            _ => Scalar::owned(value, style),
        };
        scalar.tagged_string = tagged_string;
        Node { span: self.span(range), kind: NodeKind::Scalar(scalar) }
    }

    fn open(&mut self, start: usize, style: StructureStyle, anchor: usize, mapping: bool) {
        self.stack.push(Frame { start, flow: style == StructureStyle::Flow, anchor, mapping, first: self.nodes.len() });
    }

    fn close(&mut self, end: usize) {
        let Some(frame) = self.stack.pop() else { return };
        let anchor = frame.anchor;
        let node = self.build(&frame, end);
        self.finish(node, anchor);
    }

    fn build(&mut self, frame: &Frame, end: usize) -> Node {
        let own = &self.nodes[frame.first..];
        let begin = self.base + frame.start;
        let first = own.first().filter(|_| frame.mapping).map_or(begin, |key| key.span.range().start);
        let last = own.last().map_or(begin, |node| node.span.range().end);
        // A block collection has no bracket to end at, and an alias inside it lies elsewhere.
        let range = if frame.flow { begin..self.base + end } else { first..last.max(first) };
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
    fn finish(&mut self, node: Node, anchor: usize) {
        if anchor != 0 && self.has_aliases {
            let copy = node.copy(&mut self.budget);
            self.anchors.insert(anchor, copy);
        }
        if self.stack.is_empty() { self.documents.roots.push(node) } else { self.nodes.push(node) }
    }

    fn alias(&mut self, id: usize, range: Range<usize>) {
        let depth = self.stack.len();
        let copy = match self.anchors.get(&id) {
            Some(Some(target)) if depth + target.depth() <= NESTING_LIMIT => target.copy(&mut self.budget),
            Some(_) => None,
            None => {
                self.report(range.clone(), "this alias stands inside the value that it names", None);
                let node = self.null(range.start);
                return self.finish(node, 0);
            }
        };
        if copy.is_none() {
            self.budget = 0;
            let help = "write the values out; aliases of aliases grow without bound";
            if !self.documents.diagnostics.iter().any(|d| d.message.starts_with("aliases make this file")) {
                self.report(range.clone(), "aliases make this file far larger than it is written", Some(help));
            }
            self.documents.complete = false;
        }
        let node = copy.unwrap_or_else(|| self.null(range.start));
        self.finish(node, 0);
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
        let mut present: std::collections::HashSet<String> =
            kept.iter().filter_map(|(key, _)| key.as_scalar().map(|s| s.text().to_owned())).collect();
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

    /// Reports a syntax error and closes what was open, without the innermost mapping.
    fn syntax_error(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let end = self.text[at..].chars().next().filter(|c| *c != '\n').map_or(at, |c| at + c.len_utf8());
        let (message, help) = wording(error);
        self.report(at..end, message, help);
        self.point_at_open_bracket(at);
        self.documents.complete = false;
        let mut dropped = false;
        while let Some(frame) = self.stack.pop() {
            if frame.mapping && !dropped && !self.stack.is_empty() {
                dropped = true;
                self.nodes.truncate(frame.first);
                continue;
            }
            let node = self.build(&frame, at);
            self.finish(node, 0);
        }
    }

    /// A list or mapping in brackets that is open since a line above is likely where a mistake began.
    fn point_at_open_bracket(&mut self, at: usize) {
        let Some(start) = self.stack.last().filter(|frame| frame.flow).map(|frame| frame.start) else { return };
        let span = self.span(start..start + 1);
        let bracket = self.text[start..at.max(start)].chars().next().filter(|c| matches!(c, '[' | '{'));
        if let (Some(bracket), Some(finding)) = (bracket, self.documents.diagnostics.last_mut())
            && self.text[start..at].contains('\n')
        {
            finding.related.push(crate::diagnostic::Related { span, message: format!("this `{bracket}` is not closed yet") });
        }
    }
}

fn is_merge(key: &Node) -> bool {
    key.as_scalar().is_some_and(|s| s.style == Style::Plain && s.text() == "<<")
}

fn has_duplicates(entries: &[(Node, Node)]) -> bool {
    let mut names = entries.iter().filter_map(|(key, _)| key.as_scalar()).map(Scalar::text);
    if entries.len() > 16 {
        let mut seen = std::collections::HashSet::with_capacity(entries.len());
        return !names.all(|name| seen.insert(name));
    }
    let name = |at: usize| entries[at].0.as_scalar().map(Scalar::text);
    (1..entries.len()).any(|at| name(at).is_some_and(|text| (0..at).any(|earlier| name(earlier) == Some(text))))
}

/// What a syntax error is called, and what to do about it.
fn wording(error: &ScanError) -> (String, Option<&'static str>) {
    let (message, help) = match error.kind() {
        ErrorKind::TabInIndentation | ErrorKind::TabInBlockIndentation | ErrorKind::TabNotAllowed | ErrorKind::TabAtBlockScalarStart => {
            ("a tab indents this line", "indent with spaces: YAML does not allow tabs here")
        }
        ErrorKind::RecursionLimitExceeded => {
            ("nested too deeply, more than 200 levels", "nothing that monitoring reads is nested this deep; is this the right file?")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            ("a `:` cannot stand here", "quote the value if it holds `: `, and check the indentation")
        }
        ErrorKind::UnclosedQuotedScalar => ("the quote is never closed", "close it, or escape the quotes inside"),
        ErrorKind::UnclosedFlowCollection { open: '[' } | ErrorKind::UnexpectedEofFlowSequence => {
            ("the `[` is never closed", "close the list with `]`")
        }
        ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::UnexpectedEofFlowMapping => {
            ("the `{` is never closed", "close the mapping with `}`")
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            ("this escape is unknown in a double-quoted string", "write `\\\\` for a backslash, or use single quotes")
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            ("something stands behind the closing quote", "escape the quotes inside a text; is one further up never closed?")
        }
        ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
            ("a control character cannot stand here", "take it away; is it a text file at all?")
        }
        ErrorKind::UnexpectedCharacter { character: '%' | '@' | '`' } => ("a value cannot start with this character", "quote the value"),
        ErrorKind::BlockSequenceEntryNotAllowed => ("a `-` cannot stand here", "give the list its own line, indented as its neighbours"),
        ErrorKind::SimpleKeyExpected | ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
            ("this line does not fit the mapping that it stands in", "indent it as its neighbours, or add the missing `: `")
        }
        _ => return (lower_first(&error.info()), None),
    };
    (message.to_owned(), Some(help))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
