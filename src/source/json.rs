//! JSON text to nodes: a strict check first, which knows no places, then a walk over what is known to be JSON.
//!
//! Of a text that is none, the reader of YAML, whose language holds JSON, makes what can be made.

use std::sync::Arc;

use serde::de::IgnoredAny;

use super::builder::{Builder, Language};
use super::documents::Documents;
use super::node::{Paper, Style};
use super::yaml;
use crate::diagnostic::Diagnostic;
use crate::text::{SourceId, Span};

pub(super) fn read(text: &Arc<str>, source: SourceId) -> Documents {
    let strict = serde_json::from_str::<IgnoredAny>(text).err();
    if strict.is_none()
        && let Some(documents) = walk(text, source)
    {
        return documents;
    }
    let mut documents = yaml::read(text, source, Language::Json);
    if let Some(error) = strict {
        // The check says it better than what the reader of another language makes of the same slip.
        documents.diagnostics.retain(|d| d.rule != super::INVALID_YAML);
        documents.complete = false;
        documents.diagnostics.insert(0, diagnostic(text, source, &error));
    }
    documents
}

/// Reads what is JSON; `None` where a string has half a surrogate pair, which the strict check lets pass.
fn walk(text: &Arc<str>, source: SourceId) -> Option<Documents> {
    let paper = Paper::new(Arc::clone(text));
    let mut builder = Builder::new(&paper, 0..text.len(), source, Language::Json);
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' => builder.open(start, true, 0, *byte == b'{'),
            b'}' | b']' => {
                let (node, _) = builder.close(at)?;
                builder.add(node);
            }
            b'"' => {
                let mut escaped = false;
                loop {
                    match bytes.get(at)? {
                        b'"' => break,
                        b'\\' => (escaped, at) = (true, at + 2),
                        _ => at += 1,
                    }
                }
                at += 1;
                let node = if escaped {
                    builder.scalar(&serde_json::from_str::<String>(&text[start..at]).ok()?, Style::Json, start..at)
                } else {
                    builder.scalar(&text[start + 1..at - 1], Style::Json, start..at)
                };
                builder.add(node);
            }
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' => {}
            _ => {
                at += bytes[at..].iter().take_while(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'}' | b']')).count();
                let node = builder.scalar(&text[start..at], Style::Plain, start..at);
                builder.add(node);
            }
        }
    }
    Some(builder.documents)
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
