//! The values that operators give.

use super::Valuer;
use crate::lint::inference::source;
use crate::lint::query::comparison::flipped;
use crate::lint::query::interval::{Interval, same};
use crate::lint::query::named::MOMENTS;
use crate::lint::query::order::is_at_most;
use crate::lint::query::share::{is_share, is_share_of_parts, is_some_of_all, mean};
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::without_parens;

impl Valuer<'_, '_> {
    pub(super) fn binary(self, binary: &Binary) -> Interval {
        let (left, right) = (self.expr(&binary.left), self.expr(&binary.right));
        if binary.matching.as_ref().is_some_and(|m| m.fill_left.is_some() || m.fill_right.is_some()) {
            return Interval::ALL;
        }
        if binary.op.is_comparison() {
            return compared(binary, left, right);
        }
        match binary.op {
            BinaryOp::Add => Interval::of([left.low + right.low, left.high + right.high]),
            // A part is never more than all, nor the least more than the mean.
            BinaryOp::Sub if binary.matching.is_none() && is_at_most(&binary.left, &binary.right) => {
                Interval::new(left.low - right.high, 0.0)
            }
            BinaryOp::Sub if binary.matching.is_none() && is_at_most(&binary.right, &binary.left) => {
                Interval::new(0.0, left.high - right.low)
            }
            // No sample is of the future.
            BinaryOp::Sub if is_sampled(&binary.left) && is_now(&binary.right) => Interval::new(f64::NEG_INFINITY, 0.0),
            BinaryOp::Sub if is_now(&binary.left) && is_sampled(&binary.right) => Interval::NOT_NEGATIVE,
            // How far ahead a moment may lie is no bound of what is seen.
            BinaryOp::Sub if is_now(&binary.right) && left.high >= MOMENTS => Interval::new(left.low - right.high, f64::INFINITY),
            BinaryOp::Sub => Interval::of([left.low - right.high, left.high - right.low]),
            BinaryOp::Mul => product(left, right),
            BinaryOp::Div => self.quotient(binary, left, right),
            BinaryOp::And | BinaryOp::Unless => left,
            BinaryOp::Or => left.either(right),
            BinaryOp::Mod if left.low >= 0.0 && same(right.low, right.high) && right.low > 0.0 => Interval::new(0.0, right.low),
            BinaryOp::Pow if same(right.low, 0.0) && same(right.high, 0.0) => Interval::one(1.0),
            BinaryOp::Pow | BinaryOp::Mod if left.low >= 0.0 => Interval::NOT_NEGATIVE,
            _ => Interval::ALL,
        }
    }

    fn quotient(self, binary: &Binary, left: Interval, right: Interval) -> Interval {
        if let Some(of) = mean(binary) {
            return self.expr(of);
        }
        let (part, all) = (source::origin(&binary.left, self.world), source::origin(&binary.right, self.world));
        if is_some_of_all(binary) {
            return Interval::SHARE;
        }
        if binary.matching.is_none() {
            let is_negative = |part: &Expr| self.expr(part).low < 0.0;
            let share = is_share(part, all) || is_share_of_parts(&binary.left, &binary.right, &is_negative);
            if share {
                return Interval::SHARE;
            }
            if is_share(all, part) {
                return Interval::new(1.0, f64::INFINITY);
            }
        }
        if same(right.low, right.high) && !same(right.low, 0.0) {
            return Interval::of([left.low / right.low, left.high / right.low]);
        }
        if left.low >= 0.0 && right.low >= 0.0 { Interval::NOT_NEGATIVE } else { Interval::ALL }
    }
}

/// A comparison keeps the values of its vector; with `bool` it says 0 or 1.
fn compared(binary: &Binary, left: Interval, right: Interval) -> Interval {
    if binary.return_bool {
        return Interval::SHARE;
    }
    let scalar = |expr: &Expr| crate::promql::value_type(expr) == crate::promql::ValueType::Scalar;
    if scalar(&binary.left) {
        return if same(left.low, left.high) { right.restricted(flipped(binary.op), left.low) } else { right };
    }
    if same(right.low, right.high) { left.restricted(binary.op, right.low) } else { left }
}

/// Nothing times infinity is no bound: a value is never infinite unless a counter is broken.
fn product(left: Interval, right: Interval) -> Interval {
    let times = |a: f64, b: f64| if same(a, 0.0) || same(b, 0.0) { 0.0 } else { a * b };
    Interval::of([times(left.low, right.low), times(left.low, right.high), times(left.high, right.low), times(left.high, right.high)])
}

/// Whether it is when samples were taken, perhaps the first or last of them: not that of samples which an offset or `@` moves.
fn is_sampled(expr: &Expr) -> bool {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) => {
            matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) && is_sampled(&aggregate.expr)
        }
        ExprKind::Call { function, arguments } => {
            let still = |selector: &Selector| selector.offset.is_none() && selector.at.is_none();
            function.text == "timestamp"
                && matches!(arguments.first().map(|of| &without_parens(of).kind), Some(ExprKind::Selector(selector)) if still(selector))
        }
        _ => false,
    }
}

fn is_now(expr: &Expr) -> bool {
    matches!(&without_parens(expr).kind, ExprKind::Call { function, .. } if function.text == "time")
}
