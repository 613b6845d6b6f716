//! Rules that differ from all of their siblings.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::formats::rule_file::{Rule as RuleOfFile, RuleFile};
use crate::lint::context::Context;
use crate::lint::query::likeness::{Part, Word, without_window, words};
use crate::lint::query::{Origin, Query};
use crate::lint::rule::{Rule, rule};

rule! {
    /// Recording rules whose names differ only in the window, as `job:errors:rate5m` and `job:errors:rate1h` do, ask the same over
    /// several windows, and alerts of one name ask alike at several severities. One of three or more says something else at a place
    /// where all others agree, or leaves out a `1 -` that they have: it was changed, or the others were.
    ///
    /// Windows are not compared; of alerts neither are numbers, metrics and the values of matchers, which may differ by design.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { record: "job:errors:rate5m", expr: 'sum by (job) (rate(errors_total{code=~"5.."}[5m]))' }
    ///       - { record: "job:errors:rate1h", expr: 'sum by (job) (rate(errors_total{code=~"5.."}[1h]))' }
    ///       - { record: "job:errors:rate6h", expr: 'sum by (job) (rate(errors_total{code=~"4.."}[6h]))' }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { record: "job:errors:rate5m", expr: 'sum by (job) (rate(errors_total{code=~"5.."}[5m]))' }
    ///       - { record: "job:errors:rate1h", expr: 'sum by (job) (rate(errors_total{code=~"5.."}[1h]))' }
    ///       - { record: "job:errors:rate6h", expr: 'sum by (job) (rate(errors_total{code=~"5.."}[6h]))' }
    /// ```
    SiblingDrift, "sibling-drift", Warning
}

/// A rule of a family.
struct Member<'c> {
    query: &'c Query<'c>,
    file: &'c RuleFile<'c>,
    rule: &'c RuleOfFile<'c>,
    words: Vec<Word>,
}

impl<'c> Member<'c> {
    fn of(query: &'c Query<'c>) -> Option<Self> {
        let (Origin::Rule { file, rule }, Some(expr)) = (query.origin, &query.expr) else { return None };
        Some(Self { query, file, rule, words: words(expr, &|_| false) })
    }
}

impl Rule for SiblingDrift {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut families: BTreeMap<(u32, bool, usize, &str), Vec<&Query<'_>>> = BTreeMap::new();
        for query in context.queries {
            let (Origin::Rule { rule, .. }, Some(_)) = (query.origin, &query.expr) else { continue };
            let group = if rule.is_alert() { 0 } else { rule.place.0 };
            let name = if rule.is_alert() { rule.name() } else { without_window(rule.name()) };
            families.entry((query.node.span.source.0, rule.is_alert(), group, name)).or_default().push(query);
        }
        for ((_, is_alert, ..), family) in families.iter().filter(|(_, family)| family.len() >= 3) {
            let members: Vec<Member<'_>> = family.iter().filter_map(|query| Member::of(query)).collect();
            if !is_alert {
                labels(&members, found);
            }
            expressions(&members, *is_alert, found);
        }
    }
}

/// The labels of recording rules, where their expressions do not tell them apart.
fn labels(members: &[Member<'_>], found: &mut Vec<Diagnostic>) {
    let own = |member: &Member<'_>| -> BTreeMap<String, String> {
        member.rule.labels().map(|(name, _, value)| (name.to_owned(), value.as_str().unwrap_or("").to_owned())).collect()
    };
    let all: Vec<_> = members.iter().map(own).collect();
    let Some((odd, usual)) = odd_one(&all) else { return };
    let (member, sibling) = (&members[odd], &members[usize::from(odd == 0)]);
    let usual = &all[usual];
    let alike = member.words.iter().map(|word| &word.text).eq(sibling.words.iter().map(|word| &word.text));
    let mut differing = all[odd].iter().filter(|(name, value)| usual.get(*name) != Some(*value));
    let (Some((name, value)), None, true) = (differing.next(), differing.next(), alike) else { return };
    let node = member.rule.label(name).map_or(member.rule.name.span, |node| node.span);
    let others = usual.get(name).map_or_else(|| "no such label".to_owned(), |usual| format!("`{usual}`"));
    let message = format!("`{}` has `{name}: {value}`, and its siblings have {others}", member.rule.name());
    let finding = META.finding(node, message).path(format!("{}.{name}", member.file.path(member.rule, "labels")));
    found.push(finding.related(sibling.rule.name.span, "a sibling").help("label all of them alike"));
}

