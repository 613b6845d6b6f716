//! What an expression compares with numbers.

use crate::lint::query::constant;
use crate::promql::ast::{BinaryOp, Expr, ExprKind};
use crate::promql::walk;

/// A comparison with a number.
#[derive(Clone, Copy)]
pub struct Comparison<'e> {
    /// Its node.
    pub node: &'e Expr,
    /// What is compared.
    pub side: &'e Expr,
    /// How it compares, as if the number stood on the right.
    pub op: BinaryOp,
    /// The number.
    pub number: f64,
    /// The node of the number.
    pub place: &'e Expr,
}

impl<'e> Comparison<'e> {
    /// What a node compares with a number, where it does.
    pub fn of(node: &'e Expr) -> Option<Self> {
        let ExprKind::Binary(binary) = &node.kind else { return None };
        if !binary.op.is_comparison() {
            return None;
        }
        if let Some(number) = constant(&binary.right) {
            return Some(Self { node, side: &binary.left, op: binary.op, number, place: &binary.right });
        }
        let number = constant(&binary.left)?;
        Some(Self { node, side: &binary.right, op: flipped(binary.op), number, place: &binary.left })
    }

    /// Every comparison with a number in an expression.
    pub fn all(expr: &'e Expr) -> Vec<Self> {
        let mut found = Vec::new();
        walk::visit(expr, &mut |node| found.extend(Self::of(node)));
        found
    }
}

/// The comparison with its sides exchanged.
pub fn flipped(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        other => other,
    }
}
