//! Conditions that exclude each other.

mod absence;
mod condition;
pub(super) mod matchers;
mod sides;

use self::absence::{absent_too, first_name, gone_together};
use self::condition::{Condition, condition};
use self::matchers::{exclude, takes_anything};
use self::sides::{all_there_is, excluding, taken_away};
use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{BinaryOp, MatchOp, Matcher};
use std::collections::HashMap;

rule! {
    /// Two conditions exclude each other, so the expression is always empty: matchers of one selector that no value
    /// satisfies together, or comparisons of one quantity joined by `and` that no number satisfies.
    ///
    /// What is scraped of a target ends with the first scrape that fails, so nothing of it is there while its `up` is 0.
    ///
    /// `unless` with a plain `up` takes everything away, for `up` is there as 0, too.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: rate(http_requests_total{job="web", job="api"}[5m]) > 1
    /// ```
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: queue_depth > 100 and queue_depth < 10
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Odd
    ///         expr: rate(http_requests_total{job=~"web|api", job!="api"}[5m]) > 1 and queue_depth > 10 and queue_depth < 100
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: PartlyDown
    ///         expr: up{job="web"} == 0 and on (job) up{job="web"} == 1
    ///         for: 5m
    /// ```
    Contradiction, "contradiction", Error
}

/// So many alerts of a file that read one metric are compared with each other.
const ALIKE: usize = 16;

impl Rule for Contradiction {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Most alerts of a file that read one metric are few: each is compared with those before it.
        let mut alike: HashMap<(u32, &str), Vec<(&Query<'_>, Condition<'_>)>> = HashMap::new();
        for &query in context.queries {
            let (Some(rule), Some(expr)) = (query.alerting_rule(), &query.expr) else { continue };
            let Some(condition) = condition(expr) else { continue };
            let Some(name) = first_name(condition.side) else { continue };
            let calm = rule.label("severity").and_then(crate::source::Node::as_str).is_some_and(|it| matches!(it, "none" | "info"));
            let others = alike.entry((query.node.span.source.0, name)).or_default();
            if calm || others.len() > ALIKE {
                continue;
            }
            let contrary = |other: &Condition<'_>| other.side == condition.side && other.completes(&condition);
            if let Some((other, _)) = others.iter().find(|(_, other)| contrary(other)) {
                let message = format!("this holds wherever `{}` does not, so one of the two alerts always fires", other.name());
                let finding = META.finding_at(Level::Warning, query.span(&condition.node.range), message);
                found.push(finding.path(query.path()).related(other.node.span, "the other alert").help("correct one of the two numbers"));
            }
            others.push((query, condition));
        }
    }

    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for found_selector in &query.selectors {
            for matcher in found_selector.selector.matchers.iter().filter(|m| m.op == MatchOp::NotRegex && takes_anything(&m.value)) {
                let message = format!("`{}` is left out whatever it is, so this selects nothing", matcher.label.text);
                found.push(META.finding(query.span(&matcher.range), message).help("leave out what is not wanted alone"));
            }
            let mut before: HashMap<&str, Vec<&Matcher>> = HashMap::new();
            for matcher in &found_selector.selector.matchers {
                let others = before.entry(&matcher.label.text).or_default();
                let excluded = others.iter().copied().find(|other| exclude(other, matcher));
                others.push(matcher);
                if let Some(other) = excluded.filter(|_| !query.is_variable(&found_selector.range)) {
                    let message = format!("no value of `{}` satisfies this and the matcher before it", matcher.label.text);
                    let diagnostic = META.finding(query.span(&matcher.range), message).related(query.span(&other.range), "the other one");
                    found.push(diagnostic.help("take one of the two away, or join the values: `=~\"a|b\"`"));
                }
            }
        }
        for (node, binary) in query.binaries() {
            if binary.op == BinaryOp::And && !query.is_variable(&node.range) {
                found.extend(excluding(query, binary, context));
                found.extend(absent_too(query, binary));
                found.extend(gone_together(query, binary, context));
            }
            if binary.op == BinaryOp::Or && query.is_alert() && !query.is_variable(&node.range) {
                found.extend(all_there_is(query, binary));
            }
            if binary.op == BinaryOp::Unless && !query.is_variable(&node.range) {
                found.extend(taken_away(query, binary, context));
            }
        }
    }
}
