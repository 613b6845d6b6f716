//! Tokens to a tree: a Pratt parser over Prometheus's grammar.
//!
//! Prometheus's parser is generated from a grammar and reports the first thing that goes wrong *in the order its rules
//! complete*. To agree with it about that first thing, this parser looks at the next token only where Prometheus's must,
//! and makes each check at the moment Prometheus's rule for it completes. What is wrong in form ends the reading ([`Stop`]);
//! what is wrong in content is noted and reading goes on. Types are checked afterwards, by [`super::check`].
//!
//! Nesting is bounded, so that neither reading nor anything that later walks the tree can overflow a thread's stack.

mod aggregate;
mod call;
mod duration;
mod matching;
mod modifier;
mod selector;

use std::ops::Range;

use super::ast::{Binary, BinaryOp, Expr, ExprKind, Number};
use super::error::{ErrorKind, ParseError};
use super::lexer::Lexer;
use super::options::{Feature, Options};
use super::token::{Kind, Token};
use super::{duration::parse_duration, number, strings};

/// How deeply expressions may be nested in one another.
///
/// Chosen, like [`MAX_HEIGHT`], so that reading the deepest expression takes no more than half of a 2 MiB stack in a debug
/// build.
pub const MAX_NESTING: usize = 100;

/// How deep a tree may be. A chain `a + b + c` nests nothing but leans deeper with each operator, and whatever walks,
/// clones, compares or drops the tree goes as deep.
pub const MAX_HEIGHT: usize = 500;

/// Reading cannot go on; the reason is noted already.
pub(crate) struct Stop;

pub(crate) type Step<T> = Result<T, Stop>;

pub(crate) struct Parser<'a> {
    lexer: Lexer<'a>,
    options: Options,
    lookahead: Option<Token>,
    pub(crate) errors: Vec<ParseError>,
    /// Where the last token taken ends.
    last_end: usize,
    /// How many expressions are being read, each inside the one before.
    depth: usize,
    /// How deep the tree is that was read last. A chain `a + b + c` is read in a loop but leans deeper with each operator.
    height: usize,
    /// How many aggregations are being read, for Prometheus names the innermost in its complaints.
    aggregations: usize,
}

