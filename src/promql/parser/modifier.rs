//! What may follow a selector: `[range]`, `[range:step]`, `offset`, `@`, `anchored`, `smoothed`.

use std::mem::replace;

use crate::promql::ast::{At, BinaryOp, DurationExpr, DurationKind, Expr, ExprKind, Extend, Selector};
use crate::promql::error::ErrorKind;
use crate::promql::options::Feature;
use crate::promql::token::{Kind, Token};

use super::{Parser, Step, placeholder};

const AFTER_WHAT: &str = "modifier must be preceded by an instant vector selector, a range vector selector or a subquery";

impl Parser<'_> {
    /// Reads `[range]` or `[range:step]` and puts it around what stands before.
    pub(super) fn brackets(&mut self, expr: &mut Expr) -> Step<()> {
        const DURATION: &str = "a number, a duration, `step()` or `range()`";
        let height = self.height;
        let open = self.take()?;
        let range = self.positive_duration("a range", DURATION)?;
        let token = self.take()?;
        match token.kind {
            Kind::RightBracket => self.range_vector(expr, range, open, token),
            Kind::Colon => {
                let step = match self.accept(Kind::RightBracket)? {
                    Some(_) => None,
                    None => Some(self.positive_duration("a subquery", &format!("{DURATION}, or `]`"))?),
                };
                if step.is_some() {
                    self.expect(Kind::RightBracket, "a subquery", "`]`")?;
                }
                let inner = Box::new(replace(expr, placeholder()));
                expr.range = inner.range.start..self.last_end;
                expr.kind = ExprKind::Subquery { expr: inner, range, step, at: None, offset: None };
            }
            _ => return Err(self.unexpected(token, "a range", "`:` or `]`")),
        }
        self.grow(height.max(self.height))
    }

    fn range_vector(&mut self, expr: &mut Expr, range: DurationExpr, open: Token, close: Token) {
        let ExprKind::Selector(selector) = &mut expr.kind else {
            self.note(ErrorKind::Semantic, open.start..close.end, "ranges only allowed for vector selectors");
            return;
        };
        if has_offset(selector.offset.as_ref()) {
            self.note(ErrorKind::Semantic, open.start..close.end, "no offset modifiers allowed before a range");
        } else if matches!(selector.at, Some(At::Time(_))) {
            self.note(ErrorKind::Semantic, open.start..close.end, "no `@` modifiers allowed before a range");
        }
        let selector = std::mem::take(selector);
        let selector_range = expr.range.clone();
        let Selector { extend, .. } = selector;
        expr.range.end = close.end;
        expr.kind = ExprKind::Range { selector: Selector { extend: None, ..selector }, range, selector_range, extend };
    }

    pub(super) fn offset(&mut self, expr: &mut Expr) -> Step<()> {
        self.take()?;
        let height = self.height;
        let offset = self.offset_duration()?;
        self.height = height.max(self.height);
        let slot = match &mut expr.kind {
            ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => &mut selector.offset,
            ExprKind::Subquery { offset, .. } => offset,
            _ => {
                self.note(ErrorKind::Semantic, expr.range.clone(), format!("offset {AFTER_WHAT}"));
                return Ok(());
            }
        };
        // An offset of zero counts as none, as in Prometheus.
        if has_offset(slot.as_ref()) {
            self.note(ErrorKind::Semantic, expr.range.clone(), "offset may not be set multiple times");
        } else {
            *slot = Some(offset);
        }
        expr.range.end = self.last_end;
        Ok(())
    }

    pub(super) fn at(&mut self, expr: &mut Expr) -> Step<()> {
        self.take()?;
        let at = self.at_value(expr)?;
        let slot = match &mut expr.kind {
            ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => &mut selector.at,
            ExprKind::Subquery { at, .. } => at,
            _ => {
                self.note(ErrorKind::Semantic, expr.range.clone(), format!("`@` {AFTER_WHAT}"));
                return Ok(());
            }
        };
        if slot.is_some() {
            self.note(ErrorKind::Semantic, expr.range.clone(), "`@` may not be set multiple times");
        } else {
            *slot = Some(at);
            expr.range.end = self.last_end;
        }
        Ok(())
    }

    fn at_value(&mut self, expr: &Expr) -> Step<At> {
        const CONTEXT: &str = "the `@` modifier";
        let mut token = self.take()?;
        let preprocessor = match token.kind {
            Kind::Start => Some(At::Start),
            Kind::EndFunction => Some(At::End),
            _ => None,
        };
        if let Some(at) = preprocessor {
            self.expect(Kind::LeftParen, CONTEXT, "`(`")?;
            self.expect(Kind::RightParen, CONTEXT, "`)`")?;
            return Ok(at);
        }
        let negative = token.kind == Kind::Operator(BinaryOp::Sub);
        if negative || token.kind == Kind::Operator(BinaryOp::Add) {
            token = self.take()?;
        }
        if !matches!(token.kind, Kind::Number | Kind::Duration) {
            return Err(self.unexpected(token, CONTEXT, "a timestamp"));
        }
        let value = self.number(token);
        let value = if negative { -value } else { value };
        // Prometheus compares with the bounds of a 64-bit integer.
        if !value.is_finite() || value.abs() >= 9_223_372_036_854_775_808.0 {
            self.note(ErrorKind::Semantic, expr.range.clone(), "timestamp out of bounds for the `@` modifier");
        }
        let millis = (value * 1000.0).round();
        Ok(At::Time(if millis.abs() < 9e15 { millis / 1000.0 } else { value }))
    }

    pub(super) fn extend(&mut self, expr: &mut Expr) -> Step<()> {
        let token = self.take()?;
        let (extend, word) = if token.kind == Kind::Anchored { (Extend::Anchored, "anchored") } else { (Extend::Smoothed, "smoothed") };
        self.require(Feature::ExtendedRangeSelectors, expr.range.clone(), || format!("the `{word}` modifier is experimental and"));
        let slot = match &mut expr.kind {
            ExprKind::Selector(selector) => &mut selector.extend,
            ExprKind::Range { extend, .. } => extend,
            _ => {
                let message = format!("the `{word}` modifier must be preceded by an instant or range vector selector");
                self.note(ErrorKind::Semantic, expr.range.clone(), message);
                return Ok(());
            }
        };
        let both = slot.is_some_and(|present| present != extend);
        *slot = Some(extend);
        if both {
            self.note(ErrorKind::Semantic, expr.range.clone(), "`anchored` and `smoothed` cannot be used together");
        }
        expr.range.end = self.last_end;
        Ok(())
    }
}

fn has_offset(offset: Option<&DurationExpr>) -> bool {
    offset.is_some_and(|offset| !matches!(offset.kind, DurationKind::Millis(0)))
}
