//! Values that are always the same, shown as if they measured something.

use super::{Case, Misread};
use crate::lint::inference::value::{interval, principal};
use crate::promql::ast::{BinaryOp, ExprKind};

/// The value of what is absent, or equal to a number, or what `bool` says.
pub(super) fn of_one_value<'c>(case: &'c Case<'_>) -> Vec<Misread<'c>> {
    let of = principal(case.expr);
    let is_absent = matches!(&of.kind, ExprKind::Call { function, .. } if matches!(function.text.as_str(), "absent" | "absent_over_time"));
    let is_equal = matches!(&of.kind, ExprKind::Binary(compared) if compared.op == BinaryOp::Equal || compared.return_bool);
    if !is_absent && !is_equal {
        return Vec::new();
    }
    let values = interval(of, case.context.world);
    if !is_absent && values.low.to_bits() != values.high.to_bits() {
        return Vec::new();
    }
    let what = if is_absent { "of what is absent is always 1".to_owned() } else { format!("is always {} here", values.low) };
    case.misread(|function| {
        let is_measure = matches!(function, "humanizeDuration" | "humanizePercentage" | "humanizeTimestamp");
        let is_format = is_measure || is_absent && function.starts_with("humanize") || is_unit(function);
        is_format.then(|| (format!("the value {what}, and says nothing with `{function}`"), "leave the value out"))
    })
}

/// Whether a word behind a value is a unit of time or a share.
fn is_unit(word: &str) -> bool {
    matches!(word, "s" | "ms" | "m" | "h" | "seconds" | "minutes" | "hours" | "days" | "%" | "percent")
}
