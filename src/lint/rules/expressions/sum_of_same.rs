//! Sums of what every instance reports alike.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::instances;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{Aggregate, AggregateOp, Expr, ExprKind, Selector};
use crate::promql::walk::{only_selector, without_parens};

rule! {
    /// The page says of a metric that each instance reports the whole, "the same at every instance", and the expression takes their sum:
    /// with three instances that is three times as much as there is.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["a:9464", "b:9464"] }] }]
    /// # file: shop.job.prom
    /// # HELP shop_orders_open Orders that are open (the same at every instance)
    /// # TYPE shop_orders_open gauge
    /// shop_orders_open 20
    /// # file: alerts.yml
    /// groups: [{ name: shop, rules: [{ record: 'shop:orders_open:sum', expr: 'sum(shop_orders_open{job="shop"})' }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: shop, static_configs: [{ targets: ["a:9464", "b:9464"] }] }]
    /// # file: shop.job.prom
    /// # HELP shop_orders_open Orders that are open (the same at every instance)
    /// # TYPE shop_orders_open gauge
    /// shop_orders_open 20
    /// # file: alerts.yml
    /// groups: [{ name: shop, rules: [{ record: 'shop:orders_open:max', expr: 'max(shop_orders_open{job="shop"})' }] }]
    /// ```
    SumOfSame, "sum-of-same", Warning
}

/// How a page says that every instance has the same.
const SAME: &[&str] = &[
    "same at each",
    "same at every",
    "same for every instance",
    "same from every instance",
    "same in every instance",
    "same on all instances",
    "same on each",
    "same on every",
    "every instance reports the",
    "each instance reports the",
    "reported by every instance",
];

impl Rule for SumOfSame {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, aggregate) in query.aggregates().filter(|(_, aggregate)| aggregate.op == AggregateOp::Sum && !keeps_instances(aggregate))
        {
            let ExprKind::Selector(selector) = &without_parens(&aggregate.expr).kind else { continue };
            let Some((_, metric, _)) = context.world.metric_of(selector) else { continue };
            let help = metric.values.help.to_lowercase();
            if !SAME.iter().any(|words| help.contains(words)) {
                continue;
            }
            let count = instances(&aggregate.expr, context.world).map_or(0, |all| all.len());
            if count > 1 && !is_of_share(query, node, selector) {
                let message = format!("each of {count} instances reports the same `{}`, and this is their sum", metric.name.value);
                found.push(META.finding(query.span(&node.range), message).path(query.path()).help("take the `max`"));
            }
        }
    }
}

/// Whether an aggregation leaves one result for each instance.
/// Whether it is divided by, or divides, another sum of the same metric: each is as many times too large as the other.
fn is_of_share(query: &Expression<'_, '_>, sum: &Expr, selector: &Selector) -> bool {
    let of_same = |side: &Expr| match &without_parens(side).kind {
        ExprKind::Aggregate(other) => {
            let metric = only_selector(&other.expr).and_then(Selector::metric_name);
            other.op == AggregateOp::Sum
                && metric == selector.metric_name()
                && matches!(&without_parens(&other.expr).kind, ExprKind::Selector(_))
        }
        _ => false,
    };
    query.divisions().any(|(_, binary)| {
        let sides = [without_parens(&binary.left), without_parens(&binary.right)];
        sides.iter().any(|side| std::ptr::eq(*side, sum)) && sides.iter().all(|side| of_same(side))
    })
}

fn keeps_instances(aggregate: &Aggregate) -> bool {
    aggregate.grouping.as_ref().is_some_and(|grouping| grouping.without != grouping.labels.iter().any(|label| label.text == "instance"))
}
