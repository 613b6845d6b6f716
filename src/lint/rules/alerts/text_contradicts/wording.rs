//! Texts whose words fit the opposite of the condition.

use std::ops::Deref;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::some_or_all;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::is_one_of_each;
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::growth::growing;
use crate::lint::query::whole::is_part;
use crate::lint::template::AlertText;
use crate::lint::template::sentence::Exact;
use crate::lint::world::World;
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::{alternatives, calls, only_selector, operations, selectors, visit, without_aggregates, without_parens};

/// Words of which a text has one that is looked at here: most have none, and need no more than this look.
pub(super) static TELLING: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    const WORDS: &[&str] = &[
        "too low",
        "too high",
        "not ",
        "both ",
        "Both ",
        "only {{",
        "lack",
        "used",
        "per cpu",
        "per core",
        "free",
        "left",
        "available",
        "remain",
        "ms",
        "millisecond",
        "exhausted",
        "full",
        "saturated",
        " a day",
        " per day",
        " an hour",
        " per hour",
        " a minute",
        " per minute",
        "last ",
        "past ",
        "previous ",
        "in ",
        "times in",
        "oldest",
        "slowest",
        "longest",
        "one of the ",
        "either of",
        "any of the ",
        "an instance",
        "all the time",
        "at least one ",
        "none of the ",
        "not one of the ",
        "usage",
        "utilisation",
        "utilization",
        "direction",
        "average ",
        "the mean ",
        "at all",
        "no requests",
        "no traffic",
        "was not",
        " is up",
        " are up",
        " is running",
        " are running",
        " is reachable",
        " are reachable",
        " is alive",
        "peak",
        "the highest",
        "the most ",
        "the lowest",
        "the least",
        "not once",
        "single ",
        "every probe",
        "every scrape",
        "all probes",
        "whole time",
        "without a break",
        "without interruption",
        "all scrapes",
        "one instance",
        "one replica",
        "one pod",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(WORDS).ok()
});

/// Whether the name of an alert says that nothing is left.
pub(super) fn says_full(name: &str) -> bool {
    let ends =
        |word: &str| name.len().checked_sub(word.len()).and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word));
    ["exhausted", "full", "saturated"].into_iter().any(ends)
}

/// A text that says that somebody is woken, of an alert whose severity wakes nobody.
pub(super) fn wakes(texts: &impl Deref<Target = String>, rule: &RuleOfFile<'_>) -> Option<String> {
    const WAKES: &[&str] = &[
        "wakes ",
        "wake the on-call",
        "pages the ",
        "pages on-call",
        "pages somebody",
        "pages us",
        "at any hour",
        "look at once",
        "immediately",
    ];
    let severity = rule.label("severity")?.as_str().filter(|severity| matches!(*severity, "info" | "none" | "notice" | "ticket"))?;
    let words = WAKES.iter().find(|words| texts.contains(**words))?;
    Some(format!("this says `{}`, and the severity is `{severity}`", words.trim()))
}

/// A text that says that an exporter does not reach what it is for, where the condition asks whether the exporter itself is scraped.
pub(super) fn of_exporter(texts: &impl Deref<Target = String>, expr: &Expr) -> Option<String> {
    let found = selectors(expr);
    let is_up = !found.is_empty() && found.iter().all(|found| found.selector.metric_name() == Some("up"));
    let says = is_up
        && texts.contains("exporter")
        && ["cannot connect", "can not connect", "can't connect", "cannot reach", "does not reach"]
            .iter()
            .any(|words| texts.contains(words));
    says.then(|| "this says that the exporter does not get through, and `up` tells whether the exporter itself answers".to_owned())
}

/// A text that says when something last went well, where the condition asks when it last ran, and a metric beside it tells the other.
pub(super) fn speaks_of_success(texts: &impl Deref<Target = String>, name: &str, expr: &Expr, world: &World<'_>) -> Option<String> {
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let read = only.selector.metric_name().filter(|name| name.contains("_last_run_"))?;
    let other = read.replace("_last_run_", "_last_success_");
    world.metric(&other)?;
    let says = ["succeed", "success"].iter().any(|word| texts.contains(word) || name.to_lowercase().contains(word));
    says.then(|| format!("this says when it last succeeded, and `{read}` tells when it last ran, whatever came of it: that is `{other}`"))
}

