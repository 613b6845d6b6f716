//! Regular expressions by the syntax of Go's `regexp/syntax` (RE2 with Perl flags), as Prometheus's matchers use them.
//!
//! Only the form is checked; nothing is compiled. One pass over the pattern keeps, for each open group, just what Go's
//! limits and the question "does it match the empty string" need, so time and memory stay linear.

mod class;
mod group;

use std::ops::Range;

use group::{Group, Node};

/// The largest count in `{n,m}`, and the largest product of nested counts.
const MOST_REPEATS: u64 = 1000;
/// The tallest syntax tree Go accepts; the anchors Prometheus adds take one level.
const MOST_HEIGHT: u64 = 999;
/// The largest compiled program Go accepts, in instructions.
const MOST_INSTRUCTIONS: u64 = (128 << 20) / 40;

/// Why a pattern is not a regular expression of Go's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegexError {
    /// Byte range in the pattern.
    pub range: Range<usize>,
    /// What is wrong, in Go's words.
    pub message: String,
}

/// Checks a pattern. Prometheus accepts it exactly if this does.
///
/// Not modelled: Go's limit of 32 million characters in all character classes together.
pub fn check(pattern: &str) -> Result<(), RegexError> {
    // Most patterns are words or alternatives of words.
    if pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'|' | b'/' | b' ' | b':' | b'.')) {
        return Ok(());
    }
    Checker::new(pattern).run().map(|_| ())
}

/// Whether a pattern, anchored at both ends as in a matcher, matches the empty string. `false` for a wrong one.
pub fn matches_empty(pattern: &str) -> bool {
    Checker::new(pattern).run().is_ok_and(|node| node.nullable)
}

type Checked<T> = Result<T, RegexError>;

struct Checker<'a> {
    pattern: &'a str,
    position: usize,
    groups: Vec<Group>,
    current: Group,
    /// Where the repetition starts that was read just before, if one was.
    last_repeat: Option<usize>,
    /// Where the last `:]` stands.
    last_class_end: Option<usize>,
    nodes: u64,
    repeats: u64,
}

impl<'a> Checker<'a> {
    fn new(pattern: &'a str) -> Self {
        Self {
            pattern,
            position: 0,
            groups: Vec::new(),
            current: Group::new(false),
            last_repeat: None,
            last_class_end: pattern.rfind(":]"),
            nodes: 0,
            repeats: 1,
        }
    }

    fn rest(&self) -> &'a str {
        self.pattern.get(self.position..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.pattern.as_bytes().get(self.position + ahead).copied()
    }

    fn next_char(&mut self) -> Option<char> {
        let character = self.rest().chars().next()?;
        self.position += character.len_utf8();
        Some(character)
    }

    /// An error from a place up to here.
    fn error_from<T>(&self, start: usize, message: &str) -> Checked<T> {
        error(start..self.position, message)
    }

    fn error_whole<T>(&self, message: &str) -> Checked<T> {
        error(0..self.pattern.len(), message)
    }

    fn run(mut self) -> Checked<Node> {
        while let Some(byte) = self.byte(0) {
            let repeat = self.item(byte)?;
            self.last_repeat = repeat;
        }
        if !self.groups.is_empty() {
            return self.error_whole("missing closing )");
        }
        let whole = std::mem::replace(&mut self.current, Group::new(false));
        let node = whole.finish();
        self.limits(node)?;
        Ok(node)
    }

    /// Reads one item. Returns where it starts if it is a repetition.
    fn item(&mut self, byte: u8) -> Checked<Option<usize>> {
        match byte {
            b'(' if self.byte(1) == Some(b'?') => self.perl_group()?,
            b'(' => {
                self.position += 1;
                self.open(true);
            }
            b')' => self.close()?,
            b'|' => {
                self.position += 1;
                self.current.bar();
            }
            b'^' | b'$' => {
                self.position += 1;
                self.push(Node::assertion(true))?;
            }
            b'[' => self.class()?,
            b'*' | b'+' | b'?' => return self.operator(byte).map(Some),
            b'{' => return self.counted(),
            b'\\' => self.escape()?,
            b'.' => {
                self.position += 1;
                self.push(Node::class())?;
            }
            _ => self.literal()?,
        }
        Ok(None)
    }

    fn literal(&mut self) -> Checked<()> {
        self.next_char();
        self.push(Node::literal())
    }

    fn push(&mut self, node: Node) -> Checked<()> {
        self.nodes += 1;
        self.current.push(node);
        self.limits(node)
    }