/// How tightly an operator binds on its left and on its right; `^` alone binds to the right.
fn binding(op: BinaryOp) -> (u8, u8) {
    let precedence = op.precedence();
    (precedence, if op == BinaryOp::Pow { precedence } else { precedence + 1 })
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, options: Options) -> Self {
        Self { lexer: Lexer::new(text), options, lookahead: None, errors: Vec::new(), last_end: 0, depth: 0, height: 0, aggregations: 0 }
    }

    /// Reads the whole text. `None` where it could not be read to the end.
    pub(crate) fn whole(&mut self) -> Option<Expr> {
        if self.peek().ok()?.kind == Kind::End {
            self.note(ErrorKind::Syntax, 0..0, "no expression found in input");
            return None;
        }
        let expr = self.expression(0).ok()?;
        match self.peek() {
            Ok(Token { kind: Kind::End, .. }) => Some(expr),
            Ok(token) => {
                let _: Stop = self.unexpected(token, "", "");
                None
            }
            Err(Stop) => None,
        }
    }

    fn peek(&mut self) -> Step<Token> {
        if let Some(token) = self.lookahead {
            return Ok(token);
        }
        match self.lexer.next() {
            Ok(token) => {
                self.lookahead = Some(token);
                Ok(token)
            }
            Err(error) => {
                self.errors.push(error);
                Err(Stop)
            }
        }
    }

    fn take(&mut self) -> Step<Token> {
        let token = self.peek()?;
        self.lookahead = None;
        self.last_end = token.end;
        Ok(token)
    }

    /// Takes the token if it is of a kind.
    fn accept(&mut self, kind: Kind) -> Step<Option<Token>> {
        if self.peek()?.kind == kind { self.take().map(Some) } else { Ok(None) }
    }

    /// Takes a token that must be of a kind.
    fn expect(&mut self, kind: Kind, context: &str, expected: &str) -> Step<Token> {
        let token = self.peek()?;
        if token.kind == kind { self.take() } else { Err(self.unexpected(token, context, expected)) }
    }

    fn note(&mut self, kind: ErrorKind, range: Range<usize>, message: impl Into<String>) {
        self.errors.push(ParseError::new(kind, range, message));
    }

    /// Notes that something needs a feature, unless it is on.
    fn require(&mut self, feature: Feature, range: Range<usize>, what: impl FnOnce() -> String) {
        if !self.options.allows(feature) {
            self.note(ErrorKind::NeedsFeature(feature), range, format!("{} needs `{feature}`", what()));
        }
    }

    #[cold]
    fn unexpected(&mut self, token: Token, context: &str, expected: &str) -> Stop {
        let text = self.lexer.text_of(token);
        let mut message = format!("unexpected {}", describe(token.kind, text));
        let context = if context.is_empty() && self.aggregations > 0 { "aggregation" } else { context };
        for (word, part) in [(" in ", context), (", expected ", expected)] {
            if !part.is_empty() {
                message.push_str(word);
                message.push_str(part);
            }
        }
        self.note(ErrorKind::Syntax, token.range(), message);
        Stop
    }

    /// Goes one level down; every way in must come out again with [`Self::leave`].
    fn enter(&mut self) -> Step<()> {
        self.depth += 1;
        if self.depth > MAX_NESTING { Err(self.limit(format!("expression is nested deeper than {MAX_NESTING} levels"))) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Notes the height of a tree whose tallest part has the given one.
    fn grow(&mut self, tallest: usize) -> Step<()> {
        self.height = tallest + 1;
        if self.height > MAX_HEIGHT {
            Err(self.limit(format!("expression has a chain of more than {MAX_HEIGHT} operators")))
        } else {
            Ok(())
        }
    }

    #[cold]
    fn limit(&mut self, message: String) -> Stop {
        let range = self.lookahead.map_or(self.last_end..self.last_end, Token::range);
        self.note(ErrorKind::Limit, range, message);
        Stop
    }

    /// Reads an expression whose operators bind at least as tightly as `minimum`.
    fn expression(&mut self, minimum: u8) -> Step<Expr> {
        self.enter()?;
        let mut expr = self.operand()?;
        loop {
            let token = self.peek()?;
            match token.kind {
                Kind::LeftBracket => self.brackets(&mut expr)?,
                Kind::Offset => self.offset(&mut expr)?,
                Kind::At => self.at(&mut expr)?,
                Kind::Anchored | Kind::Smoothed => self.extend(&mut expr)?,
                Kind::Operator(op) if op.precedence() >= minimum => self.binary(&mut expr, op)?,
                _ => break,
            }
        }
        self.leave();
        Ok(expr)
    }

    /// Reads an operator and its right side, and puts both above the left.
    fn binary(&mut self, left: &mut Expr, op: BinaryOp) -> Step<()> {
        let left_height = self.height;
        let op_range = self.take()?.range();
        let modifiers = self.binary_modifiers()?;
        let right = Box::new(self.expression(binding(op).1)?);
        self.grow(self.height.max(left_height))?;
        let range = left.range.start..right.range.end;
        if modifiers.fills() {
            self.require(Feature::FillModifiers, range.clone(), || "filling in missing series".to_owned());
        }
        let left_expr = std::mem::replace(left, placeholder());
        let binary =
            Binary { op, op_range, left: Box::new(left_expr), right, return_bool: modifiers.return_bool, matching: modifiers.matching };
        *left = Expr { kind: ExprKind::Binary(binary), range };
        Ok(())
    }

    fn operand(&mut self) -> Step<Expr> {
        let token = self.take()?;
        self.height = 1;
        match token.kind {
            Kind::Number | Kind::Duration => Ok(self.number_literal(token)),
            Kind::String => Ok(self.string_literal(token)),
            Kind::LeftParen => self.parenthesised(token),
            Kind::LeftBrace => self.nameless_selector(token),
            Kind::Operator(BinaryOp::Add) => self.unary(token, false),
            Kind::Operator(BinaryOp::Sub) => self.unary(token, true),
            Kind::Aggregator(op) => self.aggregate_or_selector(token, op),
            kind if kind.may_name_function() && self.peek()?.kind == Kind::LeftParen => self.call(token),
            kind if kind.may_name_metric() => self.named_selector(token),
            _ => Err(self.unexpected(token, "", "")),
        }
    }

    fn number_literal(&mut self, token: Token) -> Expr {
        let duration = token.kind == Kind::Duration;
        let value = self.number(token);
        Expr { kind: ExprKind::Number(Number { value, duration }), range: token.range() }
    }

    /// The value of a number or duration, in seconds; noted and taken as zero where it is wrong.
    fn number(&mut self, token: Token) -> f64 {
        let text = self.lexer.text_of(token);
        if token.kind == Kind::Duration {
            return match parse_duration(text) {
                Ok(millis) => seconds(millis),
                Err(error) => {
                    self.note(ErrorKind::Syntax, token.range(), error.to_string());
                    0.0
                }
            };
        }
        match number::parse(text) {
            Ok(value) => value,
            Err(reason) => {
                self.note(ErrorKind::Syntax, token.range(), format!("bad number `{}`: {reason}", shortened(text)));
                0.0
            }
        }
    }

    fn string_literal(&mut self, token: Token) -> Expr {
        let value = strings::unquote(self.lexer.text_of(token)).into_owned();
        Expr { kind: ExprKind::String(value), range: token.range() }
    }

    fn parenthesised(&mut self, open: Token) -> Step<Expr> {
        let inner = Box::new(self.expression(0)?);
        let close = self.expect(Kind::RightParen, "", "")?;
        self.grow(self.height)?;
        Ok(Expr { kind: ExprKind::Paren(inner), range: open.start..close.end })
    }

    fn unary(&mut self, sign: Token, negative: bool) -> Step<Expr> {
        // A sign binds as `*` does, so of the operators only `^` comes first.
        let mut inner = self.expression(BinaryOp::Pow.precedence())?;
        let range = sign.start..inner.range.end;
        if let ExprKind::Number(number) = &mut inner.kind {
            if negative {
                number.value = -number.value;
            }
            inner.range = range;
            return Ok(inner);
        }
        self.grow(self.height)?;
        Ok(Expr { kind: ExprKind::Unary { negative, expr: Box::new(inner) }, range })
    }
}

/// Stands in for an expression while it is moved into the one above it.
fn placeholder() -> Expr {
    Expr { kind: ExprKind::String(Vec::new()), range: 0..0 }
}

#[expect(clippy::cast_precision_loss, reason = "292 years in milliseconds are exact in a float")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

/// A token as a message names it.
fn describe(kind: Kind, text: &str) -> String {
    let text = shortened(text);
    match kind {
        Kind::End => "end of input".to_owned(),
        Kind::Identifier | Kind::MetricIdentifier => format!("identifier `{text}`"),
        Kind::String => format!("string {text}"),
        Kind::Number => format!("number `{text}`"),
        Kind::Duration => format!("duration `{text}`"),
        Kind::Operator(_) | Kind::At => format!("operator `{text}`"),
        _ => format!("`{text}`"),
    }
}

/// The start of a text that may be a megabyte long.
fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