/// Whether a text says of the very metric that is compared that it is too low, or too high: its last words stand before that.
fn says_of(lower: &str, side: &Expr, what: &str) -> bool {
    let Some((before, _)) = lower.split_once(what) else { return false };
    let ExprKind::Selector(selector) = &without_aggregates(side).kind else { return false };
    let Some(name) = selector.metric_name() else { return false };
    let stem = name.rsplit(':').find(|part| part.contains('_')).unwrap_or(name);
    let last: Vec<&str> = stem.rsplit('_').take(2).collect();
    let words = || before.split(|c: char| !c.is_ascii_alphanumeric());
    last.len() == 2 && last.iter().all(|word| words().any(|said| said == *word))
}

/// What a text says that the condition does not.
pub(super) fn contrary(lower: &str, text: &AlertText<'_>, name: &str, expr: &Expr, context: &Context<'_>) -> Option<String> {
    if let Some(message) = bound_of_fraction(lower, expr) {
        return Some(message);
    }
    if alternatives(expr).into_iter().any(|condition| asks_for_much_left(lower, name, condition)) {
        return Some("this says that little is left, and the condition that much is".to_owned());
    }
    if let Some(message) = some_or_all::contrary(lower, expr) {
        return Some(message);
    }
    let Comparison { side, op, number, place, .. } = Comparison::of(principal(expr)).or_else(|| of_two(expr))?;
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    let is_below = matches!(op, BinaryOp::Less | BinaryOp::LessEqual);
    // Of `x < 0.25 > 0` a text is about the one or the other.
    if Comparison::of(without_parens(side)).is_some() {
        return None;
    }
    if is_above && shows_only(lower) {
        return Some(format!("this says `only`, and the condition is `{}`", op.symbol()));
    }
    if is_above && ["lacks ", "lack "].iter().any(|word| lower.contains(word)) && falls_short(side) {
        return Some(format!("this says that some are missing, and the condition is `{}`", op.symbol()));
    }
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if is_above && says_of(lower, side, "too low") || is_below && says_of(lower, side, "too high") {
        return Some(format!("this says the opposite of the condition, which is `{}`", op.symbol()));
    }
    if is_below
        && left_of_one(side, REST)
        && has(&["% is free", "% are free", "free space", " is free", " are free", " is left", " is available", " remains"])
    {
        return Some("this speaks of what is free, and the condition of what is not".to_owned());
    }
    if is_below
        && is_part_called(side, REST)
        && has(&["}} is used", "}} are used", "is in use", "are in use", "inodes are used", "space is used", "}} full"])
    {
        return Some("this speaks of what is used, and the condition of what is not".to_owned());
    }
    if is_below && left_of_one(side, REST) && has(&[" used", "usage", "is full"]) && has(&["over ", "above ", "more than ", "high"]) {
        return Some("this says that much is used, and the condition asks whether little is".to_owned());
    }
    if is_below && left_of_whole(side, REST) && has(&["available", " free", " left", "remain"]) && has(&["less than ", "below ", "only "]) {
        return Some("this speaks of what is left, and the condition of what is used".to_owned());
    }
    let is_mean = lower.starts_with("average ") || has(&["the average ", "the mean "]);
    if is_above && is_mean && !has(&["than the average", "than the mean"]) && adds_up(side) && !takes_mean(expr) {
        return Some("this speaks of the average, and the expression adds up".to_owned());
    }
    if has(&["at all", "no requests", "no traffic"]) && op == BinaryOp::Equal && number.abs() < f64::EPSILON && is_each(side, context) {
        return Some("this speaks of all, and the condition holds as soon as one series of several stands still".to_owned());
    }
    if is_above && has(&["has not been", "have not been", "was not"]) && changes_moment(side) {
        return Some("this says that it was not done, and the condition asks whether it was".to_owned());
    }
    // A limit that is reckoned of the processors is one for each of them.
    if is_above && has(&["per cpu", "per core"]) && is_load(side) && selectors(place).is_empty() {
        return Some("this says how much it is for each processor, and nothing is divided by their number".to_owned());
    }
    if is_below && has(&["has not been", "have not been", "has not run", "has not succeeded"]) && is_since(side) {
        return Some("this says that it was long ago, and the condition holds as long as it was not".to_owned());
    }
    if (is_above || is_below)
        && has(&["either direction", "both directions"])
        && !calls(side, "abs")
        && !of_both_ways(side)
        && alternatives(expr).len() == 1
    {
        return Some("this speaks of both directions, and the condition of one: there is no `abs`".to_owned());
    }
    if let Some(message) = per_second(lower, text, side, number) {
        return Some(message);
    }
    oldest(lower, side, context)
}

