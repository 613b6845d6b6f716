//! Texts that say that one of several is so, where the condition asks for all of them; and the other way round.

use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::named::{is_flag, is_yes_or_no};
use crate::lint::query::named_values;
use crate::promql::ast::{Aggregate, AggregateOp, BinaryOp, Expr, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::{calls, selectors, without_aggregates, without_parens};

/// How many of several have to be so for a condition to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HowMany {
    One,
    All,
    /// As many as make up for the others.
    Mean,
}

/// How a text says that one is enough.
const ONE: &[&str] = &["at least one ", "one of the ", "either of ", "any of the "];

/// How a text says that it is all of them.
const ALL: &[&str] = &["none of the ", "not one of the "];

/// How a text says that it was so as long as was looked.
const WHOLE: &[&str] = &[
    "not once in",
    "one single time",
    "a single time",
    "every probe failed",
    "without a break",
    "without interruption",
    "all probes of",
    "all scrapes of",
    "every scrape failed",
    "all probes failed",
    "the whole time",
    "all the time",
];

/// How a text says that it is about each by itself.
const EACH: &[&str] = &["one instance ", "a single instance ", "one replica ", "a single replica ", "one pod ", "a single pod "];

/// What a text says of how many there are, and the condition does not.
pub(super) fn contrary(lower: &str, expr: &Expr) -> Option<String> {
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let is_both = || {
        lower.contains("both ") && ["down", "unreachable", "not answer", "not reachable", "gone"].iter().any(|word| lower.contains(word))
    };
    let is_all = says(ALL) || is_both();
    // `none of the` ends as `one of the` does.
    let is_one = !is_all && says(ONE) && !lower.contains("both");
    if is_one || lower.contains("an instance") && !is_all {
        match of_flags(expr) {
            Some(HowMany::All) => return Some("this says that one of them is down, and the condition holds once all are".to_owned()),
            None if is_one && asks_both(expr) => {
                return Some("this says that one of them is so, and the condition asks for both: `and`".to_owned());
            }
            None if is_one && asks_absent(expr) => {
                return Some("this says that one of them is missing, and `absent` asks whether all are".to_owned());
            }
            _ => {}
        }
    }
    if let Some(message) = of_window(lower, expr) {
        return Some(message);
    }
    if says(WHOLE) && asks_once_down(expr) {
        return Some("this says that it was down all the time, and `min_over_time` asks whether it once was".to_owned());
    }
    if says(EACH) && asks_sum(expr) {
        return Some("this speaks of one instance, and the condition adds up all of them".to_owned());
    }
    if says_none_is_up(lower) && asks_least(expr) {
        return Some("this says that none of them is up, and the condition holds as soon as one is not".to_owned());
    }
    if is_one == is_all {
        return if lower.contains("all the time") && asks_once(expr) {
            Some("this says that it was so all the time, and `max_over_time` asks whether it once was".to_owned())
        } else {
            None
        };
    }
    if is_both() && asks_each(expr) {
        return Some("this says that both are down, and the condition asks each by itself".to_owned());
    }
    match (is_one, of_extremes(expr)?) {
        (true, HowMany::All) => Some("this says that one of them is enough, and the condition holds once all are so".to_owned()),
        (true, HowMany::Mean) => Some("this says that one of them is enough, and the condition asks for the mean of all".to_owned()),
        (false, HowMany::One) => Some("this says that all of them are so, and the condition holds as soon as one is".to_owned()),
        _ => None,
    }
}

/// An aggregation that is compared with a number and does not leave each instance for itself.
fn compared(expr: &Expr) -> Option<(&Aggregate, BinaryOp, f64)> {
    let Comparison { side, mut op, number, .. } = Comparison::of(principal(expr))?;
    let mut side = without_parens(side);
    // How long ago it was is the longer, the earlier it was.
    if let ExprKind::Binary(age) = &side.kind
        && age.op == BinaryOp::Sub
        && calls(&age.left, "time")
    {
        op = crate::lint::query::comparison::flipped(op);
        side = without_parens(&age.right);
    }
    let ExprKind::Aggregate(of) = &side.kind else { return None };
    let keeps = of.grouping.as_ref().is_some_and(|grouping| grouping.keeps("instance"));
    (!keeps).then_some((of, op, number))
}

