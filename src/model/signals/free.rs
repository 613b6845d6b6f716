//! A condition of the manifest's own: any PromQL. It gets a proof where its shape says what would make it true.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Proof, Signal};
use crate::manifest::scalars::Duration;
use crate::model::catalogue::Metric;
use crate::model::panel::{Ask, Colour, Panel, Query, Row, Step, Unit, View};
use crate::model::synthetic::{FOREIGN_JOB, Instance, Labels, Samples, Scenario, Series, labels, step_for};
use crate::model::text::{Format, Sentence};
use crate::model::values::{Values, anchored};
use crate::promql::ast::{Aggregate, AggregateOp, BinaryOp, Expr, ExprKind, MatchOp, Selector};

/// A free condition.
#[derive(Clone, Debug)]
pub struct Free {
    /// The service, for sentences.
    pub service: String,
    /// The alert's name.
    pub name: String,
    /// The condition.
    pub expr: Expr,
    /// The service's own metrics: they say which labels a series has.
    pub metrics: Arc<BTreeMap<String, Arc<Metric>>>,
}

impl Signal for Free {
    fn condition(&self) -> Expr {
        self.expr.clone()
    }

    fn summary(&self) -> Sentence {
        Sentence::new(format!("{}: {}", self.service, self.name))
    }

    fn description(&self) -> Sentence {
        Sentence::new(format!("The condition of {} holds; its value is ", self.name)).value(Format::Number).words(".")
    }

    fn panels(&self) -> Vec<Panel> {
        // The side that is compared is there while all is well, too, which the condition is not.
        let (asked, steps, base) = match compared(&self.expr) {
            Ok((quantity, op, limit)) => (quantity.clone(), vec![step(op, limit)], if is_upper(op) { Colour::Good } else { Colour::Bad }),
            Err(_) => (self.expr.clone(), Vec::new(), Colour::Plain),
        };
        vec![Panel {
            title: self.name.clone(),
            description: format!("What {} watches.", self.name),
            view: View::Lines,
            unit: Unit::Count,
            queries: vec![Query { legend: legend(&asked), expr: Ask::Tree(Box::new(asked)), instant: false }],
            steps,
            base,
            row: Row::Traffic,
            range: (None, None),
        }]
    }

    fn unproven(&self) -> Option<String> {
        // Only who tries to tell the stories knows.
        self.stories().err()
    }

    fn proof(&self, _hold: Duration) -> Proof {
        self.stories().map_or_else(Proof::Unproven, Proof::Scenarios)
    }
}

/// What the lines of a panel are called: by the labels that tell them apart, besides the job.
fn legend(asked: &Expr) -> String {
    let by = match &bare(asked).kind {
        ExprKind::Aggregate(Aggregate { grouping: Some(grouping), .. }) if !grouping.without => grouping.labels.as_slice(),
        _ => &[],
    };
    let names: Vec<String> = by.iter().filter(|label| label.text != "job").map(|label| format!("{{{{{}}}}}", label.text)).collect();
    if names.is_empty() { "value".to_owned() } else { names.join(" ") }
}

/// `[aggregation] ([function] (selector)) comparison number`: a quantity of one selector against a limit.
struct Shape {
    /// The comparison, with the quantity on its left.
    op: BinaryOp,
    /// The limit.
    limit: f64,
    /// The labels that remain; `None` for all.
    kept: Kept,
    /// What is made of the samples.
    reading: Reading,
    /// The selector.
    selector: Selector,
}

/// Which labels an expression leaves.
enum Kept {
    All,
    By(Vec<String>),
    Without(Vec<String>),
}

/// What is made of a selector's samples.
#[derive(Clone, Copy)]
enum Reading {
    /// The value itself, now or over a window.
    Level,
    /// Events per second over a window.
    PerSecond(Duration),
    /// Events in a window.
    PerWindow(Duration),
}

/// The side of a condition that is compared, and the comparison with its limit, the quantity on the left.
fn compared(expr: &Expr) -> Result<(&Expr, BinaryOp, f64), String> {
    let ExprKind::Binary(binary) = &bare(expr).kind else {
        return Err("its condition is not a comparison with a number".to_owned());
    };
    if !binary.op.is_comparison() || binary.return_bool {
        return Err("its condition is not a comparison with a number".to_owned());
    }
    match (literal(&binary.left), literal(&binary.right)) {
        (None, Some(limit)) => Ok((&binary.left, binary.op, limit)),
        (Some(limit), None) => Ok((&binary.right, mirrored(binary.op), limit)),
        _ => Err("neither side of its comparison is a plain number".to_owned()),
    }
}

