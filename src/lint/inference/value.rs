//! Which values the result of an expression can take.
//!
//! An interval is a promise: every value lies in it, or is NaN, which compares with nothing. Bounds come from what
//! functions and operators do to any input, from the types that a manifest declares, and from the few series whose
//! values everybody knows (`up`).

use std::cell::{Cell, RefCell};
use std::f64::consts::{FRAC_PI_2, PI};

use foldhash::HashMap;

use crate::lint::inference::cardinality::{is_one_of_each, most_series, targets_in_groups, values};
use crate::lint::inference::source;
use crate::lint::query::comparison::flipped;
use crate::lint::query::interval::{Interval, same};
use crate::lint::query::named::{MOMENTS, is_amount, is_build, is_flag, is_labels, is_some, is_start, moment_scale};
use crate::lint::query::order::is_at_most;
use crate::lint::query::share::{is_share, is_share_of_parts, is_some_of_all, mean};
use crate::lint::world::declared::MetricType;
use crate::lint::world::values::States;
use crate::lint::world::{Series, World};
use crate::promql::ast::{Aggregate, AggregateOp, Binary, BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::{self, without_parens};

/// Recording rules that build on others are followed this far.
const DEPTH: usize = 16;
/// A moment before any that rules are evaluated at, in seconds since 1970.
pub const LONG_AGO: f64 = 1e9;
const YEAR_OF_LONG_AGO: f64 = 2001.0;

/// The values that an expression can take.
pub fn interval(expr: &Expr, world: &World<'_>) -> Interval {
    Valuer { world, recorded: None }.expr(expr)
}

#[derive(Clone, Copy)]
struct Valuer<'x, 'e> {
    world: &'x World<'e>,
    /// Where the values of recorded series are being found; else all of them are known.
    recorded: Option<&'x Recordings<'x, 'e>>,
}

/// The values of recorded series while they are found, each once: thousands of rules may fill one series.
struct Recordings<'x, 'e> {
    world: &'x World<'e>,
    /// `None` for those that are being found: what depends on itself can be anything.
    found: RefCell<HashMap<&'e str, Option<Interval>>>,
    depth: Cell<usize>,
}

impl<'x, 'e> Recordings<'x, 'e> {
    fn all(world: &'x World<'e>) -> HashMap<String, Interval> {
        let mut names: Vec<&'e str> = world.recorded_names().collect();
        // In one order, so that series that depend on each other come out the same in every run.
        names.sort_unstable();
        let all = Self { world, found: RefCell::default(), depth: Cell::new(0) };
        names.into_iter().map(|name| (name.to_owned(), all.of(name))).collect()
    }

    fn of(&self, name: &str) -> Interval {
        if let Some(known) = self.found.borrow().get(name) {
            return known.unwrap_or(Interval::ALL);
        }
        let Some(name) = self.world.recorded_name(name).filter(|_| self.depth.get() < DEPTH) else { return Interval::ALL };
        self.found.borrow_mut().insert(name, None);
        self.depth.set(self.depth.get() + 1);
        let inner = Valuer { world: self.world, recorded: Some(self) };
        let each = self.world.recorded(name).iter();
        let each = each.map(|recorded| recorded.query.expr.as_ref().map_or(Interval::ALL, |expr| inner.expr(expr)));
        let values = each.reduce(Interval::either).unwrap_or(Interval::ALL);
        self.depth.set(self.depth.get() - 1);
        self.found.borrow_mut().insert(name, Some(values));
        values
    }
}

impl Valuer<'_, '_> {
    fn expr(self, expr: &Expr) -> Interval {
        match &expr.kind {
            ExprKind::Number(number) => Interval::one(number.value),
            ExprKind::String(_) => Interval::ALL,
            ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => self.selector(selector),
            ExprKind::Subquery { expr, .. } | ExprKind::Paren(expr) | ExprKind::Unary { negative: false, expr } => self.expr(expr),
            ExprKind::Unary { expr, .. } => {
                let inner = self.expr(expr);
                Interval::new(-inner.high, -inner.low)
            }
            ExprKind::Call { function, arguments } => self.call(&function.text, arguments),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Binary(binary) => self.binary(binary),
        }
    }

    /// What names and types say, unless a page shows something else; and what says what a gauge is.
    fn selector(self, selector: &Selector) -> Interval {
        let usual = self.usual(selector);
        let Some((_, metric, Series::Base)) = self.world.metric_of(selector) else { return usual };
        if metric.values.shown.is_some_and(|shown| shown.low < usual.low || shown.high > usual.high) {
            return Interval::ALL;
        }
        let range = metric.values.range.or(metric.values.states.as_ref().map(|_| Interval::SHARE));
        range.map_or(usual, |range| Interval::new(usual.low.max(range.low), usual.high.min(range.high)))
    }

    fn usual(self, selector: &Selector) -> Interval {
        let Some(name) = selector.metric_name() else { return Interval::ALL };
        if matches!(name, "up" | "probe_success") {
            return Interval::SHARE;
        }
        let is_undeclared = || self.world.metric_of(selector).is_none_or(|(catalogue, ..)| catalogue.is_page());
        if is_flag(name) && is_undeclared() && self.world.recorded(name).is_empty() {
            return Interval::SHARE;
        }
        // Numbers of things in a cluster, moments and sizes.
        if name.starts_with("kube_") && !name.contains(':') && !is_labels(name) && self.world.metric_of(selector).is_none() {
            return Interval::NOT_NEGATIVE;
        }
        if matches!(name, "ALERTS") {
            return Interval::one(1.0);
        }
        // What every client library counts with never falls below zero.
        if self.world.metric_of(selector).is_none() && ["_total", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix)) {
            return Interval::NOT_NEGATIVE;
        }
        if name == "probe_http_status_code" && self.world.metric_of(selector).is_none() {
            return Interval::new(0.0, 599.0);
        }
        if matches!(
            name,
            "scrape_duration_seconds"
                | "probe_duration_seconds"
                | "probe_dns_lookup_time_seconds"
                | "probe_http_duration_seconds"
                | "probe_icmp_duration_seconds"
        ) && self.world.metric_of(selector).is_none()
        {
            return Interval::new(0.0, self.longest_scrape(selector));
        }
        if is_some(name) && is_undeclared() {
            return Interval::new(1.0, f64::INFINITY);
        }
        if (name.starts_with("scrape_") || is_amount(name)) && self.world.metric_of(selector).is_none() {
            return Interval::NOT_NEGATIVE;
        }
        if is_build(name) || is_labels(name) {
            return Interval::one(1.0);
        }
        if !name.contains(':') && moment_scale(name) == Some(1.0) {
            return Interval::new(-MOMENTS, MOMENTS);
        }
        if let Some((catalogue, metric, series)) = self.world.metric_of(selector) {
            let is_share = metric.unit.as_deref() == Some("ratio") && !catalogue.is_page();
            return match (series, metric.kind) {
                (Series::Base, MetricType::Gauge) if is_share => Interval::SHARE,
                // A gauge that is full at a number is never above it.
                (Series::Base, MetricType::Gauge) => {
                    let low = if is_amount(name) { 0.0 } else { f64::NEG_INFINITY };
                    Interval::new(low, metric.max.unwrap_or(f64::INFINITY))
                }
                (Series::Bucket | Series::Count, _) | (Series::Base, MetricType::Counter) => Interval::NOT_NEGATIVE,
                _ => Interval::ALL,
            };
        }
        match self.recorded {
            Some(known) => known.of(name),
            None => self.world.recorded_values.get_or_init(|| Recordings::all(self.world)).get(name).copied().unwrap_or(Interval::ALL),
        }
    }

    /// How long a scrape of what a selector reads takes at most, in seconds: a little more than its timeout.
    fn longest_scrape(self, selector: &Selector) -> f64 {
        let timeouts = || {
            let job = selector.matchers.iter().find(|matcher| matcher.label.text == "job")?;
            self.world.configured(job).map(|job| job.timeout).max()
        };
        let closed = self.world.jobs_known == crate::lint::world::Jobs::Closed;
        timeouts().filter(|_| closed).map_or(f64::INFINITY, |millis| millis as f64 / 1000.0 * 1.1)
    }

    fn call(self, function: &str, arguments: &[Expr]) -> Interval {
        let argument = |place: usize| arguments.get(place).map_or(Interval::ALL, |expr| self.expr(expr));
        let exactly = |place: usize| Some(argument(place)).filter(|i| same(i.low, i.high)).map(|i| i.low);
        let inner = argument(0);
        match function {
            // When a process began moves on only.
            "resets" if starts(arguments) => Interval::one(0.0),
            "rate" | "irate" | "increase" if let Some(window) = running(arguments) => {
                // A clock may be a little off.
                let most = 1.5 * if function == "increase" { window } else { 1.0 };
                Interval::new(f64::MIN_POSITIVE, most)
            }
            "rate" | "irate" | "increase" if inner.low >= 0.0 => Interval::NOT_NEGATIVE,
            // What is the same for ever.
            "changes" | "resets" if same(inner.low, inner.high) => Interval::one(0.0),
            "changes" | "resets" => Interval::new(0.0, self.samples(arguments).map_or(f64::INFINITY, |samples| samples - 1.0)),
            // Half of the samples at one end and half at the other are as far apart as they can be.
            "stddev_over_time" if (inner.high - inner.low).is_finite() => Interval::new(0.0, ((inner.high - inner.low) / 2.0).max(0.0)),
            "stddev_over_time" | "stdvar_over_time" | "mad_over_time" | "histogram_count" | "histogram_stddev" | "histogram_stdvar"
            | "exp" | "acosh" | "timestamp" => Interval::NOT_NEGATIVE,
            "time" => Interval::new(LONG_AGO, f64::INFINITY),
            "count_over_time" => Interval::new(1.0, self.samples(arguments).unwrap_or(f64::INFINITY)),
            "absent" | "absent_over_time" | "present_over_time" => Interval::one(1.0),
            "histogram_fraction" => Interval::SHARE,
            "histogram_quantile" => Interval::new(f64::NEG_INFINITY, arguments.get(1).map_or(f64::INFINITY, |of| self.top_bucket(of))),
            "abs" => {
                let (low, high) = (inner.low.abs(), inner.high.abs());
                let crosses = inner.low <= 0.0 && inner.high >= 0.0;
                Interval::new(if crosses { 0.0 } else { low.min(high) }, low.max(high))
            }
            "ceil" => Interval::new(inner.low.ceil(), inner.high.ceil()),
            "floor" => Interval::new(inner.low.floor(), inner.high.floor()),
            "round" if arguments.len() == 1 => Interval::new((inner.low + 0.5).floor(), (inner.high + 0.5).floor()),
            "sqrt" => Interval::new(inner.low.max(0.0).sqrt(), inner.high.max(0.0).sqrt()),
            "sgn" => Interval::new(sign(inner.low), sign(inner.high)),
            "ln" => Interval::new(inner.low.max(0.0).ln(), inner.high.max(0.0).ln()),
            "log2" => Interval::new(inner.low.max(0.0).log2(), inner.high.max(0.0).log2()),
            "log10" => Interval::new(inner.low.max(0.0).log10(), inner.high.max(0.0).log10()),
            "sin" | "cos" | "tanh" => Interval::new(-1.0, 1.0),
            "asin" | "atan" => Interval::new(-FRAC_PI_2, FRAC_PI_2),
            "acos" => Interval::new(0.0, PI),
            "clamp" => match (exactly(1), exactly(2)) {
                (Some(low), Some(high)) if low <= high => Interval::new(inner.low.clamp(low, high), inner.high.clamp(low, high)),
                _ => Interval::ALL,
            },
            "clamp_min" => exactly(1).map_or(Interval::ALL, |least| Interval::new(inner.low.max(least), inner.high.max(least))),
            "clamp_max" => exactly(1).map_or(Interval::ALL, |most| Interval::new(inner.low.min(most), inner.high.min(most))),
            "avg_over_time" | "min_over_time" | "max_over_time" | "last_over_time" | "first_over_time" | "sort" | "sort_desc"
            | "sort_by_label" | "sort_by_label_desc" | "vector" | "scalar" | "label_replace" | "label_join" => inner,
            "quantile_over_time" if exactly(0).is_some_and(|q| (0.0..=1.0).contains(&q)) => argument(1),
            "sum_over_time" => {
                let most = self.samples(arguments).filter(|_| inner.low >= 0.0 && inner.high > 0.0);
                most.map_or_else(|| sum(inner), |samples| Interval::new(inner.low, inner.high * samples))
            }
            "minute" => Interval::new(0.0, 59.0),
            "hour" => Interval::new(0.0, 23.0),
            "day_of_week" => Interval::new(0.0, 6.0),
            "day_of_month" => Interval::new(1.0, 31.0),
            "day_of_year" => Interval::new(1.0, 366.0),
            "days_in_month" => Interval::new(28.0, 31.0),
            "month" => Interval::new(1.0, 12.0),
            "year" if arguments.is_empty() => Interval::new(YEAR_OF_LONG_AGO, f64::INFINITY),
            _ => Interval::ALL,
        }
    }

    /// The highest finite bound of the classic histogram whose buckets an expression is made of: no quantile is above it.
    fn top_bucket(self, buckets: &Expr) -> f64 {
        let found = walk::selectors(buckets);
        let [only] = found.as_slice() else { return f64::INFINITY };
        let bounds = source::buckets(only.selector, self.world).filter(|(_, metric)| !metric.native);
        let bounds = bounds.and_then(|(_, metric)| metric.buckets.as_ref());
        bounds.and_then(|bounds| bounds.value.iter().copied().filter(|bound| bound.is_finite()).reduce(f64::max)).unwrap_or(f64::INFINITY)
    }

    /// The most samples that a window holds of what a job is scraped for: one more than fit between its ends.
    fn samples(self, arguments: &[Expr]) -> Option<f64> {
        let argument = without_parens(arguments.first()?);
        if let ExprKind::Subquery { range, step, .. } = &argument.kind {
            let (range, step) = (range.millis()?, step.as_ref()?.millis().filter(|step| *step > 0)?);
            return Some((range as f64 / step as f64).floor() + 1.0);
        }
        let ExprKind::Range { selector, range, .. } = &argument.kind else { return None };
        let name = selector.metric_name().filter(|name| !name.contains(':') && !name.starts_with("ALERTS"))?;
        let (interval, _) = self.world.interval(selector).filter(|(interval, _)| *interval > 0 && !name.is_empty())?;
        // What holds fewer than two has a rule of its own.
        let window = range.millis().filter(|window| *window >= 2 * interval)?;
        Some((window as f64 / interval as f64).floor() + 2.0)
    }

    fn aggregate(self, aggregate: &Aggregate) -> Interval {
        let inner = self.expr(&aggregate.expr);
        if let Some(states) = states_put_together(aggregate, self.world) {
            let count = states.count as f64;
            match aggregate.op {
                AggregateOp::Max => return Interval::one(1.0),
                AggregateOp::Min => return Interval::one(0.0),
                AggregateOp::Avg => return Interval::one(1.0 / count),
                AggregateOp::Sum => return Interval::new(1.0, sets_in_group(aggregate, self.world)),
                AggregateOp::Count => return Interval::new(count, count * sets_in_group(aggregate, self.world)),
                _ => {}
            }
        }
        match aggregate.op {
            // As many as there are of what has a limit.
            AggregateOp::Sum if inner.high > 0.0 && inner.high.is_finite() => {
                let in_group = targets_in_groups(aggregate, self.world).map(|(_, most)| most);
                let most = in_group.or_else(|| most_series(&aggregate.expr, self.world));
                let most = most.map_or(f64::INFINITY, |most| most.max(1) as f64);
                Interval::new(if inner.low >= 0.0 { inner.low } else { f64::NEG_INFINITY }, inner.high * most)
            }
            AggregateOp::Sum => sum(inner),
            AggregateOp::Count if is_one_of_each(aggregate, self.world) => Interval::one(1.0),
            AggregateOp::Stddev | AggregateOp::Stdvar if is_one_of_each(aggregate, self.world) => Interval::one(0.0),
            AggregateOp::Count => {
                if let Some((least, most)) = targets_in_groups(aggregate, self.world) {
                    return Interval::new(least as f64, most as f64);
                }
                let most = most_series(&aggregate.expr, self.world).map_or(f64::INFINITY, |most| most.max(1) as f64);
                Interval::new(1.0, most)
            }
            AggregateOp::CountValues => Interval::new(1.0, f64::INFINITY),
            AggregateOp::Group => Interval::one(1.0),
            AggregateOp::Stddev | AggregateOp::Stdvar => Interval::NOT_NEGATIVE,
            AggregateOp::Quantile => {
                let share = aggregate.parameter.as_deref().map(|parameter| self.expr(parameter));
                if share.is_some_and(|q| q.low >= 0.0 && q.high <= 1.0) { inner } else { Interval::ALL }
            }
            _ => inner,
        }
    }

    fn binary(self, binary: &Binary) -> Interval {
        let (left, right) = (self.expr(&binary.left), self.expr(&binary.right));
        if binary.matching.as_ref().is_some_and(|m| m.fill_left.is_some() || m.fill_right.is_some()) {
            return Interval::ALL;
        }
        if binary.op.is_comparison() {
            return compared(binary, left, right);
        }
        match binary.op {
            BinaryOp::Add => Interval::of([left.low + right.low, left.high + right.high]),
            // A part is never more than all, nor the least more than the mean.
            BinaryOp::Sub if binary.matching.is_none() && is_at_most(&binary.left, &binary.right) => Interval::new(f64::NEG_INFINITY, 0.0),
            BinaryOp::Sub if binary.matching.is_none() && is_at_most(&binary.right, &binary.left) => Interval::NOT_NEGATIVE,
            // No sample is of the future.
            BinaryOp::Sub if is_sampled(&binary.left) && is_now(&binary.right) => Interval::new(f64::NEG_INFINITY, 0.0),
            BinaryOp::Sub if is_now(&binary.left) && is_sampled(&binary.right) => Interval::NOT_NEGATIVE,
            BinaryOp::Sub => Interval::of([left.low - right.high, left.high - right.low]),
            BinaryOp::Mul => product(left, right),
            BinaryOp::Div => self.quotient(binary, left, right),
            BinaryOp::And | BinaryOp::Unless => left,
            BinaryOp::Or => left.either(right),
            BinaryOp::Mod if left.low >= 0.0 && same(right.low, right.high) && right.low > 0.0 => Interval::new(0.0, right.low),
            BinaryOp::Pow if same(right.low, 0.0) && same(right.high, 0.0) => Interval::one(1.0),
            BinaryOp::Pow | BinaryOp::Mod if left.low >= 0.0 => Interval::NOT_NEGATIVE,
            _ => Interval::ALL,
        }
    }

    fn quotient(self, binary: &Binary, left: Interval, right: Interval) -> Interval {
        if let Some(of) = mean(binary) {
            return self.expr(of);
        }
        let (part, all) = (source::origin(&binary.left, self.world), source::origin(&binary.right, self.world));
        if binary.matching.is_none() {
            let is_negative = |part: &Expr| self.expr(part).low < 0.0;
            let share = is_share(part, all) || is_some_of_all(binary) || is_share_of_parts(&binary.left, &binary.right, &is_negative);
            if share {
                return Interval::SHARE;
            }
            if is_share(all, part) {
                return Interval::new(1.0, f64::INFINITY);
            }
        }
        if same(right.low, right.high) && !same(right.low, 0.0) {
            return Interval::of([left.low / right.low, left.high / right.low]);
        }
        if left.low >= 0.0 && right.low >= 0.0 { Interval::NOT_NEGATIVE } else { Interval::ALL }
    }
}

