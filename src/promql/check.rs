//! Types: what Prometheus checks after it has read an expression, in its order.

use std::collections::HashSet;

use super::ast::{Aggregate, AggregateOp, Binary, Expr, ExprKind, MatchOp, Matcher, Name, Selector, ValueType};
use super::error::{ErrorKind, ParseError};
use super::functions::{Function, function};
use super::regex;
use super::walk::NAME_LABEL;

/// The type of an expression's value. An unknown function is taken to return an instant vector.
pub fn value_type(expr: &Expr) -> ValueType {
    match &expr.kind {
        ExprKind::Number(_) => ValueType::Scalar,
        ExprKind::String(_) => ValueType::String,
        ExprKind::Selector(_) | ExprKind::Aggregate(_) => ValueType::Vector,
        ExprKind::Range { .. } | ExprKind::Subquery { .. } => ValueType::Matrix,
        ExprKind::Call { function: name, .. } => function(&name.text).map_or(ValueType::Vector, |function| function.returns),
        ExprKind::Binary(binary) => binary_type(value_type(&binary.left), value_type(&binary.right)),
        ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => value_type(expr),
    }
}

fn binary_type(left: ValueType, right: ValueType) -> ValueType {
    if left == ValueType::Scalar && right == ValueType::Scalar { ValueType::Scalar } else { ValueType::Vector }
}

/// Checks an expression and notes what is wrong.
pub(crate) fn check(expr: &Expr, errors: &mut Vec<ParseError>) {
    Check { errors }.expr(expr);
}

struct Check<'a> {
    errors: &'a mut Vec<ParseError>,
}

