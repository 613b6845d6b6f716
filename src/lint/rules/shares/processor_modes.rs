//! The time of processors, put together over what tells them apart.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::constant;
use crate::lint::query::expression::Expression;
use crate::lint::query::unit::multiplied;
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{Aggregate, AggregateOp, BinaryOp, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::{only_selector, without_parens};

rule! {
    /// `node_cpu_seconds_total` has a series for each mode of each processor. The mean of their rates over several modes is no
    /// measure of anything: over all of them it is one eighth, whatever the machine does. Their sum over the processors is as many
    /// as there are, so that it is no share; and who counts the series counts every processor eight times.
    ///
    /// What Micrometer calls `system_cpu_usage` is a share of all processors already, and not to be divided by their number.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: Busy
    ///         expr: 'avg by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m])) > 0.9'
    ///         for: 15m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: Busy
    ///         expr: 'sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m])) > 0.9'
    ///         for: 15m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: node
    ///     rules:
    ///       - alert: Busy
    ///         expr: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m])) > 0.9'
    ///         for: 15m
    ///         labels: { severity: warning }
    /// ```
    ProcessorModes, "processor-modes", Warning
}

impl Rule for ProcessorModes {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, aggregate) in query.aggregates() {
            if times(&aggregate.expr).is_none_or(asks_for_one_mode) {
                continue;
            }
            let keeps = |label: &str| aggregate.grouping.as_ref().is_some_and(|by| by.keeps(label));
            let is_rate = !matches!(without_parens(&aggregate.expr).kind, ExprKind::Selector(_));
            let (message, help) = match aggregate.op {
                AggregateOp::Avg if is_rate && !keeps("mode") => (
                    "this is the mean over several modes of each processor, and measures nothing",
                    "write `1 - avg by (instance) (rate(…{mode=\"idle\"}[5m]))`",
                ),
                AggregateOp::Count if !is_rate && !keeps("mode") && !keeps("cpu") => {
                    ("this counts each processor once for every mode", "count those of one mode: `count(…{mode=\"idle\"})`")
                }
                _ => continue,
            };
            found.push(META.finding(query.span(&node.range), message).path(query.path()).help(help));
        }
        for (_, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Sub && constant(&binary.left).is_some()) {
            if let Some(mode) = only_selector(&binary.right).filter(|selector| is_of_processors(selector)).and_then(asked_mode)
                && mode != "idle"
            {
                let message = format!("what processors do not spend as `{mode}` they are idle for the most part");
                let finding = META.finding(query.span(&binary.right.range), message).path(query.path());
                found.push(finding.help("write `mode=\"idle\"`, or leave `1 -` out"));
            }
        }
        for (_, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Sub) {
            let whole = constant(&binary.left).filter(|whole| [1.0, 100.0].iter().any(|one: &f64| (one - whole).abs() < f64::EPSILON));
            if let Some((sum, place)) = whole.and_then(|whole| idle_of_all(&binary.right, whole)) {
                let keeps_cpu = sum.grouping.as_ref().is_some_and(|by| by.keeps("cpu"));
                if !keeps_cpu {
                    let message = "this adds up how idle each processor is, and is below 0 where there are several";
                    found.push(META.finding(query.span(place), message).path(query.path()).help("take the mean: `avg by (instance)`"));
                }
            }
        }
        for (node, binary) in query.binaries().filter(|(_, binary)| binary.op == BinaryOp::Div) {
            let name = |side: &Expr| only_selector(side).and_then(Selector::metric_name).unwrap_or("").to_owned();
            if matches!(name(&binary.left).as_str(), "system_cpu_usage" | "process_cpu_usage") && name(&binary.right) == "system_cpu_count"
            {
                let message = "this usage is that of all processors already, from 0 to 1";
                let finding = META.finding(query.span(&node.range), message).path(query.path());
                found.push(finding.help("leave the number of processors out"));
            }
        }
        for &Comparison { node, side, number, .. } in query.comparisons.iter().filter(|by| by.op.is_comparison()) {
            let ExprKind::Aggregate(sum) = &without_parens(side).kind else { continue };
            if (0.5..=1.0).contains(&number) && adds_up(sum) {
                let message = "this adds up the processors, and is a share only where there is one";
                let finding = META.finding(query.span(&node.range), message).path(query.path());
                found.push(finding.help("write `1 - avg by (instance) (rate(…{mode=\"idle\"}[5m]))`"));
            }
        }
    }
}

/// The sum of how idle processors are, in the unit of a whole, and its place.
fn idle_of_all(expr: &Expr, whole: f64) -> Option<(&Aggregate, &Range<usize>)> {
    let (inner, by) = multiplied(expr);
    let inner = without_parens(inner);
    let ExprKind::Aggregate(sum) = &inner.kind else { return None };
    let is_rate = !matches!(without_parens(&sum.expr).kind, ExprKind::Selector(_));
    let is_idle = times(&sum.expr).and_then(asked_mode) == Some("idle");
    (sum.op == AggregateOp::Sum && is_rate && is_idle && (by - whole).abs() < f64::EPSILON).then_some((sum, &inner.range))
}

/// A sum of rates over the processors and over more than one mode.
fn adds_up(sum: &Aggregate) -> bool {
    let keeps_cpu = sum.grouping.as_ref().is_some_and(|by| by.keeps("cpu"));
    let is_rate = !matches!(without_parens(&sum.expr).kind, ExprKind::Selector(_));
    sum.op == AggregateOp::Sum && !keeps_cpu && is_rate && times(&sum.expr).is_some_and(|selector| !asks_for_one_mode(selector))
}

/// The times of processors that are aggregated, as they stand or as rates.
fn times(expr: &Expr) -> Option<&Selector> {
    let selector = match &without_parens(expr).kind {
        ExprKind::Selector(selector) => selector,
        ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "rate" | "irate") => {
            match &without_parens(arguments.first()?).kind {
                ExprKind::Range { selector, .. } => selector,
                _ => return None,
            }
        }
        _ => return None,
    };
    is_of_processors(selector).then_some(selector)
}

fn is_of_processors(selector: &Selector) -> bool {
    selector.metric_name() == Some("node_cpu_seconds_total")
}

fn asks_for_one_mode(selector: &Selector) -> bool {
    asked_mode(selector).is_some()
}

/// The one mode that is asked for.
fn asked_mode(selector: &Selector) -> Option<&str> {
    let is_one = |value: &str| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let asks = |m: &&Matcher| m.label.text == "mode" && matches!(m.op, MatchOp::Equal | MatchOp::Regex) && is_one(&m.value);
    selector.matchers.iter().find(asks).map(|matcher| matcher.value.as_str())
}
