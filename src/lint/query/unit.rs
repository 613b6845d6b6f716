//! What the values of an expression measure, as far as names and arithmetic say.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::lint::query::named::is_information;
use crate::lint::query::when::{is_moment, is_time, plain};
use crate::lint::query::whole::{is_part, is_soft};
use crate::lint::query::{Query, constant};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind};
use crate::promql::walk;
use crate::promql::walk::calls;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A time in seconds.
    Seconds,
    /// A time in milliseconds.
    Millis,
    /// A size in bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// Events per second.
    EventsPerSecond,
    /// Events, counted over a window.
    Events,
    /// Things that are there, or that happened to one of them: a whole number.
    Number,
    /// A part of a whole, from 0 to 1.
    Share,
    /// A part of a whole, from 0 to 100.
    Percent,
}

/// What the values of an expression measure; `None` where nothing says so.
pub fn quantity(expr: &Expr, query: &Query<'_>) -> Option<Quantity> {
    match &expr.kind {
        ExprKind::Paren(inner) => quantity(inner, query),
        ExprKind::Selector(selector) => of_name(selector.metric_name().filter(|_| !query.is_variable_metric(selector))?),
        ExprKind::Aggregate(aggregate) => match aggregate.op {
            AggregateOp::Count | AggregateOp::CountValues => Some(Quantity::Number),
            AggregateOp::Group | AggregateOp::Stdvar => None,
            AggregateOp::Avg if is_share_of_processors(&aggregate.expr) => Some(Quantity::Share),
            _ => quantity(&aggregate.expr, query),
        },
        ExprKind::Call { function, arguments } => match function.text.as_str() {
            "histogram_quantile" => {
                let selectors = walk::selectors(arguments.get(1)?);
                let name = selectors.first()?.selector.metric_name().filter(|_| !query.is_variable_metric(selectors[0].selector))?;
                // Recorded buckets are called level:metric_bucket:operations.
                let name = name.split(':').find(|part| part.ends_with("_bucket")).unwrap_or(name);
                of_name(name.strip_suffix("_bucket").unwrap_or(name))
            }
            "histogram_avg" => {
                let only = walk::only_selector(arguments.first()?)?;
                of_name(only.metric_name().filter(|_| !query.is_variable_metric(only))?)
            }
            "avg_over_time" | "max_over_time" | "min_over_time" | "predict_linear" => quantity_of_range(arguments.first()?, query),
            "abs" => quantity(arguments.first()?, query),
            "changes" | "resets" | "count_over_time" => Some(Quantity::Number),
            "rate" | "irate" => {
                let name = counter(arguments, query)?;
                if counts_bytes(name) {
                    return Some(Quantity::BytesPerSecond);
                }
                counts_events(name).then_some(Quantity::EventsPerSecond)
            }
            "increase" => {
                let name = counter(arguments, query)?;
                if counts_bytes(name) {
                    return Some(Quantity::Bytes);
                }
                if name.ends_with("_seconds_sum") || name.ends_with("_seconds_total") {
                    return Some(Quantity::Seconds);
                }
                counts_events(name).then_some(Quantity::Events)
            }
            _ => None,
        },
        ExprKind::Binary(binary) if binary.op.is_comparison() && !binary.return_bool => quantity(&binary.left, query),
        // What is on the right decides which series are left, and not what they say.
        ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::And | BinaryOp::Unless) => quantity(&binary.left, query),
        ExprKind::Binary(binary) if binary.op == BinaryOp::Sub && is_age(&binary.left, &binary.right) => Some(Quantity::Seconds),
        ExprKind::Binary(binary) => match (binary.op, constant(&binary.left), constant(&binary.right)) {
            (BinaryOp::Div, None, None) => {
                let (above, by) = multiplied(&binary.left);
                let share = share(above, &binary.right, query)?;
                if (by - 1.0).abs() < f64::EPSILON { Some(share) } else { scaled(share, by) }
            }
            (BinaryOp::Div, None, Some(by)) => scaled(quantity(&binary.left, query)?, 1.0 / by),
            (BinaryOp::Mul, None, Some(by)) => scaled(quantity(&binary.left, query)?, by),
            (BinaryOp::Mul, Some(by), None) => scaled(quantity(&binary.right, query)?, by),
            // What informs by its labels is 1.
            (BinaryOp::Mul, None, None) if informs(&binary.right) => quantity(&binary.left, query),
            // What is left of a whole.
            (BinaryOp::Sub, Some(_), None) => quantity(&binary.right, query),
            _ => None,
        },
        _ => None,
    }
}

