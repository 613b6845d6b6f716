//! Series that are counted where their values say how many there are.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::growth::growth;
use crate::lint::query::named::{ends_with_things, is_information};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::{Aggregate, AggregateOp, BinaryOp, ExprKind};
use crate::promql::walk::without_parens;

rule! {
    /// An alert takes the `count` of a gauge that says itself how many there are, as `pool_connections`: that is how many series there
    /// are, and stays the same however many connections are open. It is their `sum` that is meant.
    ///
    /// So is the `sum` of what is filtered, where each of them is above what is asked of all. And `count_values` says how many series have each value, and not how many values there are: that takes
    /// `count(count_values(…))`; of what informs by its labels, as `app_info`, there is one value.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: PoolFull
    ///         expr: 'count by (job) (pool_connections{job="web"}) > 90'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.job }} has more than 90 connections open" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: PoolFull
    ///         expr: 'sum by (job) (pool_connections{job="web"}) > 90'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $labels.job }} has more than 90 connections open" }
    /// ```
    CountsSeries, "counts-series", Warning
}

/// The label by which a sum of everything adds up counts: it says no more than the count of everything.
fn counted_by(sum: &Aggregate) -> Option<&str> {
    let ExprKind::Aggregate(count) = &without_parens(&sum.expr).kind else { return None };
    let is_whole = sum.op == AggregateOp::Sum && sum.grouping.as_ref().is_none_or(|by| !by.without && by.labels.is_empty());
    let by = count.grouping.as_ref().filter(|by| is_whole && count.op == AggregateOp::Count && !by.without)?;
    let ExprKind::Selector(_) = &without_parens(&count.expr).kind else { return None };
    if let [label] = by.labels.as_slice() { Some(label.text.as_str()) } else { None }
}

/// The limit that a filter asks of every one of those which are added up, where the sum of one is more than is asked of all.
fn filtered_above(sum: &Aggregate, op: BinaryOp, number: f64) -> Option<f64> {
    let filter = Comparison::of(without_parens(&sum.expr)).filter(|_| sum.op == AggregateOp::Sum)?;
    let above = |op| matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
    let bool_given = matches!(&without_parens(&sum.expr).kind, ExprKind::Binary(compared) if compared.return_bool);
    (above(op) && above(filter.op) && !bool_given && number > 0.0 && filter.number > number).then_some(filter.number)
}

impl Rule for CountsSeries {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, _)) = view.alert() else { return };
        for (node, values) in query.aggregates().filter(|(_, of)| of.op == AggregateOp::CountValues) {
            if let ExprKind::Selector(selector) = &without_parens(&values.expr).kind
                && let Some(name) = selector.metric_name().filter(|name| is_information(name))
            {
                let message = format!("`{name}` is always 1, so this counts one value, whatever its labels say");
                let help = "count the labels: `count(group by (label) (…))`";
                found.push(META.finding(query.span(&node.range), message).path(view.path("expr")).help(help));
            }
        }
        for (node, count) in query.aggregates().filter(|(_, of)| of.op == AggregateOp::Count) {
            let gives_all = matches!(&without_parens(&count.expr).kind, ExprKind::Binary(compared) if compared.return_bool);
            if gives_all {
                let message = "`bool` gives every series a value, 0 or 1, so this counts all of them";
                let finding = META.finding(query.span(&node.range), message).path(view.path("expr"));
                found.push(finding.help("leave `bool` out, or take the `sum`"));
            }
        }
        for &Comparison { side, op, number, .. } in &query.comparisons {
            let ExprKind::Aggregate(count) = &without_parens(side).kind else { continue };
            if let Some(label) = counted_by(count) {
                let message = format!("the sum of how many there are by `{label}` is how many there are, whatever their `{label}`");
                let help = format!("count the values of the label: `count(count by ({label}) (…))`");
                found.push(META.finding(query.span(&side.range), message).path(view.path("expr")).help(help));
                continue;
            }
            if let Some(function) = growth(&count.expr).filter(|_| count.op == AggregateOp::Count) {
                let message = format!("this counts the series, and not what `{function}` says of each");
                found.push(META.finding(query.span(&side.range), message).path(view.path("expr")).help("take the `sum`"));
                continue;
            }
            if let Some(limit) = filtered_above(count, op, number) {
                let message = format!("each of these is above {limit}, so their sum is above {number} as soon as there is one");
                let finding = META.finding(query.span(&side.range), message).path(view.path("expr"));
                found.push(finding.help("take the `count`"));
                continue;
            }
            let ExprKind::Selector(selector) = &without_parens(&count.expr).kind else { continue };
            let Some(name) = selector.metric_name().filter(|name| !name.is_empty() && !name.contains(':')) else { continue };
            let is_more = matches!(op, BinaryOp::Greater | BinaryOp::GreaterEqual);
            let is_number = || ends_with_things(name);
            let (message, help) = match count.op {
                // What is narrowed further may be counted for what it is.
                AggregateOp::Count if is_number() && selector.matchers.len() < 3 => {
                    (format!("this counts the series of `{name}`, and each says itself how many there are"), "take the `sum`")
                }
                AggregateOp::CountValues if is_more && number >= 1.0 => (
                    "`count_values` says how many series have each value, and not how many values there are".to_owned(),
                    "count the values: `count(count_values(…)) > 1`",
                ),
                _ => continue,
            };
            found.push(META.finding(query.span(&side.range), message).path(view.path("expr")).help(help));
        }
    }
}