/// Whether it is when a process or a machine began to run, over a window.
fn starts(arguments: &[Expr]) -> bool {
    let Some(ExprKind::Range { selector, .. }) = arguments.first().map(|argument| &without_parens(argument).kind) else { return false };
    selector.metric_name().is_some_and(is_start)
}

/// The window over which the growth of how long a process has run is taken, in seconds: it grows by as much as time does.
fn running(arguments: &[Expr]) -> Option<f64> {
    let ExprKind::Range { selector, range, .. } = &without_parens(arguments.first()?).kind else { return None };
    let name = selector.metric_name().filter(|name| !name.contains(':'))?;
    let words = || name.split('_');
    let is_time =
        words().any(|word| word == "uptime") && !words().any(|word| matches!(word, "ms" | "milliseconds" | "minutes" | "hours" | "days"));
    range.millis().filter(|_| is_time).map(|millis| millis as f64 / 1000.0)
}

/// The states of something, one of which holds, where an aggregation puts all of them together.
fn states_put_together<'e>(aggregate: &Aggregate, world: &World<'e>) -> Option<&'e States> {
    let ExprKind::Selector(selector) = &without_parens(&aggregate.expr).kind else { return None };
    let (_, metric, Series::Base) = world.metric_of(selector)? else { return None };
    let states = metric.values.states.as_ref()?;
    let keeps = aggregate.grouping.as_ref().is_some_and(|grouping| grouping.keeps(&states.label));
    let narrowed = selector.matchers.iter().any(|matcher| matcher.label.text == states.label);
    (!keeps && !narrowed).then_some(states)
}

