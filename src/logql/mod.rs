//! A small reader of LogQL, the language of Loki's rules: enough to say where an expression cannot be read, and whether it is
//! a number that an alert can compare. Loki itself judges none of it here.
//!
//! Written after the manual of Loki 3.5 (`docs/sources/query`).

mod lines;
mod numbers;
mod reader;

use std::ops::Range;

use reader::Reader;

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
    if !text.contains('|') {
        return false;
    }
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'|' | b'"' | b'`' | b'\'')) {
        let quote = rest[at];
        if quote == b'|' {
            return true;
        }
        rest = &rest[at + 1..];
        // To the end of the text in quotes.
        loop {
            let Some(at) = memchr::memchr2(quote, b'\\', rest) else { return false };
            let is_end = rest[at] == quote;
            let is_escape = !is_end && quote != b'`';
            rest = rest.get(at + 1 + usize::from(is_escape)..).unwrap_or_default();
            if is_end {
                break;
            }
        }
    }
    false
}

/// Reads an expression.
pub fn read(text: &str) -> Result<Gives, Error> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let gives = reader.expression()?;
    reader.blanks();
    if reader.at < text.len() { Err(reader.unexpected("an operator or the end")) } else { Ok(gives) }
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
        assert!(!looks_like("x{a=\"open|") && !looks_like("x{a=\"ends\\") && looks_like("x{a=`\\`} | json"));
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
