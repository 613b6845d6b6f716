//! Durations in brackets and after `offset`, and the arithmetic over them.

use crate::promql::ast::{BinaryOp, DurationExpr, DurationFunction, DurationKind};
use crate::promql::error::ErrorKind;
use crate::promql::options::Feature;
use crate::promql::token::{Kind, Token};

use super::{Parser, Step, binding, seconds};

/// What Prometheus's 64-bit count of nanoseconds holds, in seconds.
const LONGEST: f64 = 9_223_372_036.854_776;

const OFFSET: &str = "an offset";
const EXPECTED: &str = "a number, a duration, `step()` or `range()`";

impl Parser<'_> {
    /// Reads a duration that must be more than nothing.
    pub(super) fn positive_duration(&mut self, context: &str, expected: &str) -> Step<DurationExpr> {
        let duration = self.duration_expression(0, context, expected)?;
        if literal(&duration).is_some_and(|value| value <= 0.0) {
            self.note(ErrorKind::Semantic, duration.range.clone(), "duration must be greater than 0");
        }
        Ok(in_milliseconds(duration))
    }

    /// Reads what follows `offset`. Without parentheses only one term with at most one sign belongs to it, so that
    /// `a offset 5m + b` adds `b`; with them, arithmetic goes on.
    pub(super) fn offset_duration(&mut self) -> Step<DurationExpr> {
        self.height = 0;
        let first = self.peek()?;
        let duration = match first.kind {
            Kind::Number | Kind::Duration | Kind::Step | Kind::RangeFunction | Kind::MaxOf | Kind::MinOf => {
                self.duration_term(OFFSET, EXPECTED)?
            }
            Kind::Operator(op @ (BinaryOp::Add | BinaryOp::Sub)) => {
                self.take()?;
                if matches!(self.peek()?.kind, Kind::Operator(BinaryOp::Add | BinaryOp::Sub)) {
                    let inner = self.duration_expression(BinaryOp::Pow.precedence(), OFFSET, EXPECTED)?;
                    let signed = self.signed_duration(first, op, inner)?;
                    self.duration_operators(signed, 0, OFFSET, EXPECTED)?
                } else {
                    let inner = self.duration_term(OFFSET, EXPECTED)?;
                    self.signed_duration(first, op, inner)?
                }
            }
            _ => self.duration_expression(0, OFFSET, EXPECTED)?,
        };
        // Parentheses around the whole are the printer's to set.
        let duration = match duration.kind {
            DurationKind::Paren(inner) => *inner,
            _ => duration,
        };
        Ok(in_milliseconds(duration))
    }

    fn duration_expression(&mut self, minimum: u8, context: &str, expected: &str) -> Step<DurationExpr> {
        self.enter()?;
        let token = self.peek()?;
        let first = match token.kind {
            Kind::Operator(op @ (BinaryOp::Add | BinaryOp::Sub)) => {
                self.take()?;
                let inner = self.duration_expression(BinaryOp::Pow.precedence(), context, expected)?;
                self.signed_duration(token, op, inner)?
            }
            _ => self.duration_term(context, expected)?,
        };
        let duration = self.duration_operators(first, minimum, context, expected)?;
        self.leave();
        Ok(duration)
    }

    fn duration_operators(&mut self, mut left: DurationExpr, minimum: u8, context: &str, expected: &str) -> Step<DurationExpr> {
        loop {
            let token = self.peek()?;
            let Kind::Operator(op) = token.kind else {
                return Ok(left);
            };
            let Some(sign) = arithmetic(op).filter(|_| op.precedence() >= minimum) else {
                return Ok(left);
            };
            let left_height = self.height;
            self.take()?;
            let right = self.duration_expression(binding(op).1, context, expected)?;
            self.grow(self.height.max(left_height))?;
            self.require(Feature::DurationExpressions, left.range.clone(), || "arithmetic over durations".to_owned());
            if matches!(op, BinaryOp::Div | BinaryOp::Mod) && literal(&right) == Some(0.0) {
                let problem = if op == BinaryOp::Div { "division by zero" } else { "modulo by zero" };
                self.note(ErrorKind::Semantic, token.range(), problem);
            }
            let range = left.range.start..right.range.end;
            left = DurationExpr { kind: DurationKind::Binary { op: sign, left: Box::new(left), right: Box::new(right) }, range };
        }
    }

    fn duration_term(&mut self, context: &str, expected: &str) -> Step<DurationExpr> {
        let token = self.take()?;
        self.height = 1;
        match token.kind {
            Kind::Number | Kind::Duration => Ok(self.duration_literal(token)),
            Kind::LeftParen => {
                let inner = self.duration_expression(0, context, expected)?;
                let close = self.expect(Kind::RightParen, context, expected)?;
                self.require(Feature::DurationExpressions, inner.range.clone(), || "a duration in parentheses".to_owned());
                if literal(&inner).is_some() || matches!(inner.kind, DurationKind::Paren(_)) {
                    return Ok(inner);
                }
                self.grow(self.height)?;
                Ok(DurationExpr { kind: DurationKind::Paren(Box::new(inner)), range: token.start..close.end })
            }
            Kind::Step | Kind::RangeFunction => {
                self.expect(Kind::LeftParen, context, expected)?;
                let close = self.expect(Kind::RightParen, context, expected)?;
                let range = token.start..close.end;
                self.require(Feature::DurationExpressions, range.clone(), || format!("`{}()`", function_name(token.kind)));
                let kind = if token.kind == Kind::Step { DurationKind::Step } else { DurationKind::Range };
                Ok(DurationExpr { kind, range })
            }
            Kind::MaxOf | Kind::MinOf => self.duration_call(token, context, expected),
            _ => Err(self.unexpected(token, context, expected)),
        }
    }

    fn duration_call(&mut self, name: Token, context: &str, expected: &str) -> Step<DurationExpr> {
        self.expect(Kind::LeftParen, context, expected)?;
        let first = self.duration_expression(0, context, expected)?;
        let first_height = self.height;
        self.expect(Kind::Comma, context, expected)?;
        let second = self.duration_expression(0, context, expected)?;
        let close = self.expect(Kind::RightParen, context, expected)?;
        self.grow(self.height.max(first_height))?;
        let range = name.start..close.end;
        self.require(Feature::DurationExpressions, range.clone(), || format!("`{}()`", function_name(name.kind)));
        let function = if name.kind == Kind::MaxOf { DurationFunction::Max } else { DurationFunction::Min };
        Ok(DurationExpr { kind: DurationKind::Call { function, arguments: vec![first, second] }, range })
    }

    fn duration_literal(&mut self, token: Token) -> DurationExpr {
        let value = self.number(token);
        let kind = match token.kind {
            Kind::Duration => DurationKind::Millis(millis(value).unwrap_or_default()),
            _ => DurationKind::Number(value),
        };
        if out_of_range(value) {
            self.note(ErrorKind::Semantic, token.range(), "duration out of range");
            return DurationExpr { kind: DurationKind::Number(0.0), range: token.range() };
        }
        DurationExpr { kind, range: token.range() }
    }

    /// Applies a sign. Literals take it in; a plus before anything else means nothing.
    fn signed_duration(&mut self, sign: Token, op: BinaryOp, inner: DurationExpr) -> Step<DurationExpr> {
        let negative = op == BinaryOp::Sub;
        let range = sign.start..inner.range.end;
        let kind = match inner.kind {
            DurationKind::Millis(millis) => DurationKind::Millis(if negative { -millis } else { millis }),
            DurationKind::Number(value) => DurationKind::Number(if negative { -value } else { value }),
            _ if !negative => return Ok(inner),
            _ => {
                self.grow(self.height)?;
                DurationKind::Unary { negative, expr: Box::new(inner) }
            }
        };
        Ok(DurationExpr { kind, range })
    }
}

