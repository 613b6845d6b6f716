//! What an expression gives at the moment that pages of metrics show.
//!
//! A page has the series of one target, at one moment. What does not change may be evaluated on it as Prometheus would: gauges, their
//! aggregates, comparisons and joins. Of counters a page says what was counted since their process began, so that shares, means and
//! quantiles are known as they usually are. What needs more than that (rates by themselves, the time) is not known, and makes nothing of
//! the rest known but what stands beside it in an `or`.

mod aggregate;
pub mod life;
mod operator;
mod series;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::lint::world::declared::{Catalogue, MetricType};
use crate::lint::world::relabel::Labels;
use crate::lint::world::{Series, World};
use crate::promql::ast::{BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::{visit, without_parens};
use crate::source::SourceId;
use life::Life;

/// For how many targets the page of a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// For one, whatever the configuration says.
    One,
    /// For all that there are, or for many where nobody knows how many.
    All,
}

/// A series and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its labels, `__name__` among them where it still has a name.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
    /// How it rests on what was counted.
    pub life: Life,
}

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Scalar(f64),
    /// Series.
    Vector(Vec<Point>),
}

/// What was asked for to evaluate an expression.
#[derive(Debug, Default)]
pub struct Asked {
    /// The pages whose counters it rests on.
    pub pages: BTreeSet<SourceId>,
    /// How many series were looked at.
    pub series: usize,
}

/// What an expression gives, `None` where a moment does not tell, or where pages do not show all that is read; and what it took.
pub fn evaluate(expr: &Expr, world: &World<'_>, targets: Targets) -> (Option<Value>, Asked) {
    let asked = RefCell::default();
    let value = Moment { world, targets, depth: 0, asked: &asked }.expr(expr);
    (value, asked.into_inner())
}

/// Whether an expression, or what is recorded for it, counts over a window.
pub(in crate::lint) fn counts(expr: &Expr, world: &World<'_>) -> bool {
    fn below(expr: &Expr, world: &World<'_>, depth: usize) -> bool {
        let mut found = false;
        visit(expr, &mut |node| {
            found |= match &node.kind {
                ExprKind::Call { function, .. } => matches!(function.text.as_str(), "rate" | "irate" | "increase"),
                ExprKind::Selector(selector) if depth < DEPTH => {
                    let recorded = selector.metric_name().map_or(&[][..], |name| world.recorded(name));
                    recorded.iter().filter_map(|recorded| recorded.query.expr.as_ref()).any(|inner| below(inner, world, depth + 1))
                }
                _ => false,
            };
        });
        found
    }
    below(expr, world, 0)
}

/// How far recording rules that build on others are followed.
const DEPTH: usize = 8;

#[derive(Clone, Copy)]
struct Moment<'x, 'e> {
    world: &'x World<'e>,
    targets: Targets,
    depth: usize,
    asked: &'x RefCell<Asked>,
}