/// Whether what comes in and what goes out are added up.
fn of_both_ways(side: &Expr) -> bool {
    const WAYS: &[(&str, &str)] = &[("rx", "tx"), ("in", "out"), ("receive", "transmit"), ("received", "sent"), ("ingress", "egress")];
    let found = selectors(side);
    let names: Vec<String> = found.iter().filter_map(|used| used.selector.metric_name()).map(str::to_lowercase).collect();
    let has = |way: &str| names.iter().any(|name| name.split(['_', ':']).any(|word| word == way) || name.contains(&format!("if{way}")));
    names.len() > 1 && WAYS.iter().any(|(one, other)| has(one) && has(other))
}

/// Whether a mean is taken anywhere.
fn takes_mean(expr: &Expr) -> bool {
    let mut found = calls(expr, "avg_over_time");
    visit(expr, &mut |node| found |= matches!(&node.kind, ExprKind::Aggregate(aggregate) if aggregate.op == AggregateOp::Avg));
    found
}

/// A comparison of two series.
fn of_two(expr: &Expr) -> Option<Comparison<'_>> {
    let node = principal(expr);
    let ExprKind::Binary(binary) = &node.kind else { return None };
    let compares = binary.op.is_comparison() && !binary.return_bool;
    compares.then_some(Comparison { node, side: &binary.left, op: binary.op, number: f64::NAN, place: &binary.right })
}

/// Whether a text says `only` before the value.
fn shows_only(lower: &str) -> bool {
    lower.match_indices("only {{").any(|(at, word)| lower[at + word.len()..].trim_start_matches(['-', ' ']).starts_with("$value"))
}

/// A part less the whole, or the part itself.
fn falls_short(side: &Expr) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    let names = || only_selector(&binary.left)?.metric_name().zip(only_selector(&binary.right)?.metric_name());
    binary.op == BinaryOp::Sub && names().is_some_and(|(part, whole)| is_part(part, whole))
}

/// Words for what is not in use.
const REST: &[&str] = &["free", "avail", "available", "idle", "remaining", "unused"];

/// Whether a side is a part by a whole, and the part is called by one of some words.
fn is_part_called(side: &Expr, words: &[&str]) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    let Some(part) = only_selector(&binary.left).and_then(|part| part.metric_name()) else { return false };
    binary.op == BinaryOp::Div && part.to_lowercase().split('_').any(|word| words.iter().any(|known| word.ends_with(known)))
}

/// A condition that much of something is not in use, where a text or a name says that all of it is.
fn asks_for_much_left(lower: &str, name: &str, condition: &Expr) -> bool {
    let Some(Comparison { side, op, number, .. }) = Comparison::of(principal(condition)) else { return false };
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    if !is_above || number < 0.5 || !is_part_called(side, REST) {
        return false;
    }
    let is_rest = || REST.iter().chain(&["left", "remain", "low"]).any(|word| lower.contains(word));
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    says(&["exhausted", "is full", "saturated"])
        || says_full(name)
        || says(&["usage", "utilisation", "utilization", "}} used", "% used"]) && !is_rest()
}

