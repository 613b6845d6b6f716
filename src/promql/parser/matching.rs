//! What may stand between a binary operator and its right side: `bool`, `on`, `group_left`, `fill`.

use crate::promql::ast::{BinaryOp, Group, Matching};
use crate::promql::token::Kind;

use super::{Parser, Step};

/// The modifiers of one operator.
pub(super) struct Modifiers {
    pub(super) return_bool: bool,
    pub(super) matching: Option<Matching>,
}

impl Modifiers {
    pub(super) fn fills(&self) -> bool {
        self.matching.as_ref().is_some_and(|matching| matching.fill_left.is_some() || matching.fill_right.is_some())
    }
}

impl Parser<'_> {
    pub(super) fn binary_modifiers(&mut self) -> Step<Modifiers> {
        let return_bool = self.accept(Kind::Bool)?.is_some();
        let mut matching = None;
        let kind = self.peek()?.kind;
        if matches!(kind, Kind::On | Kind::Ignoring) {
            self.take()?;
            let labels = self.labels()?;
            let group = self.group()?;
            matching = Some(Matching { on: kind == Kind::On, explicit: true, labels, group, fill_left: None, fill_right: None });
        }
        self.fills(&mut matching)?;
        Ok(Modifiers { return_bool, matching })
    }

    fn group(&mut self) -> Step<Option<Group>> {
        let left = match self.peek()?.kind {
            Kind::GroupLeft => true,
            Kind::GroupRight => false,
            _ => return Ok(None),
        };
        self.take()?;
        let labels = if self.peek()?.kind == Kind::LeftParen { self.labels()? } else { Vec::new() };
        Ok(Some(Group { left, labels }))
    }

    /// Reads `fill (x)`, or `fill_left (x)` and `fill_right (x)` in either order, each at most once.
    fn fills(&mut self, matching: &mut Option<Matching>) -> Step<()> {
        let first = self.peek()?.kind;
        if !matches!(first, Kind::Fill | Kind::FillLeft | Kind::FillRight) {
            return Ok(());
        }
        self.take()?;
        let value = self.fill_value()?;
        let matching = matching.get_or_insert_with(Matching::default);
        if first != Kind::FillRight {
            matching.fill_left = Some(value);
        }
        if first != Kind::FillLeft {
            matching.fill_right = Some(value);
        }
        let second = self.peek()?.kind;
        match (first, second) {
            (Kind::FillLeft, Kind::FillRight) => {
                self.take()?;
                matching.fill_right = Some(self.fill_value()?);
            }
            (Kind::FillRight, Kind::FillLeft) => {
                self.take()?;
                matching.fill_left = Some(self.fill_value()?);
            }
            _ => {}
        }
        Ok(())
    }

    fn fill_value(&mut self) -> Step<f64> {
        self.expect(Kind::LeftParen, "", "")?;
        let sign = match self.peek()?.kind {
            Kind::Operator(BinaryOp::Sub) => -1.0,
            Kind::Operator(BinaryOp::Add) => 1.0,
            _ => 0.0,
        };
        if sign != 0.0 {
            self.take()?;
        }
        let token = self.take()?;
        if !matches!(token.kind, Kind::Number | Kind::Duration) {
            return Err(self.unexpected(token, "", ""));
        }
        let value = self.number(token);
        self.expect(Kind::RightParen, "", "")?;
        Ok(if sign < 0.0 { -value } else { value })
    }
}
