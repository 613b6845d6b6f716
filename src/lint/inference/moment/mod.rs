//! What an expression gives at the moment that pages of metrics show.
//!
//! A page has the series of one target, at one moment. What does not change may be evaluated on it as Prometheus would: gauges, their
//! aggregates, comparisons and joins. What needs more than a moment (rates, the time) is not known, and makes nothing of the rest known
//! but what stands beside it in an `or`.

mod aggregate;
mod operator;
mod series;

use crate::lint::world::World;
use crate::lint::world::relabel::Labels;
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::walk::without_parens;

/// For how many targets the page of a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Targets {
    /// For one, whatever the configuration says.
    One,
    /// For all that there are, or for many where nobody knows how many.
    All,
}

/// A series and its value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::lint) struct Point {
    /// Its labels, `__name__` among them where it still has a name.
    pub(in crate::lint) labels: Labels,
    /// Its value.
    pub(in crate::lint) value: f64,
}

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::lint) enum Value {
    /// A number.
    Scalar(f64),
    /// Series.
    Vector(Vec<Point>),
}

/// What an expression gives; `None` where a moment does not tell, or where pages do not show all that is read.
pub(in crate::lint) fn evaluate(expr: &Expr, world: &World<'_>, targets: Targets) -> Option<Value> {
    Moment { world, targets, depth: 0 }.expr(expr)
}

/// How far recording rules that build on others are followed.
const DEPTH: usize = 8;

#[derive(Clone, Copy)]
struct Moment<'x, 'e> {
    world: &'x World<'e>,
    targets: Targets,
    depth: usize,
}

impl Moment<'_, '_> {
    fn expr(self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Number(number) => Some(Value::Scalar(number.value)),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary { negative: false, expr } => self.expr(expr),
            ExprKind::Unary { negative: true, expr } => Some(self.expr(expr)?.each(|value| -value)),
            ExprKind::Selector(selector) => self.series(selector).map(Value::Vector),
            ExprKind::Aggregate(aggregate) => {
                let Value::Vector(points) = self.expr(&aggregate.expr)? else { return None };
                let parameter = match aggregate.parameter.as_deref() {
                    Some(parameter) => Some(self.number(parameter)?),
                    None => None,
                };
                aggregate::aggregated(aggregate, parameter, points).map(Value::Vector)
            }
            ExprKind::Binary(binary) => operator::applied(binary, self.expr(&binary.left)?, self.expr(&binary.right)?),
            ExprKind::Call { function, arguments } => self.call(&function.text, arguments),
            ExprKind::String(_) | ExprKind::Range { .. } | ExprKind::Subquery { .. } => None,
        }
    }

    fn number(self, expr: &Expr) -> Option<f64> {
        match self.expr(expr)? {
            Value::Scalar(number) => Some(number),
            Value::Vector(_) => None,
        }
    }

    fn call(self, function: &str, arguments: &[Expr]) -> Option<Value> {
        let first = || self.expr(arguments.first()?);
        let number = |at: usize| self.number(arguments.get(at)?);
        match function {
            "abs" => Some(first()?.each(f64::abs)),
            "ceil" => Some(first()?.each(f64::ceil)),
            "floor" => Some(first()?.each(f64::floor)),
            "sqrt" => Some(first()?.each(f64::sqrt)),
            "exp" => Some(first()?.each(f64::exp)),
            "ln" => Some(first()?.each(f64::ln)),
            "log2" => Some(first()?.each(f64::log2)),
            "log10" => Some(first()?.each(f64::log10)),
            "round" if arguments.len() == 1 => Some(first()?.each(|value| (value + 0.5).floor())),
            "clamp_min" => number(1).and_then(|least| Some(first()?.each(|value| value.max(least)))),
            "clamp_max" => number(1).and_then(|most| Some(first()?.each(|value| value.min(most)))),
            "sort" | "sort_desc" => first(),
            "vector" => Some(Value::Vector(vec![Point { labels: Labels::new(), value: number(0)? }])),
            "scalar" => match first()? {
                Value::Vector(points) => Some(Value::Scalar(if let [only] = points.as_slice() { only.value } else { f64::NAN })),
                Value::Scalar(_) => None,
            },
            "absent" => absent(arguments.first()?, first()?),
            // As if it had been for long what it is.
            "avg_over_time" | "min_over_time" | "max_over_time" | "last_over_time" => {
                let ExprKind::Range { selector, .. } = &without_parens(arguments.first()?).kind else { return None };
                self.series(selector).map(Value::Vector)
            }
            _ => None,
        }
    }
}

/// What `absent` makes of its argument.
fn absent(argument: &Expr, value: Value) -> Option<Value> {
    let Value::Vector(points) = value else { return None };
    if !points.is_empty() {
        return Some(Value::Vector(Vec::new()));
    }
    let labels = match &without_parens(argument).kind {
        ExprKind::Selector(selector) => series::certain(selector),
        _ => Labels::new(),
    };
    Some(Value::Vector(vec![Point { labels, value: 1.0 }]))
}