/// How many things with states an aggregation puts together at most: as many as there are targets, where it keeps all other labels.
fn sets_in_group(aggregate: &Aggregate, world: &World<'_>) -> f64 {
    let most = || {
        let ExprKind::Selector(selector) = &without_parens(&aggregate.expr).kind else { return None };
        let (_, metric, _) = world.metric_of(selector)?;
        let grouping = aggregate.grouping.as_ref().filter(|grouping| !grouping.without);
        let kept = |label: &str| grouping.is_some_and(|grouping| grouping.labels.iter().any(|by| by.text == label));
        let is_state = |label: &str| metric.values.states.as_ref().is_some_and(|states| states.label == label);
        // What has a name has one identity at a time.
        let fixed = |label: &str| kept(label) || is_state(label) || label == "uid" && kept("pod");
        let whole = !metric.open && metric.labels.iter().all(|label| fixed(&label.name.value));
        if whole && kept("instance") { Some(1) } else { values(selector, "instance", world).filter(|_| whole) }
    };
    most().map_or(f64::INFINITY, |most| most.max(1) as f64)
}

/// A comparison keeps the values of its vector; with `bool` it says 0 or 1.
fn compared(binary: &Binary, left: Interval, right: Interval) -> Interval {
    if binary.return_bool {
        return Interval::SHARE;
    }
    let scalar = |expr: &Expr| crate::promql::value_type(expr) == crate::promql::ValueType::Scalar;
    if scalar(&binary.left) {
        return if same(left.low, left.high) { right.restricted(flipped(binary.op), left.low) } else { right };
    }
    if same(right.low, right.high) { left.restricted(binary.op, right.low) } else { left }
}

