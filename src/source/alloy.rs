//! Text in Grafana Alloy's syntax to nodes.
//!
//! A body is a mapping: an attribute is a key with its value; a block is a key of the style [`Style::Header`] with its body, and
//! its text is the block's name, with its label behind a dot: `loki.write "default"` is `loki.write.default`, as others refer to
//! it. Blocks of one name may be there many times. Strings, numbers, lists and objects are what they are; any other expression
//! is a plain scalar with its text.
//!
//! The syntax is that of the manual of Alloy 1.x (`docs/sources/get-started/syntax.md`). Where Alloy asks for a comma behind
//! the last item of a list on several lines, this reader does not.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::comments;
use super::documents::Documents;
use super::ids::{DUPLICATE_KEY, INVALID_ALLOY};
use super::node::{Node, NodeKind, Paper, Scalar, Style};
use crate::diagnostic::Diagnostic;
use crate::text::{SourceId, Span};

/// How deep blocks and expressions may be nested.
const DEEPEST: usize = 100;

pub(super) fn read(text: &Arc<str>, source: SourceId) -> Documents {
    let paper = Paper::new(Arc::clone(text));
    let mut reader = Reader { text: &paper, source, at: 0, depth: 0, documents: Documents { complete: true, ..Documents::default() } };
    let mut entries = Vec::new();
    if let Err(error) = reader.body(&mut entries) {
        reader.documents.complete = false;
        reader.documents.diagnostics.push(*error);
    }
    let root = Node { span: Span::new(source, 0..text.len()), kind: NodeKind::Mapping(entries) };
    let mut documents = reader.documents;
    documents.roots.push(root);
    documents
}

type Read<T> = Result<T, Box<Diagnostic>>;