    fn limits(&mut self, node: Node) -> Checked<()> {
        if node.height > MOST_HEIGHT {
            return self.error_whole("expression nests too deeply");
        }
        if self.nodes >= MOST_INSTRUCTIONS / self.repeats && node.size > MOST_INSTRUCTIONS {
            return self.error_whole("expression too large");
        }
        Ok(())
    }

    fn open(&mut self, captures: bool) {
        let outer = std::mem::replace(&mut self.current, Group::new(captures));
        self.groups.push(outer);
    }

    fn close(&mut self) -> Checked<()> {
        let Some(outer) = self.groups.pop() else {
            return self.error_whole("unexpected )");
        };
        self.position += 1;
        let inner = std::mem::replace(&mut self.current, outer);
        self.push(inner.finish())
    }

    /// `(?flags)`, `(?flags:`, `(?P<name>` and `(?<name>`.
    fn perl_group(&mut self) -> Checked<()> {
        let start = self.position;
        for (prefix, shortest) in [("(?P<", 4), ("(?<", 3)] {
            // Go wants one byte more before it takes this for a name.
            if self.rest().starts_with(prefix) && self.rest().len() > shortest {
                return self.named_group(start, prefix.len());
            }
        }
        self.position += 2;
        let (mut negated, mut flag_seen) = (false, false);
        while let Some(character) = self.next_char() {
            match character {
                'i' | 'm' | 's' | 'U' => flag_seen = true,
                '-' if !negated => {
                    negated = true;
                    flag_seen = false;
                }
                ':' | ')' if !negated || flag_seen => {
                    if character == ':' {
                        self.open(false);
                    }
                    return Ok(());
                }
                _ => break,
            }
        }
        self.error_from(start, "invalid or unsupported Perl syntax")
    }

    fn named_group(&mut self, start: usize, prefix: usize) -> Checked<()> {
        let Some(length) = self.rest().find('>') else {
            return error(start..self.pattern.len(), "invalid named capture");
        };
        let name = self.rest().get(prefix..length).unwrap_or_default();
        let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        self.position += length + 1;
        if !valid {
            return self.error_from(start, "invalid named capture");
        }
        self.open(true);
        Ok(())
    }

    /// `*`, `+`, `?`, each perhaps followed by `?`. Returns where it starts.
    fn operator(&mut self, byte: u8) -> Checked<usize> {
        let start = self.position;
        self.position += 1;
        self.repeat(start, |node| node.repeated_by(byte))?;
        Ok(start)
    }

    /// `{n}`, `{n,}`, `{n,m}`; anything else is a literal brace.
    fn counted(&mut self) -> Checked<Option<usize>> {
        let start = self.position;
        let Some((least, most, length)) = counts(self.rest()) else {
            self.literal()?;
            return Ok(None);
        };
        self.position += length;
        let too_many = |count: u64| count > MOST_REPEATS;
        if too_many(least) || most.is_some_and(|most| too_many(most) || least > most) {
            return self.error_from(start, "invalid repeat count");
        }
        self.repeat(start, |node| node.counted(least, most))?;
        let factor = most.unwrap_or(least).max(1);
        self.repeats = self.repeats.saturating_mul(factor).min(MOST_INSTRUCTIONS);
        let node = self.current.last();
        if (least >= 2 || most.is_some_and(|most| most >= 2)) && node.is_some_and(|node| node.repeats > MOST_REPEATS) {
            return self.error_from(start, "invalid repeat count");
        }
        if let Some(node) = node {
            self.limits(node)?;
        }
        Ok(Some(start))
    }

    fn repeat(&mut self, start: usize, apply: impl FnOnce(Node) -> Node) -> Checked<()> {
        if self.byte(0) == Some(b'?') {
            self.position += 1;
        }
        if let Some(last) = self.last_repeat {
            return self.error_from(last, "invalid nested repetition operator");
        }
        self.nodes += 1;
        let Some(node) = self.current.repeat(apply) else {
            return self.error_from(start, "missing argument to repetition operator");
        };
        self.limits(node)
    }

    fn escape(&mut self) -> Checked<()> {
        let start = self.position;
        match self.byte(1) {
            Some(b'A' | b'z' | b'B') => self.escaped_node(Node::assertion(true)),
            Some(b'b') => self.escaped_node(Node::assertion(false)),
            Some(b'C') => error(start..start + 2, "invalid escape sequence"),
            Some(b'Q') => self.quoted(),
            Some(b'p' | b'P') => {
                self.unicode_class()?;
                self.push(Node::class())
            }
            Some(b'd' | b'D' | b's' | b'S' | b'w' | b'W') => self.escaped_node(Node::class()),
            _ => {
                self.escaped_character()?;
                self.push(Node::literal())
            }
        }
    }