/// A condition that processors are idle for most of the time, where nobody says that this is meant.
pub(super) fn asks_idle(texts: &impl Deref<Target = String>, name: &str, expr: &Expr) -> Option<String> {
    let Comparison { side, op, number, .. } = Comparison::of(principal(expr))?;
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    let selector = only_selector(side).filter(|_| is_above && number >= 0.5)?;
    let is_idle = selector.matchers.iter().any(|matcher| matcher.label.text == "mode" && matcher.value == "idle");
    let is_turned = operations(side).iter().any(|operation| matches!(*operation, "-" | "<" | ">"));
    if !is_idle || is_turned {
        return None;
    }
    let meant = ["idle", "unused", "waste", "provision", "saving", "spare", "free", "low", "under"];
    let has = |text: &str| meant.iter().any(|word| text.contains(word));
    let is_usage = ["usage", "used", "busy"].iter().any(|word| texts.contains(word));
    let is_meant = has(texts) || !is_usage && has(&name.to_lowercase());
    (!is_meant).then(|| "this says nothing of idle processors, and the condition asks for these".to_owned())
}

/// Whether a side is the load of a machine, and divided by nothing.
fn is_load(side: &Expr) -> bool {
    only_selector(side)
        .and_then(|selector| selector.metric_name())
        .is_some_and(|name| matches!(name, "node_load1" | "node_load5" | "node_load15"))
        && !matches!(without_parens(side).kind, ExprKind::Binary(_))
}

/// Whether a side is 1 less a part that is called by one of some words.
fn left_of_one(side: &Expr, words: &[&str]) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    binary.op == BinaryOp::Sub && constant(&binary.left).is_some() && is_part_called(&binary.right, words)
}

/// Whether a side is a whole less a part that is called by one of some words.
fn left_of_whole(side: &Expr, words: &[&str]) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    let is_called = |name: &str| name.to_lowercase().split('_').any(|part| words.iter().any(|word| part.ends_with(word)));
    binary.op == BinaryOp::Sub
        && only_selector(&binary.left).is_some()
        && only_selector(&binary.right).and_then(|part| part.metric_name()).is_some_and(is_called)
}

/// Whether a side is the sum of gauges.
fn adds_up(side: &Expr) -> bool {
    let ExprKind::Aggregate(sum) = &without_parens(side).kind else { return false };
    sum.op == AggregateOp::Sum
        && matches!(&without_parens(&sum.expr).kind, ExprKind::Selector(selector) if selector.metric_name().is_some_and(|name| !name.ends_with("_total") && !name.contains(':')))
}

/// Whether a side is how fast each series of a counter grows of which a target has several.
fn is_each(side: &Expr, context: &Context<'_>) -> bool {
    let Some(selector) = growing(side) else { return false };
    let Some((_, metric, _)) = context.world.metric_of(selector) else { return false };
    let is_open = |label: &str| !selector.matchers.iter().any(|matcher| matcher.label.text == label);
    metric.labels.iter().any(|label| is_open(&label.name.value))
}

/// Whether a side is how often a moment was set anew.
fn changes_moment(side: &Expr) -> bool {
    let ExprKind::Call { function, .. } = &without_parens(side).kind else { return false };
    let is_moment = |name: &str| name.contains("timestamp") || name.ends_with("_time_seconds");
    function.text == "changes" && selectors(side).iter().any(|found| found.selector.metric_name().is_some_and(is_moment))
}

/// Whether a side is how long ago something was done.
fn is_since(side: &Expr) -> bool {
    let ExprKind::Binary(binary) = &without_parens(side).kind else { return false };
    let last = |expr: &Expr| {
        let found = selectors(expr);
        found.first().and_then(|found| found.selector.metric_name()).is_some_and(|name| name.split('_').any(|word| word == "last"))
    };
    binary.op == BinaryOp::Sub && calls(&binary.left, "time") && last(&binary.right)
}

