//! How many series an expression has, and how many samples it reads, from what is known of the series that it selects.
//!
//! An estimate is an upper bound in the usual case: a comparison is taken to hold, and every group to have members.

use std::collections::BTreeMap;

use super::exposed::{self, Exposed, Taken};
use crate::manifest::metrics::MetricType;
use crate::manifest::scalars::Duration;
use crate::model::catalogue::Metric;
use crate::model::values::anchored;
use crate::promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, DurationExpr, Expr, ExprKind, MatchOp, Matcher, Selector};

/// How often rules are evaluated: the rendered configuration's `evaluation_interval`.
pub(super) const EVALUATION: Duration = Duration::seconds(15);
/// An instant selector reads the newest sample of a series.
const ONE: u64 = 1;

/// Series with one name.
#[derive(Clone, Debug)]
struct Known {
    /// The values of their labels; a label that is not here has one value, or none.
    labels: BTreeMap<String, Taken>,
    /// How many they are.
    series: u64,
    /// How far apart their samples are.
    interval: Duration,
}

/// The series that expressions can select, by name and job.
#[derive(Debug, Default)]
pub(super) struct World {
    known: BTreeMap<String, Vec<(Option<String>, Known)>>,
    /// Names that were selected and are not known.
    pub(super) unknown: std::collections::BTreeSet<String>,
}

/// What an expression results in.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// How many values each label has; those with one value may be left out.
    labels: BTreeMap<String, u64>,
    /// How many series.
    pub(super) series: u64,
    /// How many samples are read for it.
    pub(super) read: u64,
    /// Whether it is a number rather than a vector.
    scalar: bool,
}

impl World {
    /// Adds series that every target of a job has once.
    pub(super) fn add_plain(&mut self, name: &str, job: &str, targets: u64, interval: Duration) {
        let labels = BTreeMap::from([("instance".to_owned(), Taken::Counted(targets))]);
        self.add(name, Some(job), Known { labels, series: targets, interval });
    }

    /// Adds the series of a metric that every target of a job exposes.
    pub(super) fn add_metric(&mut self, metric: &Metric, exposed: &Exposed, job: &str, targets: u64, interval: Duration) {
        let mut labels: BTreeMap<String, Taken> =
            metric.labels.iter().map(|(name, label)| (name.clone(), exposed::values(label).0)).collect();
        labels.insert("instance".to_owned(), Taken::Counted(targets));
        // `max_series` thins out all of its series alike.
        let per_set = |parts: u64| {
            let all = u128::from(exposed.series) * u128::from(parts) * u128::from(targets) / u128::from(exposed.parts.max(1));
            u64::try_from(all).unwrap_or(u64::MAX).max(targets.min(exposed.series))
        };
        let mut add = |suffix: &str, extra: Option<(&str, Taken)>| {
            let mut labels = labels.clone();
            let parts = extra.as_ref().map_or(1, |(_, taken)| taken.count());
            labels.extend(extra.map(|(name, taken)| (name.to_owned(), taken)));
            self.add(&format!("{}{suffix}", metric.name), Some(job), Known { labels, series: per_set(parts), interval });
        };
        match metric.kind {
            MetricType::Histogram if !metric.native => {
                add("_bucket", Some(("le", Taken::Counted(metric.buckets.len() as u64 + 1))));
                add("_sum", None);
                add("_count", None);
            }
            MetricType::Summary => {
                add("", Some(("quantile", Taken::Counted(exposed::QUANTILES))));
                add("_sum", None);
                add("_count", None);
            }
            MetricType::Counter | MetricType::Gauge | MetricType::Histogram => add("", None),
        }
    }

    /// Adds what a rule records, with the labels that the rule sets.
    pub(super) fn add_recorded(&mut self, name: &str, shape: &Shape, own: &BTreeMap<String, String>) {
        let mut labels: BTreeMap<String, Taken> =
            shape.labels.iter().map(|(label, count)| (label.clone(), Taken::Counted(*count))).collect();
        labels.extend(own.iter().map(|(label, value)| (label.clone(), Taken::Listed(vec![value.clone()]))));
        self.add(name, None, Known { labels, series: shape.series, interval: EVALUATION });
    }

    fn add(&mut self, name: &str, job: Option<&str>, known: Known) {
        self.known.entry(name.to_owned()).or_default().push((job.map(str::to_owned), known));
    }

