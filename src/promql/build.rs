//! Small constructors for trees that code builds.
//!
//! Rendered expressions are built with these and printed, never pasted together from text, so that names and values are
//! quoted and parentheses stand where they must. All ranges are empty.

use super::ast::{
    Aggregate, AggregateOp, Binary, BinaryOp, DurationExpr, DurationKind, Expr, ExprKind, Group, Grouping, MatchOp, Matcher, Matching,
    Name, Number, Selector,
};

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, range: 0..0 }
}

fn name(text: &str) -> Name {
    Name { text: text.to_owned(), range: 0..0 }
}

fn names(texts: &[&str]) -> Vec<Name> {
    texts.iter().map(|text| name(text)).collect()
}

/// A duration of so many milliseconds.
pub fn duration(millis: i64) -> DurationExpr {
    DurationExpr { kind: DurationKind::Millis(millis), range: 0..0 }
}

/// `metric{label="value"}`.
pub fn selector(metric: &str, matchers: &[(&str, MatchOp, &str)]) -> Expr {
    let matchers = matchers.iter().map(|(label, op, value)| matcher(label, *op, value)).collect();
    expr(ExprKind::Selector(Selector { metric: Some(name(metric)), matchers, ..Selector::default() }))
}

/// `label op "value"`, for a selector that grows.
pub fn matcher(label: &str, op: MatchOp, value: &str) -> Matcher {
    Matcher { label: name(label), op, value: value.to_owned(), value_range: 0..0, range: 0..0 }
}

/// `expr[5m]`: a range vector of a selector, a subquery with the default step of anything else.
pub fn range(of: Expr, millis: i64) -> Expr {
    match of.kind {
        ExprKind::Selector(selector) => {
            let extend = selector.extend;
            let selector = Selector { extend: None, ..selector };
            expr(ExprKind::Range { selector, range: duration(millis), selector_range: 0..0, extend })
        }
        kind => subquery(expr(kind), millis, None),
    }
}

/// `expr[1h:5m]`, or `expr[1h:]` without a step.
pub fn subquery(of: Expr, millis: i64, step: Option<i64>) -> Expr {
    let step = step.map(duration);
    expr(ExprKind::Subquery { expr: Box::new(of), range: duration(millis), step, at: None, offset: None })
}

/// `selector offset 1d`, for selectors, range vectors and subqueries; anything else is returned as it is.
pub fn offset(mut of: Expr, millis: i64) -> Expr {
    match &mut of.kind {
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => selector.offset = Some(duration(millis)),
        ExprKind::Subquery { offset, .. } => *offset = Some(duration(millis)),
        _ => {}
    }
    of
}

/// A number.
pub fn number(value: f64) -> Expr {
    expr(ExprKind::Number(Number { value, duration: false }))
}

/// A string.
pub fn string(value: &str) -> Expr {
    expr(ExprKind::String(value.as_bytes().to_vec()))
}

/// `function(arguments)`.
pub fn call(function: &str, arguments: Vec<Expr>) -> Expr {
    expr(ExprKind::Call { function: name(function), arguments })
}

/// `rate(selector[5m])`.
pub fn rate(of: Expr, millis: i64) -> Expr {
    call("rate", vec![range(of, millis)])
}

/// `sum by (labels) (expr)`; without labels into one series, without a `by`.
pub fn aggregate(op: AggregateOp, by: &[&str], of: Expr) -> Expr {
    let grouping = (!by.is_empty()).then(|| Grouping { without: false, labels: names(by) });
    expr(ExprKind::Aggregate(Aggregate { op, grouping, parameter: None, expr: Box::new(of) }))
}

/// `sum without (labels) (expr)`.
pub fn aggregate_without(op: AggregateOp, without: &[&str], of: Expr) -> Expr {
    let grouping = Some(Grouping { without: true, labels: names(without) });
    expr(ExprKind::Aggregate(Aggregate { op, grouping, parameter: None, expr: Box::new(of) }))
}

/// `topk by (labels) (parameter, expr)`.
pub fn aggregate_with(op: AggregateOp, parameter: Expr, by: &[&str], of: Expr) -> Expr {
    let mut aggregate = aggregate(op, by, of);
    if let ExprKind::Aggregate(inner) = &mut aggregate.kind {
        inner.parameter = Some(Box::new(parameter));
    }
    aggregate
}

/// `left op right`.
pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    joined(op, left, right, None)
}

fn joined(op: BinaryOp, left: Expr, right: Expr, matching: Option<Matching>) -> Expr {
    expr(ExprKind::Binary(Binary { op, op_range: 0..0, left: Box::new(left), right: Box::new(right), return_bool: false, matching }))
}

/// `left op bool right`.
pub fn compare_bool(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let mut comparison = binary(op, left, right);
    if let ExprKind::Binary(inner) = &mut comparison.kind {
        inner.return_bool = true;
    }
    comparison
}

/// `left op number`.
pub fn compare(op: BinaryOp, left: Expr, value: f64) -> Expr {
    binary(op, left, number(value))
}

/// `left op on (labels) right`.
pub fn on(op: BinaryOp, labels: &[&str], left: Expr, right: Expr) -> Expr {
    let matching = Matching { on: true, explicit: true, labels: names(labels), ..Matching::default() };
    joined(op, left, right, Some(matching))
}

/// `left op ignoring (labels) right`.
pub fn ignoring(op: BinaryOp, labels: &[&str], left: Expr, right: Expr) -> Expr {
    let matching = Matching { on: false, explicit: true, labels: names(labels), ..Matching::default() };
    joined(op, left, right, Some(matching))
}

/// `left op on (labels) group_left (taken) right`: many series on the left for one on the right.
pub fn on_group_left(op: BinaryOp, labels: &[&str], taken: &[&str], left: Expr, right: Expr) -> Expr {
    let group = Some(Group { left: true, labels: names(taken) });
    let matching = Matching { on: true, explicit: true, labels: names(labels), group, ..Matching::default() };
    joined(op, left, right, Some(matching))
}

/// `left op on (labels) group_right (taken) right`: many series on the right for one on the left.
pub fn on_group_right(op: BinaryOp, labels: &[&str], taken: &[&str], left: Expr, right: Expr) -> Expr {
    let group = Some(Group { left: false, labels: names(taken) });
    let matching = Matching { on: true, explicit: true, labels: names(labels), group, ..Matching::default() };
    joined(op, left, right, Some(matching))
}

/// `left or right`.
pub fn or(left: Expr, right: Expr) -> Expr {
    binary(BinaryOp::Or, left, right)
}

/// `left and right`.
pub fn and(left: Expr, right: Expr) -> Expr {
    binary(BinaryOp::And, left, right)
}

/// `left and on (labels) right`.
pub fn and_on(labels: &[&str], left: Expr, right: Expr) -> Expr {
    on(BinaryOp::And, labels, left, right)
}

/// `left unless right`.
pub fn unless(left: Expr, right: Expr) -> Expr {
    binary(BinaryOp::Unless, left, right)
}

/// `left unless on (labels) right`.
pub fn unless_on(labels: &[&str], left: Expr, right: Expr) -> Expr {
    on(BinaryOp::Unless, labels, left, right)
}

/// `-expr`; a number is negated itself.
pub fn negate(of: Expr) -> Expr {
    match of.kind {
        ExprKind::Number(literal) => number(-literal.value),
        kind => expr(ExprKind::Unary { negative: true, expr: Box::new(expr(kind)) }),
    }
}
