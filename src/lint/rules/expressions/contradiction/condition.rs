//! Conditions that hold together.

use crate::lint::inference::labels::shape;
use crate::lint::query::constant;
use crate::lint::query::named::is_yes_or_no;
use crate::lint::query::order::is_at_most;
use crate::lint::world::World;
use crate::promql::ast::{Binary, BinaryOp, Expr, ExprKind};
use crate::promql::walk::without_parens;

/// What an expression compares with a number.
pub(super) fn condition(expr: &Expr) -> Option<Condition<'_>> {
    let node = without_parens(expr);
    let ExprKind::Binary(binary) = &node.kind else { return None };
    let number = constant(&binary.right).filter(|_| binary.op.is_comparison() && !binary.return_bool)?;
    Some(Condition { node, side: without_parens(&binary.left), op: binary.op, number })
}

pub(super) struct Condition<'e> {
    pub node: &'e Expr,
    pub side: &'e Expr,
    op: BinaryOp,
    number: f64,
}

impl Condition<'_> {
    /// Whether the other one holds wherever this one does.
    pub fn implies(&self, other: &Self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual};
        match (self.op, other.op) {
            (Greater, Greater | GreaterEqual) | (GreaterEqual | Equal, GreaterEqual) => self.number >= other.number,
            (Less, Less | LessEqual) | (LessEqual | Equal, LessEqual) => self.number <= other.number,
            (GreaterEqual | Equal, Greater) => self.number > other.number,
            (LessEqual | Equal, Less) => self.number < other.number,
            _ => false,
        }
    }

    /// Whether any number satisfies one of the two.
    pub fn completes(&self, other: &Self) -> bool {
        use BinaryOp::{Greater, GreaterEqual, Less, LessEqual};
        match (self.op, other.op) {
            (Greater, Less) => self.number < other.number,
            (Greater | GreaterEqual, LessEqual) | (GreaterEqual, Less) => self.number <= other.number,
            (Less | LessEqual, Greater | GreaterEqual) => other.completes(self),
            _ => false,
        }
    }

    /// Whether it asks for less of what is never below what the other asks for more of: `max_over_time(x[5m]) == 0 and x == 1`.
    pub fn is_below(&self, other: &Self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual};
        let (high, low) = (self, other);
        let excluded = match (high.op, low.op) {
            (Less, Greater | GreaterEqual | Equal) | (LessEqual | Equal, Greater) => high.number <= low.number,
            (LessEqual | Equal, GreaterEqual | Equal) => high.number < low.number,
            _ => false,
        };
        excluded && is_at_most(low.side, high.side)
    }

    pub fn excludes(&self, other: &Self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        match (self.op, other.op) {
            (Greater | GreaterEqual | Equal, Less) | (Greater, LessEqual) => self.number >= other.number,
            (GreaterEqual | Equal, LessEqual) => self.number > other.number,
            (Less | LessEqual | Equal, Greater) | (Less, GreaterEqual) => self.number <= other.number,
            (LessEqual | Equal, GreaterEqual) => self.number < other.number,
            (Equal, Equal) => (self.number - other.number).abs() > 0.0,
            // What is up or down is 0 or 1.
            (NotEqual, NotEqual) => {
                let flag = matches!(&self.side.kind, ExprKind::Selector(selector) if selector.metric_name().is_some_and(is_yes_or_no));
                flag && (self.number + other.number - 1.0).abs() <= 0.0 && (self.number * other.number).abs() <= 0.0
            }
            (Equal, NotEqual) => (self.number - other.number).abs() <= 0.0,
            (_, Equal) => other.excludes(self),
            _ => false,
        }
    }
}

/// Whether each series of the left side is joined with the series of the same labels: by all of them, or by all that it can have. By
/// fewer, the right side may hold for another one.
pub(super) fn joins_each_with_itself<'e>(binary: &'e Binary, world: &World<'e>) -> bool {
    let Some(matching) = &binary.matching else { return true };
    let left = shape(&binary.left, world);
    let joined = |label: &str| matching.labels.iter().any(|by| by.text == label) == matching.on;
    left.closed && left.labels.iter().all(|label| *label == "__name__" || joined(label))
}

/// Conditions on the time of day, week or year, however they are joined with others by `and`.
pub(super) fn of_time<'e>(expr: &'e Expr, found: &mut Vec<Condition<'e>>) {
    let node = without_parens(expr);
    let ExprKind::Binary(binary) = &node.kind else { return };
    if binary.op == BinaryOp::And {
        of_time(&binary.left, found);
        of_time(&binary.right, found);
    }
    let is_time = |side: &Expr| matches!(&without_parens(side).kind, ExprKind::Call { arguments, .. } if arguments.is_empty());
    let number = constant(&binary.right).filter(|_| binary.op.is_comparison() && !binary.return_bool && is_time(&binary.left));
    found.extend(number.map(|number| Condition { node, side: without_parens(&binary.left), op: binary.op, number }));
}

pub(super) fn conjuncts<'e>(expr: &'e Expr, world: &World<'e>, found: &mut Vec<Condition<'e>>) {
    let node = without_parens(expr);
    let ExprKind::Binary(binary) = &node.kind else { return };
    if binary.op == BinaryOp::And {
        conjuncts(&binary.left, world, found);
        if joins_each_with_itself(binary, world) {
            conjuncts(&binary.right, world, found);
        }
    } else if let Some(number) = constant(&binary.right).filter(|_| binary.op.is_comparison() && !binary.return_bool) {
        found.push(Condition { node, side: without_parens(&binary.left), op: binary.op, number });
    }
}
