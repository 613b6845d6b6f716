//! Moments that are compared as durations.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::LOOKBACK;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::values;
use crate::lint::inference::value::{LONG_AGO, interval};
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::when::{ends, is_moment, is_past, is_sample_time, is_time, name, plain, scale};
use crate::lint::query::{constant, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::Series;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind, Selector};
use crate::promql::walk::{visit, without_parens};

rule! {
    /// A metric that holds a moment, in seconds since 1970, is compared with a length of time as if it were one; or the time that is
    /// left until something ends, or that has passed since something happened, is reckoned the wrong way round, or in the wrong unit.
    ///
    /// Lengths of time are no moments: `time()` less how long something took is about now. Nor is the sum of several moments one.
    ///
    /// `hour(…)` and its kind take a moment: of a number of connections they tell nothing.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: probe_ssl_earliest_cert_expiry < 14 * 86400
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: probe_ssl_earliest_cert_expiry - time() < 14
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: time() - probe_ssl_earliest_cert_expiry < 14 * 86400
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: probe_ssl_earliest_cert_expiry - time() < 14 * 86400
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: time() - backup_last_success_timestamp_seconds > 86400
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: CertificateEndsSoon
    ///         expr: probe_ssl_earliest_cert_expiry - time() < 14 * 8640
    /// ```
    MomentAsDuration, "moment-as-duration", Warning
}

/// A year, in seconds: nobody waits longer for what comes again.
const YEAR: f64 = 366.0 * 86_400.0;
/// Ten years, and an hour, in seconds.
const TEN_YEARS: f64 = 315_360_000.0;
/// Functions that tell what the calendar or the clock says of a moment.
const OF_CALENDAR: &[&str] = &["hour", "minute", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year"];
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
impl Rule for MomentAsDuration {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, function, arguments) in query.calls().filter(|(_, function, _)| OF_CALENDAR.contains(function)) {
            let Some(of) = arguments.first().filter(|_| !query.is_built_of_variables(node)) else { continue };
            let values = interval(of, context.world);
            if values.low <= values.high && values.high < LONG_AGO {
                let message = format!("`{function}` takes a moment in seconds since 1970, and this is never above `{}`", values.high);
                let finding = META.finding(query.span(&of.range), message).path(query.path());
                found.push(finding.help(format!("leave the argument out for now: `{function}()`")));
            }
        }
        drawn_negative(query, found);
        scaled_apart(query, found);
        let (Some(expr), Some(_)) = (&query.expr, query.alerting_rule()) else { return };
        future(query, found);
        no_moments(query, context, found);
        for &Comparison { node, side, op, number, place } in &query.comparisons {
            let (inner, by) = divided(plain(side));
            if std::ptr::eq(node, without_parens(expr)) && lasts(plain(inner)) && op == BinaryOp::Greater && number * by < DAY {
                let message = "this holds as long as the process runs, but for the first moments";
                found.push(META.finding(query.span(&place.range), message).help("use `<` to be told of a restart"));
            } else if let Some((message, help)) = judge(plain(inner), op, number * by, context) {
                found.push(META.finding(query.span(&place.range), message).help(help));
            } else if let Some((slip, meant)) = slip(place).filter(|_| is_length(plain(side))) {
                let message = format!("`{meant}` seconds are {}, and this says `{slip}`", if meant > 3600.0 { "a day" } else { "an hour" });
                found.push(META.finding(query.span(&place.range), message).help(format!("write `{meant}`")));
            } else if in_millis(place) && is_length(plain(side)) {
                let message = "these are milliseconds, and the difference is in seconds";
                found.push(META.finding(query.span(&place.range), message).help("leave the factor of 1000 out"));
            } else if in_minutes(place) && is_length(plain(side)) {
                let message = "these are minutes, and the difference is in seconds";
                found.push(META.finding(query.span(&place.range), message).help("write days as `14 * 24 * 3600`"));
            }
        }
    }
}

