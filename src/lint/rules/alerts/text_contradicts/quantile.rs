//! Quantiles and means that a text speaks of.

use super::near;
use crate::lint::inference::value::principal;
use crate::lint::query::{Query, constant};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind, MatchOp};
use crate::promql::walk::{selectors, visit, without_parens};

/// The quantiles of a query that are not chosen by a variable.
pub(super) fn quantiles_of(query: &Query<'_>) -> Vec<f64> {
    let mut found = Vec::new();
    let Some(expr) = &query.expr else { return found };
    visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, arguments } if function.text == "histogram_quantile" => {
            found.extend(arguments.first().filter(|argument| !query.is_variable(&argument.range)).and_then(constant));
        }
        _ => {}
    });
    found
}

/// The quantiles that an expression takes, as far as they are numbers, and those that recorded series are called after.
pub(super) fn quantiles(expr: &Expr) -> Vec<f64> {
    let recorded = selectors(expr);
    let names = recorded.iter().filter_map(|found| found.selector.metric_name()).filter(|name| name.contains(':'));
    let words = names.flat_map(|name| name.split([':', '_'])).filter_map(|word| word.strip_prefix('p'));
    let said = words.filter(|digits| (2..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let mut found: Vec<f64> = said.filter_map(|digits| format!("0.{digits}").parse().ok()).collect();
    let matchers =
        recorded.iter().flat_map(|found| &found.selector.matchers).filter(|m| m.label.text == "quantile" && m.op == MatchOp::Equal);
    found.extend(matchers.filter_map(|matcher| matcher.value.parse::<f64>().ok()));
    visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, arguments } if function.text == "histogram_quantile" => {
            found.extend(arguments.first().and_then(constant));
        }
        // The median of several instances, whatever is recorded of each.
        ExprKind::Aggregate(aggregate) if aggregate.op == AggregateOp::Quantile => {
            found.extend(aggregate.parameter.as_deref().and_then(constant));
        }
        _ => {}
    });
    found
}

/// A quantile that a text speaks of, where the expression divides the sum of all observations by their number.
pub(super) fn mean(words: &[&str], taken: &[f64], expr: &Expr) -> Option<String> {
    let ExprKind::Binary(compared) = &principal(expr).kind else { return None };
    let ExprKind::Binary(binary) = &without_parens(&compared.left).kind else { return None };
    let reads = |side: &Expr, end: &str| {
        let found = selectors(side);
        !found.is_empty() && found.iter().all(|found| found.selector.metric_name().is_some_and(|name| name.ends_with(end)))
    };
    if !taken.is_empty() || binary.op != BinaryOp::Div || !reads(&binary.left, "_sum") || !reads(&binary.right, "_count") {
        return None;
    }
    quantile(words, &[f64::NAN])?;
    Some("this speaks of a percentile, and the expression takes the mean".to_owned())
}

/// A quantile that a text speaks of and the expression does not take.
pub(super) fn quantile(words: &[&str], taken: &[f64]) -> Option<String> {
    let of = |(at, word): (usize, &&str)| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_percentile = || words.get(at + 1).is_some_and(|next| next.to_lowercase().starts_with("percentile"));
        if word.eq_ignore_ascii_case("median") {
            return Some(50.0);
        }
        if let Some(percent) = share_that_takes(words, at) {
            return Some(percent);
        }
        let digits = word.strip_prefix(['p', 'P']).or_else(|| word.strip_suffix("th").filter(|_| is_percentile()))?;
        digits.parse::<f64>().ok().filter(|percent| (1.0..100.0).contains(percent))
    };
    let said = words.iter().enumerate().find_map(of)?;
    // The 5% that take longer are those beyond the p95.
    let fits = |quantile: f64| near(quantile * 100.0, said) || said < 50.0 && near(100.0 - quantile * 100.0, said);
    let wrong = !taken.is_empty() && !taken.iter().any(|quantile| fits(*quantile));
    wrong.then(|| format!("this speaks of the p{said}, and the expression takes `{}`", taken[0]))
}

/// The percentage that begins `95% of the bookings take`.
fn share_that_takes(words: &[&str], at: usize) -> Option<f64> {
    let percent = words[at].strip_suffix('%')?.parse::<f64>().ok().filter(|percent| (1.0..100.0).contains(percent))?;
    let rest = &words[at + 1..(at + 7).min(words.len())];
    let takes = rest.iter().any(|word| matches!(*word, "take" | "takes" | "took" | "wait" | "waited"));
    (rest.first() == Some(&"of") && takes && !rest.iter().any(|word| word.contains(['.', ';']) || *word == "longer")).then_some(percent)
}