/// The upper bound of a share of observations, in seconds, that a text takes for milliseconds.
fn bound_of_fraction(lower: &str, expr: &Expr) -> Option<String> {
    // Most texts speak of no milliseconds, and need no look at the expression.
    if !lower.contains("ms") && !lower.contains("millisecond") {
        return None;
    }
    let mut found = None;
    visit(expr, &mut |node| {
        let ExprKind::Call { function, arguments } = &node.kind else { return };
        let Some(bound) = arguments.get(1).and_then(constant).filter(|_| function.text == "histogram_fraction") else { return };
        let read = arguments.get(2).map(selectors).unwrap_or_default();
        let in_seconds = |name: &str| name.split(':').any(|part| part.trim_end_matches("_bucket").ends_with("_seconds"));
        let seconds = !read.is_empty() && read.iter().all(|found| found.selector.metric_name().is_some_and(in_seconds));
        let says = [format!("{bound}ms"), format!("{bound} ms"), format!("{bound} milliseconds")];
        if seconds
            && says.iter().any(|said| {
                lower.split(|c: char| c.is_whitespace() && !said.contains(' ')).any(|word| word.trim_end_matches(['.', ',']) == said)
                    || said.contains(' ') && lower.contains(said.as_str())
            })
        {
            found = Some(format!("this says `{bound}ms`, and the bound is {bound} seconds"));
        }
    });
    found
}

/// What grows per second, where a text counts by the day or within minutes.
fn per_second(lower: &str, text: &AlertText<'_>, side: &Expr, number: f64) -> Option<String> {
    let ExprKind::Call { function, .. } = &without_aggregates(side).kind else { return None };
    if !matches!(function.text.as_str(), "rate" | "irate" | "deriv") || lower.contains("second") || lower.contains("/s") {
        return None;
    }
    // Seconds that grow in a second are how many there are at a time.
    if only_selector(side).and_then(Selector::metric_name).is_some_and(|name| name.contains("seconds")) {
        return None;
    }
    let near = |one: f64| (one - number).abs() <= 1e-9 * number.abs();
    let is_said = text.said.sentence.limits.iter().any(|limit| match &limit.exact {
        // A share of time is none of events.
        Some(Exact::Share(_)) => false,
        Some(Exact::Bytes(decimal, binary)) => near(*decimal) || near(*binary),
        _ => limit.readings.iter().any(|reading| near(*reading)),
    });
    let span = [" a day", " per day", " an hour", " per hour", " a minute", " per minute"].iter().find(|span| lower.contains(*span));
    if let Some(span) = span.filter(|_| is_said) {
        return Some(format!("this says `{}`, and `{}` counts per second", span.trim(), function.text));
    }
    let within =
        text.said.sentence.times.iter().find(|time| time.is_past || text.text[time.range.clone()].to_lowercase().starts_with("in"));
    if let Some(time) = within.filter(|_| is_said && !lower.contains("rate")) {
        return Some(format!("this says how often it was `{}`, and `{}` counts per second", &text.text[time.range.clone()], function.text));
    }
    let times = lower.contains("}} times in ") && lower.contains("$value");
    times.then(|| format!("this shows how often it was, and `{}` counts per second", function.text))
}

/// The greatest of several times, where they are added up.
fn oldest(lower: &str, side: &Expr, context: &Context<'_>) -> Option<String> {
    let word = ["oldest", "slowest", "longest"].into_iter().find(|word| lower.contains(word))?;
    let ExprKind::Aggregate(sum) = &without_parens(side).kind else { return None };
    let ExprKind::Selector(selector) = &without_parens(&sum.expr).kind else { return None };
    let name = selector.metric_name()?;
    let is_time = name.ends_with("_seconds") && !name.contains("timestamp") && !name.contains("_time_");
    (sum.op == AggregateOp::Sum && is_time && !is_one_of_each(sum, context.world))
        .then(|| format!("this speaks of the {word}, and the expression adds them up"))
}
