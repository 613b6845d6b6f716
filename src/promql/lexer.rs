//! Text to tokens, by Prometheus's lexical rules.
//!
//! Prometheus's lexer knows where it stands: inside braces words are never keywords, inside brackets only durations and
//! the functions over them exist. This one keeps the same state, so that it accepts the same texts and complains at the
//! same byte. It works on bytes and allocates nothing; only a complaint builds a message.

use super::ast::BinaryOp;
use super::error::{ErrorKind, ParseError};
use super::token::{Kind, Token, keyword};

/// How the text at hand is to be read.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Outside braces, or inside brackets after the first number.
    Statement,
    /// Between `{` and `}`.
    Braces,
    /// After `[`, until the first number.
    Duration,
}

pub(crate) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    position: usize,
    mode: Mode,
    open_parens: usize,
    in_brackets: bool,
    /// A `:` was seen since the last `[`.
    colon_seen: bool,
    /// A number was seen in the brackets of this text, of these or of earlier ones: Prometheus never forgets it.
    duration_seen: bool,
}

type Lexed = Result<Token, ParseError>;

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            position: 0,
            mode: Mode::Statement,
            open_parens: 0,
            in_brackets: false,
            colon_seen: false,
            duration_seen: false,
        }
    }

    /// The text of a token.
    pub(crate) fn text_of(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The next token; [`Kind::End`] at the end, as often as asked.
    pub(crate) fn next(&mut self) -> Lexed {
        self.skip_blanks();
        match self.mode {
            Mode::Statement => self.statement(),
            Mode::Braces => self.braces(),
            Mode::Duration => self.duration(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn peek_after(&self) -> Option<u8> {
        self.bytes.get(self.position + 1).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.position += 1,
                b'#' if self.mode != Mode::Duration => {
                    self.skip_while(|byte| byte != b'\n' && byte != b'\r');
                }
                _ => return,
            }
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.position += 1;
        }
    }

    fn accept(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let accepted = self.peek().is_some_and(wanted);
        self.position += usize::from(accepted);
        accepted
    }

    /// A token of `length` bytes from here.
    fn take(&mut self, kind: Kind, length: usize) -> Token {
        let start = self.position;
        self.position += length;
        Token { kind, start, end: self.position }
    }

    /// Lexical errors run to the end of the text, as Prometheus's do: nothing after them was read.
    fn error<T>(&self, start: usize, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError::new(ErrorKind::Syntax, start..self.bytes.len().max(start), message))
    }

    /// The character at a byte, for messages.
    fn character(&self, at: usize) -> char {
        self.text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn statement(&mut self) -> Lexed {
        let Some(byte) = self.peek() else {
            return self.end();
        };
        Ok(match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b':' => return self.word(byte),
            b'0'..=b'9' => return self.number_or_duration(),
            b'.' if self.peek_after().is_some_and(|next| next.is_ascii_digit()) => return self.number_or_duration(),
            b'"' | b'\'' | b'`' => return self.string(byte),
            b',' => self.take(Kind::Comma, 1),
            b'(' | b')' | b'{' | b'[' | b']' => return self.bracket(byte),
            b'@' => self.take(Kind::At, 1),
            b'*' => self.take(Kind::Operator(BinaryOp::Mul), 1),
            b'/' => self.take(Kind::Operator(BinaryOp::Div), 1),
            b'%' => self.take(Kind::Operator(BinaryOp::Mod), 1),
            b'+' => self.take(Kind::Operator(BinaryOp::Add), 1),
            b'-' => self.take(Kind::Operator(BinaryOp::Sub), 1),
            b'^' => self.take(Kind::Operator(BinaryOp::Pow), 1),
            b'=' | b'!' | b'<' | b'>' => return self.comparison(byte),
            _ => return self.error(self.position, format!("unexpected character `{}`", self.character(self.position))),
        })
    }

    fn end(&mut self) -> Lexed {
        if self.open_parens != 0 {
            self.error(self.position, "unclosed left parenthesis")
        } else if self.in_brackets {
            self.error(self.position, "unclosed left bracket")
        } else {
            Ok(self.take(Kind::End, 0))
        }
    }

    fn comparison(&mut self, byte: u8) -> Lexed {
        let next = self.peek_after();
        Ok(match (byte, next) {
            (b'=', Some(b'=')) => self.take(Kind::Operator(BinaryOp::Equal), 2),
            (b'!', Some(b'=')) => self.take(Kind::Operator(BinaryOp::NotEqual), 2),
            (b'<', Some(b'=')) => self.take(Kind::Operator(BinaryOp::LessEqual), 2),
            (b'>', Some(b'=')) => self.take(Kind::Operator(BinaryOp::GreaterEqual), 2),
            (b'<', Some(b'/')) => self.take(Kind::Operator(BinaryOp::TrimUpper), 2),
            (b'>', Some(b'/')) => self.take(Kind::Operator(BinaryOp::TrimLower), 2),
            (b'<', _) => self.take(Kind::Operator(BinaryOp::Less), 1),
            (b'>', _) => self.take(Kind::Operator(BinaryOp::Greater), 1),
            (b'=', Some(b'~')) => return self.error(self.position, "unexpected `=~` outside braces"),
            (b'=', _) => self.take(Kind::Equal, 1),
            (_, None) => return self.error(self.position, "unexpected end of input after `!`"),
            _ => return self.error(self.position, format!("unexpected character after `!`: `{}`", self.character(self.position + 1))),
        })
    }

    fn bracket(&mut self, byte: u8) -> Lexed {
        let start = self.position;
        match byte {
            b'(' => {
                self.open_parens += 1;
                Ok(self.take(Kind::LeftParen, 1))
            }
            b')' => self.right_paren(),
            b'{' => {
                self.mode = Mode::Braces;
                Ok(self.take(Kind::LeftBrace, 1))
            }
            b'[' if self.in_brackets => self.error(start, "unexpected `[` inside brackets"),
            b'[' => {
                self.in_brackets = true;
                self.colon_seen = false;
                self.mode = Mode::Duration;
                Ok(self.take(Kind::LeftBracket, 1))
            }
            _ if !self.in_brackets => self.error(start, "unexpected `]` without a `[`"),
            _ => Ok(self.right_bracket()),
        }
    }

    fn right_paren(&mut self) -> Lexed {
        let token = self.take(Kind::RightParen, 1);
        match self.open_parens.checked_sub(1) {
            Some(open) => {
                self.open_parens = open;
                Ok(token)
            }
            // Prometheus has moved past the parenthesis when it complains; its place is kept.
            None => self.error(token.end, "unexpected `)` without a `(`"),
        }
    }

    fn right_bracket(&mut self) -> Token {
        self.in_brackets = false;
        self.mode = Mode::Statement;
        self.take(Kind::RightBracket, 1)
    }

    fn word(&mut self, first: u8) -> Lexed {
        let start = self.position;
        if !self.in_brackets {
            return Ok(self.keyword_or_identifier());
        }
        if first == b':' {
            let token = self.take(Kind::Colon, 1);
            if self.colon_seen {
                return self.error(start, "unexpected second `:` inside brackets");
            }
            self.colon_seen = true;
            return Ok(token);
        }
        match self.duration_keyword() {
            Some(token) => Ok(token),
            None => self.error(start, format!("unexpected character `{}` inside brackets, expected `:` or `]`", char::from(first))),
        }
    }

    fn keyword_or_identifier(&mut self) -> Token {
        let start = self.position;
        let mut has_colon = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => {}
                b':' => has_colon = true,
                _ => break,
            }
            self.position += 1;
        }
        let mut token = Token { kind: Kind::Identifier, start, end: self.position };
        if has_colon {
            token.kind = Kind::MetricIdentifier;
        } else if let Some(kind) = keyword(self.text_of(token)) {
            // `fill` and its like are new words: only a parenthesis makes them keywords, so that older queries keep working.
            let new_word = matches!(kind, Kind::Fill | Kind::FillLeft | Kind::FillRight);
            if !new_word || self.followed_by_parenthesis() {
                token.kind = kind;
            }
        }
        token
    }

    fn followed_by_parenthesis(&self) -> bool {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        rest.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) == Some(&b'(')
    }

    fn duration_keyword(&mut self) -> Option<Token> {
        let start = self.position;
        self.skip_while(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        let mut token = Token { kind: Kind::Step, start, end: self.position };
        token.kind = keyword(self.text_of(token))?;
        matches!(token.kind, Kind::Step | Kind::RangeFunction | Kind::MaxOf | Kind::MinOf).then_some(token)
    }

    fn braces(&mut self) -> Lexed {
        let start = self.position;
        let Some(byte) = self.peek() else {
            return self.error(start, "unexpected end of input inside braces");
        };
        Ok(match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                Token { kind: Kind::Identifier, start, end: self.position }
            }
            b',' => self.take(Kind::Comma, 1),
            b'"' | b'\'' | b'`' => return self.string(byte),
            b'=' if self.peek_after() == Some(b'~') => self.take(Kind::EqualRegex, 2),
            b'=' => self.take(Kind::Equal, 1),
            b'!' => match self.peek_after() {
                Some(b'~') => self.take(Kind::NotRegex, 2),
                Some(b'=') => self.take(Kind::Operator(BinaryOp::NotEqual), 2),
                _ => return self.error(start, "unexpected character after `!` inside braces, expected `=` or `~`"),
            },
            b'{' => return self.error(start, "unexpected `{` inside braces"),
            b'}' => {
                self.mode = Mode::Statement;
                self.take(Kind::RightBrace, 1)
            }
            _ => return self.error(start, format!("unexpected character `{}` inside braces", self.character(start))),
        })
    }

    fn duration(&mut self) -> Lexed {
        let start = self.position;
        let Some(byte) = self.peek() else {
            return self.error(start, "unexpected end of input inside brackets");
        };
        Ok(match byte {
            b']' => self.right_bracket(),
            b':' => {
                let token = self.take(Kind::Colon, 1);
                if !self.duration_seen {
                    return self.error(token.end, "unexpected `:` before a duration");
                }
                if self.colon_seen {
                    return self.error(token.end, "unexpected second `:` inside brackets");
                }
                self.colon_seen = true;
                token
            }
            b'(' => {
                self.open_parens += 1;
                self.take(Kind::LeftParen, 1)
            }
            b')' => return self.right_paren(),
            b'+' => self.take(Kind::Operator(BinaryOp::Add), 1),
            b'-' => self.take(Kind::Operator(BinaryOp::Sub), 1),
            b'*' => self.take(Kind::Operator(BinaryOp::Mul), 1),
            b'/' => self.take(Kind::Operator(BinaryOp::Div), 1),
            b'%' => self.take(Kind::Operator(BinaryOp::Mod), 1),
            b'^' => self.take(Kind::Operator(BinaryOp::Pow), 1),
            b',' => self.take(Kind::Comma, 1),
            b'0'..=b'9' => return self.first_number(),
            b'.' if self.peek_after().is_some_and(|next| next.is_ascii_digit()) => return self.first_number(),
            _ => match self.duration_keyword() {
                Some(token) => token,
                None => {
                    return self
                        .error(start, format!("unexpected character `{}` inside brackets, expected a duration", self.character(start)));
                }
            },
        })
    }

    /// From the first number on, Prometheus reads the brackets by the general rules.
    fn first_number(&mut self) -> Lexed {
        self.duration_seen = true;
        self.mode = Mode::Statement;
        self.number_or_duration()
    }

    fn number_or_duration(&mut self) -> Lexed {
        let start = self.position;
        let kind = if self.scan_number() {
            Kind::Number
        } else if self.scan_rest_of_duration() {
            Kind::Duration
        } else {
            let seen = self.text.get(start..self.position).unwrap_or_default();
            return self.error(start, format!("bad number or duration `{seen}`"));
        };
        Ok(Token { kind, start, end: self.position })
    }

    /// Reads what looks like a number; whether it is one, [`super::number`] says. On `false` the position is kept, for it
    /// may have been the start of a duration.
    fn scan_number(&mut self) -> bool {
        let hexadecimal = self.accept(|byte| byte == b'0') && self.accept(|byte| matches!(byte, b'x' | b'X'));
        if hexadecimal {
            self.accept(|byte| byte == b'_');
        }
        let digit = |byte: u8| if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
        // A leading dot does not count as one: Prometheus forbids a second dot only after one among the digits.
        self.accept(|byte| byte == b'.');
        self.accept(digit);
        let (mut dot_seen, mut exponent_seen) = (false, false);
        while let Some(byte) = self.peek() {
            match byte {
                b'.' => {
                    self.position += 1;
                    if dot_seen || hexadecimal {
                        return false;
                    }
                    dot_seen = true;
                    if self.accept(|next| matches!(next, b'_' | b'.')) {
                        return false;
                    }
                }
                b'e' | b'E' => {
                    self.position += 1;
                    if exponent_seen {
                        return false;
                    }
                    exponent_seen = true;
                    self.accept(|next| matches!(next, b'+' | b'-'));
                    if self.accept(|next| matches!(next, b'.' | b'_' | b'e' | b'E')) || self.peek().is_none() {
                        return false;
                    }
                }
                b'_' => {
                    self.position += 1;
                    if self.accept(|next| matches!(next, b'.' | b'_' | b'e' | b'E')) || self.peek().is_none() {
                        return false;
                    }
                }
                _ if digit(byte) => self.skip_while(digit),
                _ => break,
            }
        }
        !self.peek().is_some_and(is_word_byte)
    }

    fn scan_rest_of_duration(&mut self) -> bool {
        if !self.accept(|byte| matches!(byte, b's' | b'm' | b'h' | b'd' | b'w' | b'y')) {
            return false;
        }
        // `hs` and its like pass here and fail when the duration is read.
        self.accept(|byte| byte == b's');
        while self.accept(|byte| byte.is_ascii_digit()) {
            self.skip_while(|byte| byte.is_ascii_digit());
            if !self.accept(|byte| matches!(byte, b's' | b'm' | b'h' | b'd' | b'w')) {
                return false;
            }
            self.accept(|byte| byte == b's');
        }
        !self.peek().is_some_and(is_word_byte)
    }

    fn string(&mut self, quote: u8) -> Lexed {
        let start = self.position;
        self.position += 1;
        let raw = quote == b'`';
        loop {
            let Some(byte) = self.peek() else {
                return self.error(start, if raw { "unterminated raw string" } else { "unterminated quoted string" });
            };
            self.position += 1;
            match byte {
                _ if byte == quote => return Ok(Token { kind: Kind::String, start, end: self.position }),
                b'\n' if !raw => return self.error(start, "unterminated quoted string"),
                b'\\' if !raw => self.escape(start, quote)?,
                // U+FFFD itself: Prometheus cannot tell it from a decoding error.
                0xEF if self.bytes.get(self.position..self.position + 2) == Some(&[0xBF, 0xBD]) => {
                    return self.error(start, "invalid UTF-8 in a string");
                }
                _ => {}
            }
        }
    }

    /// Checks the escape sequence whose backslash was read.
    fn escape(&mut self, string: usize, quote: u8) -> Result<(), ParseError> {
        let Some(byte) = self.peek() else {
            return self.error(string, "escape sequence not terminated");
        };
        let (digits, base, largest) = match byte {
            b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' => {
                self.position += 1;
                return Ok(());
            }
            _ if byte == quote => {
                self.position += 1;
                return Ok(());
            }
            b'0'..=b'7' => (3, 8, 255),
            b'x' => (2, 16, 255),
            b'u' => (4, 16, 0x10_FFFF),
            b'U' => (8, 16, 0x10_FFFF),
            _ => return self.error(string, format!("unknown escape sequence `\\{}`", self.character(self.position))),
        };
        self.position += usize::from(base == 16);
        let mut value: u32 = 0;
        for _ in 0..digits {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(base)) else {
                let message = if self.peek().is_none() { "escape sequence not terminated" } else { "illegal character in escape sequence" };
                return self.error(string, message);
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.position += 1;
        }
        if value > largest || (0xD800..0xE000).contains(&value) {
            return self.error(string, "escape sequence is an invalid Unicode code point");
        }
        Ok(())
    }
}

/// Whether a byte continues a word, so that a number cannot end before it.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
