//! Calls and the argument lists they share with aggregations.

use crate::promql::ast::{Expr, ExprKind, Name};
use crate::promql::error::ErrorKind;
use crate::promql::functions::function;
use crate::promql::options::Feature;
use crate::promql::token::{Kind, Token};

use super::{Parser, Step};

impl Parser<'_> {
    /// Reads the arguments of a call whose name was taken.
    pub(super) fn call(&mut self, name: Token) -> Step<Expr> {
        let text = self.lexer.text_of(name);
        let arguments = self.arguments()?;
        match function(text) {
            None => self.note(ErrorKind::Semantic, name.range(), format!("unknown function `{text}`")),
            Some(known) if known.experimental => {
                self.require(Feature::ExperimentalFunctions, name.range(), || format!("function `{text}` is experimental and"));
            }
            Some(_) => {}
        }
        self.grow(self.height)?;
        let function = Name { text: text.to_owned(), range: name.range() };
        Ok(Expr { kind: ExprKind::Call { function, arguments }, range: name.start..self.last_end })
    }

    /// Reads `(a, b)`. Leaves the height of the tallest argument.
    pub(super) fn arguments(&mut self) -> Step<Vec<Expr>> {
        // Nearly always there is one.
        let mut arguments = Vec::with_capacity(1);
        let mut tallest = 0;
        self.expect(Kind::LeftParen, "", "")?;
        if self.accept(Kind::RightParen)?.is_some() {
            self.height = tallest;
            return Ok(arguments);
        }
        arguments.push(self.expression(0)?);
        tallest = tallest.max(self.height);
        loop {
            let token = self.take()?;
            match token.kind {
                Kind::Comma if self.peek()?.kind.starts_expression() => {
                    arguments.push(self.expression(0)?);
                    tallest = tallest.max(self.height);
                }
                Kind::Comma => self.note(ErrorKind::Syntax, token.range(), "trailing commas not allowed in function call arguments"),
                Kind::RightParen => break,
                _ => return Err(self.unexpected(token, "", "")),
            }
        }
        self.height = tallest;
        Ok(arguments)
    }
}
