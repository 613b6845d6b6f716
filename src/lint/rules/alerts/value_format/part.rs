//! Parts of the time, shown as spans of it.

use super::{Case, Misread};
use crate::lint::inference::value::principal;
use crate::lint::query::comparison::Comparison;
use crate::promql::ast::ExprKind;
use crate::promql::walk::{only_selector, without_aggregates};

/// How many seconds of each something takes, shown as a time where the text itself says that it is a part of it.
pub(super) fn of_time<'c>(case: &'c Case<'_>) -> Vec<Misread<'c>> {
    let side = Comparison::of(principal(case.expr)).map_or(case.expr, |compared| compared.side);
    let ExprKind::Call { function, .. } = &without_aggregates(side).kind else { return Vec::new() };
    let name = only_selector(side).and_then(|selector| selector.metric_name()).unwrap_or("");
    let is_of_seconds = ["_seconds_sum", "_seconds_total"].iter().any(|end| name.ends_with(end));
    if !matches!(function.text.as_str(), "rate" | "irate") || !is_of_seconds {
        return Vec::new();
    }
    let says_part = |text: &str, from: usize| {
        let behind = text.get(from..).and_then(|rest| rest.split_once("}}")).map_or("", |(_, behind)| behind);
        ["of the time", "of its time", "of their time", "of all time"].iter().any(|words| behind.trim_start().starts_with(words))
    };
    let shown = case.shown.iter().filter(|shown| shown.function == "humanizeDuration" && says_part(shown.text.text, shown.range.end));
    let message = "the value is a part of the time, from 0 to 1, and `humanizeDuration` shows it as seconds";
    shown.map(|shown| Misread { shown, message: message.to_owned(), help: "use `humanizePercentage`" }).collect()
}