/// Whether it is a metric that says something by its labels, perhaps aggregated.
fn informs(expr: &Expr) -> bool {
    match &walk::without_parens(expr).kind {
        ExprKind::Selector(selector) => selector.metric_name().is_some_and(is_information),
        ExprKind::Aggregate(of) if matches!(of.op, AggregateOp::Max | AggregateOp::Min | AggregateOp::Group | AggregateOp::Avg) => {
            informs(&of.expr)
        }
        _ => false,
    }
}

/// Whether it is how much of their time processors spend in one mode: of each it is a part.
fn is_share_of_processors(expr: &Expr) -> bool {
    let ExprKind::Call { function, arguments } = &walk::without_parens(expr).kind else { return false };
    let selector = arguments.first().and_then(walk::only_selector);
    let in_mode = selector.is_some_and(|selector| {
        selector.metric_name() == Some("node_cpu_seconds_total") && selector.matchers.iter().any(|matcher| matcher.label.text == "mode")
    });
    matches!(function.text.as_str(), "rate" | "irate") && in_mode
}

/// The counter that a function takes the growth of.
fn counter<'e>(arguments: &'e [Expr], query: &Query<'_>) -> Option<&'e str> {
    let selectors = walk::selectors(arguments.first()?);
    selectors.first()?.selector.metric_name().filter(|_| !query.is_variable_metric(selectors[0].selector))
}

/// Whether a counter counts bytes: `sent_bytes_total`, `bytes_sent_total`.
fn counts_bytes(name: &str) -> bool {
    name.ends_with("_bytes_sum")
        || name
            .strip_suffix("_total")
            .is_some_and(|stem| stem.ends_with("_bytes") || stem.contains("_bytes_") || stem.starts_with("bytes_"))
}

/// Whether a counter counts events, rather than sums up what has a unit.
pub(in crate::lint) fn counts_events(name: &str) -> bool {
    name.strip_suffix("_total").or_else(|| name.strip_suffix("_count")).is_some_and(|stem| !names_unit(stem))
        || name.ends_with("_seconds_count")
}

/// Whether a name says in what something is measured that is summed up.
pub(in crate::lint) fn names_unit(name: &str) -> bool {
    UNITS.as_ref().is_some_and(|units| units.is_match(name))
}

/// Words for what is summed up in a unit.
static UNITS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "seconds", "bytes", "joules", "bits", "ratio", "percent", "celsius", "meters", "grams", "volts", "amperes", "cost", "octets",
        "millis",
    ];
    AhoCorasick::new(words).ok()
});

fn quantity_of_range(expr: &Expr, query: &Query<'_>) -> Option<Quantity> {
    match &walk::without_parens(expr).kind {
        ExprKind::Range { selector, .. } => of_name(selector.metric_name().filter(|_| !query.is_variable_metric(selector))?),
        _ => None,
    }
}

/// What is counted in the unit that one is divided by, as `bytes / 1024 / 1024`; and how many of the first make one of the second.
pub(in crate::lint) fn unscaled(expr: &Expr) -> (&Expr, f64) {
    let (inner, by) = factored(expr);
    let (one, whole) = (1.0 / by, (1.0 / by).round());
    // Without what reckoning in binary leaves.
    (inner, if (one - whole).abs() < 1e-9 * whole.abs() { whole } else { one })
}

