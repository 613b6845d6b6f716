//! The words that signals build their expressions from: PromQL trees, never text.

use rust_decimal::Decimal;

use super::synthetic::Labels;
use crate::manifest::scalars::Duration;
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, MatchOp};
use crate::promql::build;

/// The window that stands for `$__rate_interval` in a panel's tree; nobody would write it in a manifest.
pub const PANEL_WINDOW: Duration = Duration(5_025_678);

/// Whose series a selector asks for.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Those of a job, in a rule.
    Job(String),
    /// Those that the dashboard's `job` and `instance` variables choose.
    Dashboard,
    /// Those of a job that the variables do not choose, such as a dependency's exporter.
    DashboardJob(String),
}

/// A matcher of a selector: label, comparison, value.
pub type Matcher = (String, MatchOp, String);

impl Scope {
    fn matchers(&self) -> Vec<Matcher> {
        match self {
            Self::Job(job) | Self::DashboardJob(job) => vec![equal("job", job)],
            Self::Dashboard => vec![matches("job", "$job"), matches("instance", "$instance")],
        }
    }
}

/// `label="value"`
pub fn equal(label: &str, value: &str) -> Matcher {
    (label.to_owned(), MatchOp::Equal, value.to_owned())
}

/// `label=~"pattern"`
pub fn matches(label: &str, pattern: &str) -> Matcher {
    (label.to_owned(), MatchOp::Regex, pattern.to_owned())
}

/// A matcher for one of several literal values.
pub fn one_of(label: &str, values: &[String]) -> Matcher {
    match values {
        [one] => equal(label, one),
        many => matches(label, &many.iter().map(|v| escape_regex(v)).collect::<Vec<_>>().join("|")),
    }
}

/// Literal text as a regular expression.
pub fn escape_regex(text: &str) -> String {
    let special = |c: char| "\\.+*?()|[]{}^$".contains(c);
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// `metric{scope, more}`
pub fn select(metric: &str, scope: &Scope, more: &[Matcher]) -> Expr {
    let matchers: Vec<Matcher> = scope.matchers().into_iter().chain(more.iter().cloned()).collect();
    selector(metric, &matchers)
}

/// `metric{matchers}`, of whatever job.
pub fn selector(metric: &str, matchers: &[Matcher]) -> Expr {
    let matchers: Vec<(&str, MatchOp, &str)> = matchers.iter().map(|(label, op, value)| (label.as_str(), *op, value.as_str())).collect();
    build::selector(metric, &matchers)
}

/// `metric{labels}` of a recorded series.
pub fn recorded(metric: &str, scope: &Scope, labels: &Labels) -> Expr {
    let matchers: Vec<Matcher> = labels.iter().map(|(name, value)| equal(name, value)).collect();
    let scope = match scope {
        // What is recorded for a job has no instance.
        Scope::Dashboard => vec![matches("job", "$job")],
        other => other.matchers(),
    };
    let all: Vec<Matcher> = scope.into_iter().chain(matchers).collect();
    selector(metric, &all)
}

/// `function(selector[window])`
pub fn over(function: &str, selector: Expr, window: Duration) -> Expr {
    build::call(function, vec![build::range(selector, window.millis())])
}

/// `rate(selector[window])`
pub fn rate(selector: Expr, window: Duration) -> Expr {
    over("rate", selector, window)
}

/// `increase(selector[window])`
pub fn increase(selector: Expr, window: Duration) -> Expr {
    over("increase", selector, window)
}

/// `sum by (labels) (expr)`
pub fn sum_by(labels: &[&str], expr: Expr) -> Expr {
    build::aggregate(AggregateOp::Sum, labels, expr)
}

/// `max by (labels) (expr)`
pub fn max_by(labels: &[&str], expr: Expr) -> Expr {
    build::aggregate(AggregateOp::Max, labels, expr)
}

/// `min by (labels) (expr)`
pub fn min_by(labels: &[&str], expr: Expr) -> Expr {
    build::aggregate(AggregateOp::Min, labels, expr)
}

/// `function(arguments)`
pub fn call(function: &str, arguments: Vec<Expr>) -> Expr {
    build::call(function, arguments)
}

/// A number, printed as it is written.
pub fn number(value: Decimal) -> Expr {
    build::number(value.normalize().to_string().parse().unwrap_or(f64::NAN))
}

/// `left op right`
pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    build::binary(op, left, right)
}

/// `left / right`
pub fn divide(left: Expr, right: Expr) -> Expr {
    binary(BinaryOp::Div, left, right)
}

/// `expr > threshold`
pub fn above(expr: Expr, threshold: Decimal) -> Expr {
    binary(BinaryOp::Greater, expr, number(threshold))
}

/// `expr == 0`
pub fn is_zero(expr: Expr) -> Expr {
    binary(BinaryOp::Equal, expr, number(Decimal::ZERO))
}

/// `left or right`
pub fn or(left: Expr, right: Expr) -> Expr {
    binary(BinaryOp::Or, left, right)
}

/// `left and on (labels) right`
pub fn and_on(labels: &[&str], left: Expr, right: Expr) -> Expr {
    build::and_on(labels, left, right)
}

/// `left unless on (labels) right`
pub fn unless_on(labels: &[&str], left: Expr, right: Expr) -> Expr {
    build::unless_on(labels, left, right)
}
