//! Shares from 0 to 1 that are reckoned with as percentages.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::value::interval;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::unit::{Quantity, quantity};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::number::plain;
use crate::promql::Expr;
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, ExprKind, MatchOp};
use crate::promql::walk::{selectors, without_parens};

rule! {
    /// A share from 0 to 1 is taken from 100: what is left lies between 99 and 100, whatever the share. Or a percentage is taken from 1,
    /// or compared with a number below 1 as if it were a share.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: Busy
    ///         expr: '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) > 90'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.instance }} is busy" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: Busy
    ///         expr: '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) * 100 > 90'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.instance }} is busy" }
    /// ```
    PercentOfShare, "percent-of-share", Warning
}

impl Rule for PercentOfShare {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, binary) in query.binaries() {
            if binary.op.is_comparison() && !query.is_built_of_variables(node) {
                found.extend(of_hundred(query, binary, context));
                continue;
            }
            let (BinaryOp::Sub, Some(whole)) = (binary.op, constant(&binary.left)) else { continue };
            if query.is_built_of_variables(node) {
                continue;
            }
            let is = |number: f64| (whole - number).abs() < f64::EPSILON;
            if is(1.0) && sums_processors(&binary.right) {
                let message = "this sums up all processors, and of two that are idle 1 less 2 is below zero";
                found
                    .push(META.finding(query.span(&node.range), message).path(query.path()).help("write `avg`, or divide by their number"));
                continue;
            }
            let measured = if is_cpu_time(&binary.right) { Some(Quantity::Share) } else { quantity(&binary.right, query) };
            let (message, help) = match measured {
                Some(Quantity::Share) if is(100.0) => {
                    ("a share from 0 to 1 is taken from 100", "take it from 1, or multiply it by 100 first")
                }
                Some(Quantity::Percent) if is(1.0) => ("a percentage is taken from 1", "take it from 100"),
                _ => continue,
            };
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
        }
    }
}

/// A percentage compared with a number below one. Of failures less than one in a hundred may well be too many: then the text of the
/// alert has to say another number. Of what is full or up it is not.
fn of_hundred(query: &Expression<'_, '_>, binary: &Binary, context: &Context<'_>) -> Option<Diagnostic> {
    let number = constant(&binary.right).filter(|number| *number > 0.0 && *number < 1.0)?;
    let rule = query.alerting_rule()?;
    let is_hundred = |bound: f64| (bound - 100.0).abs() < 1e-9;
    if quantity(&binary.left, query) != Some(Quantity::Percent) && !is_hundred(interval(&binary.left, context.world).high) {
        return None;
    }
    let percent = format!("{}%", plain(number * 100.0));
    let mut texts = rule.annotations().filter_map(|(_, _, text)| text.as_str());
    let says = texts.any(|text| {
        text.match_indices(&percent).any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',')))
    });
    let counts = selectors(&binary.left).iter().any(|found| {
        found.selector.metric_name().is_some_and(|name| ["_total", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix)))
    });
    // A manifest has an alert on just this share.
    let alerts = context.world.catalogues.iter().flat_map(|catalogue| &catalogue.alerts).filter_map(|alert| alert.above.as_ref());
    let has = |all: &[f64], wanted: f64| all.iter().any(|one| (one - wanted).abs() < 1e-9);
    let declared = alerts.into_iter().any(|above| has(&above.value, number) && has(&above.value, number * 100.0));
    // So little of what succeeds, or so much of what is full.
    let most = matches!(binary.op, BinaryOp::Less | BinaryOp::LessEqual) && number >= 0.5;
    if !says && !most && !declared && counts {
        return None;
    }
    let message = format!("this is a percentage, from 0 to 100, and `{number}` is less than one of them");
    Some(
        META.finding(query.span(&binary.right.range), message).path(query.path()).help(format!("compare with `{}`", plain(number * 100.0))),
    )
}

/// Whether the time of several processors in one mode is summed up.
fn sums_processors(expr: &Expr) -> bool {
    let ExprKind::Aggregate(sum) = &without_parens(expr).kind else { return false };
    let found = selectors(&sum.expr);
    let one_mode =
        matches!(found.as_slice(), [only] if only.selector.matchers.iter().any(|m| m.label.text == "mode" && m.op == MatchOp::Equal));
    let keeps = sum.grouping.as_ref().is_some_and(|by| by.keeps("cpu"));
    sum.op == AggregateOp::Sum && one_mode && !keeps && is_cpu_time(&sum.expr)
}

/// Whether this is the share of its time that a processor spends in a mode: seconds a second, not summed over processors.
fn is_cpu_time(expr: &Expr) -> bool {
    let expr = without_parens(expr);
    match &expr.kind {
        ExprKind::Aggregate(of) => of.op != AggregateOp::Sum && of.op != AggregateOp::Count && is_cpu_time(&of.expr),
        ExprKind::Call { function, .. } => {
            let cpu = |name: &str| name == "node_cpu_seconds_total";
            matches!(function.text.as_str(), "rate" | "irate")
                && selectors(expr).iter().any(|found| found.selector.metric_name().is_some_and(cpu))
        }
        _ => false,
    }
}