/// How long ago something was, the wrong way round in a panel.
fn drawn_negative(query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    let Some(expr) = query.expr.as_ref().filter(|_| query.panel().is_some()) else { return };
    let ExprKind::Binary(binary) = &without_parens(expr).kind else { return };
    if binary.op == BinaryOp::Sub && is_time(plain(&binary.left)) && ends(plain(&binary.right)) {
        let finding = META.finding(query.span(&expr.range), "this is negative until the end has come").path(query.path());
        found.push(finding.help("write the end first: `… - time()`"));
    } else if binary.op == BinaryOp::Sub && is_past(plain(&binary.left)) && is_time(plain(&binary.right)) {
        let finding = META.finding(query.span(&expr.range), "this is negative, for the moment has passed").path(query.path());
        found.push(finding.help("write `time()` first, as in `time() - …`"));
    }
}

/// How long a process has run.
fn lasts(side: &Expr) -> bool {
    let ExprKind::Binary(binary) = &side.kind else { return false };
    let began = name(plain(&binary.right)).is_some_and(|name| name.ends_with("_start_time_seconds"));
    binary.op == BinaryOp::Sub && is_time(plain(&binary.left)) && began
}

/// What has happened, and is asked whether it is still to come.
fn future(query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (node, binary) in query.binaries() {
        let (left, right) = (plain(&binary.left), plain(&binary.right));
        let never = match binary.op {
            BinaryOp::Greater => is_past(left) && is_time(right),
            BinaryOp::Less => is_time(left) && is_past(right),
            _ => false,
        };
        if never {
            let message = "the moment has passed, so it is never after now";
            found.push(META.finding(query.span(&node.range), message).help("compare how long ago it was: `time() - … > 3600`"));
        }
    }
}

/// Two moments that are counted in different units.
fn scaled_apart(query: &Expression<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (node, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Sub || binary.op.is_comparison()) {
        let Some((left, right)) = scale(&binary.left).zip(scale(&binary.right)).filter(|_| !query.is_built_of_variables(node)) else {
            continue;
        };
        if (left - right).abs() > left.max(right) * 1e-9 {
            let message = format!("the left side counts {} since 1970, and the right side {}", counted(left), counted(right));
            found.push(META.finding(query.span(&binary.op_range), message).help("bring both to seconds, as `time()` is"));
        }
    }
}

fn counted(scale: f64) -> String {
    let is = |number: f64| (scale - number).abs() < number * 1e-9;
    let units = [(1.0, "seconds"), (1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds"), (1e-3, "thousands of seconds")];
    units.iter().find(|(number, _)| is(*number)).map_or_else(|| format!("{scale} to the second"), |(_, unit)| (*unit).to_owned())
}

/// A length of time, or the sum of several moments, that is taken from now as if it were a moment.
fn no_moments(query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (_, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Sub) {
        let from_now = is_time(without_parens(&binary.left));
        if !from_now && !is_time(without_parens(&binary.right)) {
            continue;
        }
        let side = if from_now { &binary.right } else { &binary.left };
        let taken = unscaled(plain(side));
        if let Some(name) = name(taken).filter(|name| from_now && is_length_of_time(name, taken, context)) {
            let message = format!("`{name}` is a length of time, and `time()` less that is about now");
            found.push(META.finding(query.span(&binary.right.range), message).help("leave `time()` out, or take a moment from it"));
        }
        if let ExprKind::Aggregate(sum) = &taken.kind
            && sum.op == AggregateOp::Sum
            && let ExprKind::Selector(selector) = &without_parens(&sum.expr).kind
            && is_moment(without_parens(&sum.expr))
            && sum
                .grouping
                .as_ref()
                .is_none_or(|grouping| !grouping.without && grouping.labels.iter().all(|by| by.text != "instance" && by.text != "pod"))
            && has_several_targets(selector, context)
        {
            let effect = if from_now { "so this is negative" } else { "so this is decades" };
            let message = format!("the sum of the moments of several targets is far in the future, {effect}");
            found.push(META.finding(query.span(&side.range), message).help("take `max` of them, or `min`"));
        }
    }
}

/// What is divided or multiplied by a number.
fn unscaled(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::Div | BinaryOp::Mul) && constant(&binary.right).is_some() => {
            plain(&binary.left)
        }
        _ => expr,
    }
}

