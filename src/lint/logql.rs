//! A small reader of LogQL, the language of Loki's rules: enough to say where an expression cannot be read, and whether it is
//! a number that an alert can compare. Loki itself judges none of it here.
//!
//! Written after the manual of Loki 3.5 (`docs/sources/query`).

use std::ops::Range;

use crate::promql::regex;

/// Why an expression cannot be read, and which bytes of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Error {
    /// Where.
    pub range: Range<usize>,
    /// Why.
    pub message: String,
}

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// Lines.
    Lines,
    /// Numbers.
    Numbers,
}

/// Whether a text is in LogQL rather than PromQL, which has no `|`.
pub fn looks_like(text: &str) -> bool {
    let mut quote = None;
    let mut escaped = false;
    text.chars().any(|c| {
        let Some(open) = quote else {
            quote = matches!(c, '"' | '`' | '\'').then_some(c);
            return c == '|';
        };
        let closes = c == open && !escaped;
        escaped = c == '\\' && !escaped && open != '`';
        if closes {
            quote = None;
        }
        false
    })
}

/// Reads an expression.
pub fn read(text: &str) -> Result<Gives, Error> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let gives = reader.expression()?;
    reader.blanks();
    if reader.at < text.len() { Err(reader.unexpected("an operator or the end")) } else { Ok(gives) }
}

/// How deep an expression may be nested.
const DEEPEST: usize = 100;

/// Functions that count lines or bytes over a range.
const OF_LINES: &[&str] = &["count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time"];
/// Functions of the values that `unwrap` takes out of lines.
const OF_VALUES: &[&str] = &[
    "sum_over_time",
    "avg_over_time",
    "max_over_time",
    "min_over_time",
    "first_over_time",
    "last_over_time",
    "stdvar_over_time",
    "stddev_over_time",
    "quantile_over_time",
    "rate_counter",
];
const AGGREGATIONS: &[&str] =
    &["sum", "avg", "count", "max", "min", "stddev", "stdvar", "topk", "bottomk", "approx_topk", "sort", "sort_desc"];
const OPERATORS: &[&str] = &["==", "!=", ">=", "<=", ">", "<", "+", "-", "*", "/", "%", "^", "and", "or", "unless"];

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

