//! Shares, and parts of what a name counts.

use super::operations::summed_events;
use crate::lint::context::Context;
use crate::lint::inference::value::interval;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::query::{Query, constant, is_placeholder, matches};
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, ExprKind, MatchOp, Matcher};
use crate::promql::walk::selectors;
use crate::promql::{Expr, walk};

/// A name that says `ratio`, and an expression that multiplies, adds or subtracts two things of which none is a share.
pub(super) fn no_share(name: &str, expr: &Expr, query: &Query<'_>) -> Option<(String, String)> {
    const SHARES: &[&str] = &["ratio", "percent", "share", "fraction", "util"];
    let is_share = |name: &str| SHARES.iter().any(|word| name.contains(word));
    name.split([':', '_']).find(|word| *word == "ratio")?;
    let mut body = walk::without_parens(expr);
    while let ExprKind::Binary(binary) = &body.kind
        && constant(&binary.left).is_some()
    {
        body = walk::without_parens(&binary.right);
    }
    if let Some(counter) = summed_events(body) {
        let message = format!("the name says `ratio`, and the expression is the rate of `{counter}`, divided by nothing");
        return Some((message, "divide by the rate of all, or name it otherwise".to_owned()));
    }
    if let ExprKind::Call { function, arguments } = &body.kind
        && let Some(number) = arguments.first().and_then(constant).filter(|number| function.text == "vector" && *number > 1.0)
    {
        return Some((
            format!("the name says `ratio`, and `{number}` is no share"),
            format!("write `{}`, or name it otherwise", number / 100.0),
        ));
    }
    let ExprKind::Binary(binary) = &body.kind else { return None };
    // `read_write:ratio` compares the two.
    if let Some((label, above, below)) = apart(binary).filter(|(_, above, below)| name.contains(above) && !name.contains(below)) {
        let message = format!("the name says `ratio`, and what has `{label}` `{above}` is no part of what has `{below}`");
        return Some((message, format!("divide by all, or by `{label}=~\"{above}|{below}\"`")));
    }
    let joins = matches!(binary.op, BinaryOp::Mul | BinaryOp::Add | BinaryOp::Sub);
    let two = constant(&binary.left).is_none() && constant(&binary.right).is_none();
    let mut divided = false;
    walk::visit(expr, &mut |node| divided |= matches!(&node.kind, ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Div)));
    let found = selectors(expr);
    let known = found.iter().all(|found| {
        found
            .selector
            .metric_name()
            .is_some_and(|name| !is_share(name) && name != "up" && name != "probe_success" && !name.contains(':') || name.contains(":rate"))
    });
    (joins && two && !divided && known && !query.is_built_of_variables(expr)).then(|| {
        let message = format!("the name says `ratio`, and the expression takes `{}` of its two sides", binary.op.symbol());
        (message, "divide one by the other, or name it otherwise".to_owned())
    })
}

/// A name that says a share, and an expression that is the mean of what it filters, for `bool` is missing.
pub(super) fn mean_of_filtered(name: &str, expr: &Expr) -> Option<(String, String)> {
    let said = name.split([':', '_']).find(|word| matches!(*word, "ratio" | "share" | "fraction" | "percent"))?;
    let ExprKind::Aggregate(mean) = &walk::without_parens(expr).kind else { return None };
    let ExprKind::Binary(filter) = &walk::without_parens(&mean.expr).kind else { return None };
    let is_filter = filter.op.is_comparison() && !filter.return_bool && mean.op == AggregateOp::Avg;
    // The mean of shares is one.
    let read = walk::only_selector(&filter.left)?.metric_name()?;
    let limit = constant(&filter.right).filter(|limit| limit.abs() > 1.0)?;
    (is_filter && !read.contains(said)).then(|| {
        let message = format!("the name says `{said}`, and this is the mean of what is `{} {limit}`", filter.op.symbol());
        (message, format!("write `{} bool {limit}`", filter.op.symbol()))
    })
}

/// A name that says how busy processors are, and an expression that returns for how much of the time they are idle.
pub(super) fn idle(metric: &str, expr: &Expr) -> Option<(String, String)> {
    let said = metric.split('_').find(|word| matches!(*word, "busy" | "used" | "usage" | "utilisation" | "utilization" | "util"))?;
    let ExprKind::Aggregate(mean) = &walk::without_parens(expr).kind else { return None };
    let only = walk::only_selector(expr).filter(|_| mean.op == AggregateOp::Avg)?;
    let is_idle = |m: &Matcher| m.label.text == "mode" && m.op == MatchOp::Equal && m.value == "idle";
    let of_processors = only.metric_name().is_some_and(|name| name.contains("cpu")) && only.matchers.iter().any(is_idle);
    let is_plain = walk::operations(expr).iter().all(|operation| matches!(*operation, "avg" | "rate" | "irate"));
    (of_processors && is_plain && !metric.contains("idle")).then(|| {
        let message = format!("the name says `{said}`, and the expression returns the share of the time that processors are idle");
        (message, "write `1 - avg …`, or name it otherwise".to_owned())
    })
}

