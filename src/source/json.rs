//! JSON text to nodes: a strict check first, then the reader of YAML, whose language holds JSON.
//!
//! The reader alone would take trailing commas, unquoted keys and `01`; the check alone knows no places.

use std::sync::Arc;

use serde::de::IgnoredAny;

use super::yaml::{self, Documents, Language};
use super::{SourceId, Span};
use crate::diagnostic::Diagnostic;

pub(super) fn read(text: &Arc<str>, source: SourceId) -> Documents {
    let strict = serde_json::from_str::<IgnoredAny>(text).err();
    let mut documents = yaml::read(text, source, Language::Json);
    if let Some(error) = strict {
        // The check says it better than what the reader of another language makes of the same slip.
        documents.diagnostics.retain(|d| d.rule != super::INVALID_YAML);
        documents.complete = false;
        documents.diagnostics.insert(0, diagnostic(text, source, &error));
    }
    documents
}

fn diagnostic(text: &str, source: SourceId, error: &serde_json::Error) -> Diagnostic {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let mut start = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let end = text[start..].chars().next().filter(|c| *c != '\n').map_or(start, |c| start + c.len_utf8());
    let full = error.to_string();
    let message = match full.rsplit_once(" at line ").map_or(full.as_str(), |(message, _)| message) {
        "expected value" | "key must be a string" if matches!(&text[start..end], "]" | "}") => "trailing comma",
        message => message,
    };
    let help = match message {
        "trailing comma" => "remove the comma before the closing bracket",
        "key must be a string" => "put the key in double quotes; JSON has no comments and no trailing commas",
        _ if error.is_eof() => "the file ends too early: close what was opened",
        _ => "this is not valid JSON",
    };
    Diagnostic::error(super::INVALID_JSON, Span::new(source, start..end), message.to_owned()).help(help)
}