type Read<T> = Result<T, Error>;

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        loop {
            let rest = self.rest().trim_start();
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn take(&mut self, word: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn error<T>(range: Range<usize>, message: impl Into<String>) -> Read<T> {
        Err(Error { range, message: message.into() })
    }

    fn unexpected(&self, wanted: &str) -> Error {
        match self.rest().chars().next() {
            Some(c) => Error { range: self.at..self.at + c.len_utf8(), message: format!("`{c}` stands where {wanted} is expected") },
            None => Error { range: self.at..self.at, message: format!("the expression ends where {wanted} is expected") },
        }
    }

    fn expect(&mut self, word: &str) -> Read<()> {
        if self.take(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    fn word(&mut self) -> Option<(&'a str, Range<usize>)> {
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

    fn name(&mut self, what: &str) -> Read<(&'a str, Range<usize>)> {
        self.word().ok_or_else(|| self.unexpected(what))
    }

    /// The text of a string, and where it stands.
    fn string(&mut self) -> Read<(String, Range<usize>)> {
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

    fn pattern(&mut self) -> Read<String> {
        let (text, range) = self.string()?;
        match regex::check(&text) {
            Ok(()) => Ok(text),
            Err(error) => Self::error(range, format!("this is no regular expression: {}", error.message)),
        }
    }

    fn number(&mut self) -> bool {
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

    fn expression(&mut self) -> Read<Gives> {
        if self.depth == DEEPEST {
            return Self::error(self.at..self.at, "this is nested too deep");
        }
        self.depth += 1;
        let mut gives = self.operand()?;
        loop {
            self.blanks();
            let Some(operator) = OPERATORS.iter().find(|operator| self.rest().starts_with(**operator)) else { break };
            let place = self.at..self.at + operator.len();
            self.at = place.end;
            if gives == Gives::Lines {
                return Self::error(place, format!("`{operator}` takes numbers, and before it stand lines"));
            }
            if self.rest().trim_start().starts_with("bool") {
                self.expect("bool")?;
            }
            self.matching()?;
            let from = self.at;
            if self.operand()? == Gives::Lines {
                return Self::error(from..self.at, format!("`{operator}` takes numbers, and behind it stand lines"));
            }
            gives = Gives::Numbers;
        }
        self.depth -= 1;
        Ok(gives)
    }

    fn matching(&mut self) -> Read<()> {
        for word in ["on", "ignoring", "group_left", "group_right"] {
            self.blanks();
            if self.rest().strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('(')) {
                self.at += word.len();
                self.labels()?;
            }
        }
        Ok(())
    }

    fn labels(&mut self) -> Read<()> {
        self.expect("(")?;
        while !self.take(")") {
            self.name("a label")?;
            if !self.take(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(())
    }

    fn operand(&mut self) -> Read<Gives> {
        self.blanks();
        if self.rest().starts_with('{') {
            self.selector()?;
            self.pipeline()?;
            return Ok(Gives::Lines);
        }
        if self.take("(") {
            let gives = self.expression()?;
            self.expect(")")?;
            return Ok(gives);
        }
        if self.number() {
            return Ok(Gives::Numbers);
        }
        let (name, place) = self.name("a selector, a function or a number")?;
        if OF_LINES.contains(&name) || OF_VALUES.contains(&name) {
            self.over_time(name, &place)?;
        } else if AGGREGATIONS.contains(&name) {
            self.aggregation(name)?;
        } else if name == "label_replace" {
            self.expect("(")?;
            self.expression()?;
            for _ in 0..4 {
                self.expect(",")?;
                self.string()?;
            }
            self.expect(")")?;
        } else if name == "vector" {
            self.expect("(")?;
            if !self.number() {
                return Err(self.unexpected("a number"));
            }
            self.expect(")")?;
        } else {
            let known = OF_LINES.iter().chain(OF_VALUES).chain(AGGREGATIONS).copied();
            let meant = crate::diagnostic::did_you_mean(name, known).map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            return Self::error(place, format!("LogQL has no function `{name}`{meant}"));
        }
        Ok(Gives::Numbers)
    }

    fn grouping(&mut self) -> Read<bool> {
        for word in ["by", "without"] {
            self.blanks();
            if self.rest().strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('(')) {
                self.at += word.len();
                self.labels()?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn aggregation(&mut self, name: &str) -> Read<()> {
        let grouped = self.grouping()?;
        self.expect("(")?;
        if matches!(name, "topk" | "bottomk" | "approx_topk") {
            if !self.number() {
                return Err(self.unexpected("a number"));
            }
            self.expect(",")?;
        }
        self.blanks();
        let from = self.at;
        if self.expression()? == Gives::Lines {
            return Self::error(from..self.at, format!("`{name}` takes numbers, and these are lines: count them over a time first"));
        }
        self.expect(")")?;
        if !grouped {
            self.grouping()?;
        }
        Ok(())
    }

    /// `count_over_time({…} … [5m])`
    fn over_time(&mut self, name: &str, place: &Range<usize>) -> Read<()> {
        self.expect("(")?;
        if name == "quantile_over_time" {
            if !self.number() {
                return Err(self.unexpected("a number"));
            }
            self.expect(",")?;
        }
        let is_bracketed = self.take("(");
        self.blanks();
        self.selector()?;
        let mut has_range = self.range()?;
        let unwraps = self.pipeline()?;
        has_range |= !has_range && self.range()?;
        if is_bracketed {
            self.expect(")")?;
            has_range |= !has_range && self.range()?;
        }
        if !has_range {
            return Err(self.unexpected("a range such as `[5m]`"));
        }
        self.blanks();
        if self.rest().starts_with("offset") {
            self.expect("offset")?;
            if !self.number() {
                return Err(self.unexpected("a duration"));
            }
        }
        self.expect(")")?;
        if OF_VALUES.contains(&name) && !unwraps {
            return Self::error(place.clone(), format!("`{name}` takes values out of lines, and nothing does `| unwrap`"));
        }
        if unwraps && matches!(name, "count_over_time" | "bytes_over_time" | "bytes_rate") {
            return Self::error(place.clone(), format!("`{name}` counts lines, and takes no `| unwrap`"));
        }
        self.grouping()?;
        Ok(())
    }

    fn range(&mut self) -> Read<bool> {
        if !self.take("[") {
            return Ok(false);
        }
        self.blanks();
        let start = self.at;
        let end = self.rest().find(']').unwrap_or(self.rest().len());
        let text = self.rest()[..end].trim_end();
        // Grafana's variables stand in dashboards.
        let fine = text.starts_with('$') || crate::promql::duration::parse_duration(text).is_ok_and(|millis| millis > 0);
        if !fine {
            return Self::error(start..start + text.len(), format!("`{text}` is no duration"));
        }
        self.at += end;
        self.expect("]")?;
        Ok(true)
    }

    fn selector(&mut self) -> Read<()> {
        self.blanks();
        let start = self.at;
        self.expect("{")?;
        let mut selects = false;
        while !self.take("}") {
            self.name("a label")?;
            self.blanks();
            let Some(operator) = ["=~", "!~", "!=", "="].into_iter().find(|operator| self.rest().starts_with(operator)) else {
                return Err(self.unexpected("`=`, `!=`, `=~` or `!~`"));
            };
            self.at += operator.len();
            let value = if operator.contains('~') { self.pattern()? } else { self.string()?.0 };
            let takes_nothing = value.is_empty() || operator == "=~" && matches!(value.as_str(), ".*" | "|");
            selects |= matches!(operator, "=" | "=~") && !takes_nothing;
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        if selects {
            return Ok(());
        }
        Self::error(start..self.at, "Loki wants one matcher at least that a stream without the label does not fit")
    }

    /// The stages behind a selector; whether one of them is `unwrap`.
    fn pipeline(&mut self) -> Read<bool> {
        let mut unwraps = false;
        loop {
            self.blanks();
            let filter = ["|=", "|~", "!=", "!~", "|>", "!>"].into_iter().find(|filter| self.rest().starts_with(filter));
            if let Some(filter) = filter {
                self.at += filter.len();
                loop {
                    self.blanks();
                    if self.rest().starts_with("ip(") {
                        self.at += 3;
                        self.string()?;
                        self.expect(")")?;
                    } else if filter.contains('~') {
                        self.pattern()?;
                    } else {
                        self.string()?;
                    }
                    self.blanks();
                    if !self.rest().strip_prefix("or").is_some_and(|rest| rest.trim_start().starts_with(['"', '`'])) {
                        break;
                    }
                    self.at += 2;
                }
            } else if self.rest().starts_with('|') {
                self.at += 1;
                unwraps |= self.stage()?;
            } else {
                return Ok(unwraps);
            }
        }
    }

    fn stage(&mut self) -> Read<bool> {
        self.blanks();
        if self.rest().starts_with('(') {
            self.conditions()?;
            return Ok(false);
        }
        let before = self.at;
        let (name, place) = self.name("a stage")?;
        match name {
            "json" | "logfmt" => {
                while self.take("--") {
                    self.name("a flag")?;
                    while self.take("-") {
                        self.name("a flag")?;
                    }
                }
                self.assignments()?;
            }
            "unpack" | "decolorize" => {}
            "regexp" => {
                let from = self.at;
                let pattern = self.pattern()?;
                if !pattern.contains("(?P<") && !pattern.contains("(?<") {
                    return Self::error(from..self.at, "nothing is taken out: the expression has no named group");
                }
            }
            "pattern" | "line_format" => drop(self.string()?),
            "label_format" => loop {
                self.name("a label")?;
                self.expect("=")?;
                if self.word().is_none() {
                    self.string()?;
                }
                if !self.take(",") {
                    break;
                }
            },
            "drop" | "keep" => loop {
                self.name("a label")?;
                if ["=~", "!~", "!=", "="].into_iter().any(|operator| self.take(operator)) {
                    self.string()?;
                }
                if !self.take(",") {
                    break;
                }
            },
            "unwrap" => {
                self.name("a label")?;
                if self.take("(") {
                    self.name("a label")?;
                    self.expect(")")?;
                }
                return Ok(true);
            }
            _ => {
                self.blanks();
                if !self.rest().starts_with(['=', '!', '<', '>']) {
                    let known = [
                        "json",
                        "logfmt",
                        "unpack",
                        "decolorize",
                        "regexp",
                        "pattern",
                        "line_format",
                        "label_format",
                        "drop",
                        "keep",
                        "unwrap",
                    ];
                    let meant =
                        crate::diagnostic::did_you_mean(name, known).map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                    return Self::error(place, format!("`{name}` is no stage, and compares no label{meant}"));
                }
                self.at = before;
                self.conditions()?;
            }
        }
        Ok(false)
    }

    /// `label="expression"` with commas between, behind a parser.
    fn assignments(&mut self) -> Read<()> {
        loop {
            let before = self.at;
            let Some(_) = self.word() else { return Ok(()) };
            if self.take("=") {
                self.string()?;
            } else if matches!(self.text[before..self.at].trim(), "and" | "or" | "unless") {
                self.at = before;
                return Ok(());
            }
            if !self.take(",") {
                return Ok(());
            }
        }
    }

    /// Comparisons of labels, joined by words or commas.
    fn conditions(&mut self) -> Read<()> {
        if self.depth == DEEPEST {
            return Self::error(self.at..self.at, "this is nested too deep");
        }
        self.depth += 1;
        loop {
            if self.take("(") {
                self.conditions()?;
                self.expect(")")?;
            } else {
                self.condition()?;
            }
            self.blanks();
            let joined = self.take(",") || ["and", "or"].into_iter().any(|word| self.joins(word));
            if !joined {
                break;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn joins(&mut self, word: &str) -> bool {
        let found = self.rest().strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '('));
        if found {
            self.at += word.len();
        }
        found
    }

    fn condition(&mut self) -> Read<()> {
        self.name("a label")?;
        self.blanks();
        let operators = ["=~", "!~", "==", "!=", ">=", "<=", "=", ">", "<"];
        let Some(operator) = operators.into_iter().find(|operator| self.rest().starts_with(operator)) else {
            return Err(self.unexpected("a comparison"));
        };
        self.at += operator.len();
        self.blanks();
        if operator.contains('~') {
            self.pattern()?;
        } else if self.rest().starts_with("ip(") {
            self.at += 3;
            self.string()?;
            self.expect(")")?;
        } else if !self.number() {
            self.string()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Gives, looks_like, read};

    #[test]
    fn what_the_manual_shows_is_read() {
        for text in [
            "sum by (service) (count_over_time({service=\"myapp\", level=~\"(?i)error\"} |= \"panic\" [5m])) > 0",
            "sum(rate({app=\"foo\", env=\"production\"} |= \"error\" [5m])) by (job) / sum(rate({app=\"foo\"}[5m])) by (job) > 0.05",
            "quantile_over_time(0.99, {cluster=\"a\"} | json | __error__ = \"\" | unwrap request_time [1m]) by (path) > 1.5",
            "sum(sum_over_time({a=\"b\"} | logfmt | unwrap duration(took) [1m] offset 1h)) > bool 3",
            "absent_over_time({job=\"x\"}[10m])",
            "topk(3, sum by (a) (bytes_rate({job=~\"x.+\"} !~ `a\\d+` or `b` | regexp `(?P<m>\\w+)` | m != \"GET\" and (took > 10s or size <= 5KB) [1m])))",
            "count_over_time({a=\"b\"} | line_format \"{{.x}}\" | label_format y=x,z=\"{{.w}}\" | drop y, z=\"1\" | json first=\"a[0]\", b [1m]) > 1",
            "max by (x) (rate({a=\"b\"}[1m])) and on (x) vector(1)",
        ] {
            assert_eq!(read(text), Ok(Gives::Numbers), "{text}");
        }
        assert_eq!(read("{a=\"b\"} |= `x` # end"), Ok(Gives::Lines));
    }

    #[test]
    fn what_cannot_be_read_is_said_where_it_stands() {
        for (text, piece, message) in [
            ("count_over_time({a=\"b\"} |= \"x\")", ")", "where a range such as `[5m]` is expected"),
            ("count_over_tme({a=\"b\"}[5m])", "count_over_tme", "did you mean `count_over_time`?"),
            ("sum({a=\"b\"} |= \"x\") > 1", "{a=\"b\"} |= \"x\"", "these are lines"),
            ("count_over_time({}[5m])", "{}", "one matcher at least"),
            ("count_over_time({a=~\".*\"}[5m])", "{a=~\".*\"}", "one matcher at least"),
            ("count_over_time({a=\"b\"} |~ \"(\" [5m])", "\"(\"", "no regular expression"),
            ("count_over_time({a=\"b\"} | jsn [5m])", "jsn", "did you mean `json`?"),
            ("sum_over_time({a=\"b\"}[5m])", "sum_over_time", "nothing does `| unwrap`"),
            ("count_over_time({a=\"b\"} | unwrap x [5m])", "count_over_time", "takes no `| unwrap`"),
            ("count_over_time({a=\"b\"}[5])", "5", "no duration"),
            ("count_over_time({a=\"b\"} |= x [5m])", "x", "where a string is expected"),
            ("{a=\"b\"} > 1", ">", "before it stand lines"),
            ("rate({a=\"b}[5m])", "\"b}[5m])", "does not end"),
            ("rate({a=\"b\"}[5m]) > ", "", "the expression ends"),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(&text[error.range.clone()], piece, "{text}: {}", error.message);
            assert!(error.message.contains(message), "{text}: {}", error.message);
        }
        assert!(read(&"(".repeat(100_000)).is_err());
    }

    #[test]
    fn only_a_pipe_outside_of_strings_makes_it_logql() {
        assert!(looks_like("rate({a=\"b\"} |= \"x\" [5m])") && looks_like("rate({a=\"b\"} | json [5m])"));
        assert!(!looks_like("rate(x{a=~\"b|c\"}[5m])") && !looks_like("x{a=\"\\\"|\"}") && !looks_like("x{a='|'}"));
    }

    #[test]
    fn no_piece_of_a_text_makes_the_reader_panic() {
        let text = "sum by (a) (count_over_time({é=\"b\\\"\", c=~`d`} |= \"é\" or `f` | json g=\"h\" | (i > 5s and j=\"k\"), l=ip(\"m\") [5m] offset 1h)) > bool 3";
        for start in text.char_indices().map(|(at, _)| at) {
            for end in text[start..].char_indices().map(|(at, _)| start + at) {
                drop(read(&text[start..end]));
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_where_it_lies(text in "(sum|by|rate|json|unwrap|offset|[a-z]{1,2}|[ \\n\"`{}\\[\\]()=.,+*/!|<>~\\\\0-9é-]|\\{a=\"b\"\\}|\\[5m\\]){0,50}") {
            if let Err(error) = read(&text) {
                proptest::prop_assert!(text.get(error.range.clone()).is_some(), "{text:?}: {:?}", error.range);
            }
        }
    }
}
