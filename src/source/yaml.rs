//! YAML text to nodes. The only file that names the YAML parser.
//!
//! Every problem becomes a diagnostic and reading goes on where it can: with the next key, or after a
//! syntax error with the next document. What had been read of a broken document is kept without the
//! innermost mapping, which may be half there; [`Documents::complete`] says so.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::builder::{Builder, Language};
use super::comments;
use super::documents::Documents;
use super::node::{Node, NodeKind, Paper, Style};
use crate::diagnostic::Related;
use crate::text::SourceId;

/// Deeper nesting is an error; nobody writes it, and everything that walks a tree may recurse.
const NESTING_LIMIT: usize = 200;

/// Reads a whole text in one go.
pub(super) fn read(text: &Arc<str>, source: SourceId, language: Language) -> Documents {
    read_piece(&Paper::new(Arc::clone(text)), 0..text.len(), source, language)
}

/// Reads a part of a text by itself.
pub(super) fn read_piece(paper: &Paper, range: Range<usize>, source: SourceId, language: Language) -> Documents {
    load(Loader::new(paper, range, source, language))
}

/// Reads a text, and leaves out what the mappings of a section hold where they can be read again by themselves.
pub(super) fn read_outline(text: &Arc<str>, source: SourceId, section: &str) -> Documents {
    let paper = Paper::new(Arc::clone(text));
    let mut loader = Loader::new(&paper, 0..text.len(), source, Language::Yaml);
    // What is anchored elsewhere cannot be read by itself.
    let is_anchored = text.contains('&') && text.contains('*');
    let is_plain = !is_anchored && !text.contains("<<");
    loader.section = is_plain.then_some(section);
    loader.builder.documents.is_outline = is_plain;
    load(loader)
}

/// The mapping that stands at a range of a text; `None` where none can be read from there.
pub(super) fn reread(text: &Arc<str>, source: SourceId, range: Range<usize>) -> Option<Node> {
    let is_flow = text[range.clone()].starts_with('{');
    // A block is told by the indentation of its first line, and a text in it may end with line breaks.
    let piece = if is_flow { range } else { line_start(text, range.start)..blank_end(text, range.end) };
    read_piece(&Paper::new(Arc::clone(text)), piece, source, Language::Yaml).roots.pop()
}

/// Where the line ends, and the blank ones after it.
fn blank_end(text: &str, at: usize) -> usize {
    let mut lines = text[at..].split_inclusive('\n');
    let own = lines.next().map_or(0, str::len);
    at + own + lines.take_while(|line| line.trim().is_empty()).map(str::len).sum::<usize>()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

fn load(mut loader: Loader) -> Documents {
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
    loader.builder.documents
}

struct Loader<'a> {
    builder: Builder<'a>,
    /// Anchored nodes; `None` where a copy would have gone over the budget.
    anchors: HashMap<usize, Option<Node>>,
    has_aliases: bool,
    /// How many nodes aliases may still copy.
    budget: usize,
    /// The section of which only an outline is wanted.
    section: Option<&'a str>,
}

impl<'a> Loader<'a> {
    fn new(paper: &'a Paper, range: Range<usize>, source: SourceId, language: Language) -> Self {
        let builder = Builder::new(paper, range, source, language);
        let text = builder.text;
        Self {
            builder,
            anchors: HashMap::new(),
            has_aliases: text.contains('*') && text.contains('&'),
            budget: 100_000 + text.len() / 4,
            section: None,
        }
    }