impl Moment<'_, '_> {
    fn expr(self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Number(number) => Some(Value::Scalar(number.value)),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Unary { negative: false, expr } => self.expr(expr),
            ExprKind::Unary { negative: true, expr } => self.expr(expr)?.each(|value| -value),
            ExprKind::Selector(selector) => self.series(selector).map(Value::Vector),
            ExprKind::Aggregate(aggregate) => {
                let Value::Vector(points) = self.expr(&aggregate.expr)? else { return None };
                let parameter = match aggregate.parameter.as_deref() {
                    Some(parameter) => Some(self.number(parameter)?),
                    None => None,
                };
                aggregate::aggregated(aggregate, parameter, points).map(Value::Vector)
            }
            ExprKind::Binary(binary) => {
                let left = self.expr(&binary.left)?;
                // Nothing on the left leaves nothing, whatever is on the right.
                match &left {
                    Value::Vector(points) if points.is_empty() && binary.op != BinaryOp::Or => Some(left),
                    _ => operator::applied(binary, left, self.expr(&binary.right)?),
                }
            }
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
            "abs" => first()?.each(f64::abs),
            "ceil" => first()?.each(f64::ceil),
            "floor" => first()?.each(f64::floor),
            "sqrt" => first()?.each(f64::sqrt),
            "exp" => first()?.each(f64::exp),
            "ln" => first()?.each(f64::ln),
            "log2" => first()?.each(f64::log2),
            "log10" => first()?.each(f64::log10),
            "round" if arguments.len() == 1 => first()?.each(|value| (value + 0.5).floor()),
            "clamp_min" => number(1).and_then(|least| first()?.each(|value| if value.is_nan() { value } else { value.max(least) })),
            "clamp_max" => number(1).and_then(|most| first()?.each(|value| if value.is_nan() { value } else { value.min(most) })),
            "sort" | "sort_desc" => first(),
            "vector" => Some(Value::Vector(vec![Point { labels: Labels::new(), value: number(0)?, life: Life::default() }])),
            "scalar" => match first()? {
                Value::Vector(points) => match points.as_slice() {
                    [only] => (!only.life.lived).then_some(Value::Scalar(only.value)),
                    _ => Some(Value::Scalar(f64::NAN)),
                },
                Value::Scalar(_) => None,
            },
            "rate" | "irate" | "increase" => self.counted(function, arguments.first()?),
            "histogram_quantile" => {
                let Value::Vector(buckets) = self.expr(arguments.get(1)?)? else { return None };
                quantiles(number(0)?, buckets)
            }
            "absent" => absent(arguments.first()?, first()?),
            // As if it had been for long what it is.
            "avg_over_time" | "min_over_time" | "max_over_time" | "last_over_time" => {
                let ExprKind::Range { selector, .. } = &without_parens(arguments.first()?).kind else { return None };
                self.series(selector).map(Value::Vector)
            }
            _ => None,
        }
    }

    /// What a counter counted in the life of its process, for each second or over a window.
    fn counted(self, function: &str, argument: &Expr) -> Option<Value> {
        let ExprKind::Range { selector, range, .. } = &without_parens(argument).kind else { return None };
        let (catalogue, metric, series) = self.world.metric_of(selector)?;
        // An untyped one is what it is taken for.
        let counts = match metric.kind {
            MetricType::Counter | MetricType::Untyped => true,
            MetricType::Histogram | MetricType::Summary => matches!(series, Series::Bucket | Series::Sum | Series::Count),
            MetricType::Gauge => false,
        };
        // Each page is of a process that began at another time.
        let has_it =
            |page: &&Catalogue| page.snapshot.as_ref().is_none_or(|series| series.contains_key(selector.metric_name().unwrap_or("")));
        let [page] = self.world.pages_of(selector)?.into_iter().filter(has_it).collect::<Vec<_>>()[..] else { return None };
        if !counts || page.service.span.source != catalogue.service.span.source {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a length of time")]
        let factor = if function == "increase" { range.millis()? as f64 / 1000.0 } else { 1.0 };
        // What was counted until some time ago is as usual.
        let points = self.series(&Selector { offset: None, ..selector.clone() })?;
        let life = Life::counted(page.service.span.source);
        self.asked.borrow_mut().pages.insert(page.service.span.source);
        Some(Value::Vector(points.into_iter().map(|point| Point { life, ..point.nameless(|value| value * factor) }).collect()))
    }
}

/// A quantile of each histogram, of what it counted in its life.
fn quantiles(at: f64, points: Vec<Point>) -> Option<Value> {
    let mut histograms: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for mut point in points.into_iter().filter(|point| point.life.lived) {
        point.labels.remove("__name__");
        let bound = point.labels.remove("le")?.parse().ok()?;
        histograms.entry(point.labels).or_default().push((bound, point.value));
    }
    let point = |(labels, buckets)| Some(Point { labels, value: life::quantile(at, buckets)?, life: Life::USUAL });
    histograms.into_iter().map(point).collect::<Option<Vec<_>>>().map(Value::Vector)
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
    Some(Value::Vector(vec![Point { labels, value: 1.0, life: Life::default() }]))
}

