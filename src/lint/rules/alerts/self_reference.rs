//! Rules that wait for themselves.

use std::ops::Range;

use foldhash::HashSet;

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::World;
use crate::promql::ast::{BinaryOp, Expr, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk;

rule! {
    /// A recording rule needs the series that it records, itself or by way of other rules, and nothing else brings it: there is never
    /// a first value. Or an alert needs to be active itself before it can become so.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (job:requests:rate5m)
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: sum by (job) (rate(requests_total[5m]))
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests:rate5m
    ///         expr: job:requests:ratio * 5
    ///       - record: job:requests:ratio
    ///         expr: job:requests:rate5m / 5
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: queue_depth > 5 and on (queue) ALERTS{alertname="Busy"}
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: queue_depth > 10 or queue_depth > 5 and on (queue) ALERTS{alertname="Busy"}
    /// ```
    SelfReference, "self-reference", Error
}

impl Rule for SelfReference {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let (Some(rule), Some(expr)) = (query.alerting_rule(), &query.expr) else { return };
        if let Some(place) = itself(expr, rule.name()).filter(|_| !begins(expr, &|selector| !is_alert(selector, rule.name()))) {
            let message = format!("`{}` has to be active before it can become so, and never is", rule.name());
            found.push(META.finding(query.span(&place), message).path(query.path()).help("join the two by `or`, or take this away"));
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(begun) = begun(context.world) else { return };
        for query in context.queries {
            let (Some(rule), Some(expr)) = (query.rule().filter(|rule| !rule.is_alert()), &query.expr) else { continue };
            let name = rule.name();
            if let Some(place) = frozen(expr, name) {
                let message = format!("once `{name}` has a value, the left side of `or` has it ever after, and the right side is not read");
                let finding = META.finding_at(Level::Warning, query.span(place), message).path(query.path());
                found.push(finding.help("leave it out, or look back with `max_over_time`"));
            }
            if begun.contains(name) {
                continue;
            }
            let missing =
                |selector: &Selector| selector.metric_name().is_some_and(|read| !begun.contains(read) && is_recorded(read, context.world));
            let selectors = walk::selectors(expr);
            let Some(first) = selectors.iter().find(|found| missing(found.selector)) else { continue };
            let read = first.selector.metric_name().unwrap_or_default();
            let message = if read == name {
                format!("`{name}` is recorded from itself alone, so there is never a value")
            } else {
                format!("`{name}` needs `{read}`, which waits for `{name}`: there is never a value of either")
            };
            found.push(META.finding(query.span(first.place), message).path(query.path()).help("read the series that it sums up"));
        }
    }
}

/// What a recorded series is made of, where that is itself before all else, as it is.
fn frozen<'e>(expr: &'e Expr, name: &str) -> Option<&'e Range<usize>> {
    let ExprKind::Binary(either) = &walk::without_aggregates(expr).kind else { return None };
    let ExprKind::Selector(first) = &walk::without_aggregates(&either.left).kind else { return None };
    let is_itself = first.metric_name() == Some(name) && first.offset.is_none() && first.at.is_none();
    (either.op == BinaryOp::Or && is_itself).then_some(&either.left.range)
}

/// So many recording rules, each of which builds on another, are followed.
const DEPTH: usize = 32;

/// The recorded series that come to have a value; `None` where it takes too many steps to tell.
fn begun<'a>(world: &World<'a>) -> Option<HashSet<&'a str>> {
    let mut begun = HashSet::default();
    // What builds on others waits for them; each round finds those that wait no longer.
    for _ in 0..DEPTH {
        let ready = |selector: &Selector| selector.metric_name().is_none_or(|name| begun.contains(name) || !is_recorded(name, world));
        let starts = |name: &&str| {
            let rules = world.recorded(name);
            !begun.contains(name) && rules.iter().any(|rule| rule.query.expr.as_ref().is_none_or(|expr| begins(expr, &ready)))
        };
        let more: Vec<&str> = world.recorded_names().filter(starts).collect();
        if more.is_empty() {
            return Some(begun);
        }
        begun.extend(more);
    }
    None
}

/// Whether nothing but rules brings a series.
fn is_recorded(name: &str, world: &World<'_>) -> bool {
    !world.recorded(name).is_empty() && world.metric(name).is_none()
}

/// Whether an expression can have a value while only some series have one. What looks back finds no older samples either: they needed
/// older ones.
fn begins(expr: &Expr, ready: &dyn Fn(&Selector) -> bool) -> bool {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => ready(selector),
        ExprKind::Subquery { expr, .. } | ExprKind::Paren(expr) | ExprKind::Unary { expr, .. } => begins(expr, ready),
        ExprKind::Aggregate(aggregate) => begins(&aggregate.expr, ready),
        ExprKind::Call { function, arguments } => {
            matches!(function.text.as_str(), "absent" | "absent_over_time" | "vector" | "scalar")
                || arguments.iter().all(|argument| begins(argument, ready))
        }
        ExprKind::Binary(binary) => {
            let (left, right) = (|| begins(&binary.left, ready), || begins(&binary.right, ready));
            let fills = binary.matching.as_ref().is_some_and(|m| m.fill_left.is_some() || m.fill_right.is_some());
            match binary.op {
                BinaryOp::Or => left() || right(),
                BinaryOp::Unless => left(),
                _ if fills => left() || right(),
                _ => left() && right(),
            }
        }
    }
}

/// Where an expression asks for an alert by its name.
fn itself(expr: &Expr, name: &str) -> Option<Range<usize>> {
    walk::selectors(expr).into_iter().find(|found| is_alert(found.selector, name)).map(|found| found.place.clone())
}

fn is_alert(selector: &Selector, name: &str) -> bool {
    let asks = |matcher: &Matcher| matcher.label.text == "alertname" && matcher.op == MatchOp::Equal && matcher.value == name;
    selector.metric_name().is_some_and(|name| name.starts_with("ALERTS")) && selector.matchers.iter().any(asks)
}