struct Reader<'a> {
    text: &'a Paper,
    source: SourceId,
    at: usize,
    depth: usize,
    documents: Documents,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    fn error(&self, range: Range<usize>, message: impl Into<String>, help: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(INVALID_ALLOY, self.span(range), message).help(help))
    }

    /// What is missing here, at the next character.
    fn missing(&self, what: &str, help: &str) -> Box<Diagnostic> {
        match self.rest().chars().next() {
            Some('\n') => self.error(self.at..self.at, format!("the line ends where {what} is expected"), help),
            Some(next) => self.error(self.at..self.at + next.len_utf8(), format!("`{next}` stands where {what} is expected"), help),
            None => self.error(self.at..self.at, format!("the text ends where {what} is expected"), help),
        }
    }

    /// Blanks and comments, and line ends too where they end nothing.
    fn blanks(&mut self, lines: bool) -> Read<()> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\n') if lines => self.at += 1,
                Some(b'/') if self.rest().starts_with("//") => self.comment(),
                Some(b'/') if self.rest().starts_with("/*") => {
                    // Behind its own mark: `/*/` closes nothing.
                    let Some(length) = self.rest()[2..].find("*/") else {
                        return Err(self.error(self.at..self.at + 2, "this comment does not end", "close it with `*/`"));
                    };
                    self.at += 2 + length + 2;
                }
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let end = start + self.rest().find('\n').unwrap_or(self.rest().len());
        let comment = self.text[start + 2..end].trim_end();
        let span = self.span(start..start + 2 + comment.len());
        match comments::parse(&self.text[..start], comment, (span, 2)) {
            Some(Ok(ignore)) => self.documents.comments.push(ignore),
            Some(Err(diagnostic)) => self.documents.diagnostics.push(*diagnostic),
            None => {}
        }
        self.at = end;
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEEPEST {
            return Err(self.error(self.at..self.at, "this is nested too deep", "obsgen reads a hundred levels"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Statements up to a closing brace or the end; what was read stays in `entries` after an error.
    fn body(&mut self, entries: &mut Vec<(Node, Node)>) -> Read<()> {
        let mut attributes: HashMap<String, Span> = HashMap::new();
        loop {
            self.blanks(true)?;
            if self.peek().is_none() || self.peek() == Some(b'}') && self.depth > 0 {
                return Ok(());
            }
            let start = self.at;
            let Some(name) = self.name() else {
                return Err(self.missing("a block or an attribute", "write `name = value`, or `name { … }`"));
            };
            self.blanks(false)?;
            if self.peek() == Some(b'=') {
                self.at += 1;
                self.blanks(true)?;
                let key = self.scalar(start..start + name.len(), Style::Plain);
                let value = self.expression()?;
                if let Some(first) = attributes.get(&name) {
                    let finding = Diagnostic::error(DUPLICATE_KEY, key.span, format!("the attribute `{name}` is here twice"));
                    self.documents.diagnostics.push(finding.related(*first, "the first one").help("keep one of the two"));
                } else {
                    attributes.insert(name, key.span);
                    entries.push((key, value));
                }
            } else {
                self.block(name, start, entries)?;
            }
            self.blanks(false)?;
            if !matches!(self.peek(), None | Some(b'\n' | b'}')) {
                return Err(self.missing("the end of the line", "begin each block and each attribute on a line of its own"));
            }
        }
    }

    fn block(&mut self, name: String, start: usize, entries: &mut Vec<(Node, Node)>) -> Read<()> {
        let mut header = name;
        let mut end = start + header.len();
        if self.peek() == Some(b'"') {
            let from = self.at;
            let label = self.string()?;
            let fine = !label.starts_with(|c: char| c.is_ascii_digit()) && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if label.is_empty() || !fine {
                return Err(self.error(from..self.at, format!("`{label}` is no label"), "use letters, digits and `_`"));
            }
            header = format!("{header}.{label}");
            end = self.at;
            self.blanks(false)?;
        }
        if self.peek() != Some(b'{') {
            return Err(self.missing("`{` or `=`", "write `name = value`, or `name { … }`"));
        }
        let open = self.at;
        self.at += 1;
        let key = Node { span: self.span(start..end), kind: NodeKind::Scalar(Scalar::owned(header, Style::Header)) };
        let mut inner = Vec::new();
        let read = self.deeper(|reader| reader.body(&mut inner));
        let closed = read.is_ok() && self.take("}");
        entries.push((key, Node { span: self.span(open..self.at), kind: NodeKind::Mapping(inner) }));
        read?;
        if closed { Ok(()) } else { Err(self.error(open..open + 1, "this block does not end", "close it with `}`")) }
    }

    /// Words with dots between them; nothing where none begins here.
    fn name(&mut self) -> Option<String> {
        let end = self.rest().find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(self.rest().len());
        let name = &self.rest()[..end];
        let fine = name.split('.').all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
        let name = fine.then(|| name.to_owned())?;
        self.at += end;
        Some(name)
    }

    fn scalar(&self, range: Range<usize>, style: Style) -> Node {
        Node { span: self.span(range.clone()), kind: NodeKind::Scalar(Scalar::slice(self.text, range, style)) }
    }

    /// A value: what is more than a literal becomes a plain scalar.
    fn expression(&mut self) -> Read<Node> {
        self.deeper(|reader| {
            let start = reader.at;
            let mut value = reader.operand()?;
            let mut end = reader.at;
            let mut is_literal = true;
            loop {
                reader.blanks(false)?;
                let Some(operator) = OPERATORS.iter().find(|operator| reader.rest().starts_with(**operator)) else { break };
                reader.at += operator.len();
                reader.blanks(true)?;
                reader.operand()?;
                (end, is_literal) = (reader.at, false);
            }
            reader.at = end;
            if !is_literal {
                value = reader.scalar(start..end, Style::Plain);
            }
            Ok(value)
        })
    }

    fn operand(&mut self) -> Read<Node> {
        let start = self.at;
        while matches!(self.peek(), Some(b'!' | b'-')) {
            self.at += 1;
            self.blanks(false)?;
        }
        let is_signed = self.at > start;
        let mut value = self.primary()?;
        let is_name = value.as_scalar().is_some_and(|scalar| scalar.style == Style::Plain);
        let before = self.at;
        loop {
            match self.peek() {
                Some(b'(') => {
                    self.at += 1;
                    self.list(b')')?;
                }
                Some(b'[') if is_name || self.at > before => {
                    self.at += 1;
                    self.blanks(true)?;
                    self.expression()?;
                    self.blanks(true)?;
                    if !self.take("]") {
                        return Err(self.missing("`]`", "close the index"));
                    }
                }
                Some(b'.') => {
                    self.at += 1;
                    if self.name().is_none() {
                        return Err(self.missing("a name", "name a field behind the dot"));
                    }
                }
                _ => break,
            }
        }
        if is_signed || self.at > before {
            value = self.scalar(start..self.at, Style::Plain);
        }
        Ok(value)
    }

    fn primary(&mut self) -> Read<Node> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => {
                let text = self.string()?;
                let inner = start + 1..self.at - 1;
                let scalar = if self.text[inner.clone()] == text {
                    Scalar::slice(self.text, inner, Style::Double)
                } else {
                    Scalar::owned(text, Style::Double)
                };
                Ok(Node { span: self.span(start..self.at), kind: NodeKind::Scalar(scalar) })
            }
            Some(b'`') => {
                let Some(length) = self.rest()[1..].find('`') else {
                    return Err(self.error(start..start + 1, "this string does not end", "close it with a backtick"));
                };
                self.at += length + 2;
                let scalar = Scalar::slice(self.text, start + 1..self.at - 1, Style::Single);
                Ok(Node { span: self.span(start..self.at), kind: NodeKind::Scalar(scalar) })
            }
            Some(b'[') => {
                self.at += 1;
                let items = self.list(b']')?;
                Ok(Node { span: self.span(start..self.at), kind: NodeKind::Sequence(items) })
            }
            Some(b'{') => {
                self.at += 1;
                let entries = self.object()?;
                Ok(Node { span: self.span(start..self.at), kind: NodeKind::Mapping(entries) })
            }
            Some(b'(') => {
                self.at += 1;
                self.blanks(true)?;
                self.expression()?;
                self.blanks(true)?;
                if !self.take(")") {
                    return Err(self.missing("`)`", "close the bracket"));
                }
                Ok(self.scalar(start..self.at, Style::Plain))
            }
            Some(b'0'..=b'9' | b'.') => {
                let digits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
                self.at += self.rest().find(|c: char| !digits(c)).unwrap_or(self.rest().len());
                Ok(self.scalar(start..self.at, Style::Plain))
            }
            _ if self.name().is_some() => Ok(self.scalar(start..self.at, Style::Plain)),
            _ => Err(self.missing("a value", "write a string, a number, a list, an object or a reference")),
        }
    }

    /// The items of a list or of a call, the closing bracket included.
    fn list(&mut self, close: u8) -> Read<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            self.blanks(true)?;
            if self.peek() == Some(close) {
                self.at += 1;
                return Ok(items);
            }
            items.push(self.expression()?);
            self.comma(close)?;
        }
    }

    fn comma(&mut self, close: u8) -> Read<()> {
        self.blanks(true)?;
        if self.take(",") || self.peek() == Some(close) {
            return Ok(());
        }
        Err(self.missing(&format!("`,` or `{}`", char::from(close)), "put a comma between two items"))
    }

    fn object(&mut self) -> Read<Vec<(Node, Node)>> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        loop {
            self.blanks(true)?;
            if self.take("}") {
                return Ok(entries);
            }
            let start = self.at;
            let key = if self.peek() == Some(b'"') {
                self.primary()?
            } else if self.name().is_some() {
                self.scalar(start..self.at, Style::Plain)
            } else {
                return Err(self.missing("a key", "write `key = value`"));
            };
            self.blanks(true)?;
            if !self.take("=") {
                return Err(self.missing("`=`", "write `key = value`"));
            }
            self.blanks(true)?;
            let value = self.expression()?;
            let name = key.as_scalar().map(|scalar| scalar.text().to_owned()).unwrap_or_default();
            if let Some(first) = seen.get(&name) {
                let finding = Diagnostic::error(DUPLICATE_KEY, key.span, format!("the key `{name}` is here twice"));
                self.documents.diagnostics.push(finding.related(*first, "the first one").help("keep one of the two"));
            } else {
                seen.insert(name, key.span);
                entries.push((key, value));
            }
            self.comma(b'}')?;
        }
    }

    /// A string in quotes, with the escapes of Go.
    fn string(&mut self) -> Read<String> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            match self.rest().chars().next() {
                None | Some('\n') => {
                    return Err(self.error(start..start + 1, "this string does not end on its line", "close it with a quote"));
                }
                Some('"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some('\\') => {
                    let Some((length, c)) = escape(self.rest()) else {
                        let next = self.rest()[1..].chars().next().map_or(0, char::len_utf8);
                        let range = self.at..self.at + 1 + next;
                        let message = format!("`{}` is no escape", &self.text[range.clone()]);
                        return Err(self.error(range, message, "double the backslash where one is meant"));
                    };
                    out.push(c);
                    self.at += length;
                }
                Some(c) => {
                    out.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }
}

