//! Matchers that exclude each other.

use crate::lint::query::{is_placeholder, named_values};
use crate::lint::words::anchored::full_match;
use crate::promql::ast::{MatchOp, Matcher};

/// Whether a pattern is that of any text, the empty one included.
pub(super) fn takes_anything(pattern: &str) -> bool {
    let inner = pattern.trim_start_matches(['^', '(']).trim_end_matches(['$', ')']);
    inner == ".*" || inner == "?:.*" || pattern.split('|').any(|part| part == ".*")
}

/// Whether two matchers of one label let no value through together.
pub(in crate::lint::rules::expressions) fn exclude(one: &Matcher, other: &Matcher) -> bool {
    let (fixed, tested) = match (one.op, other.op) {
        (MatchOp::Equal, _) => (one, other),
        (_, MatchOp::Equal) => (other, one),
        (MatchOp::Regex, MatchOp::Regex) => return exclude_patterns(one, other),
        (MatchOp::Regex, MatchOp::NotRegex) => return takes_all_of(other, one),
        (MatchOp::NotRegex, MatchOp::Regex) => return takes_all_of(one, other),
        _ => return false,
    };
    if is_placeholder(&fixed.value) || is_placeholder(&tested.value) {
        return false;
    }
    match tested.op {
        MatchOp::Equal => tested.value != fixed.value,
        MatchOp::NotEqual => tested.value == fixed.value,
        MatchOp::Regex => full_match(&tested.value, &fixed.value) == Some(false),
        MatchOp::NotRegex => full_match(&tested.value, &fixed.value) == Some(true),
    }
}

/// Whether one pattern leaves out all that another lets through: the same pattern, or each of the values that it lists.
fn takes_all_of(taken: &Matcher, left: &Matcher) -> bool {
    if is_placeholder(&taken.value) || is_placeholder(&left.value) {
        return false;
    }
    let values = named_values(left);
    taken.value == left.value || !values.is_empty() && values.iter().all(|value| full_match(&taken.value, value) == Some(true))
}

/// Whether two patterns of a label let no value through together, as far as one of them lists its values or both are of HTTP statuses.
fn exclude_patterns(one: &Matcher, other: &Matcher) -> bool {
    if is_placeholder(&one.value) || is_placeholder(&other.value) {
        return false;
    }
    let both = |value: &str| full_match(&one.value, value) != Some(false) && full_match(&other.value, value) != Some(false);
    if let Some(values) = [one, other].into_iter().map(named_values).find(|values| !values.is_empty()) {
        return !values.into_iter().any(|value| both(&value));
    }
    let of_statuses = |matcher: &Matcher| {
        matcher.value.bytes().all(|byte| byte.is_ascii_digit() || b".|[-]()^$".contains(&byte))
            && (100..600).any(|status| full_match(&matcher.value, &status.to_string()) == Some(true))
    };
    let is_status = ["status", "code"].iter().any(|word| one.label.text.contains(word));
    is_status && of_statuses(one) && of_statuses(other) && !(100..600).any(|status| both(&status.to_string()))
}
