//! Texts of alerts and panels that say the opposite of the condition, or speak of another quantile.

mod bound;
mod change;
mod days;
mod direction;
mod health;
mod how_many;
mod listed;
mod matcher;
mod naming;
mod opposites;
mod quantile;
mod rhythm;
mod some_or_all;
mod subject;
mod value;
mod wording;

use std::cell::LazyCell;

use self::direction::{condition, direction, direction_of_limit, scale};
use self::matcher::other_matcher;
use self::naming::{by_name, of_another_job};
use self::quantile::{mean, quantile, quantiles, quantiles_of};
use self::subject::{other_event, other_program, other_resource};
use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::Origin;
use crate::lint::query::unit::quantity;
use crate::lint::rule::{Rule, rule};
use crate::lint::template::AlertText;
use crate::lint::template::pieces::said;
use crate::lint::views::{DashboardView, RuleView};
use crate::promql::Expr;
use crate::source::Node;

rule! {
    /// The text of an alert says `above 5%` where the condition is `< 0.05`, or speaks of the p95 where the expression takes the 99th
    /// percentile, or of `500ms` where it compares with 500 seconds. Whoever is woken by it looks for the wrong thing; more often it is the expression that is wrong.
    /// Or it says that something is not what the condition asks for: `is not ready` where the state `Ready` is asked for.
    /// Or it speaks of the opposite of what is measured (writes for reads, usage for what is idle), says that something fell where it is
    /// asked whether it grew, that one of several is enough where all have to be so, or another time than that of the bucket.
    /// Or it says how often something runs (`every 24 hours`), and the alert fires before it is due again.
    /// The same is said of titles of panels and of legends that speak of another percentile than they draw.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) < 0.05
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "more than 5% of requests fail" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the p95 is above 1s" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - record: job:requests_slow:ratio_rate1h
    ///         expr: 1 - sum by (job) (rate(request_seconds_bucket{le="0.5"}[1h])) / sum by (job) (rate(request_seconds_count[1h]))
    ///       - alert: Slow
    ///         expr: job:requests_slow:ratio_rate1h > 0.01
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "{{ $value | humanizePercentage }} of the requests took longer than 250ms" }
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: PoolDown
    ///         expr: min by (pool) (up{job="worker"}) == 0
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "No worker of {{ $labels.pool }} is up" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: histogram_quantile(0.95, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the p95 is above 1s" }
    ///       - alert: DrawersManyEmpty
    ///         expr: max by (site) (drawers_unfilled) / max by (site) (drawers) > 0.25
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "many drawers of {{ $labels.site }} are empty" }
    ///       - alert: LoadHigh
    ///         expr: node_load5 > on (instance) 2 * count by (instance) (node_cpu_seconds_total{mode="idle"})
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the load {{ $value }} is more than 2 per CPU" }
    /// ```
    TextContradicts, "text-contradicts", Warning
}