/// Operators between two operands; the longer ones first.
const OPERATORS: &[&str] = &["||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "^"];

/// The length and the meaning of an escape that a text begins with.
fn escape(text: &str) -> Option<(usize, char)> {
    let hex = |digits: usize| {
        let code = u32::from_str_radix(text.get(2..2 + digits)?, 16).ok()?;
        Some((2 + digits, char::from_u32(code)?))
    };
    let plain = match text.as_bytes().get(1)? {
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\u{b}',
        b'\\' => '\\',
        b'"' => '"',
        b'x' => return hex(2),
        b'u' => return hex(4),
        b'U' => return hex(8),
        b'0'..=b'7' => return Some((4, char::from(u8::from_str_radix(text.get(1..4)?, 8).ok()?))),
        _ => return None,
    };
    Some((2, plain))
}

#[cfg(test)]
mod tests {
    use super::super::{Documents, Node, SourceMap};
    use super::Style;

    fn read(text: &str) -> (SourceMap, Documents) {
        let mut map = SourceMap::default();
        let id = map.add("a.alloy", text);
        let documents = super::read(&map.get(id).text, id);
        (map, documents)
    }

    fn shown(node: &Node) -> String {
        if let Some(items) = node.as_sequence() {
            return format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "));
        }
        if let Some(entries) = node.as_mapping() {
            let entry = |(key, value): &(Node, Node)| {
                let is_block = key.as_scalar().is_some_and(|key| key.style == Style::Header);
                format!("{}{}{}", key.as_str().unwrap_or("?"), if is_block { " " } else { "=" }, shown(value))
            };
            return format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join("; "));
        }
        node.as_scalar().map_or_else(String::new, |scalar| format!("{:?}:{}", scalar.style, scalar.text()))
    }

    #[test]
    fn blocks_attributes_and_expressions_are_read() {
        let text = "// a comment\nloki.write \"default\" {\n\tendpoint {\n\t\turl = \"http://a\\tb\" // here\n\t}\n\tendpoint { url = `c:\\d` }\n}\n\
                    x.y \"z\" {\n\ta = [1, -2.5, true,\n]\n\tb = {\"k\" = f(1, a.b.c)[0].d, e = (1 + 2) * 3}\n\tc = sys.env(\"A\") + \"b\" /* end */\n}";
        let (_, documents) = read(text);
        assert!(documents.diagnostics.is_empty(), "{:?}", documents.diagnostics);
        let expected = "{loki.write.default {endpoint {url=Double:http://a\tb}; endpoint {url=Single:c:\\d}}; \
                        x.y.z {a=[Plain:1, Plain:-2.5, Plain:true]; b={k=Plain:f(1, a.b.c)[0].d; e=Plain:(1 + 2) * 3}; \
                        c=Plain:sys.env(\"A\") + \"b\"}}";
        assert_eq!(shown(&documents.roots[0]), expected);
    }

    #[test]
    fn what_cannot_be_read_is_said_where_it_stands() {
        for (text, place, message) in [
            ("a \"b\" {", "a.alloy:1:7", "this block does not end"),
            ("a {\n  b = \n}", "a.alloy:3:1", "`}` stands where a value is expected"),
            ("a { b = 1 c = 2 }", "a.alloy:1:11", "`c` stands where the end of the line is expected"),
            ("a = [1 2]", "a.alloy:1:8", "`2` stands where `,` or `]` is expected"),
            ("a = \"b\nc\"", "a.alloy:1:5", "this string does not end on its line"),
            ("a = \"\\d\"", "a.alloy:1:6", "`\\d` is no escape"),
            ("é = 1", "a.alloy:1:1", "`é` stands where a block or an attribute is expected"),
            ("}", "a.alloy:1:1", "`}` stands where a block or an attribute is expected"),
            ("a \"b c\" {}", "a.alloy:1:3", "`b c` is no label"),
            ("a = 1\na = 2", "a.alloy:2:1", "the attribute `a` is here twice"),
            ("/* a", "a.alloy:1:1", "this comment does not end"),
        ] {
            let (map, documents) = read(text);
            let found: Vec<(String, &str)> = documents.diagnostics.iter().map(|d| (map.place(d.span), d.message.as_str())).collect();
            assert_eq!(found, [(place.to_owned(), message)], "{text}");
        }
        let (_, documents) = read(&format!("a = {}", "[".repeat(100_000)));
        assert_eq!(documents.diagnostics.len(), 1);
    }

    #[test]
    fn no_piece_of_a_text_makes_the_reader_panic() {
        let text = "loki.process \"é\" {\n a = [\"\\u00e9\", `x`, {b = c.d(1)[2]}] // obsgen: ignore[x] y\n /* z */ }";
        for start in text.char_indices().map(|(at, _)| at) {
            for end in text[start..].char_indices().map(|(at, _)| start + at) {
                read(&text[start..end]);
            }
        }
    }

    #[test]
    fn a_comment_ends_behind_its_own_mark() {
        let (_, documents) = read("/*/ a = 1 /**/ b = 2\n");
        assert!(documents.diagnostics.is_empty() && shown(&documents.roots[0]).contains("b="), "{:?}", documents.diagnostics);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_with_places_that_lie_in_it(text in "([a-z]{1,3}|[ \\t\\n\"`'{}\\[\\]()=.,+*/!&|<>\\\\0-9é-]|//|/\\*|\\*/|loki\\.write \"a\" \\{){0,60}") {
            let (map, documents) = read(&text);
            for (id, _) in map.iter() {
                for diagnostic in &documents.diagnostics {
                    proptest::prop_assert!(diagnostic.span.source != id || text.get(diagnostic.span.range()).is_some(), "{text:?}");
                }
            }
        }
    }
}