/// The sum of at least one value.
fn sum(of: Interval) -> Interval {
    let low = if of.low >= 0.0 { of.low } else { f64::NEG_INFINITY };
    let high = if of.high <= 0.0 { of.high } else { f64::INFINITY };
    Interval::new(low, high)
}

fn sign(value: f64) -> f64 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// Nothing times infinity is no bound: a value is never infinite unless a counter is broken.
fn product(left: Interval, right: Interval) -> Interval {
    let times = |a: f64, b: f64| if same(a, 0.0) || same(b, 0.0) { 0.0 } else { a * b };
    Interval::of([times(left.low, right.low), times(left.low, right.high), times(left.high, right.low), times(left.high, right.high)])
}

/// Whether it is when samples were taken, perhaps the first or last of them: not that of samples which an offset or `@` moves.
fn is_sampled(expr: &Expr) -> bool {
    match &without_parens(expr).kind {
        ExprKind::Aggregate(aggregate) => {
            matches!(aggregate.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Avg) && is_sampled(&aggregate.expr)
        }
        ExprKind::Call { function, arguments } => {
            let still = |selector: &Selector| selector.offset.is_none() && selector.at.is_none();
            function.text == "timestamp"
                && matches!(arguments.first().map(|of| &without_parens(of).kind), Some(ExprKind::Selector(selector)) if still(selector))
        }
        _ => false,
    }
}