/// Whether a name says how long something is or takes, and a page shows no moments of it.
fn is_length_of_time(name: &str, side: &Expr, context: &Context<'_>) -> bool {
    const LENGTHS: &[&str] = &["_duration", "_age", "_lag", "_uptime", "_uptime_in", "_latency", "_delay"];
    let stem = ["_seconds_sum", "_seconds_total", "_seconds", "_milliseconds", "_ms"].iter().find_map(|unit| name.strip_suffix(unit));
    let ExprKind::Selector(selector) = &side.kind else { return false };
    let shown = context.world.metric_of(selector).and_then(|(_, metric, _)| metric.values.shown);
    let is_length = name.ends_with("_seconds_sum") || stem.is_some_and(|stem| LENGTHS.iter().any(|ending| stem.ends_with(ending)));
    is_length && shown.is_none_or(|shown| shown.high < LONG_AGO)
}

/// Whether what a selector reads comes from more than one target, or from as many as are discovered.
fn has_several_targets(selector: &Selector, context: &Context<'_>) -> bool {
    if let Some(targets) = values(selector, "instance", context.world) {
        return targets > 1;
    }
    let job = named_job(selector).and_then(|_| selector.matchers.iter().find(|matcher| matcher.label.text == "job"));
    job.is_some_and(|job| {
        let mut jobs = context.world.configured(job).peekable();
        jobs.peek().is_some() && jobs.all(|job| !job.targets.discovery.is_empty())
    })
}

/// Whether a span is shorter than that from one scrape to the next, which every sample is old at times.
fn is_within_scrape(side: &Expr, number: f64, context: &Context<'_>) -> bool {
    let ExprKind::Selector(selector) = &side.kind else { return false };
    // A process that has just begun is found by this.
    let began = name(side).is_some_and(|name| name.ends_with("_start_time_seconds"));
    !began && context.world.interval(selector).is_some_and(|(interval, _)| number * 1000.0 < interval as f64)
}

/// Whether what says what a gauge is calls it a moment, and a page shows it as one.
fn is_told_moment(side: &Expr, context: &Context<'_>) -> bool {
    let ExprKind::Selector(selector) = &side.kind else { return false };
    let Some((_, metric, Series::Base)) = context.world.metric_of(selector) else { return false };
    let help = metric.values.help.to_ascii_lowercase();
    let said =
        ["time at which", "unix time", "timestamp", "since 1970", "since unix epoch", "since epoch"].iter().any(|word| help.contains(word));
    said && metric.values.shown.is_some_and(|shown| shown.high > LONG_AGO)
}

/// What is divided by the seconds of a day or an hour, and by how many.
fn divided(expr: &Expr) -> (&Expr, f64) {
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Div => match constant(&binary.right) {
            Some(by) if by >= 60.0 => (without_parens(&binary.left), by),
            _ => (expr, 1.0),
        },
        _ => (expr, 1.0),
    }
}

/// A number of a product that has a digit too few or too many to be the seconds of an hour or a day, and what is meant.
fn slip(expr: &Expr) -> Option<(f64, f64)> {
    match &without_parens(expr).kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Mul => slip(&binary.left).or_else(|| slip(&binary.right)),
        ExprKind::Number(number) => {
            let slips = [(8640.0, 86_400.0), (864_000.0, 86_400.0), (84_600.0, 86_400.0), (360.0, 3600.0), (36_000.0, 3600.0)];
            slips.into_iter().find(|(slip, _)| (number.value - slip).abs() < f64::EPSILON)
        }
        _ => None,
    }
}

/// Every number that an expression is reckoned from.
fn factors(expr: &Expr) -> Vec<f64> {
    let mut factors = Vec::new();
    visit(expr, &mut |node| {
        if let ExprKind::Number(number) = &node.kind {
            factors.push(number.value);
        }
    });
    factors
}

