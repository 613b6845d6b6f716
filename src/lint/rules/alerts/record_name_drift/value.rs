//! Values of labels that a name says, and units and means.

use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::promql::ast::{BinaryOp, ExprKind, MatchOp, Matcher};
use crate::promql::walk::{calls, operations, selectors, visit, without_parens};
use crate::promql::{Expr, walk};

/// A name that says one value of a label, and an expression that asks for another, or for all but that one: `requests_post` of `PUT`.
pub(super) fn another_value(metric: &str, expr: &Expr, context: &Context<'_>) -> Option<(String, String)> {
    let part = match &without_parens(expr).kind {
        ExprKind::Binary(quotient) if quotient.op == BinaryOp::Div => &quotient.left,
        _ => expr,
    };
    let found = selectors(part);
    let [only] = found.as_slice() else { return None };
    if operations(expr).contains(&"-") {
        return None;
    }
    let own = only.selector.metric_name()?;
    let words: Vec<&str> = metric.split('_').filter(|word| word.len() > 2 && !own.contains(word)).collect();
    let says = |value: &str| words.iter().find(|word| is_alike(word, &value.to_lowercase())).copied();
    let (_, declared, _) = context.world.metric_of(only.selector)?;
    for matcher in only.selector.matchers.iter().filter(|m| matches!(m.op, MatchOp::Equal | MatchOp::NotEqual)) {
        let Some(label) = declared.labels.iter().find(|label| label.name.value == matcher.label.text) else { continue };
        let known = label.values.as_ref().unwrap_or(&label.seen);
        let drift = |said: &str, what: String| {
            Some((format!("the name says `{said}`, and the expression asks for {what}"), "ask for that, or name it otherwise".to_owned()))
        };
        if matcher.op == MatchOp::NotEqual {
            let others = || known.iter().filter(|value| **value != matcher.value).any(|value| says(value).is_some());
            if let Some(said) = says(&matcher.value).filter(|_| known.contains(&matcher.value) && !others()) {
                return drift(said, format!("all but `{}`", matcher.value));
            }
        } else if says(&matcher.value).is_none()
            && known.len() <= 20
            && let Some(said) = known.iter().filter(|value| **value != matcher.value).find_map(|value| says(value))
        {
            return drift(said, written(matcher));
        }
    }
    contrary_outcome(&words, only.selector.matchers.as_slice())
}

fn written(matcher: &Matcher) -> String {
    format!("`{}=\"{}\"`", matcher.label.text, matcher.value)
}

/// A name that says failures, and an expression that asks for what went well.
fn contrary_outcome(words: &[&str], matchers: &[Matcher]) -> Option<(String, String)> {
    let said = words.iter().find(|word| matches!(**word, "error" | "errors" | "failed" | "failure" | "failures"))?;
    let fine = matchers.iter().find(|m| m.op == MatchOp::Equal && matches!(m.value.as_str(), "success" | "succeeded" | "ok" | "OK"))?;
    Some((
        format!("the name says `{said}`, and the expression asks for {}", written(fine)),
        "ask for what failed, or name it otherwise".to_owned(),
    ))
}

/// Whether a word is a value, perhaps as one of several.
fn is_alike(word: &str, value: &str) -> bool {
    word == value || word.strip_suffix('s') == Some(value) || word.strip_suffix("es") == Some(value)
}

/// A name that says a mean, and an expression that takes the time alone.
pub(super) fn no_mean(operations: &str, expr: &Expr) -> Option<(String, String)> {
    let is_mean = operations.starts_with("mean") || operations.split('_').any(|word| word == "mean");
    let found = selectors(expr);
    let [only] = found.as_slice() else { return None };
    let says_mean = is_mean || operations.starts_with("avg");
    if says_mean && calls(expr, "sum_over_time") && !walk::operations(expr).iter().any(|operation| matches!(*operation, "/" | "*")) {
        let message = "the name says a mean, and `sum_over_time` adds up one value for every scrape".to_owned();
        return Some((message, "take `avg_over_time`, or name it otherwise".to_owned()));
    }
    let sum = only.selector.metric_name().filter(|name| name.ends_with("_sum") && is_mean)?;
    let mut over_time = false;
    visit(expr, &mut |node| over_time |= matches!(&node.kind, ExprKind::Call { function, .. } if function.text == "avg_over_time"));
    (!over_time).then(|| {
        (
            format!("the name says a mean, and the expression takes `{sum}` alone"),
            "divide by the `rate` of `_count`, or name it otherwise".to_owned(),
        )
    })
}

/// A name that says a unit of bytes, and an expression that divides by that of another.
pub(super) fn another_size(name: &str, expr: &Expr) -> Option<(String, String)> {
    const UNITS: &[(&str, i32)] = &[
        ("kilobytes", 1),
        ("megabytes", 2),
        ("gigabytes", 3),
        ("kibibytes", 1),
        ("mebibytes", 2),
        ("gibibytes", 3),
        ("kib", 1),
        ("mib", 2),
        ("gib", 3),
    ];
    let (said, power) = UNITS.iter().find(|(unit, _)| name.split([':', '_']).any(|word| word == *unit))?;
    let mut by = 1.0;
    let mut inner = without_parens(expr);
    while let ExprKind::Binary(binary) = &inner.kind
        && let Some(number) = constant(&binary.right).filter(|_| binary.op == BinaryOp::Div)
    {
        by *= number;
        inner = without_parens(&binary.left);
    }
    let is_bytes = selectors(inner).iter().all(|found| found.selector.metric_name().is_some_and(|name| name.ends_with("_bytes")));
    let fits = [1000_f64, 1024.0].iter().any(|base| (base.powi(*power) - by).abs() < 1.0);
    (is_bytes && !fits && !operations(inner).iter().any(|operation| matches!(*operation, "/" | "*"))).then(|| {
        (
            format!("the name says `{said}`, and bytes are divided by {by}"),
            "divide by what makes one of that unit, or name it otherwise".to_owned(),
        )
    })
}

/// A name that says how often something happens in a minute, and an expression that counts over another window.
pub(super) fn per_minute(name: &str, expr: &Expr) -> Option<(String, String)> {
    if !name.ends_with("per_minute") {
        return None;
    }
    let mut window = None;
    visit(expr, &mut |node| {
        if let ExprKind::Call { function, arguments } = &node.kind
            && function.text == "increase"
            && let Some(ExprKind::Range { range, .. }) = arguments.first().map(|of| &without_parens(of).kind)
        {
            window = range.millis();
        }
    });
    let window = window.filter(|window| *window != 60_000)?;
    let is_scaled = operations(expr).iter().any(|operation| matches!(*operation, "/" | "*"));
    (!is_scaled).then(|| {
        (
            format!("the name says per minute, and the expression counts over {} minutes", window as f64 / 60_000.0),
            "divide by the minutes, or take `rate` times 60".to_owned(),
        )
    })
}
