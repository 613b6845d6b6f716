//! Alerts on the first few of a ranking.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{AggregateOp, ExprKind};
use crate::promql::walk;

rule! {
    /// An alert takes the first few of a ranking. Whenever two series change places, one alert is resolved and another
    /// fires, and with `for` none may ever fire.
    /// Sorting changes nothing: what a rule finds has no order.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slowest
    ///         expr: topk(3, latency_seconds) > 1
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slowest
    ///         expr: max by (route) (latency_seconds) > 1
    ///         labels: { severity: warning }
    /// ```
    UnstableRanking, "unstable-ranking", Warning
}

/// Functions that put series into an order.
const SORTING: &[&str] = &["sort", "sort_desc", "sort_by_label", "sort_by_label_desc"];

impl Rule for UnstableRanking {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let is_of_rule = query.rule().is_some();
        for (node, function, _) in query.calls().filter(|(_, function, _)| is_of_rule && SORTING.contains(function)) {
            let message = format!("`{function}` orders what is shown, and what a rule finds has no order");
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help("leave it out"));
        }
        let Some(expr) = query.expr.as_ref().filter(|_| query.is_alert()) else { return };
        for &node in &query.nodes {
            let ExprKind::Aggregate(aggregate) = &node.kind else { continue };
            let ranks = matches!(aggregate.op, AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk | AggregateOp::LimitRatio);
            if ranks && !is_counted(expr, node) && !makes_unique(expr, node) {
                let message = format!("`{}` changes its members from one evaluation to the next", aggregate.op.name());
                found.push(META.finding(query.span(&node.range), message).help("compare all series with the threshold"));
            }
        }
    }
}

/// Whether the members of a ranking do not matter, because it is aggregated into one.
fn is_counted(expr: &crate::promql::Expr, ranking: &crate::promql::Expr) -> bool {
    let mut counted = false;
    walk::visit(expr, &mut |node| {
        if let ExprKind::Aggregate(aggregate) = &node.kind {
            let inside = aggregate.expr.range.start <= ranking.range.start && ranking.range.end <= aggregate.expr.range.end;
            counted |= inside && aggregate.grouping.as_ref().is_none_or(|grouping| !grouping.without);
        }
    });
    counted
}

/// Whether a ranking leaves one series of each group on the one side of a join, which fails where there are two.
fn makes_unique(expr: &crate::promql::Expr, ranking: &crate::promql::Expr) -> bool {
    let ExprKind::Aggregate(aggregate) = &ranking.kind else { return false };
    let first = aggregate.parameter.as_deref().and_then(constant).is_some_and(|number| (number - 1.0).abs() < f64::EPSILON);
    let mut joined = false;
    walk::visit(expr, &mut |node| {
        if let ExprKind::Binary(binary) = &node.kind
            && let Some(group) = binary.matching.as_ref().and_then(|matching| matching.group.as_ref())
        {
            let one = if group.left { &binary.right } else { &binary.left };
            joined |= std::ptr::eq(walk::without_parens(one), ranking);
        }
    });
    first && aggregate.grouping.is_some() && joined
}