impl Value {
    /// What a function makes of every value; a series that is not itself any more loses its name.
    fn each(self, function: impl Fn(f64) -> f64) -> Option<Self> {
        Some(match self {
            Self::Scalar(number) => Self::Scalar(function(number)),
            Self::Vector(points) if points.iter().all(|point| point.life.is_known()) => {
                Self::Vector(points.into_iter().map(|point| point.nameless(&function)).collect())
            }
            Self::Vector(_) => return None,
        })
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
                        shard_up{shard=\"1\"} 1\nshard_up{shard=\"2\"} 0\nbuild_info{version=\"2\"} 1\n\
                        # TYPE depth gauge\ndepth 10\n\
                        # TYPE reads_total counter\nreads_total{result=\"ok\"} 950\nreads_total{result=\"failed\"} 50\n\
                        # TYPE read_seconds histogram\nread_seconds_bucket{le=\"0.1\"} 50\nread_seconds_bucket{le=\"0.5\"} 90\n\
                        read_seconds_bucket{le=\"+Inf\"} 100\nread_seconds_sum 25\nread_seconds_count 100\n";

    fn page() -> Catalogue {
        let mut sources = SourceMap::default();
        let id = sources.add("app.prom", PAGE);
        pages::read(&sources, id, Some("app"), false).0
    }

    /// The values of an expression, in the order of its series.
    fn values(expr: &str, targets: Targets) -> Option<Vec<f64>> {
        let catalogues = [page()];
        let world = World::new(&[], &[], &catalogues);
        match evaluate(&parse(expr, &Options::stock()).expect("PromQL"), &world, targets).0? {
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
    fn what_was_counted_tells_what_is_usual() {
        let cases: &[(&str, Option<&[f64]>)] = &[
            (
                r#"rate(reads_total{job="app",result="failed"}[5m]) / ignoring (result) sum without (result) (rate(reads_total{job="app"}[5m]))"#,
                Some(&[0.05]),
            ),
            (r#"sum(increase(reads_total{job="app",result="failed"}[5m])) / sum(rate(reads_total{job="app"}[1h]))"#, Some(&[15.0])),
            (r#"sum(rate(read_seconds_sum{job="app"}[5m])) / sum(rate(read_seconds_count{job="app"}[5m]))"#, Some(&[0.25])),
            (r#"histogram_quantile(0.5, sum by (le) (rate(read_seconds_bucket{job="app"}[5m])))"#, Some(&[0.1])),
            (r#"histogram_quantile(0.5, sum by (le) (rate(read_seconds_bucket{job="app"}[5m]))) > 0.01"#, Some(&[0.1])),
            (r#"histogram_quantile(0.5, sum by (le) (rate(read_seconds_bucket{job="app"}[5m]))) > 0.08"#, None),
            (r#"histogram_quantile(0.5, sum by (le) (rate(read_seconds_bucket{job="app"}[5m]))) > 5"#, Some(&[])),
            (r#"sum(rate(reads_total{job="app"}[5m])) < 0.5 * sum(rate(reads_total{job="app"}[5m] offset 1w))"#, Some(&[])),
            (r#"sum(rate(reads_total{job="app"}[5m])) > 0.5 * sum(rate(reads_total{job="app"}[5m] offset 1w))"#, Some(&[1000.0])),
            (r#"depth{job="app"} > 0.5 * depth{job="app"} offset 10m"#, Some(&[10.0])),
            (r#"depth{job="app"} == depth{job="app"} offset 10m"#, None),
            (r#"rate(reads_total{job="app"}[5m]) > 1"#, None),
            (r#"increase(reads_total{job="app"}[5m]) + on () depth{job="app"}"#, None),
            (r#"reads_total{job="app"} offset 5m"#, None),
        ];
        for (expr, expected) in cases {
            assert_eq!(values(expr, Targets::One).as_deref(), *expected, "{expr}");
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
            r#"rate(depth{job="app"}[5m])"#,
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
