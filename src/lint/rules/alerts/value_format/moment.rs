//! Moments that are shown as lengths of time.

use super::{Case, Misread};
use crate::lint::inference::value::principal;
use crate::lint::query::when::{is_moment, name, plain};
use crate::promql::ast::ExprKind;
use crate::promql::{ValueType, value_type};

/// A moment that is compared with another, as `x < time() - 900`: half a century as a length of time.
pub(super) fn as_time<'c>(case: &'c Case<'_>) -> Vec<Misread<'c>> {
    let ExprKind::Binary(compared) = &principal(case.expr).kind else { return Vec::new() };
    if !compared.op.is_comparison() || compared.return_bool || !case.uses("humanizeDuration") {
        return Vec::new();
    }
    let side = if value_type(&compared.left) == ValueType::Scalar { &compared.right } else { &compared.left };
    let Some(moment) = name(plain(side)).filter(|_| is_moment(plain(side))) else { return Vec::new() };
    let message = format!("the value is `{moment}`, and so a moment, and not how long ago it was");
    case.all("humanizeDuration", &message, "compare how long ago it was: `time() - … > 900`")
}