/// The seconds of a literal.
fn literal(duration: &DurationExpr) -> Option<f64> {
    match duration.kind {
        DurationKind::Millis(millis) => Some(seconds(millis)),
        DurationKind::Number(value) => Some(value),
        _ => None,
    }
}

/// A number that is a whole duration of its own is one; one too fine for milliseconds stays a number.
fn in_milliseconds(mut duration: DurationExpr) -> DurationExpr {
    if let DurationKind::Number(value) = duration.kind
        && let Some(millis) = millis(value)
    {
        duration.kind = DurationKind::Millis(millis);
    }
    duration
}

/// Seconds in milliseconds, where they are whole ones.
fn millis(seconds: f64) -> Option<i64> {
    let millis = (seconds * 1000.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the comparison")]
    let whole = (millis.abs() < 9.3e12).then_some(millis as i64)?;
    #[expect(clippy::float_cmp, reason = "only an exact number of milliseconds prints back to the same value")]
    let exact = self::seconds(whole) == seconds;
    exact.then_some(whole)
}

fn out_of_range(seconds: f64) -> bool {
    // Not `contains` negated: NaN is in range for Prometheus.
    seconds.abs() > LONGEST
}

fn arithmetic(op: BinaryOp) -> Option<char> {
    Some(match op {
        BinaryOp::Add => '+',
        BinaryOp::Sub => '-',
        BinaryOp::Mul => '*',
        BinaryOp::Div => '/',
        BinaryOp::Mod => '%',
        BinaryOp::Pow => '^',
        _ => return None,
    })
}

fn function_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Step => "step",
        Kind::RangeFunction => "range",
        Kind::MaxOf => "max_of",
        _ => "min_of",
    }
}
