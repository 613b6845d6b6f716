//! Sums and means of what numbers stand for.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::Series;
use crate::lint::world::declared::MetricType;
use crate::lint::world::values::listed;
use crate::promql::ast::{AggregateOp, ExprKind, Selector};
use crate::promql::walk::without_parens;

rule! {
    /// A gauge says by a number in which of several states something is, as its help lists them: 0 idle, 1 running, 2 failed. These
    /// numbers are names. Their mean, their sum and how fast they grow are nothing: one that failed beside one that idles is no two that run.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["a:9464", "b:9464"] }] }]
    /// # file: shop.job.prom
    /// # HELP shop_update_state State of the update: 0 idle, 1 running, 2 failed
    /// # TYPE shop_update_state gauge
    /// shop_update_state 0
    /// # file: alerts.yml
    /// groups: [{ name: shop, rules: [{ alert: Bad, expr: 'avg(shop_update_state{job="shop"}) > 1.5', for: 5m, labels: { severity: warning } }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["a:9464", "b:9464"] }] }]
    /// # file: shop.job.prom
    /// # HELP shop_update_state State of the update: 0 idle, 1 running, 2 failed
    /// # TYPE shop_update_state gauge
    /// shop_update_state 0
    /// # file: alerts.yml
    /// groups: [{ name: shop, rules: [{ alert: Bad, expr: 'count(shop_update_state{job="shop"} == 2) > 1', for: 5m, labels: { severity: warning } }] }]
    /// ```
    StateArithmetic, "state-arithmetic", Warning
}

/// Functions that reckon with the samples of a window.
const RECKONING: &[&str] =
    &["avg_over_time", "sum_over_time", "stddev_over_time", "rate", "irate", "increase", "deriv", "predict_linear", "delta"];

impl Rule for StateArithmetic {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.world.catalogues.is_empty() {
            return;
        }
        let mut say = |done: &str, selector: &Selector, range| {
            if let Some((name, states)) = states(selector, context) {
                let message = format!("`{name}` is one of {states} states by its number, and `{done}` of such numbers is nothing");
                found.push(
                    META.finding(query.span(range), message).path(query.path()).help("count those that are in a state: `count(… == 2)`"),
                );
            }
        };
        for (node, aggregate) in query.aggregates() {
            let reckons = matches!(aggregate.op, AggregateOp::Sum | AggregateOp::Avg | AggregateOp::Stddev | AggregateOp::Stdvar);
            let ExprKind::Selector(selector) = &without_parens(&aggregate.expr).kind else { continue };
            // The sum of one is that one, without its labels.
            let keeps = aggregate.grouping.as_ref().is_some_and(|grouping| grouping.keeps("instance"));
            if reckons && !(keeps && aggregate.op == AggregateOp::Sum) {
                say(aggregate.op.name(), selector, &node.range);
            }
        }
        for (node, function, arguments) in query.calls().filter(|(_, function, _)| RECKONING.contains(function)) {
            if let Some(ExprKind::Range { selector, .. }) = arguments.first().map(|of| &without_parens(of).kind) {
                say(function, selector, &node.range);
            }
        }
    }
}

/// The gauge that a selector reads, and in how many states it can be, where its help lists three or more.
fn states<'s>(selector: &'s Selector, context: &Context<'_>) -> Option<(&'s str, usize)> {
    let (_, metric, Series::Base) = context.world.metric_of(selector)? else { return None };
    let states = listed(&metric.values.help.to_ascii_lowercase()).len();
    (metric.kind == MetricType::Gauge && states > 2).then_some((selector.metric_name()?, states))
}