fn is_now(expr: &Expr) -> bool {
    matches!(&without_parens(expr).kind, ExprKind::Call { function, .. } if function.text == "time")
}

/// The part of a condition that its value comes from: what `and` and `unless` join to it only decides when it counts.
pub fn principal(expr: &Expr) -> &Expr {
    let expr = without_parens(expr);
    match &expr.kind {
        ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::And | BinaryOp::Unless) => principal(&binary.left),
        _ => expr,
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, interval};
    use crate::lint::world::World;
    use crate::promql::ast::BinaryOp;
    use crate::promql::{Options, parse};

    fn of(text: &str) -> Interval {
        interval(&parse(text, &Options::all()).expect("an expression"), &World::new(&[], &[], &[]))
    }

    #[test]
    fn bounds_follow_functions_and_operators() {
        let cases = [
            ("up", 0.0, 1.0),
            ("count(up == 0)", 1.0, f64::INFINITY),
            ("absent(x)", 1.0, 1.0),
            ("sum(up) + 2", 2.0, f64::INFINITY),
            ("1 - avg(up)", 0.0, 1.0),
            ("-up * 100", -100.0, 0.0),
            ("hour() > bool 3", 0.0, 1.0),
            ("x > 5", 5.0, f64::INFINITY),
            ("3 > x", f64::NEG_INFINITY, 3.0),
            ("clamp(x, 1, 7)", 1.0, 7.0),
            ("sum(rate(x{a=\"b\"}[5m])) / sum(rate(x[5m]))", 0.0, 1.0),
            ("sum(rate(x{a=\"b\"}[5m])) / (sum(rate(x[5m])) > 0)", 0.0, 1.0),
            ("sum(rate(x[5m])) / sum(rate(x{a=\"b\"}[5m]))", 1.0, f64::INFINITY),
            ("x", f64::NEG_INFINITY, f64::INFINITY),
            ("rate(x[5m])", f64::NEG_INFINITY, f64::INFINITY),
            ("up / 2", 0.0, 0.5),
            ("abs(up - 3)", 2.0, 3.0),
            ("sum(up) / count(up)", 0.0, 1.0),
            ("count(x > 5) / count(x)", 0.0, 1.0),
            ("a_total / (a_total + b_total)", 0.0, 1.0),
            ("a / (a + b)", f64::NEG_INFINITY, f64::INFINITY),
            ("timestamp(x) - time()", f64::NEG_INFINITY, 0.0),
            ("time() - max(timestamp(x))", 0.0, f64::INFINITY),
            ("max(x) - min(x)", 0.0, f64::INFINITY),
            ("time() % 86400", 0.0, 86400.0),
            ("sum_over_time(up[10m:1m])", 0.0, 11.0),
            ("log2(1 + up)", 0.0, 1.0),
            ("cos(x)", -1.0, 1.0),
            ("year()", 2001.0, f64::INFINITY),
        ];
        for (text, low, high) in cases {
            assert_eq!(of(text), Interval::new(low, high), "{text}");
        }
    }

    #[test]
    fn a_comparison_holds_always_never_or_it_depends() {
        assert_eq!(of("up").compared(BinaryOp::Greater, 1.0), Some(false));
        assert_eq!(of("up").compared(BinaryOp::GreaterEqual, 0.0), Some(true));
        assert_eq!(of("up").compared(BinaryOp::Equal, 0.0), None);
        assert_eq!(of("count(x)").compared(BinaryOp::Equal, 0.0), Some(false));
        assert_eq!(of("count(x)").compared(BinaryOp::NotEqual, 0.0), Some(true));
        assert_eq!(of("x > 5").compared(BinaryOp::Less, 3.0), Some(false));
    }
}