    fn escaped_node(&mut self, node: Node) -> Checked<()> {
        self.position += 2;
        self.push(node)
    }

    /// `\Q…\E`, or up to the end.
    fn quoted(&mut self) -> Checked<()> {
        self.position += 2;
        let length = self.rest().find("\\E").unwrap_or(self.rest().len());
        let end = self.position + length;
        while self.position < end {
            self.literal()?;
        }
        self.position = (end + 2).min(self.pattern.len());
        Ok(())
    }
}

fn error<T>(range: Range<usize>, message: &str) -> Checked<T> {
    Err(RegexError { range, message: message.to_owned() })
}

/// Reads `{n}`, `{n,}` or `{n,m}`: the counts (no second one means no bound) and the length.
fn counts(text: &str) -> Option<(u64, Option<u64>, usize)> {
    let inner = text.strip_prefix('{')?;
    let (least, rest) = count(inner)?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (Some(least), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => count(rest).map(|(most, rest)| (Some(most), rest))?,
    };
    let rest = rest.strip_prefix('}')?;
    Some((least, most, text.len() - rest.len()))
}

/// Digits without a leading zero, and what follows. A count too large for its type is merely too large.
fn count(text: &str) -> Option<(u64, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().unwrap_or(u64::MAX), rest))
}

#[cfg(test)]
mod tests {
    use super::{check, matches_empty};

    #[test]
    fn go_syntax_is_accepted() {
        for pattern in [
            "",
            "a|b",
            "a.*",
            "(?i)abc",
            "(?i:a)",
            "(?P<n>a)",
            "(?<n>a)",
            r"\Qa.b\E",
            "[a[b]",
            "[][]",
            "{{x}}",
            r"\012",
            r"[\d-z]",
            r"\p{Greek}",
            r"\pL",
            r"\x{10FFFF}",
            "[[:alpha:]]",
            "a{2,3}?",
            "a{,3}",
            "a*(?i)*",
            "^*",
            r"\w{1000}",
            "(?U-s:a)",
            "[^]a]",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_with_its_place() {
        let cases = [
            ("(", 0..1, "missing closing )"),
            ("a)(b", 0..4, "unexpected )"),
            ("a**", 1..3, "invalid nested repetition operator"),
            ("*a", 0..1, "missing argument to repetition operator"),
            ("a|*", 2..3, "missing argument to repetition operator"),
            ("a{1001}", 1..7, "invalid repeat count"),
            ("(a{100}){11}", 8..12, "invalid repeat count"),
            ("x[a", 1..3, "missing closing ]"),
            ("[z-a]", 1..4, "invalid character class range"),
            (r"\8", 0..2, "invalid escape sequence"),
            (r"\C", 0..2, "invalid escape sequence"),
            ("a\\", 1..2, "trailing backslash at end of expression"),
            ("(?x)", 0..3, "invalid or unsupported Perl syntax"),
            ("(?=a)", 0..3, "invalid or unsupported Perl syntax"),
            ("(?P<é>x)", 0..7, "invalid named capture"),
            (r"\p{foo}", 0..7, "invalid character class range"),
        ];
        for (pattern, range, message) in cases {
            let error = check(pattern).expect_err(pattern);
            assert_eq!((error.range, error.message.as_str()), (range, message), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_match_nothing_at_all_are_told_apart() {
        for pattern in ["", ".*", "a?", "a*|b", "(a|)", "^$", r"\B", "a{0,2}", "(?:a*b*)", "a{0}"] {
            assert!(matches_empty(pattern), "{pattern}");
        }
        for pattern in ["a", ".+", "a|b", r"\b", "[^a]", "a{1,}", "(", "a*b"] {
            assert!(!matches_empty(pattern), "{pattern}");
        }
    }

    #[test]
    fn nesting_is_limited_as_in_go() {
        let nested = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
        assert!(check(&nested(900)).is_ok());
        assert!(check(&nested(1001)).is_err());
        assert!(check(&"(?:".repeat(100_000)).is_err());
    }

    #[test]
    fn total_size_is_limited_as_in_go() {
        assert!(check(&format!("({}){{1000}}", "ab.".repeat(1000))).is_ok());
        assert!(check(&format!("({}){{1000}}", "ab.".repeat(2000))).is_err());
    }
}