    /// The text up to the first NUL, which the parser would take for the end without a word.
    fn readable_text(&mut self) -> &'a str {
        let text: &'a str = self.builder.text;
        let Some(nul) = text.find('\0') else { return text };
        self.builder.documents.complete = false;
        self.builder.report(nul..nul + 1, "the text has a NUL character, which YAML does not allow", Some("save the file as UTF-8 text"));
        &text[..nul]
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let tagged_string = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let node = self.scalar(&value, style, range, tagged_string);
                self.finish(node, anchor);
            }
            Event::SequenceStart(style, anchor, _) => self.builder.open(range.start, style == StructureStyle::Flow, anchor, false),
            Event::MappingStart(style, anchor, _) => self.builder.open(range.start, style == StructureStyle::Flow, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            Event::Alias(id) => self.alias(id, range),
            Event::UnresolvedAlias(name) => {
                self.builder.report(
                    range.clone(),
                    format!("no anchor is named `&{name}`"),
                    Some("define the anchor above, or quote the value if it is text"),
                );
                let node = self.builder.null(range.start);
                self.finish(node, 0);
            }
            Event::Comment(text, _) => {
                if let Some(comment) = comments::parse(&self.builder.text[..range.start], &text, (self.builder.span(range), 1)) {
                    match comment {
                        Ok(ignore) => self.builder.documents.comments.push(ignore),
                        Err(diagnostic) => self.builder.documents.diagnostics.push(*diagnostic),
                    }
                }
            }
            Event::DocumentStart(..) => self.anchors.clear(),
            _ => {}
        }
    }

    fn scalar(&self, value: &str, style: ScalarStyle, range: Range<usize>, tagged_string: bool) -> Node {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted if self.builder.language == Language::Json => Style::Json,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        // The parser says `~` for a value that was left out.
        if style == Style::Plain && range.is_empty() {
            return self.builder.null(range.start);
        }
        let mut node = self.builder.scalar(value, style, range);
        if let NodeKind::Scalar(scalar) = &mut node.kind {
            scalar.tagged_string = tagged_string;
        }
        node
    }

    fn close(&mut self, end: usize) {
        if let Some((mut node, anchor)) = self.builder.close(end) {
            if self.section.is_some_and(|section| self.builder.is_value_below(section)) && self.can_be_reread(&node) {
                node.kind = NodeKind::Mapping(Vec::new());
            }
            self.finish(node, anchor);
        }
    }

    /// Whether a node is a mapping in brackets, or one that has its lines for itself.
    fn can_be_reread(&self, node: &Node) -> bool {
        let (text, start) = (self.builder.text, node.span.range().start);
        let alone = || text[line_start(text, start)..start].bytes().all(|byte| byte == b' ');
        node.as_mapping().is_some() && (text[start..].starts_with('{') || alone())
    }

    fn finish(&mut self, node: Node, anchor: usize) {
        if anchor != 0 && self.has_aliases {
            let copy = node.copy(&mut self.budget);
            self.anchors.insert(anchor, copy);
        }
        self.builder.add(node);
    }

    fn alias(&mut self, id: usize, range: Range<usize>) {
        let depth = self.builder.depth();
        let copy = match self.anchors.get(&id) {
            Some(Some(target)) if depth + target.depth() <= NESTING_LIMIT => target.copy(&mut self.budget),
            Some(_) => None,
            None => {
                self.builder.report(range.clone(), "this alias stands inside the value that it names", None);
                let node = self.builder.null(range.start);
                return self.finish(node, 0);
            }
        };
        if copy.is_none() {
            self.budget = 0;
            let help = "write the values out; aliases of aliases grow without bound";
            if !self.builder.documents.diagnostics.iter().any(|d| d.message.starts_with("aliases make this file")) {
                self.builder.report(range.clone(), "aliases make this file far larger than it is written", Some(help));
            }
            self.builder.documents.complete = false;
        }
        let node = copy.unwrap_or_else(|| self.builder.null(range.start));
        self.finish(node, 0);
    }

    /// Reports a syntax error and closes what was open, without the innermost mapping.
    fn syntax_error(&mut self, error: &ScanError) {
        let text = self.builder.text;
        let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
        let end = text[at..].chars().next().filter(|c| *c != '\n').map_or(at, |c| at + c.len_utf8());
        let (message, help) = wording(error);
        self.builder.report(at..end, message, help);
        self.point_at_open_bracket(at);
        self.builder.documents.complete = false;
        let mut dropped = false;
        while let Some(frame) = self.builder.innermost() {
            if frame.mapping && !dropped && self.builder.depth() > 1 {
                dropped = true;
                self.builder.forget();
            } else if let Some((node, _)) = self.builder.close(at) {
                self.builder.add(node);
            }
        }
    }

    /// A list or mapping in brackets that is open since a line above is likely where a mistake began.
    fn point_at_open_bracket(&mut self, at: usize) {
        let text = self.builder.text;
        let Some(start) = self.builder.innermost().filter(|frame| frame.flow).map(|frame| frame.start) else { return };
        let bracket = text[start..at.max(start)].chars().next().filter(|c| matches!(c, '[' | '{'));
        let span = self.builder.span(start..start + 1);
        if let (Some(bracket), Some(finding)) = (bracket, self.builder.documents.diagnostics.last_mut())
            && text[start..at].contains('\n')
        {
            finding.related.push(Related { span, message: format!("this `{bracket}` is not closed yet") });
        }
    }
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