fn expressions(members: &[Member<'_>], is_alert: bool, found: &mut Vec<Diagnostic>) {
    let kinds = |member: &Member<'_>| member.words.iter().map(|word| word.part).collect::<Vec<_>>();
    let first = kinds(&members[0]);
    if !members.iter().all(|member| kinds(member) == first) {
        found.extend(turned_round(members).filter(|_| !is_alert));
        return;
    }
    let compared = |part: Part| {
        !is_alert || matches!(part, Part::Aggregation | Part::Grouping | Part::Function | Part::Operator | Part::Matching | Part::Shift)
    };
    let mut odd = Vec::new();
    for at in (0..first.len()).filter(|at| compared(first[*at])) {
        if members.iter().all(|member| member.words[at].text == members[0].words[at].text) {
            continue;
        }
        let texts: Vec<String> = members.iter().map(|member| plain(&member.words[at])).collect();
        if texts.iter().all(|text| *text == texts[0]) {
            continue;
        }
        // Where more than one goes its own way, they differ by design.
        let Some((odd_one, usual)) = odd_one(&texts) else { return };
        odd.push((odd_one, at, usual));
    }
    let [(who, at, usual), ..] = odd.as_slice() else { return };
    if odd.len() > 2 || odd.iter().any(|(other, ..)| other != who) {
        return;
    }
    let (member, sibling) = (&members[*who], &members[*usual]);
    let (here, there) = (&member.words[*at], &sibling.words[*at]);
    // The last bucket of a histogram holds what its count does.
    let stem = |word: &Word| word.text.strip_suffix("_bucket").or_else(|| word.text.strip_suffix("_count")).map(str::to_owned);
    let takes_all = |member: &Member<'_>| member.words.iter().any(|word| word.part == Part::Matchers && word.text.contains("+Inf"));
    if stem(here).is_some() && stem(here) == stem(there) && (takes_all(member) || takes_all(sibling)) {
        return;
    }
    let others = members.len() - 1;
    let message = format!("`{}` has `{}` here, and its {others} siblings have `{}`", member.rule.name(), here.text, there.text);
    found.push(
        META.finding(member.query.span(&here.range), message)
            .path(member.query.path())
            .related(sibling.query.span(&there.range), "a sibling")
            .help("make them ask alike, or give this one a name of its own"),
    );
}

/// A word as it is compared: patterns that take the same by another spelling are alike.
fn plain(word: &Word) -> String {
    if word.part != Part::Matchers {
        return word.text.clone();
    }
    let text = word
        .text
        .replace("[0-9]", ".")
        .replace("\\\\d", ".")
        .replace("\\d", ".")
        .replace(".{2}", "..")
        .replace("5.+", "5..")
        .replace("4.+", "4..");
    let pattern = |value: &str| {
        let mut parts: Vec<&str> = value.split('|').collect();
        if !value.contains(['(', '[']) {
            parts.sort_unstable();
        }
        parts.join("|")
    };
    let mut parts =
        text.split('"').enumerate().map(|(at, part)| if at % 2 == 1 { pattern(part) } else { part.to_owned() }).collect::<Vec<_>>();
    for at in (1..parts.len()).step_by(2) {
        let is_plain = |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' ' | b'/'));
        if is_plain(&parts[at]) {
            parts[at - 1] = parts[at - 1].replace("=~", "=").replace("!~", "!=");
        }
    }
    parts.join("\"")
}

/// A recording rule that has a number and an operator more or fewer than all of its siblings, as `1 - …`: what fails beside what succeeds.
fn turned_round(members: &[Member<'_>]) -> Option<Diagnostic> {
    let all: Vec<Vec<Part>> = members.iter().map(|member| member.words.iter().map(|word| word.part).collect()).collect();
    let (odd, usual) = odd_one(&all)?;
    let (longer, shorter) = if all[odd].len() > all[usual].len() { (odd, usual) } else { (usual, odd) };
    let mut rest = all[shorter].iter().peekable();
    let more: Vec<Part> = all[longer].iter().filter(|part| rest.next_if_eq(part).is_none()).copied().collect();
    let is_reckoned = more.len() == 3 && [Part::Operator, Part::Matching, Part::Constant].iter().all(|part| more.contains(part));
    if rest.next().is_some() || !is_reckoned {
        return None;
    }
    let (member, sibling) = (&members[odd], &members[usual]);
    let what = if longer == odd { "reckons with a number that its" } else { "does not reckon with the number that its" };
    let message = format!("`{}` {what} {} siblings have{}", member.rule.name(), members.len() - 1, if longer == odd { " not" } else { "" });
    let finding = META.finding(member.query.node.span, message).path(member.query.path());
    Some(finding.related(sibling.query.node.span, "a sibling").help("make them ask alike, or give this one a name of its own"))
}

/// The only one that differs from all others, which agree, and one of those.
fn odd_one<T: PartialEq>(all: &[T]) -> Option<(usize, usize)> {
    let usual = usize::from(all.get(1) == all.get(2));
    let mut odd = all.iter().enumerate().filter(|(_, one)| **one != all[usual]).map(|(at, _)| at);
    let only = odd.next().filter(|_| odd.next().is_none())?;
    Some((only, usual))
}