/// What is multiplied or divided by numbers, as often as it may be, and by how much in all.
pub(in crate::lint) fn factored(expr: &Expr) -> (&Expr, f64) {
    let expr = walk::without_parens(expr);
    let ExprKind::Binary(binary) = &expr.kind else { return (expr, 1.0) };
    let (inner, by) = match (binary.op, constant(&binary.left), constant(&binary.right)) {
        (BinaryOp::Mul, Some(by), None) => (&binary.right, by),
        (BinaryOp::Mul, None, Some(by)) => (&binary.left, by),
        (BinaryOp::Div, None, Some(by)) if by.abs() > f64::EPSILON => (&binary.left, 1.0 / by),
        _ => return (expr, 1.0),
    };
    let (inner, rest) = factored(inner);
    (inner, by * rest)
}

fn of_name(name: &str) -> Option<Quantity> {
    // Recorded series are called level:metric:operations.
    if let Some((_, operations)) = name.rsplit_once(':')
        && let Some(window) = operations.split('_').next().and_then(|first| first.strip_prefix("ratio"))
        && (window.is_empty() || window.starts_with(|c: char| c.is_ascii_digit()))
    {
        return Some(Quantity::Share);
    }
    // `job:request_duration_seconds:p99_5m` is one of the values that are measured.
    if let Some((metric, operations)) = name.rsplit_once(':')
        && let Some(rest) = operations.strip_prefix('p')
        && rest.bytes().take_while(u8::is_ascii_digit).count() >= 2
        && rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('_').bytes().all(|b| b.is_ascii_alphanumeric())
    {
        return of_name(metric.rsplit(':').next().unwrap_or(metric));
    }
    // `queue:latency_seconds:max` is one of them.
    if let Some((metric, "max" | "min" | "avg" | "mean")) = name.rsplit_once(':') {
        return of_name(metric.rsplit(':').next().unwrap_or(metric));
    }
    // `job:requests:rate5m` counts events per second, where the middle names no other unit.
    if let Some((metric, operations)) = name.rsplit_once(':')
        && operations.strip_prefix("rate").is_some_and(|window| window.starts_with(|c: char| c.is_ascii_digit()))
        && !["seconds", "bytes", "ratio", "percent", "per_", "utili", "cpu", "joules", "usage"].iter().any(|unit| metric.contains(unit))
    {
        return Some(Quantity::EventsPerSecond);
    }
    if name == "pg_stat_activity_max_tx_duration" {
        return Some(Quantity::Seconds);
    }
    // Micrometer keeps the greatest of late beside what it has timed.
    let name = name.strip_suffix("_max").filter(|name| name.ends_with("_seconds")).unwrap_or(name);
    // `…_timestamp_seconds` is a date.
    if name.ends_with("_seconds") && !name.contains("timestamp") && !name.contains("_time_seconds") {
        Some(Quantity::Seconds)
    } else if name.ends_with("_milliseconds") || name.ends_with("_ms") {
        Some(Quantity::Millis)
    } else if name.ends_with("_bytes") {
        Some(Quantity::Bytes)
    } else if name.ends_with("_ratio") {
        Some(Quantity::Share)
    } else {
        None
    }
}

/// What a quantity becomes when it is multiplied.
pub(in crate::lint) fn scaled(quantity: Quantity, by: f64) -> Option<Quantity> {
    let is = |number: f64| (by - number).abs() < number * 1e-9;
    match quantity {
        Quantity::Seconds if is(1000.0) => Some(Quantity::Millis),
        Quantity::Millis if is(0.001) => Some(Quantity::Seconds),
        Quantity::Share if is(100.0) => Some(Quantity::Percent),
        Quantity::Percent if is(0.01) => Some(Quantity::Share),
        _ => None,
    }
}

