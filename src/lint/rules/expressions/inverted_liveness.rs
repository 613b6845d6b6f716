//! Alerts that fire while all is well.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::named::well;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::{alternatives, without_parens};

rule! {
    /// An alert asks `up`, `probe_success` or another such gauge for 1, which is how it stands while all is well.
    ///
    /// Or it asks for 0 what is 1 after an error, as its name or a page says.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ServiceDown
    ///         expr: 'up{job="myapp"} == 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: ServiceDown
    ///         expr: 'up{job="myapp"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    InvertedLiveness, "inverted-liveness", Warning
}

impl Rule for InvertedLiveness {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let (Some(expr), Some(rule)) = (&query.expr, query.alerting_rule()) else { return };
        let calm = rule.label("severity").and_then(crate::source::Node::as_str).is_some_and(|s| matches!(s, "none" | "info"));
        let conditions = alternatives(expr);
        for &Comparison { node, side, op, number, place } in &query.comparisons {
            let (ExprKind::Selector(selector) | ExprKind::Range { selector, .. }) = &one_of_them(side).kind else { continue };
            let lives = tells_of_life(selector);
            let asks_for_one = match op {
                // More than one never holds.
                BinaryOp::Equal => (number - 1.0).abs() < f64::EPSILON,
                BinaryOp::NotEqual | BinaryOp::Greater => number.abs() < 1.0,
                BinaryOp::GreaterEqual => number > 0.0 && number <= 1.0,
                _ => false,
            };
            let asks_for_none = op == BinaryOp::Equal && number.abs() < f64::EPSILON || op == BinaryOp::Less && number <= 1.0;
            if asks_for_none
                && !calm
                && tells_of_trouble(selector, context)
                && conditions.iter().any(|condition| std::ptr::eq(*condition, node))
            {
                found.push(
                    META.finding(query.span(&place.range), format!("`{}` fires while all is well", query.name()))
                        .help("compare with 1: `== 1`"),
                );
            }
            if lives && asks_for_one && !calm && conditions.iter().any(|condition| std::ptr::eq(*condition, node)) {
                found.push(
                    META.finding(query.span(&place.range), format!("`{}` fires while all is well", query.name()))
                        .help("compare with 0: `== 0`"),
                );
            }
        }
        for condition in conditions {
            found.extend(absent_while_well(condition, query).filter(|_| !calm));
        }
    }
}

/// Whether a series is 1 while something is up, and 0 while it is down.
fn tells_of_life(selector: &Selector) -> bool {
    selector.metric_name().is_some_and(|name| {
        name == "probe_success"
            || name == "up"
            || well(name) == Some(true)
            || ["_up", "_last_reload_successful", "_healthy"].iter().any(|ending| name.ends_with(ending))
    })
}

/// Whether a series is 1 after an error, and 0 where all is well.
fn tells_of_trouble(selector: &Selector, context: &Context<'_>) -> bool {
    let Some(name) = selector.metric_name() else { return false };
    let help = context.world.metric_of(selector).map(|(_, metric, _)| metric.values.help.to_ascii_lowercase()).unwrap_or_default();
    well(name) == Some(false)
        || name.ends_with("_scrape_error")
        || help.contains("1 for error")
        || help.contains("1 for failure")
        || help.contains("1 if an error")
}

/// `absent(up == 0)` holds while nothing is down.
fn absent_while_well(condition: &Expr, query: &Expression<'_, '_>) -> Option<Diagnostic> {
    let ExprKind::Call { function, arguments } = &without_parens(condition).kind else { return None };
    let ExprKind::Binary(binary) = &without_parens(arguments.first().filter(|_| function.text == "absent")?).kind else { return None };
    let ExprKind::Selector(selector) = &without_parens(&binary.left).kind else { return None };
    let down = binary.op == BinaryOp::Equal && constant(&binary.right).is_some_and(|number| number.abs() < f64::EPSILON);
    let message = format!("`{}` fires while nothing is down", query.name());
    (tells_of_life(selector) && down)
        .then(|| META.finding(query.span(&condition.range), message).help("leave `absent(…)` away, or compare with 1 in it"))
}

/// What an aggregation that picks a value picks it from.
fn one_of_them(side: &Expr) -> &Expr {
    match &without_parens(side).kind {
        ExprKind::Aggregate(aggregate) if matches!(aggregate.op, AggregateOp::Min | AggregateOp::Max | AggregateOp::Avg) => {
            one_of_them(&aggregate.expr)
        }
        ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "avg_over_time" | "min_over_time") => {
            arguments.first().map_or(side, |over| one_of_them(over))
        }
        _ => without_parens(side),
    }
}