impl Check<'_> {
    fn note(&mut self, expr: &Expr, message: impl Into<String>) {
        self.errors.push(ParseError::new(ErrorKind::Semantic, expr.range.clone(), message));
    }

    fn expr(&mut self, expr: &Expr) -> ValueType {
        match &expr.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::String(_) => ValueType::String,
            ExprKind::Selector(selector) => {
                self.selector(expr, selector);
                ValueType::Vector
            }
            ExprKind::Range { selector, .. } => {
                self.selector(expr, selector);
                ValueType::Matrix
            }
            ExprKind::Subquery { expr: inner, .. } => {
                self.subquery(expr, inner);
                ValueType::Matrix
            }
            ExprKind::Call { function: name, arguments } => self.call(expr, name, arguments),
            ExprKind::Aggregate(aggregate) => {
                self.aggregate(aggregate);
                ValueType::Vector
            }
            ExprKind::Binary(binary) => self.binary(expr, binary),
            ExprKind::Unary { expr: inner, .. } => self.unary(expr, inner),
            ExprKind::Paren(inner) => self.expr(inner),
        }
    }

    fn expect(&mut self, expr: &Expr, wanted: ValueType, context: &str) {
        let found = self.expr(expr);
        if found != wanted {
            self.note(expr, format!("expected type {wanted} in {context}, got {found}"));
        }
    }

    fn subquery(&mut self, expr: &Expr, inner: &Expr) {
        let found = self.expr(inner);
        if found != ValueType::Vector {
            self.note(expr, format!("subquery is only allowed on an instant vector, got {found} instead"));
        }
    }

    fn unary(&mut self, expr: &Expr, inner: &Expr) -> ValueType {
        let found = self.expr(inner);
        if !matches!(found, ValueType::Scalar | ValueType::Vector) {
            self.note(expr, format!("a sign is only allowed before a scalar or an instant vector, got {found}"));
        }
        found
    }

    fn aggregate(&mut self, aggregate: &Aggregate) {
        self.expect(&aggregate.expr, ValueType::Vector, "aggregation");
        if let Some(parameter) = &aggregate.parameter {
            let wanted = if aggregate.op == AggregateOp::CountValues { ValueType::String } else { ValueType::Scalar };
            self.expect(parameter, wanted, "aggregation parameter");
        }
    }

    fn call(&mut self, expr: &Expr, name: &Name, arguments: &[Expr]) -> ValueType {
        let Some(function) = function(&name.text) else {
            return ValueType::Vector;
        };
        self.argument_count(expr, function, arguments.len());
        let is_info = function.name == "info";
        if is_info && let Some(labels) = arguments.get(1) {
            self.info_labels(labels);
        }
        for (place, argument) in arguments.iter().enumerate() {
            // Extra arguments were complained about; Prometheus does not look at them.
            let Some(wanted) = function.argument(place) else {
                break;
            };
            let found = if is_info && place == 1 && is_nameless(argument) { ValueType::Vector } else { self.expr(argument) };
            if found != wanted {
                self.note(argument, format!("expected type {wanted} in call to function `{}`, got {found}", function.name));
            }
        }
        function.returns
    }

    fn argument_count(&mut self, expr: &Expr, function: &Function, given: usize) {
        let (fewest, most) = (function.fewest(), function.most());
        let (bound, wanted) = match most {
            Some(most) if most == fewest && given != most => ("", most),
            _ if given < fewest => ("at least ", fewest),
            Some(most) if given > most => ("at most ", most),
            _ => return,
        };
        self.note(expr, format!("expected {bound}{wanted} argument(s) in call to `{}`, got {given}", function.name));
    }

    /// `info` takes a selector without a name as its second argument, and that one may match everything.
    fn info_labels(&mut self, labels: &Expr) {
        if !is_nameless(labels) {
            self.note(labels, "expected label matchers only, without a metric name");
        }
    }

    fn binary(&mut self, expr: &Expr, binary: &Binary) -> ValueType {
        let left = self.expr(&binary.left);
        let right = self.expr(&binary.right);
        let Binary { op, op_range, .. } = binary;
        let at_op = |message: String| ParseError::new(ErrorKind::Semantic, op_range.clone(), message);
        if binary.return_bool && !op.is_comparison() {
            self.errors.push(at_op("`bool` can only be used on comparison operators".to_owned()));
        }
        if op.is_comparison() && !binary.return_bool && (left, right) == (ValueType::Scalar, ValueType::Scalar) {
            self.errors.push(at_op("comparisons between scalars must use `bool`".to_owned()));
        }
        if let Some(label) = label_on_both_sides(binary) {
            self.errors.push(at_op(format!("label `{label}` must not occur in `on` and in the group modifier at once")));
        }
        for (side, found) in [(&binary.left, left), (&binary.right, right)] {
            if !matches!(found, ValueType::Scalar | ValueType::Vector) {
                self.note(side, format!("operands must be scalars or instant vectors, got {found}"));
            }
        }
        self.matching(expr, binary, (left, right));
        binary_type(left, right)
    }

    fn matching(&mut self, expr: &Expr, binary: &Binary, types: (ValueType, ValueType)) {
        let op = binary.op;
        if let Some(matching) = &binary.matching {
            let fills = matching.fill_left.is_some() || matching.fill_right.is_some();
            if types != (ValueType::Vector, ValueType::Vector) {
                if !matching.labels.is_empty() {
                    self.note(expr, "vector matching only allowed between instant vectors");
                }
                if fills {
                    self.note(expr, "filling in missing series only allowed between instant vectors");
                }
            } else if op.is_set() {
                if matching.group.is_some() {
                    self.note(expr, format!("no grouping allowed for `{op}`: set operations are always many-to-many"));
                }
                if fills {
                    self.note(expr, "filling in missing series not allowed for set operators");
                }
            }
        }
        if op.is_set() && (types.0 == ValueType::Scalar || types.1 == ValueType::Scalar) {
            self.note(expr, format!("set operator `{op}` not allowed between scalars"));
        }
    }

    fn selector(&mut self, expr: &Expr, selector: &Selector) {
        // A name before the braces starts the selector; a quoted one inside does not.
        let outer = selector.metric.as_ref().filter(|metric| metric.range.start == expr.range.start);
        if let Some(metric) = outer {
            if let Some(second) = selector.matchers.iter().find(|matcher| matcher.label.text == NAME_LABEL) {
                self.note(expr, format!("metric name must not be set twice: `{}` or `{}`", metric.text, second.value));
            }
            return;
        }
        let named = selector.metric.as_ref().is_some_and(|metric| !metric.text.is_empty());
        if !named && !selector.matchers.iter().any(excludes_empty) {
            self.note(expr, "vector selector must contain at least one matcher that does not match the empty string");
        }
    }
}

fn is_nameless(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Selector(selector) => selector.metric.as_ref().is_none_or(|metric| metric.range.start != expr.range.start),
        _ => false,
    }
}

/// Whether a matcher rules out series that lack the label.
fn excludes_empty(matcher: &Matcher) -> bool {
    match matcher.op {
        MatchOp::Equal => !matcher.value.is_empty(),
        MatchOp::NotEqual => matcher.value.is_empty(),
        MatchOp::Regex => !regex::matches_empty(&matcher.value),
        MatchOp::NotRegex => regex::matches_empty(&matcher.value),
    }
}

/// A label of `on` that the group modifier names as well.
fn label_on_both_sides(binary: &Binary) -> Option<&str> {
    let matching = binary.matching.as_ref().filter(|matching| matching.on)?;
    let group = matching.group.as_ref()?;
    let taken: HashSet<&str> = group.labels.iter().map(|label| label.text.as_str()).collect();
    let label = matching.labels.iter().find(|label| taken.contains(label.text.as_str()))?;
    Some(&label.text)
}
