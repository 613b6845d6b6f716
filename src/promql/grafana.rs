//! Grafana's variables in dashboard expressions.
//!
//! A dashboard's expression is PromQL only once Grafana has put values in place of `$var`, `${var}`, `${var:format}` and
//! `[[var]]`. To check it as it stands, each variable is replaced by something of *the same length* that fits the place:
//! a duration in brackets and after `offset`, a name elsewhere, a number where a name does not fit. No byte moves, so
//! every range found in the substituted text is true for the original. Inside strings nothing needs to be replaced.

use std::ops::Range;

use super::error::ParseError;
use super::options::Options;
use super::parse_all;

/// How often an expression is read again with one more variable as something else than a name.
const MOST_ATTEMPTS: usize = 16;

/// How many characters behind a variable's name are searched for its closing mark.
const LONGEST_FORMAT: usize = 200;

/// An expression whose variables are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substituted {
    /// PromQL of the same length as the original.
    pub text: String,
    /// The variables in order.
    pub variables: Vec<Variable>,
}

/// A variable and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name, without marks and format.
    pub name: String,
    /// Byte range of all of it.
    pub range: Range<usize>,
    /// What it was taken for.
    pub context: Context,
}

/// What a variable was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// A duration, or a part of one: in brackets or after `offset`.
    Duration,
    /// A name or a part of one: a metric, a label, a function.
    Name,
    /// A number, where no name fits.
    Number,
    /// An operator, where neither fits.
    Operator,
    /// One or more matchers of a selector, as in `up{$matchers}`.
    Matchers,
    /// A part of a string; left alone.
    InString,
}

/// Whether a variable stands for a function or an aggregation, as in `$by(…)` or `$agg by (job) (…)`: nobody can tell what such an
/// expression returns.
pub fn calls_a_variable(text: &str, variables: &[Variable]) -> bool {
    variables.iter().filter(|variable| variable.context != Context::InString).any(|variable| {
        let (before, after) = (text.get(..variable.range.start).unwrap_or_default(), text.get(variable.range.end..).unwrap_or_default());
        let (word, _) = split_word(after.trim_start());
        let is_called = after.trim_start().starts_with('(') || matches!(word, "by" | "without");
        // Behind an operand it is an operator, and behind a part of a name the rest of it.
        let before_it = before.trim_end();
        let last = before_it.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or("");
        let behind_an_operand = before_it.ends_with([')', ']', '}'])
            || !last.is_empty() && !matches!(last, "and" | "or" | "unless" | "bool" | "atan2")
            || before.ends_with([':', '$']);
        is_called && !behind_an_operand
    })
}

/// Replaces the variables of an expression.
pub fn substitute(text: &str) -> Substituted {
    let mut variables = Scanner { text, position: 0, variables: Vec::new() }.run();
    let mut substituted = fill(text, &variables);
    let names = variables.iter().filter(|variable| variable.context == Context::Name).count();
    for _ in 0..(2 * names).min(MOST_ATTEMPTS) {
        let parsed = parse_all(&substituted, &Options::all());
        let misfit = parsed.errors.first().and_then(|error| misfit(error, &mut variables));
        let Some(variable) = misfit else {
            break;
        };
        variable.context = if variable.context == Context::Name { Context::Number } else { Context::Operator };
        substituted = fill(text, &variables);
    }
    Substituted { text: substituted, variables }
}

/// The variable that an error is about, where something else may fit.
fn misfit<'a>(error: &ParseError, variables: &'a mut [Variable]) -> Option<&'a mut Variable> {
    let fits = |context| matches!(context, Context::Name | Context::Number);
    variables.iter_mut().find(|variable| fits(variable.context) && variable.range.contains(&error.range.start))
}

/// Puts fillers in place of variables.
fn fill(text: &str, variables: &[Variable]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut written = 0;
    for variable in variables.iter().filter(|variable| variable.context != Context::InString) {
        filled.push_str(text.get(written..variable.range.start).unwrap_or_default());
        let before = filled.bytes().next_back();
        let after = text.as_bytes().get(variable.range.end).copied();
        push_filler(text.get(variable.range.clone()).unwrap_or_default(), variable.context, before, after, &mut filled);
        written = variable.range.end;
    }
    filled.push_str(text.get(written..).unwrap_or_default());
    filled
}