/// Words for what fails.
const FAILED: &[&str] = &["error", "errors", "failed", "failure", "failures", "5xx"];

/// A name that says errors, and an expression that counts all there is of a metric which does not.
pub(super) fn errors(metric: &str, expr: &Expr) -> Option<(String, String)> {
    let said = metric.split('_').find(|word| FAILED.contains(word))?;
    if let [only] = selectors(expr).as_slice() {
        let is_status = |m: &&Matcher| m.label.text.ends_with("status") || m.label.text == "code" || m.label.text == "status_code";
        let fine = |m: &&Matcher| matches(m, "200") == Some(true) && matches(m, "500") == Some(false);
        if let Some(asked) = only.selector.matchers.iter().filter(is_status).find(fine) {
            let message = format!("the name says `{said}`, and the expression asks for what went well by `{}`", asked.label.text);
            return Some((message, "ask for those that fail, as by `status=~\"5..\"`".to_owned()));
        }
    }
    let counter = summed_events(walk::without_parens(expr))?;
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let all = only
        .selector
        .matchers
        .iter()
        .all(|matcher| matches!(matcher.label.text.as_str(), "job" | "instance" | "__name__" | "service" | "namespace"));
    let fails =
        ["error", "fail", "5xx", "panic", "drop", "reject", "exception", "abort", "timeout"].iter().any(|word| counter.contains(word));
    (all && !fails).then(|| {
        let message = format!("the name says `{said}`, and the expression counts all of `{counter}`");
        (message, "count those that fail, as by `status=~\"5..\"`, or name it otherwise".to_owned())
    })
}

/// A label by which the two sides of a division ask one metric for different values, and those.
fn apart(division: &Binary) -> Option<(&str, &str, &str)> {
    let (above, below) = (selectors(&division.left), selectors(&division.right));
    let ([above], [below]) = (above.as_slice(), below.as_slice()) else { return None };
    let same = above.selector.metric_name() == below.selector.metric_name() && division.op == BinaryOp::Div && division.matching.is_none();
    let fixed = |m: &&Matcher| {
        m.op == MatchOp::Equal
            && !m.value.is_empty()
            && !is_placeholder(&m.value)
            && !matches!(m.label.text.as_str(), "job" | "instance" | "le")
    };
    let other =
        |m: &&Matcher| below.selector.matchers.iter().find(|other| other.label == m.label && fixed(other) && other.value != m.value);
    let one = above.selector.matchers.iter().filter(fixed).filter(|_| same).find(|m| other(m).is_some())?;
    Some((one.label.text.as_str(), one.value.as_str(), other(&one)?.value.as_str()))
}

/// A name that says a class of statuses, and an expression that asks for another.
pub(super) fn class_of_status(metric: &str, expr: &Expr) -> Option<(String, String)> {
    let (said, digit) =
        metric.split('_').find_map(|word| Some((word, word.strip_suffix("xx").filter(|digit| matches!(*digit, "4" | "5"))?)))?;
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let is_status = |m: &&Matcher| m.label.text.ends_with("status") || m.label.text.ends_with("code");
    let asked = only.selector.matchers.iter().find(is_status)?;
    let other = if digit == "5" { "4" } else { "5" };
    let takes = |digit: &str| matches(asked, &format!("{digit}03")) == Some(true);
    (takes(other) && !takes(digit)).then(|| {
        (
            format!("the name says `{said}`, and the expression asks for `{}`", asked.value),
            format!("ask for `{digit}..`, or name it otherwise"),
        )
    })
}

/// A name that says how much is used, and an expression that divides what is not by the whole; and the other way round.
pub(super) fn rest(metric: &str, expr: &Expr) -> Option<(String, String)> {
    const USED: &[&str] = &["utilisation", "utilization", "used", "usage", "busy"];
    const REST: &[&str] = &["free", "avail", "available", "memavailable", "memfree", "idle"];
    let has = |name: &str, words: &[&str]| name.to_lowercase().split('_').any(|word| words.contains(&word));
    let ExprKind::Binary(quotient) = &walk::without_parens(expr).kind else { return None };
    let part = walk::only_selector(&quotient.left).filter(|_| quotient.op == BinaryOp::Div)?.metric_name()?;
    let whole = walk::only_selector(&quotient.right)?.metric_name()?;
    let said = metric.split('_').find(|word| USED.contains(word))?;
    (has(part, REST) && !has(part, USED) && !has(whole, USED) && !has(metric, REST))
        .then(|| (format!("the name says `{said}`, and `{part}` is what is not"), "take `1 - …`, or name it otherwise".to_owned()))
}

