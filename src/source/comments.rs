//! `# obsgen: ignore[rule, rule] reason`, `//` in Alloy: comments by which a person silences a finding.

use super::documents::{Documents, Ignore};
use super::ids::INVALID_COMMENT;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::text::{SourceId, SourceMap, Span, Spanned};

/// What every comment to obsgen has in it.
pub(super) const MARKER: &str = "obsgen:";

/// The comments to obsgen of a text in which a line that begins with `#` is a comment, as on a page of metrics.
pub fn read_comments(sources: &SourceMap, id: SourceId) -> Documents {
    let mut documents = Documents::default();
    let text = sources.get(id).text.as_ref();
    // Few texts have one, and a page may have a hundred thousand lines.
    if !text.contains(MARKER) {
        return documents;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let written = line.trim_end();
        if let Some(comment) = written.strip_prefix('#') {
            match parse(&text[..start], comment, (Span::new(id, start..start + written.len()), '#'.len_utf8())) {
                Some(Ok(ignore)) => documents.comments.push(ignore),
                Some(Err(diagnostic)) => documents.diagnostics.push(*diagnostic),
                None => {}
            }
        }
        start += line.len();
    }
    documents
}

/// Reads a comment: `None` where it is not meant for obsgen, an error where it is but says nothing we know.
///
/// `before` is what stands before it, `comment` the comment's text behind its mark, `span` the place with the
/// mark, `mark` how long that is.
pub(super) fn parse(before: &str, comment: &str, (span, mark): (Span, usize)) -> Option<Result<Ignore, Box<Diagnostic>>> {
    let rest = comment.trim_start().strip_prefix(MARKER)?.trim_start();
    let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    let list = rest[word.len()..].strip_prefix('[').and_then(|list| list.split_once(']'));
    let (Some((list, reason)), "ignore") = (list, word.as_str()) else {
        let meant = did_you_mean(&word, ["ignore"]).is_some() || word.is_empty();
        let message = if meant { "this comment names no rule to ignore".to_owned() } else { format!("obsgen knows no comment `{word}`") };
        return Some(Err(Box::new(Diagnostic::warning(INVALID_COMMENT, span, message).help("write `# obsgen: ignore[rule-id] reason`"))));
    };
    // `comment` is a piece of the source, so a rule's place is found by its offset from the end.
    let mut offset = span.range().start + mark + (comment.len() - rest.len()) + word.len() + 1;
    let mut rules = Vec::new();
    for part in list.split(',') {
        let name = part.trim();
        let start = offset + (part.len() - part.trim_start().len());
        if !name.is_empty() {
            rules.push(Spanned::new(name.to_owned(), Span::new(span.source, start..start + name.len())));
        }
        offset += part.len() + 1;
    }
    let own_line = before[before.rfind('\n').map_or(0, |i| i + 1)..].trim().is_empty();
    Some(Ok(Ignore { span, rules, reason: reason.trim().to_owned(), own_line }))
}