fn push_filler(variable: &str, context: Context, before: Option<u8>, after: Option<u8>, filled: &mut String) {
    let length = variable.len();
    let mut padded = |value: &str| {
        filled.push_str(value);
        filled.extend(std::iter::repeat_n(' ', length.saturating_sub(value.len())));
    };
    match context {
        Context::Number => padded("1"),
        Context::Operator => padded("+"),
        // A comma may follow the last matcher, and none may stand before the first.
        Context::Matchers if after == Some(b',') => padded(if length < 5 { "" } else { "_!=''" }),
        Context::Matchers => padded(""),
        // `[5$unit]`
        Context::Duration if before.is_some_and(|byte| byte.is_ascii_digit()) => padded("m"),
        // `[${minutes}m]`
        Context::Duration if after.is_some_and(|byte| byte.is_ascii_alphabetic()) => {
            filled.extend(std::iter::repeat_n(' ', length.saturating_sub(1)));
            filled.push('5');
        }
        Context::Duration => padded("5m"),
        // `${job:regex}` becomes `__job_regex_`: it starts no number and is no keyword.
        Context::Name | Context::InString => {
            filled.extend(variable.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '_' }));
        }
    }
}

/// Finds variables and where they stand, with no more understanding of PromQL than that needs.
struct Scanner<'a> {
    text: &'a str,
    position: usize,
    variables: Vec<Variable>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn run(mut self) -> Vec<Variable> {
        let (mut in_brackets, mut after_offset) = (false, false);
        // Whether this is between the braces of a selector, and a matcher may begin here.
        let (mut in_braces, mut at_matcher) = (false, false);
        while let Some(character) = self.rest().chars().next() {
            let context = match () {
                () if in_brackets || after_offset => Context::Duration,
                () if at_matcher && self.is_whole_matcher() => Context::Matchers,
                () => Context::Name,
            };
            if self.variable(context) {
                after_offset = false;
                at_matcher = false;
                continue;
            }
            in_braces = character == '{' || in_braces && character != '}';
            at_matcher = in_braces && (matches!(character, '{' | ',') || at_matcher && character.is_whitespace());
            match character {
                '"' | '\'' | '`' => self.string(character),
                '#' => self.position += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len()),
                _ if character.is_ascii_alphabetic() || character == '_' => {
                    let word = self.word();
                    after_offset = word.eq_ignore_ascii_case("offset");
                    continue;
                }
                _ => {
                    self.position += character.len_utf8();
                    match character {
                        '[' => in_brackets = true,
                        ']' => in_brackets = false,
                        // These may stand between `offset` and its duration.
                        '-' | '+' | '(' | ' ' | '\t' | '\n' | '\r' => continue,
                        _ => {}
                    }
                }
            }
            after_offset = false;
        }
        self.variables
    }

    /// Whether the variable that starts here, if one does, stands where a whole matcher does.
    fn is_whole_matcher(&self) -> bool {
        variable(self.rest()).is_some_and(|(_, length)| self.rest()[length..].trim_start().starts_with([',', '}']))
    }

    fn word(&mut self) -> &'a str {
        let (word, _) = split_word(self.rest());
        self.position += word.len();
        word
    }

    fn string(&mut self, quote: char) {
        self.position += quote.len_utf8();
        while let Some(character) = self.rest().chars().next() {
            if self.variable(Context::InString) {
                continue;
            }
            self.position += character.len_utf8();
            if character == quote {
                return;
            }
            if character == '\\' && quote != '`' {
                self.position += self.rest().chars().next().map_or(0, char::len_utf8);
            }
        }
    }

    /// Takes a variable if one starts here.
    fn variable(&mut self, context: Context) -> bool {
        let Some((name, length)) = variable(self.rest()) else {
            return false;
        };
        let range = self.position..self.position + length;
        self.variables.push(Variable { name: name.to_owned(), range, context });
        self.position += length;
        true
    }
}