impl Rule for TextContradicts {
    fn dashboard(&self, view: &DashboardView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        drawn(view, found);
    }

    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some((query, expr)) = view.alert() else { return };
        let name = view.rule.name();
        let of_name = by_name(name, expr).or_else(|| health::of_name(name, expr, context)).or_else(|| of_another_job(name, expr, context));
        if let Some(message) = of_name {
            let finding = META.finding(view.rule.name.span, message).path(view.path("alert"));
            found.push(finding.help("name it after what it asks, or correct the expression"));
        }
        // What is contradicted is a number.
        let mut told: Vec<(&AlertText<'_>, String)> = Vec::new();
        let numbers: Vec<&AlertText<'_>> = view
            .annotations()
            .filter(|text| text.said.sentence.has_number || [" than ", "median"].iter().any(|word| text.text.contains(word)))
            .collect();
        if !numbers.is_empty() {
            let (quantiles, condition, measured) = (quantiles(expr), condition(expr), quantity(expr, query));
            told.extend(numbers.into_iter().filter_map(|text| {
                let words: Vec<&str> = text.text.split_whitespace().collect();
                let message = quantile(&words, &quantiles)
                    .or_else(|| mean(&words, &quantiles, expr))
                    .or_else(|| direction(&words, condition?))
                    .or_else(|| direction_of_limit(text, expr, condition?, measured?))
                    .or_else(|| scale(&words, condition?.1, measured?));
                Some((text, message?))
            }));
        }
        told.extend(view.annotations().filter_map(|text| Some((text, other_matcher(text.text, expr)?))));
        told.extend(view.annotations().filter_map(|text| Some((text, naming::of_scrape_job(text.text, expr)?))));
        if told.is_empty()
            && let Some((side, number)) = rhythm::age(expr)
        {
            let held = view.rule.hold.unwrap_or(0) as f64 / 1000.0;
            let soon = |text: &AlertText<'_>| rhythm::too_soon(text.text, name, side, number, held);
            told.extend(view.annotations().filter_map(|text| Some((text, soon(text)?))).take(1));
        }
        if told.is_empty() {
            let annotations = || view.annotations().filter(|text| !text.name.contains("url"));
            // Most expressions are such that no text contradicts them, and need none.
            let texts = LazyCell::new(|| annotations().map(|text| said(text.text).to_lowercase()).collect::<Vec<_>>().join(" "));
            let is_declared = !context.world.catalogues.is_empty();
            let other = is_declared.then(|| value::other(&texts, expr, context)).flatten();
            let other = other.or_else(|| opposites::contrary(&texts, name, expr)).or_else(|| change::contrary(&texts, expr));
            let other = other.or_else(|| other_program(&texts, expr)).or_else(|| other_resource(&texts, name, expr));
            let event = || other_event(view.annotations().map(|text| text.text), name, query.node.as_str().unwrap_or(""), context.world);
            let other = other.or_else(|| is_declared.then(event).flatten());
            let other = other.or_else(|| value::other_method(view.annotations().map(|text| text.text), expr));
            let other = other.or_else(|| wording::asks_idle(&texts, name, expr)).or_else(|| days::other(&texts, name, expr));
            let other = other.or_else(|| opposites::complement(&texts, expr));
            let other = other.or_else(|| change::restarts(&texts, name, expr));
            let other = other.or_else(|| days::later(&texts, expr)).or_else(|| listed::other(&texts, expr, context));
            let other = other.or_else(|| wording::of_exporter(&texts, expr));
            let other = other.or_else(|| naming::of_another_target(&texts, expr, context));
            let other = other
                .or_else(|| how_many::other(&texts, expr))
                .or_else(|| annotations().find_map(|text| matcher::left_out(text.text, expr)));
            let other = other
                .or_else(|| wording::wakes(&texts, view.rule))
                .or_else(|| wording::speaks_of_success(&texts, name, expr, context.world));
            told.extend(view.annotations().next().zip(other));
        }
        if told.is_empty()
            && let Some(bound) = bound::bound(query, context.world)
        {
            told.extend(bound::other(view.annotations(), bound));
        }
        if told.is_empty() {
            let by_name = wording::says_full(view.rule.name());
            let contrary = |text: &AlertText<'_>| {
                if !by_name && !wording::TELLING.as_ref().is_some_and(|words| words.is_match(text.text)) {
                    return None;
                }
                let lower = text.text.to_lowercase();
                health::of_text(&lower, expr, context).or_else(|| wording::contrary(&lower, text, view.rule.name(), expr, context))
            };
            told.extend(view.annotations().filter_map(|text| Some((text, contrary(text)?))));
        }
        for (text, message) in told {
            let finding = META.finding(text.node.span, message).path(view.text_path(text));
            found.push(finding.help("correct the text, or the expression"));
        }
    }
}

/// The titles of panels and the legends of queries that speak of a quantile which is not drawn.
fn drawn(view: &DashboardView<'_>, found: &mut Vec<Diagnostic>) {
    for panel in &view.dashboard.panels {
        let own = || view.queries.iter().filter(|query| query.is_of(panel));
        let taken: Vec<f64> = own().flat_map(quantiles_of).collect();
        let whole = own().all(|query| query.expr.is_some());
        for (key, node) in ["title", "description"].into_iter().filter_map(|key| Some((key, panel.node.get(key)?))) {
            let exprs: Vec<&Expr> = own().filter_map(|query| query.expr.as_ref()).collect();
            let text = node.as_str().filter(|_| whole && !exprs.is_empty()).unwrap_or("");
            let messages: Vec<Option<String>> = exprs.iter().map(|expr| other_matcher(text, expr)).collect();
            // Where one of several queries has it, the text is about that one.
            if let Some(message) = messages.iter().all(Option::is_some).then(|| messages.into_iter().flatten().next()).flatten() {
                let finding = META.finding(node.span, message).path(format!("{}.{key}", panel.path));
                found.push(finding.help("correct the text, or the expression"));
            }
        }
        let mut judge = |node: Option<&Node>, key: &str, taken: &[f64]| {
            let Some((node, text)) = node.and_then(Node::with_str) else { return };
            if let Some(message) = quantile(&text.split_whitespace().collect::<Vec<_>>(), taken) {
                found.push(
                    META.finding(node.span, message).path(format!("{}.{key}", panel.path)).help("correct the text, or the expression"),
                );
            }
        };
        if whole {
            judge(panel.node.get("title"), "title", &taken);
        }
        for query in own() {
            if let Origin::Target { target, .. } = query.origin {
                judge(target.node.get("legendFormat"), "targets", &quantiles_of(query));
            }
        }
    }
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(1.0)
}
