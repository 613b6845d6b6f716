//! Measured numbers that are compared for being equal.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk;

rule! {
    /// An alert asks whether a measured fraction equals a number: a rate, a ratio or a quantile hits a given value next to never. With `!=` the
    /// same condition holds nearly always.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) == 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(requests_total[5m])) == 0'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    EqualityOfFraction, "equality-of-fraction", Warning
}

impl Rule for EqualityOfFraction {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if query.alerting_rule().is_none() {
            return;
        }
        for &Comparison { side, op, number, place, .. } in &query.comparisons {
            let forecast = matches!(&walk::without_parens(side).kind, ExprKind::Call { function, .. } if function.text == "predict_linear");
            let is_one = op == BinaryOp::Equal && (number - 1.0).abs() < f64::EPSILON;
            if let Some(rule) = is_one.then(|| kept(side, context)).flatten() {
                let message = "what is recorded here keeps the value that it compares, which is next to never exactly `1`";
                let finding = META.finding(query.span(&place.range), message).related(rule.node.span, "recorded here");
                found.push(finding.help("write `bool` where it is recorded, or ask whether it is there"));
                continue;
            }
            let measured = forecast
                || is_shown_in_fractions(side, context)
                || number.abs() > 0.0 && (number.fract().abs() > 0.0 || is_measured(side, number));
            if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) && measured {
                let so = if op == BinaryOp::Equal { "" } else { ", so this holds nearly always" };
                let message = format!("a measured value is next to never exactly `{number}`{so}");
                found.push(META.finding(query.span(&place.range), message).help("use `>` or `<`"));
            }
        }
    }
}

/// The one query that fills a recorded series with what it compares, and does not make 0 or 1 of it; of what is so already the value is
/// known.
fn kept<'w>(side: &Expr, context: &Context<'w>) -> Option<&'w Query<'w>> {
    let ExprKind::Selector(selector) = &walk::without_parens(side).kind else { return None };
    let [only] = context.world.recorded(selector.metric_name()?) else { return None };
    let compared = Comparison::of(walk::without_parens(only.query.expr.as_ref()?))?;
    let is_share = compared.number > 0.0 && compared.number < 1.0;
    (is_share && !matches!(compared.op, BinaryOp::Equal | BinaryOp::NotEqual)).then_some(only.query)
}

/// Whether a page shows no whole number of a metric.
fn is_shown_in_fractions(side: &Expr, context: &Context<'_>) -> bool {
    let ExprKind::Selector(selector) = &walk::without_parens(side).kind else { return false };
    let shown = context.world.metric_of(selector).filter(|(page, ..)| page.is_page()).and_then(|(_, metric, _)| metric.values.shown);
    let is_unit =
        selector.metric_name().is_some_and(|name| name.ends_with("_seconds") || name.ends_with("_ratio") || name.ends_with("_celsius"));
    is_unit && shown.is_some_and(|shown| shown.low.fract().abs() > 0.0 && shown.high.fract().abs() > 0.0)
}

/// Whether an expression comes out of a rate or a quantile, rather than counting or rounding something.
fn is_measured(expr: &Expr, number: f64) -> bool {
    // All of what is up or down is up where the mean is 1.
    let is_flag = (number - 1.0).abs() < f64::EPSILON;
    let mut measured = false;
    let mut whole = false;
    walk::visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, .. } => {
            // `increase` reckons up to the ends of its window, and seldom meets a whole number.
            measured |= matches!(function.text.as_str(), "rate" | "irate" | "increase" | "histogram_quantile" | "deriv" | "predict_linear");
            measured |= function.text == "avg_over_time" && !is_flag;
            whole |= matches!(function.text.as_str(), "round" | "floor" | "ceil" | "sgn" | "clamp" | "clamp_max" | "clamp_min");
        }
        ExprKind::Binary(binary) => whole |= binary.op.is_comparison(),
        ExprKind::Aggregate(aggregate) => {
            whole |= matches!(aggregate.op, AggregateOp::Count | AggregateOp::Group);
            measured |= aggregate.op == AggregateOp::Avg && !is_flag;
        }
        _ => {}
    });
    measured && !whole
}
