//! Ways through a tree: every node, every selector, the metric a selector names.

use std::ops::Range;

use smallvec::SmallVec;

use super::ast::{AggregateOp, BinaryOp, DurationExpr, Expr, ExprKind, MatchOp, Selector};

/// The label that holds the metric's name.
pub const NAME_LABEL: &str = "__name__";

/// Visits every node, each before its parts and the parts from left to right.
pub fn visit<'a>(expr: &'a Expr, visitor: &mut dyn FnMut(&'a Expr)) {
    visitor(expr);
    // As `children` has it, without an iterator: nearly every rule of lint goes this way for every expression.
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Selector(_) | ExprKind::Range { .. } => {}
        ExprKind::Subquery { expr, .. } | ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => visit(expr, visitor),
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| visit(argument, visitor)),
        ExprKind::Aggregate(aggregate) => {
            if let Some(parameter) = &aggregate.parameter {
                visit(parameter, visitor);
            }
            visit(&aggregate.expr, visitor);
        }
        ExprKind::Binary(binary) => {
            visit(&binary.left, visitor);
            visit(&binary.right, visitor);
        }
    }
}

/// The expressions directly inside one, from left to right.
pub fn children(expr: &Expr) -> impl Iterator<Item = &Expr> {
    let (first, second, rest): (Option<&Expr>, Option<&Expr>, &[Expr]) = match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Selector(_) | ExprKind::Range { .. } => (None, None, &[]),
        ExprKind::Subquery { expr, .. } | ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => (Some(expr), None, &[]),
        ExprKind::Call { arguments, .. } => (None, None, arguments),
        ExprKind::Aggregate(aggregate) => (aggregate.parameter.as_deref(), Some(&aggregate.expr), &[]),
        ExprKind::Binary(binary) => (Some(&binary.left), Some(&binary.right), &[]),
    };
    first.into_iter().chain(second).chain(rest)
}

/// The functions, aggregations and operators of an expression, each before what is inside it.
pub fn operations(expr: &Expr) -> Vec<&str> {
    let mut found = Vec::new();
    visit(expr, &mut |node| match &node.kind {
        ExprKind::Aggregate(aggregate) => found.push(aggregate.op.name()),
        ExprKind::Call { function, .. } => found.push(function.text.as_str()),
        ExprKind::Binary(binary) => found.push(binary.op.symbol()),
        _ => {}
    });
    found
}

/// What `or` joins, from left to right, each without parentheses: of an alert, the conditions of which each alone makes it fire.
pub fn alternatives(expr: &Expr) -> Vec<&Expr> {
    let expr = without_parens(expr);
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Or => {
            let mut all = alternatives(&binary.left);
            all.extend(alternatives(&binary.right));
            all
        }
        _ => vec![expr],
    }
}

/// A selector found in a tree.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The selector.
    pub selector: &'a Selector,
    /// Its place, without a range in brackets but, for an instant vector, with its modifiers.
    pub place: &'a Range<usize>,
    /// The node it belongs to: itself, or the range vector around it.
    pub expr: &'a Expr,
    /// The range in brackets, where it is a range vector.
    pub range: Option<&'a DurationExpr>,
}

/// Every selector, in the order written. Most expressions have one or two, which need no memory of their own: hundreds of rules ask.
pub fn selectors(expr: &Expr) -> SmallVec<[Found<'_>; 2]> {
    let mut found = SmallVec::new();
    visit(expr, &mut |expr| match &expr.kind {
        ExprKind::Selector(selector) => found.push(Found { selector, place: &expr.range, expr, range: None }),
        ExprKind::Range { selector, range, selector_range, .. } => {
            found.push(Found { selector, place: selector_range, expr, range: Some(range) });
        }
        _ => {}
    });
    found
}

/// The selector of an expression that has one, wherever in it.
pub fn only_selector(expr: &Expr) -> Option<&Selector> {
    match selectors(expr).as_slice() {
        [only] => Some(only.selector),
        _ => None,
    }
}