/// A division of two rates or sums of the same counter is a share; `_sum` by `_count` is an average.
fn share(above: &Expr, below: &Expr, query: &Query<'_>) -> Option<Quantity> {
    let (above, below) = (principal(above), principal(below));
    let (left, right) = (walk::selectors(above), walk::selectors(below));
    // One of what is added up below: `used / (used + free)`.
    if let ([upper], [_, _]) = (left.as_slice(), right.as_slice())
        && walk::operations(below).iter().all(|op| matches!(*op, "+" | "sum"))
        && right.iter().any(|lower| lower.selector.metric == upper.selector.metric && lower.selector.matchers == upper.selector.matchers)
        && !query.is_variable_metric(upper.selector)
    {
        return Some(Quantity::Share);
    }
    let ([upper], [lower]) = (left.as_slice(), right.as_slice()) else { return None };
    if query.is_variable_metric(upper.selector) || query.is_variable_metric(lower.selector) {
        return None;
    }
    // What is scaled below a sum is no share of what is not.
    if is_scaled(above) || is_scaled(below) {
        return None;
    }
    let (upper, lower) = (upper.selector.metric_name()?, lower.selector.metric_name()?);
    if upper == lower && calls(above, "histogram_sum") && calls(below, "histogram_count") {
        return of_name(upper);
    }
    if upper == lower && (upper.ends_with("_total") || upper.ends_with("_count")) {
        return Some(Quantity::Share);
    }
    if is_part(upper, lower) && !calls(above, "rate") && !calls(below, "rate") && !is_soft(upper) {
        return Some(Quantity::Share);
    }
    // Bytes by bytes, as what is free by all there is.
    let grows = |side: &Expr| ["rate", "irate", "deriv", "delta", "increase"].iter().any(|function| calls(side, function));
    if upper != lower && upper.ends_with("_bytes") && lower.ends_with("_bytes") && !grows(above) && !grows(below) {
        return Some(Quantity::Share);
    }
    // The time that all took by how many there were.
    let took =
        |name: &str| name.ends_with("_seconds_total") && ["duration", "time", "wait", "latency"].iter().any(|word| name.contains(word));
    let function = |expr| ["rate", "increase", "irate"].into_iter().find(|function| calls(expr, function));
    if took(upper) && counts_events(lower) && function(above).is_some() && function(above) == function(below) {
        return Some(Quantity::Seconds);
    }
    let base = upper.strip_suffix("_sum")?;
    (lower.strip_suffix("_count") == Some(base)).then(|| of_name(base)).flatten()
}

/// Whether something is multiplied by a number, or divided by one.
pub(in crate::lint) fn is_scaled(expr: &Expr) -> bool {
    let mut found = false;
    walk::visit(expr, &mut |node| {
        found |= matches!(&node.kind, ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Mul | BinaryOp::Div)
            && (constant(&binary.left).is_some() || constant(&binary.right).is_some()));
    });
    found
}

/// What is multiplied by a number, as in `100 * part / whole`, which reads `(100 * part) / whole`; and the number.
pub(in crate::lint) fn multiplied(expr: &Expr) -> (&Expr, f64) {
    match &walk::without_parens(expr).kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Mul => match (constant(&binary.left), constant(&binary.right)) {
            (Some(by), None) => (&binary.right, by),
            (None, Some(by)) => (&binary.left, by),
            _ => (expr, 1.0),
        },
        _ => (expr, 1.0),
    }
}

/// What is measured of an expression: without `or 0 * …` behind it, which fills gaps, and without a filter such as `> 0`.
fn principal(expr: &Expr) -> &Expr {
    let expr = walk::without_parens(expr);
    let ExprKind::Binary(binary) = &expr.kind else { return expr };
    let fills = |expr: &Expr| match &walk::without_parens(expr).kind {
        ExprKind::Binary(other) => other.op == BinaryOp::Mul && constant(&other.left).is_some_and(|by| by.abs() < f64::EPSILON),
        _ => false,
    };
    match binary.op {
        BinaryOp::Or if fills(&binary.right) => principal(&binary.left),
        op if op.is_comparison() && !binary.return_bool && constant(&binary.right).is_some() => principal(&binary.left),
        _ => expr,
    }
}

/// Whether one of two sides is now and the other a moment: what is between them is a length of time.
fn is_age(left: &Expr, right: &Expr) -> bool {
    let (left, right) = (plain(left), plain(right));
    (is_time(left) && is_moment(right)) || (is_moment(left) && is_time(right))
}