    /// Estimates an expression.
    pub(super) fn estimate(&mut self, expr: &Expr) -> Shape {
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::String(_) => Shape { series: 1, scalar: true, ..Shape::default() },
            ExprKind::Selector(selector) => self.select(selector, None),
            ExprKind::Range { selector, range, .. } => self.select(selector, Some(range)),
            ExprKind::Subquery { expr, range, step, .. } => {
                let inner = self.estimate(expr);
                let step = step.as_ref().and_then(DurationExpr::millis).unwrap_or(EVALUATION.millis()).max(1);
                let steps = range.millis().unwrap_or(step) / step;
                Shape { read: inner.read.saturating_mul(u64::try_from(steps).unwrap_or(1).max(1)), ..inner }
            }
            ExprKind::Call { function, arguments } => self.call(&function.text, arguments),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Binary(binary) => self.binary(binary),
            ExprKind::Unary { expr, .. } | ExprKind::Paren(expr) => self.estimate(expr),
        }
    }

    fn select(&mut self, selector: &Selector, range: Option<&DurationExpr>) -> Shape {
        let name = selector.metric_name().unwrap_or_default();
        let Some(known) = self.known.get(name) else {
            self.unknown.insert(name.to_owned());
            return Shape { series: 1, read: samples(range, EVALUATION), ..Shape::default() };
        };
        let mut shape = Shape::default();
        for (_, known) in known.iter().filter(|(job, _)| job.as_ref().is_none_or(|job| takes(&selector.matchers, "job", job))) {
            let mut series = u128::from(known.series);
            for (label, taken) in &known.labels {
                let left = left_by(&selector.matchers, label, taken);
                series = (series * u128::from(left)).div_ceil(u128::from(taken.count().max(1)));
                let values = shape.labels.entry(label.clone()).or_default();
                *values = values.saturating_add(left);
            }
            let series = u64::try_from(series).unwrap_or(u64::MAX);
            shape.series = shape.series.saturating_add(series);
            shape.read = shape.read.saturating_add(series.saturating_mul(samples(range, known.interval)));
        }
        shape
    }

    fn call(&mut self, function: &str, arguments: &[Expr]) -> Shape {
        let all: Vec<Shape> = arguments.iter().map(|argument| self.estimate(argument)).collect();
        let read = all.iter().fold(0_u64, |sum, shape| sum.saturating_add(shape.read));
        let vector = all.into_iter().find(|shape| !shape.scalar);
        match function {
            "absent" | "absent_over_time" | "vector" | "time" | "scalar" | "pi" => {
                Shape { series: 1, read, scalar: matches!(function, "time" | "scalar" | "pi"), ..Shape::default() }
            }
            "histogram_quantile" => {
                let mut shape = Shape { read, ..vector.unwrap_or_default() };
                if let Some(buckets) = shape.labels.remove("le") {
                    shape.series = shape.series.div_ceil(buckets.max(1));
                }
                shape
            }
            _ => Shape { read, ..vector.unwrap_or(Shape { series: 1, ..Shape::default() }) },
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> Shape {
        let inner = self.estimate(&aggregate.expr);
        let named = |label: &str| aggregate.grouping.iter().flat_map(|grouping| &grouping.labels).any(|name| name.text == label);
        let without = aggregate.grouping.as_ref().is_some_and(|grouping| grouping.without);
        let labels: BTreeMap<String, u64> = inner.labels.into_iter().filter(|(label, _)| named(label) != without).collect();
        let groups = labels.values().fold(1_u64, |product, count| product.saturating_mul(*count)).min(inner.series);
        let keeps_series = match aggregate.op {
            AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk => match aggregate.parameter.as_deref().map(|p| &p.kind) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a bound that saturates is as good")]
                Some(ExprKind::Number(number)) => Some(number.value as u64),
                _ => Some(1),
            },
            AggregateOp::CountValues => Some(exposed::VALUES),
            _ => None,
        };
        let series = keeps_series.map_or(groups, |most| groups.saturating_mul(most).min(inner.series));
        Shape { labels, series, read: inner.read, scalar: false }
    }

    fn binary(&mut self, binary: &Binary) -> Shape {
        let (left, right) = (self.estimate(&binary.left), self.estimate(&binary.right));
        let read = left.read.saturating_add(right.read);
        let scalar = left.scalar && right.scalar;
        let shape = match binary.op {
            _ if left.scalar => right,
            _ if right.scalar => left,
            // What both sides have counts once.
            BinaryOp::Or if left.labels.keys().eq(right.labels.keys()) => {
                if left.series < right.series {
                    right
                } else {
                    left
                }
            }
            BinaryOp::Or => Shape { series: left.series.saturating_add(right.series), ..left },
            BinaryOp::And | BinaryOp::Unless => left,
            _ => match binary.matching.as_ref().and_then(|matching| matching.group.as_ref()) {
                Some(group) if group.left => left,
                Some(_) => right,
                None => Shape { series: left.series.min(right.series), ..left },
            },
        };
        Shape { read, scalar, ..shape }
    }
}

/// How many samples of a series a selector reads.
fn samples(range: Option<&DurationExpr>, interval: Duration) -> u64 {
    let Some(range) = range.and_then(DurationExpr::millis) else { return ONE };
    u64::try_from(range / interval.millis().max(1)).unwrap_or(ONE).max(ONE)
}

/// Whether the matchers take a value of a label.
fn takes(matchers: &[Matcher], label: &str, value: &str) -> bool {
    matchers.iter().filter(|matcher| matcher.label.text == label).all(|matcher| {
        let matches = || anchored(&matcher.value).map_or(true, |regex| regex.is_match(value));
        match matcher.op {
            MatchOp::Equal => matcher.value == value,
            MatchOp::NotEqual => matcher.value != value,
            MatchOp::Regex => matches(),
            MatchOp::NotRegex => anchored(&matcher.value).map_or(true, |regex| !regex.is_match(value)),
        }
    })
}

/// How many of a label's values the matchers leave.
fn left_by(matchers: &[Matcher], label: &str, taken: &Taken) -> u64 {
    match taken {
        Taken::Listed(values) => values.iter().filter(|value| takes(matchers, label, value)).count() as u64,
        Taken::Counted(count) => {
            let mut of_label = matchers.iter().filter(|matcher| matcher.label.text == label).peekable();
            let one = |matcher: &&Matcher| matcher.op == MatchOp::Equal && !matcher.value.is_empty();
            // Of the values of `le` an alternation of spellings takes one, and of any other label a few that nobody has listed.
            let few = |matcher: &&Matcher| matcher.op == MatchOp::Regex && label == "le";
            if of_label.peek().is_some_and(|matcher| one(matcher) || few(matcher)) { (*count).min(1) } else { *count }
        }
    }
}
