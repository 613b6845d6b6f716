//! The pieces that everything in an expression is made of: words, strings, numbers.

use std::ops::Range;

use super::Error;
use crate::promql::regex;

/// How deep an expression may be nested.
pub(super) const DEEPEST: usize = 100;

/// Where a reader stands in a text.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
}

pub(super) type Read<T> = Result<T, Error>;

impl<'a> Reader<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn blanks(&mut self) {
        loop {
            let rest = self.rest().trim_start();
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    pub(super) fn take(&mut self, word: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    pub(super) fn error<T>(range: Range<usize>, message: impl Into<String>) -> Read<T> {
        Err(Error { range, message: message.into() })
    }

    pub(super) fn unexpected(&self, wanted: &str) -> Error {
        match self.rest().chars().next() {
            Some(c) => Error { range: self.at..self.at + c.len_utf8(), message: format!("`{c}` stands where {wanted} is expected") },
            None => Error { range: self.at..self.at, message: format!("the expression ends where {wanted} is expected") },
        }
    }

    pub(super) fn expect(&mut self, word: &str) -> Read<()> {
        if self.take(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    pub(super) fn word(&mut self) -> Option<(&'a str, Range<usize>)> {
        self.blanks();
        let start = self.at;
        let end = self.rest().find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(self.rest().len());
        let word = &self.rest()[..end];
        if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.at += end;
        Some((word, start..self.at))
    }

    pub(super) fn name(&mut self, what: &str) -> Read<(&'a str, Range<usize>)> {
        self.word().ok_or_else(|| self.unexpected(what))
    }

    /// The text of a string, and where it stands.
    pub(super) fn string(&mut self) -> Read<(String, Range<usize>)> {
        self.blanks();
        let start = self.at;
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '"' | '`')) else {
            return Err(self.unexpected("a string"));
        };
        let mut text = String::new();
        let mut characters = self.rest()[1..].char_indices();
        while let Some((at, c)) = characters.next() {
            if c == quote {
                self.at = start + 1 + at + 1;
                return Ok((text, start..self.at));
            }
            if c == '\\' && quote == '"' {
                // What an escape means matters to nobody here but where it is one of these.
                match characters.next() {
                    Some((_, escaped @ ('\\' | '"'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                }
            } else {
                text.push(c);
            }
        }
        Self::error(start..self.text.len(), "this string does not end")
    }

    pub(super) fn pattern(&mut self) -> Read<String> {
        let (text, range) = self.string()?;
        match regex::check(&text) {
            Ok(()) => Ok(text),
            Err(error) => Self::error(range, format!("this is no regular expression: {}", error.message)),
        }
    }

    pub(super) fn number(&mut self) -> bool {
        self.blanks();
        let digits = |c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let rest = self.rest().strip_prefix(['-', '+']).unwrap_or(self.rest());
        if !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return false;
        }
        let sign = self.rest().len() - rest.len();
        self.at += sign + rest.find(digits).unwrap_or(rest.len());
        true
    }
}