/// Whether a product makes milliseconds of hours or minutes: `6 * 60 * 60 * 1000`.
fn in_millis(expr: &Expr) -> bool {
    let factors = factors(expr);
    let has = |wanted: f64| factors.iter().any(|factor| (*factor - wanted).abs() < f64::EPSILON);
    factors.len() > 1 && has(1000.0) && (has(60.0) || has(3600.0) || has(86_400.0))
}

/// Whether a product is of days, hours and minutes, and of nothing that makes seconds of them: `14 * 24 * 60`.
fn in_minutes(expr: &Expr) -> bool {
    let factors = factors(expr);
    let count = |wanted: f64| factors.iter().filter(|factor| (**factor - wanted).abs() < f64::EPSILON).count();
    count(24.0) == 1 && count(60.0) == 1 && factors.iter().all(|factor| *factor < 1000.0)
}

/// Whether an expression is the time between a moment and now.
fn is_length(expr: &Expr) -> bool {
    let ExprKind::Binary(binary) = &expr.kind else { return false };
    let (left, right) = (plain(&binary.left), plain(&binary.right));
    let is_some_moment = |expr: &Expr| ends(expr) || is_past(expr) || is_moment(expr);
    binary.op == BinaryOp::Sub && (is_some_moment(left) && is_time(right) || is_time(left) && is_some_moment(right))
}

fn judge(side: &Expr, op: BinaryOp, number: f64, context: &Context<'_>) -> Option<(&'static str, &'static str)> {
    let less = matches!(op, BinaryOp::Less | BinaryOp::LessEqual);
    match &side.kind {
        ExprKind::Selector(_) if (is_moment(side) || is_told_moment(side, context)) && number > 0.0 && number < TEN_YEARS => {
            Some(("this compares a moment with a length of time", "subtract `time()` first, as in `… - time() < 14 * 86400`"))
        }
        ExprKind::Binary(binary) if binary.op == BinaryOp::Sub => {
            let (left, right) = (plain(&binary.left), plain(&binary.right));
            if ends(left) && is_time(right) {
                match less {
                    true if number > 0.0 && number < HOUR => {
                        Some(("this is less than an hour before the end", "the difference is in seconds: write days as `14 * 86400`"))
                    }
                    true if number > TEN_YEARS => {
                        Some(("this is years before the end", "the difference is in seconds, not in milliseconds"))
                    }
                    false if number > 0.0 && op != BinaryOp::Equal && op != BinaryOp::NotEqual => {
                        Some(("this holds as long as the end is far", "use `<` to be told before the end"))
                    }
                    _ => None,
                }
            } else if is_time(left) && ends(right) && less && number > 0.0 {
                Some(("this is negative until the end has come, so it holds long before", "write the end first: `… - time()`"))
            } else if is_time(left) && ends(right) && number > 0.0 && matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual) {
                Some(("this is negative until the end has come, so it holds only long after", "write the end first: `… - time() < …`"))
            } else if is_time(left) && is_sample_time(right) && !less && number >= LOOKBACK as f64 / 1000.0 {
                Some((
                    "a sample of more than five minutes ago is not returned, so this never holds",
                    "ask whether the series is there: `absent(…)`",
                ))
            } else if is_past(left) && is_time(right) && !less && number > 0.0 {
                Some(("this is negative, for the moment has passed, so it never holds", "write `time()` first, as in `time() - …`"))
            } else if is_time(left) && is_past(right) && less && number <= 0.0 {
                Some(("this is positive, for the moment has passed, so it never holds", "compare with the seconds that may go by"))
            } else if is_time(left) && name(right).is_some_and(|name| name.contains("last_success")) && less && number > 0.0 {
                Some(("this holds as long as it has just worked", "use `>` to be told when it has not worked for so long"))
            } else if is_time(left) && is_past(right) && !less && number > 0.0 && is_within_scrape(right, number, context) {
                Some((
                    "this is less than from one scrape to the next, so it holds however fresh the sample is",
                    "the difference is in seconds: write hours as `26 * 3600`",
                ))
            } else if is_time(left) && is_past(right) && !less && number > YEAR {
                Some(("this is more than a year after the moment", "the difference is in seconds, not in milliseconds"))
            } else {
                None
            }
        }
        _ => None,
    }
}
