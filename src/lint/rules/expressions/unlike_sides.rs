//! Ratios whose sides count in different ways.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::values;
use crate::lint::query::expression::Expression;
use crate::lint::query::whole::is_part;
use crate::lint::query::{is_placeholder, pins};
use crate::lint::rule::{Rule, rule};
use crate::promql::Expr;
use crate::promql::ast::{Aggregate, AggregateOp, Binary, ExprKind, MatchOp, Matcher, Selector};
use crate::promql::walk::{only_selector, selectors, without_parens};

rule! {
    /// A division takes the same counter on both sides and treats it differently: a rate beside an increase, a sum beside an
    /// average, a rate beside the bare counter. The result is a number that means nothing.
    ///
    /// A part and its whole that ask for different values of one label are as unlike.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(increase(http_requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) / avg(rate(http_requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'max(rate(http_requests_total[5m])) / avg(rate(http_requests_total[5m])) > 3'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'rate(http_requests_total{status=~"5.."}[5m]) / ignoring (status) group_left sum without (status) (rate(http_requests_total[5m])) > 0.05'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    UnlikeSides, "unlike-sides", Warning
}

impl Rule for UnlikeSides {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, binary) in query.divisions() {
            found.extend(of_unlike(query, binary, context));
            found.extend(sum_by_mean(query, node, binary, context));
            let (Some(above), Some(below)) = (Side::of(&binary.left), Side::of(&binary.right)) else { continue };
            if above.family != below.family {
                continue;
            }
            let what = if above.function != below.function {
                Some((named(above.function), named(below.function)))
            } else if (above.matchers != below.matchers || above.name != below.name)
                && above.aggregation != below.aggregation
                // Each series of one side by the sum that it is a part of.
                && binary.matching.as_ref().is_none_or(|matching| matching.group.is_none())
                && !is_alone(&binary.left, context)
            {
                // Of the same series, a maximum beside an average says how even they are.
                Some((summed(above.aggregation), summed(below.aggregation)))
            } else if above.matchers != below.matchers
                && above.name == below.name
                && below.matchers.iter().all(|matcher| above.matchers.contains(matcher))
                && above.aggregation == below.aggregation
                && matches!(above.aggregation, Some(AggregateOp::Avg | AggregateOp::Count))
                && (above.function.is_some() || above.aggregation == Some(AggregateOp::Count))
                && query.rule().is_some()
            {
                let message = if above.aggregation == Some(AggregateOp::Count) {
                    "this is a share of the series, and not of what they count"
                } else {
                    "the average of a part by that of all is no share: there are fewer series in the part"
                };
                found.push(
                    META.finding(query.span(&node.range), message).help("divide sums: `sum(rate(…{errors}[5m])) / sum(rate(…[5m]))`"),
                );
                continue;
            } else if let Some((one, other)) = of_others(&above, &below) {
                let said = |m: &Matcher| format!("`{}{}\"{}\"`", m.label.text, m.op.symbol(), m.value);
                Some((said(one), said(other)))
            } else {
                None
            };
            if let Some((upper, lower)) = what {
                found.push(
                    META.finding(query.span(&binary.right.range), format!("this side has {lower}, and the other has {upper}"))
                        .related(query.span(&binary.left.range), "the other side")
                        .help("treat both sides alike, as in `sum(rate(…)) / sum(rate(…))`"),
                );
            }
        }
    }
}

/// Whether a side is one series for each target, as a page shows it: to sum it up changes nothing.
fn is_alone(side: &Expr, context: &Context<'_>) -> bool {
    let found = selectors(side);
    let [only] = found.as_slice() else { return false };
    let Some((_, metric, _)) = context.world.metric_of(only.selector).filter(|(catalogue, ..)| catalogue.is_page()) else { return false };
    metric.labels.iter().all(|label| pins(only.selector, &label.name.value) || label.seen.len() == 1)
}

/// What all targets have together, as a share of what one of them may have on the average.
fn sum_by_mean(query: &Expression<'_, '_>, node: &Expr, binary: &Binary, context: &Context<'_>) -> Option<Diagnostic> {
    let (ExprKind::Aggregate(above), ExprKind::Aggregate(below)) =
        (&without_parens(&binary.left).kind, &without_parens(&binary.right).kind)
    else {
        return None;
    };
    let plain = |expr: &Expr| matches!(without_parens(expr).kind, ExprKind::Selector(_));
    if above.op != AggregateOp::Sum || below.op != AggregateOp::Avg || !plain(&above.expr) || !plain(&below.expr) {
        return None;
    }
    let is_share = query.comparisons.iter().any(|of| std::ptr::eq(without_parens(of.side), node) && of.number > 0.0 && of.number <= 1.0);
    let keeps = |aggregate: &Aggregate| aggregate.grouping.as_ref().is_some_and(|grouping| grouping.keeps("instance"));
    let targets = |aggregate: &Aggregate| values(only_selector(&aggregate.expr)?, "instance", context.world);
    let several = matches!((targets(above), targets(below)), (Some(one), Some(other)) if one > 1 && one == other);
    if !is_share || !several || keeps(above) || keeps(below) {
        return None;
    }
    let message = "this is what one target has on the average, and the other side adds up what all have";
    let finding = META.finding(query.span(&binary.right.range), message).related(query.span(&binary.left.range), "the other side");
    Some(finding.help("take the `sum` on both sides"))
}