/// Of how many flags a condition asks that they are 0.
fn of_flags(expr: &Expr) -> Option<HowMany> {
    let (of, op, number) = compared(expr)?;
    let ExprKind::Selector(selector) = &without_parens(&of.expr).kind else { return None };
    let is_flag = selector.metric_name().is_some_and(is_yes_or_no);
    (is_flag && op == BinaryOp::Equal && number.abs() < f64::EPSILON).then_some(())?;
    matches!(of.op, AggregateOp::Avg | AggregateOp::Max).then_some(HowMany::All)
}

/// A text about the most of a window, where the condition asks for the least of it; and the other way round.
fn of_window(lower: &str, expr: &Expr) -> Option<String> {
    let ExprKind::Call { function, .. } = &without_aggregates(Comparison::of(principal(expr))?.side).kind else { return None };
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let (most, least) = (says(&["peak", "the highest", "the most "]), says(&["the lowest", "the least"]));
    let (said, asked) = match function.text.as_str() {
        "min_over_time" if most && !least => ("most", "least"),
        "max_over_time" if least && !most => ("least", "most"),
        _ => return None,
    };
    Some(format!("this speaks of the {said} of the window, and `{}` takes the {asked}", function.text))
}

/// Whether a text begins by saying that nothing is up any more, as `No worker of the pool is up`.
fn says_none_is_up(lower: &str) -> bool {
    const UP: &[&str] =
        &["is up", "are up", "is running", "are running", "is left", "are left", "is reachable", "are reachable", "is alive"];
    lower.trim_start().strip_prefix("no ").is_some_and(|rest| {
        let sentence = rest.split(". ").next().unwrap_or(rest);
        UP.iter().any(|word| sentence.contains(word)) && !sentence.contains(" one ")
    })
}

/// Whether a flag is asked for being 0.
fn asks_for_none(op: BinaryOp, number: f64) -> bool {
    op == BinaryOp::Equal && number.abs() < f64::EPSILON || op == BinaryOp::Less && (number - 1.0).abs() < f64::EPSILON
}

/// Whether a condition asks whether the least of several flags is 0.
fn asks_least(expr: &Expr) -> bool {
    let Some((of, op, number)) = compared(expr) else { return false };
    let ExprKind::Selector(selector) = &without_parens(&of.expr).kind else { return false };
    let is_flag = selector.metric_name().is_some_and(is_yes_or_no);
    of.op == AggregateOp::Min && asks_for_none(op, number) && is_flag
}

/// Whether a condition asks of each target by itself whether it is down.
fn asks_each(expr: &Expr) -> bool {
    let Some(Comparison { side, op: BinaryOp::Equal, number, .. }) = Comparison::of(principal(expr)) else { return false };
    let (flag, keeps) = match &without_parens(side).kind {
        ExprKind::Aggregate(of) => (without_parens(&of.expr), of.grouping.as_ref().is_some_and(|by| by.keeps("instance"))),
        _ => (without_parens(side), true),
    };
    let is_target = |selector: &Selector| matches!(selector.metric_name(), Some("up" | "probe_success"));
    keeps && number.abs() < f64::EPSILON && matches!(&flag.kind, ExprKind::Selector(selector) if is_target(selector))
}