impl Selector {
    /// The one metric it asks for, whether written before the braces, quoted inside them or as `__name__="…"`.
    pub fn metric_name(&self) -> Option<&str> {
        if let Some(metric) = &self.metric {
            return Some(&metric.text);
        }
        let matcher = self.matchers.iter().find(|matcher| matcher.label.text == NAME_LABEL && matcher.op == MatchOp::Equal)?;
        Some(&matcher.value)
    }
}

/// Whether a function is called somewhere in an expression.
pub fn calls(expr: &Expr, name: &str) -> bool {
    let mut found = false;
    visit(expr, &mut |node| found |= matches!(&node.kind, ExprKind::Call { function, .. } if function.text == name));
    found
}

/// Whether an expression asks anywhere whether series are missing.
pub fn calls_absent(expr: &Expr) -> bool {
    ["absent", "absent_over_time"].iter().any(|name| calls(expr, name))
}

/// Whether something in an expression gives its series labels, or values of labels, that no selector in it brings.
pub fn makes_labels(expr: &Expr) -> bool {
    let mut makes = false;
    visit(expr, &mut |node| {
        makes |= match &node.kind {
            ExprKind::Call { function, .. } => {
                matches!(function.text.as_str(), "label_replace" | "label_join" | "info" | "histogram_quantiles")
            }
            ExprKind::Aggregate(aggregate) => aggregate.op == AggregateOp::CountValues,
            _ => false,
        };
    });
    makes
}

/// The text that an expression is.
pub fn string(expr: &Expr) -> Option<&str> {
    if let ExprKind::String(text) = &without_parens(expr).kind { std::str::from_utf8(text).ok() } else { None }
}

/// The expression without the parentheses around it.
pub fn without_parens(expr: &Expr) -> &Expr {
    let mut inner = expr;
    while let ExprKind::Paren(next) = &inner.kind {
        inner = next;
    }
    inner
}

/// What is aggregated, without the aggregations and parentheses around it.
pub fn without_aggregates(expr: &Expr) -> &Expr {
    let mut inner = without_parens(expr);
    while let ExprKind::Aggregate(aggregate) = &inner.kind {
        inner = without_parens(&aggregate.expr);
    }
    inner
}

#[cfg(test)]
mod tests {
    use super::{selectors, visit, without_aggregates, without_parens};
    use crate::promql::ast::{DurationExpr, ExprKind};
    use crate::promql::{Options, parse};

    #[test]
    fn nodes_are_visited_from_the_root_and_from_left_to_right() {
        let expr = parse("sum(a) / topk(2, -b)", &Options::stock()).expect("valid");
        let mut seen = Vec::new();
        visit(&expr, &mut |expr| seen.push(expr.range.clone()));
        assert_eq!(seen, [0..20, 0..6, 4..5, 9..20, 14..15, 17..19, 18..19]);
    }

    #[test]
    fn selectors_are_found_with_their_metric_and_range() {
        let text = r#"rate(a{x="1"}[5m]) + {__name__="b"} + {"c.d"} + {x="1"}"#;
        let expr = parse(text, &Options::stock()).expect("valid");
        let found = selectors(&expr);
        let names: Vec<_> = found.iter().map(|found| found.selector.metric_name()).collect();
        assert_eq!(names, [Some("a"), Some("b"), Some("c.d"), None]);
        assert_eq!(found.first().and_then(|found| found.range).and_then(DurationExpr::millis), Some(300_000));
        assert_eq!(found.first().map(|found| found.place.clone()), Some(5..13));
    }

    #[test]
    fn parentheses_are_looked_through() {
        let expr = parse("((a))", &Options::stock()).expect("valid");
        assert!(matches!(without_parens(&expr).kind, ExprKind::Selector(_)));
    }

    #[test]
    fn aggregations_are_taken_away_with_the_parentheses_between_them() {
        let expr = parse("(max((sum by (a) ((rate(x[5m]))))))", &Options::stock()).expect("valid");
        assert_eq!(without_aggregates(&expr).to_string(), "rate(x[5m])");
        let plain = parse("(a)", &Options::stock()).expect("valid");
        assert_eq!(without_aggregates(&plain).to_string(), "a");
    }
}
