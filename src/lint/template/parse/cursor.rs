//! Reading the words of one action.

use super::tree::{Located, TemplateError, Term};
use super::wrong;

const KEYWORDS: &[&str] = &["if", "with", "range", "else", "end", "define", "block", "template", "break", "continue"];

/// What is left of an action.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) end: usize,
}

impl Cursor<'_> {
    pub(super) fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(b' ')
    }

    pub(super) fn blanks(&mut self) {
        while self.at < self.end && self.peek().is_ascii_whitespace() {
            self.at += 1;
        }
    }

    /// A word at the cursor; letters beyond ASCII count, as in Go.
    pub(super) fn word(&mut self) -> String {
        let start = self.at;
        let rest = &self.text[start..self.end];
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += length;
        rest[..length].to_owned()
    }

    pub(super) fn keyword(&self) -> Option<&'static str> {
        let rest = &self.text[self.at..self.end];
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        KEYWORDS.iter().copied().find(|word| *word == &rest[..length])
    }

    pub(super) fn fields(&mut self) -> Vec<String> {
        let mut fields = Vec::new();
        while self.at + 1 < self.end && self.peek() == b'.' {
            let dot = self.at;
            self.at += 1;
            let name = self.word();
            if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                self.at = dot;
                break;
            }
            fields.push(name);
        }
        fields
    }

    pub(super) fn number(&mut self) {
        let rest = &self.text[self.at..self.end];
        self.at += rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '+' | '-')).unwrap_or(rest.len());
    }

    pub(super) fn quoted(&mut self) -> Result<Option<Located>, TemplateError> {
        let start = self.at;
        let quote = self.peek();
        if start >= self.end || !matches!(quote, b'"' | b'`') {
            return Ok(None);
        }
        let mut text = String::new();
        let mut chars = self.text[start + 1..self.end].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' if quote == b'"' => return Ok(Some(self.close_quote(start, at, text))),
                '`' if quote == b'`' => return Ok(Some(self.close_quote(start, at, text))),
                '\n' if quote == b'"' => break,
                '\\' if quote == b'"' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, other)) => text.push(other),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(wrong(start..self.end, "this quote is never closed"))
    }

    pub(super) fn close_quote(&mut self, start: usize, at: usize, text: String) -> Located {
        self.at = start + 1 + at + 1;
        Located { term: Term::Text(text), range: start..self.at }
    }

    /// `$a := `, `$a, $b := ` or `$a = `.
    pub(super) fn declarations(&mut self) -> Vec<String> {
        let start = self.at;
        let mut names = Vec::new();
        loop {
            self.blanks();
            if self.at >= self.end || self.peek() != b'$' {
                break;
            }
            self.at += 1;
            names.push(self.word());
            self.blanks();
            let rest = &self.text[self.at..self.end];
            if rest.starts_with(":=") {
                self.at += 2;
                return names;
            }
            if rest.starts_with('=') && !rest.starts_with("==") {
                self.at += 1;
                return Vec::new();
            }
            if !rest.starts_with(',') {
                break;
            }
            self.at += 1;
        }
        self.at = start;
        Vec::new()
    }

    /// A term ends at a blank, a parenthesis, a bar or a comma.
    pub(super) fn at_boundary(&self, start: usize) -> Result<(), TemplateError> {
        if self.at >= self.end || self.peek().is_ascii_whitespace() || matches!(self.peek(), b'|' | b')' | b'(' | b',') {
            return Ok(());
        }
        let next = self.text[self.at..self.end].chars().next().unwrap_or(' ');
        Err(wrong(start..self.at + next.len_utf8(), format!("`{next}` means nothing here")))
    }

    pub(super) fn nothing_more(&mut self) -> Result<(), TemplateError> {
        self.blanks();
        if self.at >= self.end { Ok(()) } else { Err(wrong(self.at..self.end, "this means nothing here")) }
    }
}