/// A part and a whole that ask for different values of one label of both metrics.
fn of_unlike(query: &Expression<'_, '_>, binary: &Binary, context: &Context<'_>) -> Option<Diagnostic> {
    let (above, below) = (selectors(&binary.left), selectors(&binary.right));
    let ([above], [below]) = (above.as_slice(), below.as_slice()) else { return None };
    let (part, whole) = above.selector.metric_name().zip(below.selector.metric_name())?;
    if !is_part(part, whole) {
        return None;
    }
    let has = |selector: &Selector, label: &str| {
        context.world.metric_of(selector).is_some_and(|(_, metric, _)| metric.labels.iter().any(|own| own.name.value == label))
    };
    let fixed = |matcher: &&Matcher| matcher.op == MatchOp::Equal && !matcher.value.is_empty() && !is_placeholder(&matcher.value);
    let pairs = above.selector.matchers.iter().filter(fixed).filter_map(|one| {
        let other = below.selector.matchers.iter().filter(fixed).find(|other| other.label.text == one.label.text)?;
        let label = one.label.text.as_str();
        (one.value != other.value && has(above.selector, label) && has(below.selector, label)).then_some((one, other))
    });
    let (one, other) = pairs.into_iter().next()?;
    let said = |m: &Matcher| format!("`{}=\"{}\"`", m.label.text, m.value);
    let message = format!("this side has {}, and the part above it {}", said(other), said(one));
    let finding = META.finding(query.span(&other.range), message).related(query.span(&one.range), "the other side");
    Some(finding.help("ask for the same on both sides"))
}

/// Matchers of one label that exclude each other, where the upper side asks for a part by another label: part of one and all of another.
fn of_others<'s>(above: &'s Side<'_>, below: &'s Side<'_>) -> Option<(&'s Matcher, &'s Matcher)> {
    let find = |label: &str| below.matchers.iter().find(|m| m.label.text == label);
    let is_part = above.matchers.iter().any(|m| m.label.text != "__name__" && find(&m.label.text).is_none());
    let apart = above.matchers.iter().filter_map(|one| Some((one, find(&one.label.text)?)));
    apart.into_iter().find(|(one, other)| {
        is_part
            && one.op == MatchOp::Equal
            && other.op == MatchOp::Equal
            && one.value != other.value
            && !is_placeholder(&one.value)
            && !is_placeholder(&other.value)
            && above.name == below.name
    })
}

/// One side of a division that reads one counter.
struct Side<'e> {
    family: &'e str,
    name: &'e str,
    matchers: &'e [Matcher],
    function: Option<&'e str>,
    aggregation: Option<AggregateOp>,
}

impl<'e> Side<'e> {
    fn of(expr: &'e Expr) -> Option<Self> {
        let (mut aggregation, mut function, mut rest) = (None, None, without_parens(expr));
        let mut is_native = false;
        loop {
            rest = match &rest.kind {
                ExprKind::Aggregate(aggregate) if aggregation.is_none() => {
                    aggregation = Some(aggregate.op);
                    without_parens(&aggregate.expr)
                }
                ExprKind::Call { function: name, arguments } if matches!(name.text.as_str(), "histogram_sum" | "histogram_count") => {
                    is_native = true;
                    without_parens(arguments.first()?)
                }
                ExprKind::Call { function: name, arguments } if function.is_none() && arguments.len() == 1 => {
                    function = Some(name.text.as_str());
                    without_parens(arguments.first()?)
                }
                _ => break,
            };
        }
        let (ExprKind::Selector(selector) | ExprKind::Range { selector, .. }) = &rest.kind else { return None };
        let counts = [None, Some("rate"), Some("irate"), Some("increase"), Some("delta"), Some("idelta")].contains(&function);
        let name = selector.metric_name()?;
        let classic = || ["_total", "_bucket", "_count", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix));
        let family = if is_native { name } else { classic()? };
        // How many series there are is no count of events.
        let is_number = aggregation == Some(AggregateOp::Count) && function.is_none();
        (counts && !is_number).then_some(Self { family, name, matchers: &selector.matchers, function, aggregation })
    }
}

fn named(function: Option<&str>) -> String {
    function.map_or_else(|| "the counter itself".to_owned(), |function| format!("`{function}`"))
}

fn summed(aggregation: Option<AggregateOp>) -> String {
    aggregation.map_or_else(|| "no aggregation".to_owned(), |op| format!("`{}`", op.name()))
}
