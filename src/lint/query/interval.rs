//! All values between two bounds.

use crate::promql::ast::BinaryOp;

/// All values between two bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Interval {
    pub(in crate::lint) const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    pub(in crate::lint) const NOT_NEGATIVE: Self = Self { low: 0.0, high: f64::INFINITY };
    /// From none to all of something.
    pub const SHARE: Self = Self { low: 0.0, high: 1.0 };

    pub(in crate::lint) const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    pub(in crate::lint) fn one(value: f64) -> Self {
        if value.is_nan() { Self::ALL } else { Self::new(value, value) }
    }

    /// Both bounds at once, where arithmetic left them in order; nothing is known otherwise.
    pub(in crate::lint) fn of(bounds: impl IntoIterator<Item = f64>) -> Self {
        let mut interval = Self::new(f64::INFINITY, f64::NEG_INFINITY);
        for bound in bounds {
            if bound.is_nan() {
                return Self::ALL;
            }
            interval = Self::new(interval.low.min(bound), interval.high.max(bound));
        }
        interval
    }

    /// The values of one or the other.
    #[must_use]
    pub fn either(self, other: Self) -> Self {
        Self::new(self.low.min(other.low), self.high.max(other.high))
    }

    /// What is left of it where a comparison with a number holds. The bounds may cross: then nothing is.
    pub(in crate::lint) fn restricted(self, op: BinaryOp, number: f64) -> Self {
        match op {
            BinaryOp::Greater | BinaryOp::GreaterEqual => Self::new(self.low.max(number), self.high),
            BinaryOp::Less | BinaryOp::LessEqual => Self::new(self.low, self.high.min(number)),
            BinaryOp::Equal => Self::new(self.low.max(number), self.high.min(number)),
            _ => self,
        }
    }

    /// Whether a comparison holds for all its values, or for none; `None` where it depends.
    pub fn compared(self, op: BinaryOp, number: f64) -> Option<bool> {
        let (low, high) = (self.low, self.high);
        let (always, never) = match op {
            BinaryOp::Greater => (low > number, high <= number),
            BinaryOp::GreaterEqual => (low >= number, high < number),
            BinaryOp::Less => (high < number, low >= number),
            BinaryOp::LessEqual => (high <= number, low > number),
            BinaryOp::Equal => (same(low, number) && same(high, number), number < low || number > high),
            BinaryOp::NotEqual => (number < low || number > high, same(low, number) && same(high, number)),
            _ => return None,
        };
        if always || low > high { (!never).then_some(always) } else { never.then_some(false) }
    }
}

/// Whether two numbers are one but for what is left over by reckoning in binary.
pub(in crate::lint) fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs())
}

/// Whether two bounds are one.
#[expect(clippy::float_cmp, reason = "bounds that arithmetic did not touch are compared")]
pub(in crate::lint) fn same(left: f64, right: f64) -> bool {
    left == right
}
