//! Selectors: `name{label="value"}`.

use std::borrow::Cow;
use std::ops::Range;

use crate::promql::ast::{BinaryOp, Expr, ExprKind, MatchOp, Matcher, Name, Selector};
use crate::promql::error::ErrorKind;
use crate::promql::regex;
use crate::promql::strings;
use crate::promql::token::{Kind, Token};
use crate::promql::walk::NAME_LABEL;

use super::{Parser, Step};

const CONTEXT: &str = "label matching";

impl Parser<'_> {
    /// Reads what follows the name of a metric.
    pub(super) fn named_selector(&mut self, name: Token) -> Step<Expr> {
        let metric = Name { text: self.lexer.text_of(name).to_owned(), range: name.range() };
        let mut selector = Selector { metric: Some(metric), ..Selector::default() };
        if self.accept(Kind::LeftBrace)?.is_some() {
            self.matchers(&mut selector)?;
        }
        self.height = 1;
        Ok(Expr { kind: ExprKind::Selector(selector), range: name.start..self.last_end })
    }

    /// Reads a selector that starts with the brace taken.
    pub(super) fn nameless_selector(&mut self, brace: Token) -> Step<Expr> {
        let mut selector = Selector::default();
        self.matchers(&mut selector)?;
        Ok(Expr { kind: ExprKind::Selector(selector), range: brace.start..self.last_end })
    }

    /// Reads up to the closing brace.
    fn matchers(&mut self, selector: &mut Selector) -> Step<()> {
        if self.accept(Kind::RightBrace)?.is_some() {
            return Ok(());
        }
        loop {
            self.matcher(selector)?;
            let token = self.take()?;
            match token.kind {
                Kind::RightBrace => return Ok(()),
                Kind::Comma => {}
                _ => return Err(self.unexpected(token, CONTEXT, "`,` or `}`")),
            }
            if self.accept(Kind::RightBrace)?.is_some() {
                return Ok(());
            }
        }
    }

    fn matcher(&mut self, selector: &mut Selector) -> Step<()> {
        let token = self.take()?;
        let label = match token.kind {
            Kind::Identifier => Name { text: self.lexer.text_of(token).to_owned(), range: token.range() },
            Kind::String => self.quoted_name(token),
            _ => return Err(self.unexpected(token, CONTEXT, "a label or `}`")),
        };
        let operator = self.peek()?;
        let Some(op) = match_op(operator.kind) else {
            if token.kind == Kind::String {
                add_metric(selector, label);
                return Ok(());
            }
            return Err(self.unexpected(operator, CONTEXT, "one of `=`, `!=`, `=~`, `!~`"));
        };
        self.take()?;
        let value = self.expect(Kind::String, CONTEXT, "a string")?;
        let matcher = self.finished_matcher(label, op, value);
        selector.matchers.push(matcher);
        Ok(())
    }

    fn quoted_name(&mut self, token: Token) -> Name {
        let bytes = strings::unquote(self.lexer.text_of(token));
        Name { text: String::from_utf8_lossy(&bytes).into_owned(), range: token.range() }
    }

    fn finished_matcher(&mut self, label: Name, op: MatchOp, value: Token) -> Matcher {
        let range = label.range.start..value.end;
        let bytes = strings::unquote(self.lexer.text_of(value));
        if matches!(op, MatchOp::Regex | MatchOp::NotRegex) {
            self.check_regex(&bytes, &range);
        }
        let text = match bytes {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Cow::Owned(bytes) => String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        };
        Matcher { label, op, value: text, value_range: value.range(), range }
    }

    fn check_regex(&mut self, pattern: &[u8], matcher: &Range<usize>) {
        let Ok(pattern) = std::str::from_utf8(pattern) else {
            // Prometheus compares alternatives of plain words itself and lets them hold any byte.
            if pattern.iter().any(|byte| br"\.+*?()[]{}^$".contains(byte)) {
                self.note(ErrorKind::Regex, matcher.clone(), "invalid UTF-8 in a regular expression");
            }
            return;
        };
        if let Err(error) = regex::check(pattern) {
            let part = pattern.get(error.range.clone()).filter(|part| !part.is_empty() && part.len() <= 100);
            let message = match part {
                Some(part) => format!("{}: `{part}`", error.message),
                None => error.message,
            };
            self.note(ErrorKind::Regex, matcher.clone(), message);
        }
    }
}

/// A quoted name alone in braces names the metric; a second one is only one more condition.
fn add_metric(selector: &mut Selector, name: Name) {
    if selector.metric.is_none() {
        selector.metric = Some(name);
        return;
    }
    let label = Name { text: NAME_LABEL.to_owned(), range: name.range.clone() };
    let matcher = Matcher { label, op: MatchOp::Equal, value: name.text, value_range: name.range.clone(), range: name.range };
    selector.matchers.push(matcher);
}

fn match_op(kind: Kind) -> Option<MatchOp> {
    match kind {
        Kind::Equal => Some(MatchOp::Equal),
        Kind::Operator(BinaryOp::NotEqual) => Some(MatchOp::NotEqual),
        Kind::EqualRegex => Some(MatchOp::Regex),
        Kind::NotRegex => Some(MatchOp::NotRegex),
        _ => None,
    }
}
