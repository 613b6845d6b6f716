//! What is to be left out, and is not, or is everything.

use super::META;
use crate::diagnostic::{Diagnostic, Level, did_you_mean};
use crate::lint::query::{Query, matches};
use crate::lint::words::anchored::full_match;
use crate::lint::words::nearly;
use crate::lint::world::declared::Label;
use crate::promql::ast::{MatchOp, Matcher};

/// Words for what went well.
const WELL: &[&str] = &["ok", "success", "succeeded", "successful", "passed", "completed"];

/// The value that is meant by one to leave out which there is not: nearly the same, or another word for what went well.
pub(super) fn meant_to_leave_out<'v>(value: &str, values: &'v [String]) -> Option<&'v str> {
    let digits = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let is_well = |text: &str| WELL.contains(&text.to_lowercase().as_str());
    let same = values.iter().find(|known| known.eq_ignore_ascii_case(value)).map(String::as_str);
    let near = || did_you_mean(value, values.iter().map(String::as_str)).filter(|meant| !digits(meant));
    let well = || values.iter().map(String::as_str).find(|known| is_well(known)).filter(|_| is_well(value));
    if values.iter().any(|known| known == value) { None } else { same.or_else(near).or_else(well) }
}

/// A value to leave out that is nearly one that there is: nothing is left out.
pub(super) fn takes_all(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let values = label.values.as_ref().filter(|values| matcher.op == MatchOp::NotEqual && values.len() <= 64)?;
    if matcher.value.is_empty() || values.contains(&matcher.value) {
        return None;
    }
    let meant = meant_to_leave_out(&matcher.value, values)?;
    let message = format!("`{}` is never `{}`, so this leaves nothing out", label.name.value, matcher.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.value_range), message);
    Some(finding.related(label.name.span, "the label is declared here").help(format!("did you mean `{meant}`?")))
}

/// A pattern that leaves out every value there is.
pub(super) fn leaves_nothing(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let values = label.values.as_ref().unwrap_or(&label.seen);
    if values.is_empty() || label.optional || matcher.op != MatchOp::NotRegex {
        return None;
    }
    if !values.iter().all(|value| matches(matcher, value) == Some(false)) {
        return None;
    }
    let message = format!("this leaves out every value of `{}`", label.name.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.range), message);
    Some(finding.related(label.name.span, "the label").help("leave out less"))
}

/// A pattern that is to be left out, and is compared as a text: nothing is left out.
pub(super) fn pattern_as_text(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let values = label.values.as_ref().unwrap_or(&label.seen);
    let is_pattern = matcher.op == MatchOp::NotEqual && matcher.value.contains(['.', '*', '|', '[']);
    if !is_pattern || values.contains(&matcher.value) || !values.iter().any(|value| full_match(&matcher.value, value) == Some(true)) {
        return None;
    }
    let message = format!("`!=` compares with the very text `{}`, so this leaves nothing out", matcher.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.range), message);
    Some(finding.related(label.name.span, "the label").help(format!("write `{}!~\"{}\"`", matcher.label.text, matcher.value)))
}

/// What is to be left out is nearly a value of the page, and is none: nothing is left out.
pub(super) fn excludes_nothing(query: &Query<'_>, matcher: &Matcher, label: &Label) -> Option<Diagnostic> {
    let is_regex = matcher.op == MatchOp::NotRegex;
    if !is_regex && matcher.op != MatchOp::NotEqual || matcher.value.is_empty() || label.seen.is_empty() {
        return None;
    }
    let closed = label.values.as_deref().unwrap_or_default();
    if label.seen.iter().chain(closed).any(|value| matches(matcher, value) != Some(true)) {
        return None;
    }
    let parts: Vec<&str> = if is_regex { matcher.value.split('|').collect() } else { vec![&matcher.value] };
    let is_plain = |part: &str| part.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '_' | '-' | ' ' | ':'));
    let alike = |part: &&str| {
        let same = label.seen.iter().chain(closed).find(|seen| nearly::is_alike(seen, part)).map(String::as_str);
        same.or_else(|| nearly::meant(part, &label.seen).filter(|_| closed.is_empty() && is_plain(part)))
    };
    // Numbers among names: the codes of gRPC have both.
    let is_number = |text: &str| text.parse::<u16>().is_ok();
    let other_kind = || parts.iter().all(|part| is_number(part)) && !closed.is_empty() && !closed.iter().any(|value| is_number(value));
    let unrooted = || {
        let slash = format!("/{}", matcher.value);
        let found = label.seen.iter().any(|seen| full_match(&slash, seen) == Some(true));
        (is_regex && found && label.seen.iter().all(|seen| seen.starts_with('/'))).then_some(slash)
    };
    let begun = |part: &&str| {
        let beyond = |seen: &&String| seen.strip_prefix(*part).is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric()));
        label.seen.iter().find(beyond).filter(|_| is_regex && parts.len() == 1 && part.len() > 2)
    };
    // No status is written so.
    let class = |part: &&str| {
        let lower = part.to_ascii_lowercase();
        let alone = Some(lower.as_str()).filter(|_| label.seen.iter().all(|seen| seen.len() == 3 && is_number(seen)));
        let digit = lower.strip_suffix("xx").filter(|_| !closed.is_empty()).or(alone).and_then(|digit| digit.parse::<u8>().ok());
        digit.filter(|digit| (1..=5).contains(digit)).map(|digit| format!("{digit}.."))
    };
    let message = format!("no series of the page has the {} `{}`, so this leaves nothing out", label.name.value, matcher.value);
    let finding = META.finding_at(Level::Warning, query.span(&matcher.range), message);
    let finding = finding.related(label.name.span, "the label is exposed on this page");
    if let Some(meant) = parts.iter().find_map(alike) {
        return Some(finding.help(format!("did you mean `{meant}`?")));
    }
    if let Some(class) = parts.iter().find_map(class) {
        return Some(finding.help(format!("write `{}!~\"{class}\"`", label.name.value)));
    }
    // How most of it ends is always there, and is called otherwise.
    if parts.iter().all(|part| WELL.contains(&part.to_ascii_lowercase().as_str())) && label.seen.len() > 1 {
        return Some(finding.help(format!("it is one of {}", label.seen.join(", "))));
    }
    if other_kind() {
        return Some(finding.help(format!("it is one of {}", closed.join(", "))));
    }
    if let Some(slash) = unrooted() {
        return Some(finding.help(format!("all of them begin with `/`: write `{}!~\"{slash}\"`", label.name.value)));
    }
    let (part, seen) = parts.iter().find_map(|part| Some((part, begun(part)?)))?;
    Some(finding.help(format!("a pattern is compared with the whole value, as with `{seen}`: write `{part}.*`")))
}