impl Value {
    /// What a function makes of every value; a series that is not itself any more loses its name.
    fn each(self, function: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::Scalar(number) => Self::Scalar(function(number)),
            Self::Vector(points) => Self::Vector(points.into_iter().map(|point| point.nameless(&function)).collect()),
        }
    }
}

impl Point {
    fn nameless(mut self, function: impl Fn(f64) -> f64) -> Self {
        self.labels.remove("__name__");
        Self { value: function(self.value), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::{Targets, Value, evaluate};
    use crate::lint::world::World;
    use crate::lint::world::declared::Catalogue;
    use crate::lint::world::pages;
    use crate::promql::{Options, parse};
    use crate::source::SourceMap;

    const PAGE: &str = "queue_depth{queue=\"a\"} 3\nqueue_depth{queue=\"b\"} 40\nqueue_limit{queue=\"a\"} 10\nqueue_limit{queue=\"b\"} 50\n\
                        shard_up{shard=\"1\"} 1\nshard_up{shard=\"2\"} 0\nbuild_info{version=\"2\"} 1\n";

    fn page() -> Catalogue {
        let mut sources = SourceMap::default();
        let id = sources.add("app.prom", PAGE);
        pages::read(&sources, id, Some("app"), false).0
    }

    /// The values of an expression, in the order of its series.
    fn values(expr: &str, targets: Targets) -> Option<Vec<f64>> {
        let catalogues = [page()];
        let world = World::new(&[], &[], &catalogues);
        match evaluate(&parse(expr, &Options::stock()).expect("PromQL"), &world, targets)? {
            Value::Scalar(number) => Some(vec![number]),
            Value::Vector(mut points) => {
                points.sort_by(|one, other| one.labels.cmp(&other.labels));
                Some(points.into_iter().map(|point| point.value).collect())
            }
        }
    }

    #[test]
    fn expressions_give_what_prometheus_gives_for_a_page() {
        let cases: &[(&str, &[f64])] = &[
            (r#"queue_depth{job="app"}"#, &[3.0, 40.0]),
            (r#"queue_depth{job="app",queue=~"b|c"} > 10"#, &[40.0]),
            (r#"queue_depth{job="app"} / queue_limit{job="app"}"#, &[0.3, 0.8]),
            (r#"queue_depth{job="app"} / on (queue) queue_limit{job="app"} > bool 0.5"#, &[0.0, 1.0]),
            (r#"sum(queue_depth{job="app"})"#, &[43.0]),
            (r#"max by (queue) (queue_depth{job="app"}) - 1"#, &[2.0, 39.0]),
            (r#"count by (job) (shard_up{job="app"} == 0)"#, &[1.0]),
            (r#"avg without (queue) (queue_depth{job="app"})"#, &[21.5]),
            (r#"quantile(0.5, queue_depth{job="app"})"#, &[21.5]),
            (r#"topk(1, queue_depth{job="app"})"#, &[40.0]),
            (r#"queue_depth{job="app"} and on (queue) queue_limit{job="app"} > 20"#, &[40.0]),
            (r#"queue_depth{job="app"} unless on (queue) queue_limit{job="app"} > 20"#, &[3.0]),
            (r#"queue_depth{job="app",queue="a"} or shard_up{job="app",shard="2"}"#, &[3.0, 0.0]),
            (r#"queue_depth{job="app"} * on (job) group_left (version) build_info{job="app"}"#, &[3.0, 40.0]),
            (r#"absent(queue_depth{job="app",queue="c"})"#, &[1.0]),
            (r#"absent(queue_depth{job="app",queue="a"})"#, &[]),
            (r#"-clamp_max(queue_depth{job="app"}, 5)"#, &[-3.0, -5.0]),
            (r#"max_over_time(queue_depth{job="app"}[5m]) >= 40"#, &[40.0]),
            (r#"scalar(queue_limit{job="app",queue="a"}) * 2"#, &[20.0]),
        ];
        for (expr, expected) in cases {
            assert_eq!(values(expr, Targets::One).as_deref(), Some(*expected), "{expr}");
        }
    }

    #[test]
    fn a_page_stands_for_each_of_its_targets() {
        assert_eq!(values(r#"sum(queue_depth{job="app"})"#, Targets::All), Some(vec![43.0 * 32.0]));
        assert_eq!(values(r#"count(build_info{job="app"})"#, Targets::All), Some(vec![32.0]));
    }

    #[test]
    fn what_a_moment_does_not_tell_is_not_known() {
        let unknown = [
            r#"rate(queue_depth{job="app"}[5m])"#,
            r#"time() - queue_depth{job="app"}"#,
            r#"queue_depth{job="app"} offset 5m"#,
            r#"queue_depth{job="other"}"#,
            r#"queue_depth{job="app",pod="a"}"#,
            r#"queue_depth{job="app"} + on (job) queue_limit{job="app"}"#,
            "ALERTS",
        ];
        for expr in unknown {
            assert_eq!(values(expr, Targets::One), None, "{expr}");
        }
    }
}
