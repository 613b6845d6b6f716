//! Quotients of two units, which are no shares.

use super::{Compared, Fault};
use crate::lint::inference::measure::innermost;
use crate::lint::query::named::ends_with_things;
use crate::promql::Expr;
use crate::promql::ast::{BinaryOp, ExprKind};
use crate::promql::walk::only_selector;

impl Compared<'_> {
    /// A quotient of two units, compared with a share.
    pub(super) fn of_no_bytes(&self) -> Fault {
        let of = by_another(self.side).filter(|_| self.number < 1.0)?;
        match of {
            Of::Bytes(above, below) => {
                let number = self.number;
                let message =
                    format!("`{above}` is counted in bytes and `{below}` is not, so this is no share: {number} of a byte are nothing");
                Some((message, "divide by what is counted in bytes"))
            }
            Of::Things(above, below) => {
                let message = format!("`{above}` is a number of things and `{below}` is counted in bytes, so this is no share");
                Some((message, "divide by how many there may be, or the bytes by the bytes"))
            }
        }
    }
}

/// What is divided by what is counted in another unit: the names of both.
enum Of<'e> {
    /// Bytes by something else.
    Bytes(&'e str, &'e str),
    /// A number of things by bytes.
    Things(&'e str, &'e str),
}

/// Bytes that are divided by what is counted in no bytes, or the other way round.
fn by_another(side: &Expr) -> Option<Of<'_>> {
    let ExprKind::Binary(binary) = &innermost(side).kind else { return None };
    let above = only_selector(&binary.left).filter(|_| binary.op == BinaryOp::Div)?.metric_name()?;
    let whole = only_selector(&binary.right)?;
    let below = whole.metric_name()?;
    // The orchestrator's limits are in bytes where they are those of memory.
    if whole.matchers.iter().any(|m| m.label.text == "resource" && ["memory", "storage"].iter().any(|kind| m.value.contains(kind))) {
        return None;
    }
    let is_bytes = above.ends_with("_bytes") || above.ends_with("_bytes_total");
    if below.ends_with("_bytes") && ends_with_things(above) {
        return Some(Of::Things(above, below));
    }
    (is_bytes && !below.contains("byte") && !below.contains(':') && !below.contains("info")).then_some(Of::Bytes(above, below))
}
