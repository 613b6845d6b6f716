//! Texts whose words fit the opposite of the condition.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::lint::context::Context;
use crate::lint::inference::cardinality::is_one_of_each;
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::named::is_flag;
use crate::lint::query::unit::calls;
use crate::lint::query::whole::is_part;
use crate::lint::template::AlertText;
use crate::lint::template::sentence::Exact;
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use crate::promql::walk::{alternatives, only_selector, selectors, visit, without_parens};

/// Words of which a text has one that is looked at here: most have none, and need no more than this look.
pub(super) static TELLING: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    const WORDS: &[&str] = &[
        "not ",
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
        " day",
        " hour",
        " minute",
        "times in",
        "oldest",
        "slowest",
        "longest",
        "one of the ",
        "either of",
        "any of the ",
        "an instance",
        "all the time",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(WORDS).ok()
});

/// Whether the name of an alert says that nothing is left.
pub(super) fn says_full(name: &str) -> bool {
    let ends =
        |word: &str| name.len().checked_sub(word.len()).and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word));
    ["exhausted", "full", "saturated"].into_iter().any(ends)
}

/// What a text says that the condition does not.
pub(super) fn contrary(lower: &str, text: &AlertText<'_>, name: &str, expr: &Expr, context: &Context<'_>) -> Option<String> {
    if let Some(message) = bound_of_fraction(lower, expr) {
        return Some(message);
    }
    if alternatives(expr).into_iter().any(|condition| asks_for_much_left(lower, name, condition)) {
        return Some("this says that little is left, and the condition that much is".to_owned());
    }
    let is_one = ["one of the ", "either of ", "any of the "].iter().any(|words| lower.contains(words)) && !lower.contains("both");
    if (is_one || lower.contains("an instance")) && asks_all(expr) {
        return Some("this says that one of them is down, and the condition holds once all are".to_owned());
    }
    if lower.contains("all the time") && asks_once(expr) {
        return Some("this says that it was so all the time, and `max_over_time` asks whether it once was".to_owned());
    }
    if is_one && asks_both(expr) {
        return Some("this says that one of them is so, and the condition asks for both: `and`".to_owned());
    }
    let Comparison { side, op, number, .. } = Comparison::of(principal(expr)).or_else(|| of_two(expr))?;
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    let is_below = matches!(op, BinaryOp::Less | BinaryOp::LessEqual);
    if is_above && shows_only(lower) {
        return Some(format!("this says `only`, and the condition is `{}`", op.symbol()));
    }
    if is_above && ["lacks ", "lack "].iter().any(|word| lower.contains(word)) && falls_short(side) {
        return Some(format!("this says that some are missing, and the condition is `{}`", op.symbol()));
    }
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if is_below
        && left_of_one(side, REST)
        && has(&["% is free", "% are free", "free space", " is free", " are free", " is left", " is available", " remains"])
    {
        return Some("this speaks of what is free, and the condition of what is not".to_owned());
    }
    if is_below
        && is_part_called(side, REST)
        && has(&["% is used", "% are used", "}} is used", "}} are used", "is in use", "are in use", "inodes are used", "space is used"])
    {
        return Some("this speaks of what is used, and the condition of what is not".to_owned());
    }
    if is_above && has(&["per cpu", "per core"]) && is_load(side) {
        return Some("this says how much it is for each processor, and nothing is divided by their number".to_owned());
    }
    if is_below && has(&["has not been", "have not been", "has not run", "has not succeeded"]) && is_since(side) {
        return Some("this says that it was long ago, and the condition holds as long as it was not".to_owned());
    }
    if let Some(message) = per_second(lower, text, side, number) {
        return Some(message);
    }
    oldest(lower, side, context)
}

/// Whether a condition asks for the greatest or the mean of several flags being 0.
fn asks_all(expr: &Expr) -> bool {
    let Some(Comparison { side, op, number, .. }) = Comparison::of(principal(expr)) else { return false };
    let ExprKind::Aggregate(of) = &without_parens(side).kind else { return false };
    let ExprKind::Selector(selector) = &without_parens(&of.expr).kind else { return false };
    let is_flag = selector.metric_name().is_some_and(|name| matches!(name, "up" | "probe_success") || is_flag(name));
    let keeps = of.grouping.as_ref().is_some_and(|grouping| grouping.keeps("instance"));
    op == BinaryOp::Equal && number.abs() < f64::EPSILON && matches!(of.op, AggregateOp::Avg | AggregateOp::Max) && is_flag && !keeps
}

/// Whether a condition asks whether the greatest value of a window is above a limit.
fn asks_once(expr: &Expr) -> bool {
    let Some(Comparison { side, op, .. }) = Comparison::of(principal(expr)) else { return false };
    let mut side = without_parens(side);
    while let ExprKind::Aggregate(of) = &side.kind {
        side = without_parens(&of.expr);
    }
    let is_greatest = matches!(&side.kind, ExprKind::Call { function, .. } if function.text == "max_over_time");
    is_greatest && matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual)
}

/// Whether a condition asks the same of two metrics, both at once.
fn asks_both(expr: &Expr) -> bool {
    let ExprKind::Binary(both) = &without_parens(expr).kind else { return false };
    let compared = |side: &'_ Expr| Comparison::of(without_parens(side)).map(|of| (of.op, of.number.to_bits(), selectors(of.side).len()));
    let (left, right) = (compared(&both.left), compared(&both.right));
    let is_plain =
        |side: &Expr| Comparison::of(without_parens(side)).is_some_and(|of| matches!(without_parens(of.side).kind, ExprKind::Selector(_)));
    both.op == BinaryOp::And && left.is_some() && left == right && is_plain(&both.left) && is_plain(&both.right)
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
    binary.op == BinaryOp::Div && part.to_lowercase().split('_').any(|word| words.contains(&word))
}

/// A condition that much of something is not in use, where a text or a name says that all of it is.
fn asks_for_much_left(lower: &str, name: &str, condition: &Expr) -> bool {
    let Some(Comparison { side, op, number, .. }) = Comparison::of(principal(condition)) else { return false };
    let is_above = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    if !is_above || number < 0.5 || !is_part_called(side, REST) {
        return false;
    }
    ["exhausted", "is full", "saturated"].iter().any(|word| lower.contains(word)) || says_full(name)
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
    let mut grown = without_parens(side);
    while let ExprKind::Aggregate(aggregate) = &grown.kind {
        grown = without_parens(&aggregate.expr);
    }
    let ExprKind::Call { function, .. } = &grown.kind else { return None };
    if !matches!(function.text.as_str(), "rate" | "irate" | "deriv") || lower.contains("second") || lower.contains("/s") {
        return None;
    }
    let near = |one: f64| (one - number).abs() <= 1e-9 * number.abs();
    let is_said = text.said.sentence.limits.iter().any(|limit| match &limit.exact {
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
