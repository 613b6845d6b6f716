//! Matchers that a text quotes.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::lint::query::matches;
use crate::promql::Expr;
use crate::promql::ast::{MatchOp, Matcher};
use crate::promql::walk::selectors;

/// Words of a sentence about what is left out, which may be named as well.
const LEFT_OUT: &[&str] = &["not ", "none", "another", "exclud", "except", "other than", "apart from"];

/// A matcher that a text quotes, as `status=~5..`, or a class of statuses that it names, as `5xx`, where the expression asks for
/// others alone.
pub(super) fn other_matcher(text: &str, expr: &Expr) -> Option<String> {
    // Few texts speak of either; that is told faster by one letter.
    let speaks = memchr::memchr2_iter(b'=', b'x', text.as_bytes()).any(|at| text[at..].starts_with("=~") || text[at..].starts_with("xx"));
    if !speaks {
        return None;
    }
    let found = selectors(expr);
    let matchers: Vec<&Matcher> = found.iter().flat_map(|found| &found.selector.matchers).collect();
    let of = |label: &str| -> Vec<&str> {
        matchers.iter().filter(|m| m.label.text == label && !m.value.contains('$')).map(|m| m.value.as_str()).collect()
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (at, op) in text.match_indices("=~") {
        let label = &text[text[..at].rfind(|c: char| !is_name(c)).map_or(0, |before| before + 1)..at];
        let rest = text[at + op.len()..].trim_start_matches(['"', '\\']);
        let value = rest.split(|c: char| c.is_whitespace() || "\"\\,;)}".contains(c)).next().unwrap_or("");
        let asked = of(label);
        if !value.is_empty() && !asked.is_empty() && !asked.iter().any(|own| *own == value || own.starts_with(value)) {
            return Some(format!("this speaks of `{label}=~{value}`, and the expression asks for `{}`", asked[0]));
        }
    }
    let class = text.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| {
        let digit = word.strip_suffix("xx").filter(|digit| matches!(*digit, "4" | "5"))?;
        Some((word, digit))
    });
    let sentence = |word: &str| text.split(['.', ';', '\n']).find(|part| part.contains(word)).unwrap_or("").to_lowercase();
    let class = class.filter(|(word, _)| !LEFT_OUT.iter().any(|left_out| sentence(word).contains(left_out)));
    let (word, digit) = class.filter(|(word, _)| text.matches("xx").count() == text.matches(word).count())?;
    let statuses: Vec<&str> =
        ["status", "code", "status_code", "http_status_code", "http_response_status_code"].iter().flat_map(|l| of(l)).collect();
    let all = |digit: &str| [format!("{digit}04"), format!("{digit}xx"), digit.to_owned()];
    // Those of another class are asked for as well.
    let is_wider = |m: &&&Matcher| {
        let is_status = m.label.text.ends_with("code") || m.label.text.ends_with("status") || m.label.text.ends_with("code_class");
        let takes = |digit: &str| all(digit).iter().any(|value| matches(m, value) == Some(true));
        let other = if digit == "5" { "4" } else { "5" };
        is_status && m.op == MatchOp::Regex && takes(digit) && takes(other) && !takes("2")
    };
    if let Some(wider) = matchers.iter().find(is_wider) {
        return Some(format!("this speaks of {word} alone, and the expression asks for `{}=~\"{}\"`", wider.label.text, wider.value));
    }
    let first = statuses.first().filter(|_| !statuses.iter().any(|own| own.contains(digit) || !own.starts_with(['4', '5'])))?;
    Some(format!("this speaks of {word}, and the expression asks for `{first}`"))
}

/// How a text says that something is left out.
static WITHOUT: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = ["no ", "without ", "excluding ", "except ", "not counting "];
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

/// Values that a text says are left out, and that the expression asks for alone.
pub(super) fn left_out(text: &str, expr: &Expr) -> Option<String> {
    let mut said = WITHOUT.as_ref()?.find_iter(text).map(|found| &text[found.end()..]).peekable();
    said.peek()?;
    let said: Vec<&str> = said.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")).collect();
    let found = selectors(expr);
    let mut asked = found.iter().flat_map(|found| &found.selector.matchers).filter(|m| m.op == MatchOp::Regex && m.value.contains('|'));
    asked.find_map(|matcher| {
        let is_said = |value: &str| value.len() > 3 && said.iter().any(|word| word.eq_ignore_ascii_case(value));
        let value = matcher.value.split('|').map(|value| value.trim_matches(['(', ')', '^', '$'])).find(|value| is_said(value))?;
        Some(format!("this leaves `{value}` out, and the expression asks for `{}=~\"{}\"`", matcher.label.text, matcher.value))
    })
}