/// How many of several have to be above a limit, or below.
fn of_extremes(expr: &Expr) -> Option<HowMany> {
    let (of, op, number) = compared(expr)?;
    let is_zero = number.abs() < f64::EPSILON;
    match (of.op, op) {
        (AggregateOp::Max, BinaryOp::Greater | BinaryOp::GreaterEqual) | (AggregateOp::Min, BinaryOp::Less | BinaryOp::LessEqual) => {
            Some(HowMany::One)
        }
        (AggregateOp::Min, BinaryOp::Greater | BinaryOp::GreaterEqual) | (AggregateOp::Max, BinaryOp::Less | BinaryOp::LessEqual) => {
            Some(HowMany::All)
        }
        (AggregateOp::Max | AggregateOp::Avg, BinaryOp::Equal) if is_zero => Some(HowMany::All),
        (AggregateOp::Min, BinaryOp::Equal) if is_zero => Some(HowMany::One),
        // The mean of shares and flags is below 1 as soon as one is.
        (AggregateOp::Avg, op) if op.is_comparison() && !is_zero && (number - 1.0).abs() > f64::EPSILON => Some(HowMany::Mean),
        _ => None,
    }
}

/// Whether a condition asks whether the greatest value of a window is above a limit.
fn asks_once(expr: &Expr) -> bool {
    let Some(Comparison { side, op, .. }) = Comparison::of(principal(expr)) else { return false };
    let is_greatest = matches!(&without_aggregates(side).kind, ExprKind::Call { function, .. } if function.text == "max_over_time");
    is_greatest && matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual)
}

/// Whether a condition asks whether the least of a flag within a window is 0.
fn asks_once_down(expr: &Expr) -> bool {
    let Some(Comparison { side, op, number, .. }) = Comparison::of(principal(expr)) else { return false };
    let ExprKind::Call { function, arguments } = &without_parens(side).kind else { return false };
    let Some(ExprKind::Range { selector, .. }) = arguments.first().map(|of| &without_parens(of).kind) else { return false };
    let is_flag = selector.metric_name().is_some_and(is_yes_or_no);
    function.text == "min_over_time" && asks_for_none(op, number) && is_flag
}

/// Whether a condition asks whether a sum over all instances of a plain gauge is above a number.
fn asks_sum(expr: &Expr) -> bool {
    let Some((of, op, number)) = compared(expr) else { return false };
    let is_plain = matches!(&without_parens(&of.expr).kind, ExprKind::Selector(selector) if !selector.metric_name().is_none_or(is_flag));
    let is_whole =
        of.grouping.as_ref().is_none_or(|by| by.labels.is_empty() || by.labels.iter().all(|label| label.text == "job") && !by.without);
    of.op == AggregateOp::Sum && is_plain && is_whole && number > 1.0 && matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual)
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

/// Whether a condition asks for the absence of several that a pattern names.
fn asks_absent(expr: &Expr) -> bool {
    let ExprKind::Call { function, arguments } = &principal(expr).kind else { return false };
    // `absent(probe_success == 1)`
    let awaits =
        |of: &Expr| Comparison::of(without_parens(of)).is_some_and(|of| matches!(without_parens(of.side).kind, ExprKind::Selector(_)));
    if function.text == "absent" && arguments.first().is_some_and(awaits) {
        return true;
    }
    let found = arguments.first().map(selectors).unwrap_or_default();
    // What is up has a series for each target.
    let of_targets = |found: &crate::promql::walk::Found<'_>| {
        found.selector.metric_name() == Some("up") && !found.selector.matchers.iter().any(|matcher| matcher.label.text == "instance")
    };
    if matches!(function.text.as_str(), "absent" | "absent_over_time") && found.len() == 1 && found.iter().all(of_targets) {
        return true;
    }
    let names_several = |found: &crate::promql::walk::Found<'_>| {
        let is_class = |value: &str| value.contains('[') && value.contains(']');
        let names = |matcher: &Matcher| named_values(matcher).len() > 1 || is_class(&matcher.value);
        found.selector.matchers.iter().any(|matcher| matcher.op == MatchOp::Regex && names(matcher))
    };
    matches!(function.text.as_str(), "absent" | "absent_over_time") && found.len() == 1 && found.iter().all(names_several)
}
