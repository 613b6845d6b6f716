//! Labels that replace those of the series.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::cardinality::{pinned, shown, values};
use crate::lint::inference::labels::shape;
use crate::lint::inference::value::principal;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, constant, is_placeholder, named_job, pins};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::lint::world::World;
use crate::promql::ast::{AggregateOp, BinaryOp, Expr, ExprKind, MatchOp};
use crate::promql::walk::{selectors, without_parens};
use crate::source::{Node, Span};

rule! {
    /// A rule sets `job` or `instance` to a fixed value, and the series have another one: the alert, or the recorded series, tells
    /// of the wrong place. `alertname` is the name of the alert, whatever a rule sets. A label by which an expression tells its series
    /// apart is made the same for all of them, by the rule or by `label_replace`: Prometheus refuses two series with the same labels.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'up{job="myapp"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning, job: other }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'up{job="myapp"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning, team: web }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    OverwrittenLabel, "overwritten-label", Warning
}

impl Rule for OverwrittenLabel {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (node, function, arguments) in query.calls() {
            if function == "label_replace"
                && let Some((label, place)) = made_alike(arguments, context).filter(|_| !query.is_variable(&node.range))
            {
                let message = format!("series that differ in `{label}` alone become one here, and Prometheus refuses that");
                found.push(META.finding(query.span(place), message).path(query.path()).help("aggregate the label away: `sum without (…)`"));
            }
        }
    }

    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (name, key, value) in view.rule.labels() {
            let path = || format!("{}.{name}", view.path("labels"));
            if name == "alertname" && view.rule.is_alert() {
                let message = "`alertname` is the name of the alert, and this is passed over";
                found.push(META.finding(key.span, message).path(path()).help("name the alert with `alert:`, or the label otherwise"));
            } else if let Some(by) = told_apart(name, value, view, context.world) {
                let message =
                    format!("the series are told apart by `{name}`, and this makes it the same for all: the rule fails with two of them");
                let finding = META.finding(value.span, message).path(path());
                found.push(finding.related(by, "told apart here").help("take the label away, or do not keep it in the expression"));
            } else if let Some(label) = tells_apart(name, value, view, context) {
                let message = format!("the series are told apart by `{name}`, and this makes it the same for all");
                let finding = META.finding(value.span, message).path(path());
                found.push(finding.related(label, "its values are here").help("take it away: the series bring theirs"));
            } else if let Some(other) = fixed_on_targets(name, value, view, context) {
                let message = format!("the targets have `{name}` as `{other}`, and this replaces it");
                found.push(META.finding(value.span, message).path(path()).help("take it away: the series bring theirs"));
            } else if let Some(other) = fixed_by_matcher(name, value, view) {
                let message = format!("the expression asks for `{name}=\"{other}\"`, and this says otherwise");
                found.push(META.finding(value.span, message).path(path()).help("make the two say the same, or take this away"));
            } else if matches!(name, "job" | "instance") && value.as_str().is_some_and(|text| !text.is_empty() && !text.contains("{{")) {
                let Some(expr) = view.query.and_then(|query| query.expr.as_ref()) else { continue };
                let result = shape(expr, context.world);
                let fixed = selectors(expr).iter().all(|found| {
                    let pinned = found.selector.matchers.iter().find(|m| m.label.text == name && m.op == MatchOp::Equal);
                    pinned.map(|matcher| matcher.value.as_str()) == Node::as_str(value)
                });
                if result.certain.contains(&name) && !fixed {
                    let message = format!("this replaces the `{name}` of every series by one");
                    found.push(META.finding(value.span, message).path(path()).help("take it away: the series bring theirs"));
                }
            }
        }
    }
}

/// The value of a label that all series have by what the expression asks for, where the rule replaces it by another one.
fn fixed_by_matcher<'a>(name: &str, value: &Node, view: &'a RuleView<'_>) -> Option<&'a str> {
    let query = view.query.filter(|_| name != "severity" && view.rule.is_alert())?;
    // Hardly a label is asked for by the expression as well.
    query.selectors.iter().flat_map(|used| &used.selector.matchers).find(|matcher| matcher.label.text == name)?;
    let written = value.as_str().filter(|text| !text.is_empty() && !text.contains("{{"))?;
    let expr = query.expr.as_ref()?;
    let is_of_alerts = selectors(expr).iter().any(|found| found.selector.metric_name().is_some_and(|name| name.starts_with("ALERTS")));
    let fixed = pinned(principal(expr), name)?;
    (fixed != written && !is_of_alerts && !is_placeholder(fixed)).then_some(fixed)
}

/// The label that `label_replace` makes the same for all series, though it tells them apart.
fn made_alike<'e>(arguments: &'e [Expr], context: &Context<'_>) -> Option<(&'e str, &'e Range<usize>)> {
    let text = |place: usize| match &arguments.get(place)?.kind {
        ExprKind::String(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    };
    let (label, replacement, pattern) = (text(1)?, text(2)?, text(4)?);
    let input = arguments.first()?;
    if replacement.contains('$')
        || !matches!(pattern, ".*" | "(.*)" | ".+" | "(.+)")
        || !shape(input, context.world).certain.contains(&label)
    {
        return None;
    }
    let found = selectors(input);
    let [only] = found.as_slice() else { return None };
    (values(only.selector, label, context.world)? > 1).then(|| (label, &arguments[1].range))
}