fn is_upper(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::NotEqual)
}

/// Where the colour changes.
fn step(op: BinaryOp, limit: f64) -> Step {
    let colour = if is_upper(op) { Colour::Bad } else { Colour::Good };
    // Nothing at all is bad, anything is good: zero itself must not be drawn as good.
    let zero_is_bad = limit == 0.0 && matches!(op, BinaryOp::Equal | BinaryOp::LessEqual);
    Step { value: if zero_is_bad { 1e-9 } else { limit }, colour }
}

impl Shape {
    fn of(expr: &Expr) -> Result<Self, String> {
        let (quantity, op, limit) = compared(expr)?;
        let (kept, inner) = match &bare(quantity).kind {
            ExprKind::Aggregate(aggregate) => (Kept::of(aggregate)?, bare(&aggregate.expr)),
            _ => (Kept::All, bare(quantity)),
        };
        let (reading, selector) = Reading::of(inner)?;
        Ok(Self { op, limit, kept, reading, selector: selector.clone() })
    }

    fn is_upper(&self) -> bool {
        is_upper(self.op)
    }

    /// A value for which the condition holds and one, near it, for which it does not.
    fn values(&self) -> (f64, f64) {
        let limit = self.limit;
        let near = (limit.abs() * 0.25).max(if limit == 0.0 { 1.0 } else { 0.0 });
        match self.op {
            BinaryOp::GreaterEqual => (limit + near, limit - near),
            BinaryOp::Less => (limit - near, limit + near / 4.0),
            BinaryOp::LessEqual => (limit - near, limit + near),
            BinaryOp::Equal => (limit, limit + near),
            // Greater and NotEqual, the only ones that are left.
            _ => (limit + near, limit),
        }
    }
}

impl Kept {
    fn of(aggregate: &Aggregate) -> Result<Self, String> {
        if !matches!(aggregate.op, AggregateOp::Sum | AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) {
            return Err("its aggregation is none of sum, max, min and avg".to_owned());
        }
        let names = |labels: &[crate::promql::ast::Name]| labels.iter().map(|l| l.text.clone()).collect();
        Ok(match &aggregate.grouping {
            None => Self::By(Vec::new()),
            Some(grouping) if grouping.without => Self::Without(names(&grouping.labels)),
            Some(grouping) => Self::By(names(&grouping.labels)),
        })
    }

