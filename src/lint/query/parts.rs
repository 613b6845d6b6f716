//! The parts of a tree, found in one walk.

use std::ops::Range;

use crate::promql::ast::{Expr, ExprKind, Selector};
use crate::promql::walk::children;

/// The parts of a tree.
#[derive(Default)]
pub struct Parts<'e> {
    /// Every selector.
    pub selectors: Vec<Use<'e>>,
    /// Every node, each before its parts and the parts from left to right.
    pub nodes: Vec<&'e Expr>,
}

impl<'e> Parts<'e> {
    /// Takes a tree apart.
    pub fn of(expr: &'e Expr) -> Self {
        let mut parts = Self::default();
        parts.collect(expr, &mut Vec::new());
        parts
    }

    fn collect(&mut self, expr: &'e Expr, ancestors: &mut Vec<&'e Expr>) {
        self.nodes.push(expr);
        match &expr.kind {
            ExprKind::Selector(selector) => {
                let range = expr.range.clone();
                self.selectors.push(Use { selector, range, window: None, is_range: false, ancestors: ancestors.clone() });
            }
            ExprKind::Range { selector, range, selector_range, .. } => {
                let window = range.millis().map(|millis| (millis, range.range.clone()));
                let ancestors = ancestors.clone();
                self.selectors.push(Use { selector, range: selector_range.clone(), window, is_range: true, ancestors });
            }
            _ => {
                ancestors.push(expr);
                children(expr).for_each(|child| self.collect(child, ancestors));
                ancestors.pop();
            }
        }
    }
}

/// A selector with what stands around it.
pub struct Use<'e> {
    /// The selector.
    pub selector: &'e Selector,
    /// Byte range of the selector in the parsed text.
    pub range: Range<usize>,
    /// The window in milliseconds and its place, for a range selector with a plain one.
    pub window: Option<(i64, Range<usize>)>,
    /// Whether a range stands behind it.
    pub is_range: bool,
    /// The expressions around it, from the outermost.
    pub ancestors: Vec<&'e Expr>,
}

impl Use<'_> {
    /// The function that the selector is an argument of.
    pub fn function(&self) -> Option<&str> {
        self.ancestors.iter().rev().find_map(|expr| match &expr.kind {
            ExprKind::Call { function, .. } => Some(Some(function.text.as_str())),
            ExprKind::Paren(_) => None,
            _ => Some(None),
        })?
    }

    /// Whether any function of this name stands around it.
    pub fn inside(&self, name: &str) -> bool {
        self.ancestors.iter().any(|expr| matches!(&expr.kind, ExprKind::Call { function, .. } if function.text == name))
    }
}