/// Where an aggregation keeps a label that a rule sets: series that differ in nothing else become one, and Prometheus refuses that.
fn told_apart(name: &str, value: &Node, view: &RuleView<'_>, world: &World<'_>) -> Option<Span> {
    let query = view.query?;
    let mut expr = query.expr.as_ref()?;
    // What is compared, multiplied or filtered has the labels of its left side.
    while let ExprKind::Binary(binary) = &without_parens(expr).kind
        && !matches!(binary.op, BinaryOp::Or)
        && binary.matching.as_ref().is_none_or(|matching| matching.group.is_none() && !matching.on)
    {
        expr = if constant(&binary.left).is_some() { &binary.right } else { &binary.left };
    }
    let ExprKind::Aggregate(aggregate) = &without_parens(expr).kind else { return None };
    let by = aggregate.grouping.as_ref().filter(|grouping| !grouping.without)?;
    let kept = by.labels.iter().find(|label| label.text == name)?;
    value.as_str().filter(|text| !text.contains("{{"))?;
    // One value alone is asked for, or nobody says that there are others.
    let count = |selector| values(selector, name, world).or_else(|| shown(selector, name, world)).unwrap_or(0);
    let fixed = selectors(expr).iter().any(|found| pins(found.selector, name) || count(found.selector) < 2);
    let picks = matches!(aggregate.op, AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk | AggregateOp::LimitRatio);
    (!fixed && !picks && !matches!(name, "job")).then(|| query.span(&kept.range))
}

/// Where a label of the very series that an alert is about has several values, and the rule gives it one. What alerts are routed by they
/// set themselves.
fn tells_apart(name: &str, value: &Node, view: &RuleView<'_>, context: &Context<'_>) -> Option<Span> {
    let (query, expr) = view.alert()?;
    value.as_str().filter(|text| !text.is_empty() && !text.contains("{{"))?;
    let mut compared = without_parens(expr);
    while let ExprKind::Binary(binary) = &compared.kind {
        if binary.matching.is_some() || !binary.op.is_comparison() {
            return None;
        }
        compared = without_parens(if constant(&binary.left).is_some() { &binary.right } else { &binary.left });
    }
    let ExprKind::Selector(selector) = &compared.kind else { return None };
    let (_, metric, _) = context.world.metric_of(selector).filter(|_| !pins(selector, name))?;
    let label = metric.labels.iter().find(|label| label.name.value == name)?;
    let several = label.values.as_ref().unwrap_or(&label.seen).len() > 1;
    let sets = |other: &&Query<'_>| other.alerting_rule().is_some_and(|rule| rule.label(name).is_some());
    let is_routed_by = || context.queries.iter().copied().filter(|other| !std::ptr::eq(other.node, query.node)).any(|other| sets(&other));
    (several && !is_routed_by()).then_some(label.name.span)
}

/// The value that every target of the jobs which an alert names has in a label, where the alert sets another.
fn fixed_on_targets(name: &str, value: &Node, view: &RuleView<'_>, context: &Context<'_>) -> Option<String> {
    context.world.scraped_labels().filter(|labels| labels.contains(&name) && !matches!(name, "job" | "instance" | "severity"))?;
    let text = value.as_str().filter(|text| !text.is_empty() && !text.contains("{{"))?;
    let expr = view.query?.expr.as_ref().filter(|_| view.rule.is_alert())?;
    if !shape(expr, context.world).possible(name) {
        return None;
    }
    let found = selectors(expr);
    let mut values = Vec::new();
    for selector in &found {
        let job = selector.selector.matchers.iter().find(|matcher| matcher.label.text == "job")?;
        for job in context.world.configured(job) {
            values.extend(job.targets.labels.iter().map(|labels| labels.get(name).and_then(Node::as_str)));
        }
    }
    let first = values.first().copied().flatten()?;
    // What every alert on these jobs replaces by the same is meant.
    let jobs: Vec<Option<&str>> = found.iter().map(|used| named_job(used.selector)).collect();
    let reads_same = |other: &&Query<'_>| {
        let used = other.selectors();
        !used.is_empty() && used.iter().all(|used| jobs.contains(&named_job(used.selector)))
    };
    let own = view.query?;
    let mut others = context
        .queries
        .iter()
        .copied()
        .filter(|other| other.alerting_rule().is_some() && !std::ptr::eq(other.node, own.node))
        .filter(reads_same)
        .peekable();
    let is_meant = others.peek().is_some() && others.all(|other| other.rule().and_then(|rule| rule.label(name)?.as_str()) == Some(text));
    (first != text && !is_meant && values.iter().all(|value| *value == Some(first))).then(|| first.to_owned())
}
