//! Times of the day and days of the week that conditions ask for.

use crate::lint::query::comparison::Comparison;
use crate::lint::query::interval::Interval;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

/// A part of the time that an expression can ask for.
pub(in crate::lint) struct Part {
    /// The function that tells it.
    function: &'static str,
    /// How many of them there are before they begin anew, at zero.
    count: u32,
    /// How long one lasts, in milliseconds.
    lasts: i64,
}

/// The parts that expressions ask for, the shortest first.
pub(in crate::lint) const PARTS: &[Part] = &[Part { function: "minute", count: 60, lasts: 60_000 }, HOUR, DAY_OF_WEEK];

/// Hours of the day.
pub(in crate::lint) const HOUR: Part = Part { function: "hour", count: 24, lasts: 3_600_000 };

/// Days of the week, from Sunday on.
pub(in crate::lint) const DAY_OF_WEEK: Part = Part { function: "day_of_week", count: 7, lasts: 24 * 3_600_000 };

impl Part {
    /// The longest time without a break, in milliseconds, that a condition can hold for; `None` where it does not ask for this part, or
    /// holds at any time.
    pub(in crate::lint) fn longest(&self, expr: &Expr) -> Option<i64> {
        let held = self.held(expr)?;
        if (0..self.count).all(|at| held >> at & 1 == 1) {
            return None;
        }
        // Twice around: what ends at midnight goes on behind it.
        let (mut longest, mut run) = (0, 0);
        for at in 0..2 * self.count {
            run = if held >> (at % self.count) & 1 == 1 { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        (longest > 0).then(|| i64::from(longest) * self.lasts)
    }

    /// At which of them a condition can hold, a bit each.
    pub(in crate::lint) fn held(&self, expr: &Expr) -> Option<u64> {
        let ExprKind::Binary(binary) = &without_parens(expr).kind else { return None };
        match binary.op {
            BinaryOp::And => match (self.held(&binary.left), self.held(&binary.right)) {
                (Some(left), Some(right)) => Some(left & right),
                (left, right) => left.or(right),
            },
            BinaryOp::Or => Some(self.held(&binary.left)? | self.held(&binary.right)?),
            BinaryOp::Unless => self.held(&binary.left),
            _ => {
                let Comparison { side, op, number, .. } = Comparison::of(without_parens(expr)).filter(|_| !binary.return_bool)?;
                let is_now = matches!(&without_parens(side).kind, ExprKind::Call { function, arguments } if function.text == self.function && arguments.is_empty());
                is_now.then(|| {
                    (0..self.count)
                        .filter(|at| Interval::one(f64::from(*at)).compared(op, number) == Some(true))
                        .fold(0, |held, at| held | 1 << at)
                })
            }
        }
    }
}
