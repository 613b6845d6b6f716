//! Percentiles that titles name.

use super::{calls, metrics, words};
use crate::lint::query::{Query, constant};
use crate::promql::ast::{AggregateOp, Expr, ExprKind};
use crate::promql::walk::visit;

/// A percentile in a title, where the queries draw a mean, a rate or a total, or another one.
pub(super) fn quantile(title: &str, own: &[&Query<'_>], exprs: &[&Expr]) -> Option<String> {
    let said = words(title).into_iter().find(|word| {
        let number = word.strip_prefix('p').or_else(|| word.strip_suffix("th"));
        number.is_some_and(|number| (2..4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let takes_quantile = calls(exprs).0.iter().any(|name| name.contains("quantile"));
    if takes_quantile {
        let is_chosen = |query: &&Query<'_>| query.node.as_str().is_some_and(|text| text.contains("quantile($"));
        if own.iter().any(is_chosen) {
            return None;
        }
        let in_percent = || title.rsplit_once('(')?.1.strip_suffix("%)");
        let (said, wanted) = match said {
            Some(word) => {
                let digits: String = word.chars().filter(char::is_ascii_digit).collect();
                // `p999` has a point in it that nobody writes.
                let wanted: f64 = digits.parse().ok()?;
                (word, if digits.len() <= 2 || digits == "100" { wanted / 100.0 } else { format!("0.{digits}").parse().ok()? })
            }
            None => in_percent().and_then(|number| Some((format!("{number}%"), number.parse::<f64>().ok()? / 100.0)))?,
        };
        let taken = taken(exprs)?;
        let other = taken.first().filter(|_| taken.iter().all(|taken| (taken - wanted).abs() > 1e-9))?;
        return Some(format!("the title says `{said}`, and the query takes the quantile `{other}`"));
    }
    let said = said?;
    let parts = ["_sum", "_count", "_total"];
    let plain = metrics(exprs)?.iter().all(|name| parts.iter().any(|part| name.ends_with(part)));
    let mut aggregated = false;
    for expr in exprs {
        visit(expr, &mut |node| {
            if let ExprKind::Aggregate(aggregate) = &node.kind {
                aggregated |= aggregate.op == AggregateOp::Quantile;
            }
        });
    }
    (plain && !aggregated).then(|| format!("the title says `{said}`, and no query takes a quantile"))
}

/// The quantiles that some expressions take of histograms; `None` where one is not written as a number.
fn taken(exprs: &[&Expr]) -> Option<Vec<f64>> {
    let mut all = Some(Vec::new());
    for expr in exprs {
        visit(expr, &mut |node| {
            if let ExprKind::Call { function, arguments } = &node.kind
                && function.text.contains("quantile")
            {
                let number = arguments.first().and_then(constant).filter(|_| function.text == "histogram_quantile");
                all = all.take().zip(number).map(|(all, number)| [all, vec![number]].concat());
            }
        });
    }
    all
}
