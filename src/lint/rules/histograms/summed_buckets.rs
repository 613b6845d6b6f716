//! Buckets that are added up.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{constant, pins};
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, Binary, BinaryOp, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::only_selector;

rule! {
    /// Buckets of a classic histogram hold everything up to their bound, each all that the one before it holds. A sum over them
    /// counts an event once for every bucket that it fits. Ask for one bound with `le`, or use `_count`. Two of them added make an Apdex
    /// only when the sum is halved.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(request_seconds_bucket[5m])) > 100'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(request_seconds_bucket{le="0.5"}[5m])) / sum(rate(request_seconds_count[5m])) < 0.99'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'histogram_quantile(0.9, sum by (le) (rate(request_seconds_bucket[5m]))) > 1'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    SummedBuckets, "summed-buckets", Warning
}

impl Rule for SummedBuckets {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for used in &query.selectors {
            let name = used.selector.metric_name().unwrap_or("");
            let asked = used.selector.matchers.iter().filter(|m| m.label.text == "le");
            // Of several bounds each holds what the one before it does.
            let is_one = |m: &Matcher| m.op == MatchOp::Equal || m.op == MatchOp::Regex && !names_several(&m.value);
            let chosen = asked.into_iter().any(is_one) || pins(used.selector, "le");
            if !name.ends_with("_bucket") || chosen || query.is_variable_metric(used.selector) || used.inside("histogram_quantile") {
                continue;
            }
            let sums = used.ancestors.iter().rev().find_map(|ancestor| match &ancestor.kind {
                ExprKind::Aggregate(aggregate) => Some(aggregate),
                _ => None,
            });
            if sums.is_none()
                && query.is_alert()
                && query.comparisons.iter().any(|of| only_selector(of.side).is_some_and(|own| std::ptr::eq(own, used.selector)))
            {
                let message = "buckets are cumulative, so each of them is compared here, and the last one holds all";
                found.push(
                    META.finding(query.span(&used.range), message)
                        .path(query.path())
                        .help("ask for one bound with `le`, or for a quantile"),
                );
                continue;
            }
            let Some(aggregate) = sums.filter(|a| matches!(a.op, AggregateOp::Sum | AggregateOp::Avg)) else { continue };
            let kept = aggregate.grouping.as_ref().is_some_and(|grouping| grouping.keeps("le"));
            if !kept {
                let count = format!("{}_count", name.trim_end_matches("_bucket"));
                found.push(
                    META.finding(query.span(&used.range), "buckets are cumulative, so their sum counts an event many times")
                        .help(format!("use `{count}`, or ask for one bound with `le`")),
                );
            }
        }
        // The half of two buckets is an Apdex.
        let is_halved = |of: &Binary| match of.op {
            BinaryOp::Div => constant(&of.right) == Some(2.0),
            BinaryOp::Mul => [&of.left, &of.right].into_iter().any(|side| matches!(constant(side), Some(0.5 | 2.0))),
            _ => false,
        };
        if query.binaries().any(|(_, of)| is_halved(of)) {
            return;
        }
        for (_, sum) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Add) {
            if let Some((low, high)) = bounds(sum) {
                let message = format!("the bucket of `{high}` holds all that the one of `{low}` does, so this counts it twice");
                let help = "take the greater one alone, or halve the sum for an Apdex";
                found.push(META.finding(query.span(&sum.op_range), message).path(query.path()).help(help));
            }
        }
    }
}

/// Whether a pattern names several bounds, and not one in several ways: `1|1.0`.
fn names_several(pattern: &str) -> bool {
    let bound = |text: &str| text.replace('\\', "").trim_matches(['(', ')', '^', '$']).parse::<f64>().ok();
    let bounds: Option<Vec<f64>> = pattern.split('|').map(bound).collect();
    bounds.is_some_and(|bounds| bounds.iter().any(|bound| (bound - bounds[0]).abs() > f64::EPSILON))
}

/// The bounds of two buckets of one histogram that are added, the lower one first.
fn bounds(sum: &Binary) -> Option<(f64, f64)> {
    let (left, right) = (only_selector(&sum.left)?, only_selector(&sum.right)?);
    let bound = |selector: &Selector| {
        let le = selector.matchers.iter().find(|matcher| matcher.label.text == "le" && matcher.op == MatchOp::Equal)?;
        le.value.parse::<f64>().ok()
    };
    let others =
        |selector: &'_ Selector| selector.matchers.iter().filter(|matcher| matcher.label.text != "le").cloned().collect::<Vec<_>>();
    let is_one = left.metric_name()?.ends_with("_bucket") && left.metric_name() == right.metric_name() && others(left) == others(right);
    let (one, other) = bound(left).zip(bound(right)).filter(|(one, other)| is_one && (one - other).abs() > f64::EPSILON)?;
    Some((one.min(other), one.max(other)))
}
