//! An expression with its parts, which are found once: nearly every rule asks for some of them.

use std::ops::Deref;

use crate::lint::query::Query;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::parts::{Parts, Use};
use crate::promql::ast::{Aggregate, Binary, BinaryOp, Expr, ExprKind};

/// An expression with its parts.
pub struct Expression<'q, 'a> {
    /// The expression.
    pub query: &'q Query<'a>,
    /// Every selector in it.
    pub selectors: Vec<Use<'q>>,
    /// Every node of its tree, each before its parts and the parts from left to right; none where the text is no `PromQL`.
    pub nodes: Vec<&'q Expr>,
    /// What it compares with numbers.
    pub comparisons: Vec<Comparison<'q>>,
}

impl<'q, 'a> Expression<'q, 'a> {
    /// An expression, taken apart.
    pub fn of(query: &'q Query<'a>) -> Self {
        let parts = query.expr.as_ref().map(Parts::of).unwrap_or_default();
        let comparisons = parts.nodes.iter().filter_map(|node| Comparison::of(node)).collect();
        Self { query, selectors: parts.selectors, nodes: parts.nodes, comparisons }
    }

    /// Every call of a function: its node, its name and its arguments.
    pub fn calls(&self) -> impl Iterator<Item = (&'q Expr, &'q str, &'q [Expr])> {
        self.nodes.iter().filter_map(|node| match &node.kind {
            ExprKind::Call { function, arguments } => Some((*node, function.text.as_str(), arguments.as_slice())),
            _ => None,
        })
    }

    /// Whether a function is called in it.
    pub fn calls_any(&self, names: &[&str]) -> bool {
        self.calls().any(|(_, name, _)| names.contains(&name))
    }

    /// Every binary operation, and its node.
    pub fn binaries(&self) -> impl Iterator<Item = (&'q Expr, &'q Binary)> {
        self.nodes.iter().filter_map(|node| match &node.kind {
            ExprKind::Binary(binary) => Some((*node, binary)),
            _ => None,
        })
    }

    /// Every aggregation, and its node.
    pub fn aggregates(&self) -> impl Iterator<Item = (&'q Expr, &'q Aggregate)> {
        self.nodes.iter().filter_map(|node| match &node.kind {
            ExprKind::Aggregate(aggregate) => Some((*node, aggregate)),
            _ => None,
        })
    }

    /// Every division of which all is known, and its node.
    pub fn divisions(&self) -> impl Iterator<Item = (&'q Expr, &'q Binary)> {
        self.binaries().filter(|(node, binary)| binary.op == BinaryOp::Div && !self.is_built_of_variables(node))
    }
}

impl<'a> Deref for Expression<'_, 'a> {
    type Target = Query<'a>;

    fn deref(&self) -> &Query<'a> {
        self.query
    }
}