/// A name that says how much is used, and an expression that is how much is not.
pub(super) fn amount_of_rest(metric: &str, expr: &Expr) -> Option<(String, String)> {
    let said = metric.split('_').find(|word| matches!(*word, "used" | "usage" | "busy"))?;
    let part = walk::only_selector(expr)?.metric_name()?;
    let is_rest = ["free", "avail", "available", "idle"].iter().any(|rest| part.to_lowercase().split('_').any(|word| word.ends_with(rest)));
    let is_plain = !walk::operations(expr).iter().any(|operation| matches!(*operation, "-" | "/"));
    (is_rest && is_plain && !part.to_lowercase().contains(said)).then(|| {
        (format!("the name says `{said}`, and `{part}` is what is not"), "take it from the whole, or name it otherwise".to_owned())
    })
}

/// A name that says what is not so, and an expression that is what is so, as it stands.
pub(super) fn opposite(metric: &str, expr: &Expr) -> Option<(String, String)> {
    const OPPOSITES: &[(&str, &str)] =
        &[("offline", "online"), ("unavailable", "available"), ("unhealthy", "healthy"), ("inactive", "active"), ("unused", "used")];
    let (said, (_, is)) = metric.split('_').find_map(|word| OPPOSITES.iter().find(|(not, _)| *not == word).map(|pair| (word, pair)))?;
    let first = selectors(expr).into_iter().find_map(|found| found.selector.metric_name())?;
    let is_plain = !walk::operations(expr).iter().any(|operation| matches!(*operation, "-" | "==" | "<" | ">" | "!=" | "unless"));
    (is_plain && first.split([':', '_']).any(|word| word == *is)).then(|| {
        (format!("the name says `{said}`, and `{first}` is what is {is}"), "take it from the whole, or name it otherwise".to_owned())
    })
}

/// A name that says in which unit a share is, and an expression that gives it in the other.
pub(super) fn unit_of_share(name: &str, expr: &Expr, query: &Query<'_>) -> Option<(String, String)> {
    let has = |word: &str| name.split([':', '_']).any(|part| part == word);
    match quantity(expr, query)? {
        Quantity::Share if has("percent") || has("percentage") => Some((
            "the name says `percent`, and the expression is a share from 0 to 1".to_owned(),
            "multiply it by 100, or name it `ratio`".to_owned(),
        )),
        Quantity::Percent if has("ratio") => Some((
            "the name says `ratio`, and the expression is a percentage".to_owned(),
            "leave `100` out, or name it `percent`".to_owned(),
        )),
        _ => None,
    }
}

/// A name that says what went well, and an expression whose part is what failed; or one that says a share, and divides all by a part.
pub(super) fn other_part(name: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    let words = || name.split([':', '_']);
    let ExprKind::Binary(quotient) = &walk::without_parens(expr).kind else { return None };
    if quotient.op != BinaryOp::Div || !words().any(|word| matches!(word, "ratio" | "share")) {
        return None;
    }
    if interval(expr, context.world).low >= 1.0 {
        let message = "the name says a share, and the expression divides all by a part".to_owned();
        return Some((message, "exchange the two sides".to_owned()));
    }
    let said = words().find(|word| matches!(*word, "success" | "successes" | "successful" | "succeeded" | "availability"))?;
    // `availability_errors` are what the availability is short of.
    if words().any(|word| FAILED.contains(&word)) {
        return None;
    }
    let above = selectors(&quotient.left);
    let [part] = above.as_slice() else { return None };
    let fails = |m: &&Matcher| {
        let value = m.value.to_lowercase();
        let is_status = m.label.text.ends_with("status") || m.label.text.ends_with("code");
        matches!(m.op, MatchOp::Equal | MatchOp::Regex)
            && (["fail", "err"].iter().any(|word| value.starts_with(word)) || is_status && value.starts_with('5'))
    };
    let asked = part.selector.matchers.iter().find(fails)?;
    let message = format!("the name says `{said}`, and the expression asks for `{}` as `{}`", asked.label.text, asked.value);
    Some((message, "ask for what went well, or name it otherwise".to_owned()))
}

/// A name that says what is left out, as `excluding_lo`, and an expression that asks for nothing else.
pub(super) fn excluded(metric: &str, expr: &Expr) -> Option<(String, String)> {
    let (_, left_out) = ["excluding_", "without_", "except_"].iter().find_map(|word| metric.split_once(word))?;
    let found = selectors(expr);
    let asked = found.iter().flat_map(|found| &found.selector.matchers).find(|m| m.op == MatchOp::Equal && m.value == left_out)?;
    let message = format!("the name leaves `{left_out}` out, and the expression asks for `{}=\"{left_out}\"`", asked.label.text);
    Some((message, format!("write `{}!=\"{left_out}\"`", asked.label.text)))
}