/// The name and length of the variable that a text starts with.
fn variable(text: &str) -> Option<(&str, usize)> {
    let (inner, close) = if let Some(inner) = text.strip_prefix("${") {
        (inner, "}")
    } else if let Some(inner) = text.strip_prefix("[[") {
        (inner, "]]")
    } else {
        let (name, rest) = split_word(text.strip_prefix('$')?);
        return (!name.is_empty()).then_some((name, text.len() - rest.len()));
    };
    let (name, after) = split_word(inner);
    // `[[` may also be two brackets, one in the other: only a name, or a name and its format, make it a variable.
    let has_format = after.starts_with([':', '.']);
    if name.is_empty() || !(has_format || after.starts_with(close)) {
        return None;
    }
    // A format is short and on one line; looking no further keeps the scan linear.
    let end = after.char_indices().take(LONGEST_FORMAT).find_map(|(at, _)| after.get(at..)?.starts_with(close).then_some(at))?;
    Some((name, text.len() - after.len() + end + close.len()))
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::{Context, substitute};
    use crate::promql::{Options, parse};

    #[test]
    fn what_a_variable_calls_is_told() {
        let calls = |text: &str| super::calls_a_variable(text, &substitute(text).variables);
        for text in ["$agg by (job) (a)", "${fn}(a[5m])", "sum($fn(a[5m]))", "a / $agg without (x) (b)", "a and $fn(b)", "$fn (a)"] {
            assert!(calls(text), "{text}");
        }
        for text in [
            "$metric",
            "sum by ($label) (a)",
            "a $op (b)",
            "(a) ${op} (b)",
            "rate($metric[5m])",
            "a{b=\"$c(d)\"}",
            "on ($l) group_left ($m) b",
        ] {
            assert!(!calls(text), "{text}");
        }
    }

    #[test]
    fn each_variable_is_replaced_by_what_fits_its_place() {
        let cases = [
            ("rate(a[$__rate_interval])", "rate(a[5m              ])", Context::Duration),
            ("rate(a[[[interval]]])", "rate(a[5m          ])", Context::Duration),
            ("a offset $shift", "a offset 5m    ", Context::Duration),
            ("a offset -(${shift})", "a offset -(5m      )", Context::Duration),
            ("rate(a[${minutes}m])", "rate(a[         5m])", Context::Duration),
            ("rate(a[5$unit])", "rate(a[5m    ])", Context::Duration),
            ("topk($k, a)", "topk(1 , a)", Context::Number),
            ("a @ $__from", "a @ 1      ", Context::Number),
            ("a $compare b", "a +        b", Context::Operator),
            ("a > $limit", "a > _limit", Context::Name),
            ("$metric{a=\"b\"}", "_metric{a=\"b\"}", Context::Name),
            ("node_${kind}_total", "node___kind__total", Context::Name),
            ("sum by (${labels:csv}) (a)", "sum by (__labels_csv_) (a)", Context::Name),
            ("a{job=~\"$job\"}", "a{job=~\"$job\"}", Context::InString),
            ("rate(a{$matchers}[5m])", "rate(a{         }[5m])", Context::Matchers),
            ("a{b=\"c\", ${matchers} }", "a{b=\"c\",             }", Context::Matchers),
            ("a{$matchers, b=\"c\"}", "a{_!=''    , b=\"c\"}", Context::Matchers),
            ("a{$label=\"c\"}", "a{_label=\"c\"}", Context::Name),
        ];
        for (original, text, context) in cases {
            let substituted = substitute(original);
            assert_eq!(substituted.text, text, "{original}");
            assert_eq!(substituted.variables.iter().map(|variable| variable.context).collect::<Vec<_>>(), [context], "{original}");
            assert_eq!(substituted.text.len(), original.len());
            assert!(parse(&substituted.text, &Options::stock()).is_ok(), "{original}");
        }
    }

    #[test]
    fn variables_are_listed_with_their_names_and_places() {
        let text = r#"a{job="$job", x="${y:regex}"}[[[range]]:] # $ignored"#;
        let names: Vec<_> = substitute(text).variables.iter().map(|variable| (variable.name.clone(), variable.range.clone())).collect();
        assert_eq!(names, [("job".to_owned(), 7..11), ("y".to_owned(), 17..27), ("range".to_owned(), 30..39)]);
    }

    #[test]
    fn texts_without_variables_stay_as_they_are() {
        for text in ["", "a[5m]", "a + \"$\"", "$", "${", "${}", "[[", "a{b=\"\\\"$\"}", "é$"] {
            assert_eq!(substitute(text).text, text);
        }
    }
}