    fn labels(&self, of: &Labels) -> Labels {
        let keep = |name: &String| match self {
            Self::All => true,
            Self::By(names) => names.contains(name),
            Self::Without(names) => !names.contains(name),
        };
        of.iter().filter(|(name, _)| keep(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}

impl Reading {
    fn of(expr: &Expr) -> Result<(Self, &Selector), String> {
        const LEVELS: [&str; 4] = ["max_over_time", "min_over_time", "avg_over_time", "last_over_time"];
        let unlike = || "its quantity is not one selector, read as it is or through one function".to_owned();
        let plain = |selector: &Selector| selector.at.is_none() && selector.offset.is_none();
        match &expr.kind {
            ExprKind::Selector(selector) if plain(selector) => Ok((Self::Level, selector)),
            ExprKind::Call { function, arguments } => {
                let [argument] = arguments.as_slice() else { return Err(unlike()) };
                let ExprKind::Range { selector, range, .. } = &bare(argument).kind else { return Err(unlike()) };
                let window = range.millis().and_then(|ms| u64::try_from(ms).ok()).map(Duration).ok_or_else(unlike)?;
                match function.text.as_str() {
                    _ if !plain(selector) => Err(unlike()),
                    "rate" => Ok((Self::PerSecond(window), selector)),
                    "increase" => Ok((Self::PerWindow(window), selector)),
                    name if LEVELS.contains(&name) => Ok((Self::Level, selector)),
                    _ => Err(unlike()),
                }
            }
            _ => Err(unlike()),
        }
    }

    fn step(self) -> Duration {
        match self {
            Self::Level => crate::model::synthetic::STEP,
            Self::PerSecond(window) | Self::PerWindow(window) => step_for(window),
        }
    }

    /// When a series first has a value.
    fn from(self) -> Duration {
        match self {
            Self::Level => Duration(0),
            _ => self.step(),
        }
    }

    fn samples(self, value: f64) -> Option<Samples> {
        let step = self.step().0 as f64;
        let level = match self {
            Self::Level => return Some(Samples::constant(value)),
            Self::PerSecond(_) => value * step / 1000.0,
            Self::PerWindow(window) => value * step / window.0 as f64,
        };
        (level >= 0.0).then(|| Samples::rising(level))
    }
}

impl Free {
    fn stories(&self) -> Result<Vec<Scenario>, String> {
        let shape = Shape::of(&self.expr)?;
        let step = shape.reading.step();
        let zero = Duration(0);
        let (metric, set) = self.series_labels(&shape.selector)?;
        let (holds, quiet) = shape.values();
        // An increase over a window of two generations' different borders is only near its limit, so stay clear of it.
        let samples =
            |value: f64| shape.reading.samples(value).ok_or_else(|| "a counter cannot fall, as its condition would need".to_owned());
        let one = |samples: Samples| vec![Series::new(&metric, set.clone(), samples)];
        let fires = vec![Instance { labels: shape.kept.labels(&set), value: holds, tier: None }];
        let ready = shape.reading.from();
        // Right after the start a window is not full; by now it is.
        let settled = match shape.reading {
            Reading::PerWindow(window) => Duration(window.0 + step.0),
            _ => ready,
        };
        let mut scenarios =
            vec![Scenario::holds("fires when its condition holds", step, one(samples(holds)?), settled, fires), Scenario::no_data()];
        if let Ok(calm) = samples(quiet) {
            let mut series = one(calm);
            if set.contains_key("job") && shape.selector.matchers.iter().any(|m| m.label.text == "job") {
                series.extend(one(samples(holds)?).into_iter().map(|series| series.of_job(FOREIGN_JOB)));
            }
            scenarios.push(Scenario::quiet("quiet when it does not, whatever another job does", step, series, zero));
        }
        if matches!(shape.reading, Reading::PerWindow(_)) && !shape.is_upper() {
            return Err("an increase that must stay low is low while its window fills".to_owned());
        }
        Ok(scenarios)
    }

    /// The metric's name and the labels of a series that the selector takes.
    fn series_labels(&self, selector: &Selector) -> Result<(String, Labels), String> {
        let metric = selector.metric.as_ref().ok_or_else(|| "its selector names no metric".to_owned())?.text.clone();
        let declared = self.declared(&metric);
        let mut set = labels([("job", self.service.as_str()), ("instance", "a:1")]);
        if let Some(declared) = declared {
            for (name, label) in &declared.labels {
                set.extend(label.values.some(1).into_iter().map(|value| (name.clone(), value)));
            }
        }
        for matcher in &selector.matchers {
            let name = &matcher.label.text;
            let values = declared.and_then(|m| m.labels.get(name)).map_or(Values::Any, |l| l.values.clone());
            let regex = anchored(&if matcher.op == MatchOp::Regex || matcher.op == MatchOp::NotRegex {
                matcher.value.clone()
            } else {
                regex::escape(&matcher.value)
            })?;
            let value = match matcher.op {
                MatchOp::Equal => Some(matcher.value.clone()),
                MatchOp::Regex => values.taken_by(&matcher.value, &regex, 1).into_iter().next(),
                MatchOp::NotEqual | MatchOp::NotRegex => match set.get(name) {
                    Some(value) if !regex.is_match(value) => Some(value.clone()),
                    _ => values.left_by(&matcher.value, &regex, 1).into_iter().next(),
                },
            };
            let value = value.ok_or_else(|| format!("no value could be made up for its matcher on `{name}`"))?;
            if value.is_empty() {
                set.remove(name)
            } else {
                set.insert(name.clone(), value)
            };
        }
        Ok((metric, set))
    }

    /// The metric that a series belongs to.
    fn declared(&self, series: &str) -> Option<&Arc<Metric>> {
        let base = || ["_bucket", "_count", "_sum"].iter().find_map(|suffix| self.metrics.get(series.strip_suffix(suffix)?));
        self.metrics.get(series).or_else(base)
    }
}

/// Without parentheses around it.
fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Paren(inner) => bare(inner),
        _ => expr,
    }
}

fn literal(expr: &Expr) -> Option<f64> {
    match &bare(expr).kind {
        ExprKind::Number(number) => Some(number.value),
        ExprKind::Unary { negative, expr } => literal(expr).map(|value| if *negative { -value } else { value }),
        _ => None,
    }
}

fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        other => other,
    }
}
