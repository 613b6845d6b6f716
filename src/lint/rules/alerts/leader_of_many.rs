//! Flags that one of several instances has, asked of each.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::instances;
use crate::lint::query::comparison::Comparison;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::{AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// Of several instances one is the leader, and says so by a flag; the others have 0. An alert that asks each of them whether the flag
    /// is 0 fires for all others as long as all is well. Whether nobody leads is what their sum says.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["a:9464", "b:9464"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: shop
    ///     rules:
    ///       - alert: NoLeader
    ///         expr: shop_scheduler_leader{job="shop"} == 0
    ///         for: 5m
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["a:9464", "b:9464"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: shop
    ///     rules:
    ///       - alert: NoLeader
    ///         expr: sum(shop_scheduler_leader{job="shop"}) == 0
    ///         for: 5m
    ///         labels: { severity: critical }
    /// ```
    LeaderOfMany, "leader-of-many", Warning
}

impl Rule for LeaderOfMany {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, _)) = view.alert() else { return };
        let [Comparison { node, side, op, number, .. }] = query.comparisons.as_slice() else { return };
        if let ExprKind::Aggregate(sum) = &without_parens(side).kind
            && let ExprKind::Selector(selector) = &without_parens(&sum.expr).kind
            && let Some(metric) = selector.metric_name().filter(|name| sum.op == AggregateOp::Sum && is_flag_of_one(name))
            && (*op == BinaryOp::Greater && *number >= 2.0 || *op == BinaryOp::GreaterEqual && *number > 2.0)
        {
            let message = format!("one leads, so two of `{metric}` are one too many, and this does not hold of them");
            found.push(META.finding(query.span(&side.range), message).path(query.path()).help("write `> 1`"));
            return;
        }
        // A sum for each instance is the flag of that one.
        let each = match &without_parens(side).kind {
            ExprKind::Aggregate(of) if of.grouping.as_ref().is_some_and(|by| by.keeps("instance")) => &of.expr,
            _ => *side,
        };
        let ExprKind::Selector(selector) = &without_parens(each).kind else { return };
        let Some(metric) = selector.metric_name().filter(|name| is_flag_of_one(name)) else { return };
        let asks_for_none = match op {
            BinaryOp::Equal => number.abs() < f64::EPSILON,
            BinaryOp::NotEqual | BinaryOp::Less => (number - 1.0).abs() < f64::EPSILON,
            _ => false,
        };
        // What else is asked may leave the others out.
        let is_all = query.expr.as_ref().is_some_and(|expr| std::ptr::eq(without_parens(expr), *node));
        let count = if asks_for_none && is_all { instances(each, context.world).map_or(0, |all| all.len()) } else { 0 };
        if count > 1 {
            let message = format!("one of {count} instances leads, so `{metric}` is 0 of the others, and this fires while all is well");
            let finding = META.finding(query.span(&side.range), message).path(query.path());
            found.push(finding.help(format!("ask for their sum: `sum({metric}…) == 0`")));
        }
    }
}

/// Whether a metric says of one of many that it is the one that leads; `has_leader` is true of all.
fn is_flag_of_one(name: &str) -> bool {
    let of_all = ["has_leader", "have_leader", "without_leader", "no_leader"];
    ["_leader", "_is_master", "_is_primary", "_is_active"].iter().any(|end| name.ends_with(end))
        && !of_all.iter().any(|end| name.ends_with(end))
}
