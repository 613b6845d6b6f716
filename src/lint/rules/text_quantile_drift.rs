//! Texts that name another quantile than the expression takes.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::query::constant;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::walk;
use crate::source::text_map;

rule! {
    /// The text of an alert speaks of the 95th percentile and its expression takes the 99th. Whoever is woken believes the
    /// text.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "The p95 is above 1s" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "The 99th percentile is above 1s" }
    /// ```
    TextQuantileDrift, "text-quantile-drift", Warning
}

/// A quantile as a sentence names it: `p99`, `P99.9`, `95th percentile`.
static CLAIM: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bp(\d{2,3}(?:\.\d+)?)\b|\b(\d{2}(?:\.\d+)?)(?:th|st|nd|rd)?[- ](?:percentile|quantile)\b").ok());

impl Rule for TextQuantileDrift {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(query) = view.query.filter(|_| view.rule.is_alert()) else { return };
        let (Some(expr), Some(claim)) = (&query.expr, CLAIM.as_ref()) else { return };
        let taken = quantiles(expr);
        if taken.is_empty() {
            return;
        }
        for (name, _, value) in view.rule.annotations() {
            let Some(text) = value.as_str().filter(|text| text.contains(' ')) else { continue };
            for captures in claim.captures_iter(text) {
                let Some(said) = captures.get(1).or_else(|| captures.get(2)) else { continue };
                let Some(quantile) = quantile(said.as_str()) else { continue };
                if taken.iter().any(|taken| (taken - quantile).abs() < 1e-9) {
                    continue;
                }
                let span = text_map::Map::new(view.text, value).span(captures.get(0).map_or(said.range(), |whole| whole.range()));
                let taken = taken.iter().map(|taken| format!("`{taken}`")).collect::<Vec<_>>().join(" and ");
                let message = format!("the text says `{}`, and the expression takes the quantile {taken}", &captures[0]);
                let path = format!("{}.{name}", view.path("annotations"));
                found.push(META.finding(span, message).path(path).help("correct one of the two"));
            }
        }
    }
}

/// `99` is 0.99, and `999` is 0.999.
fn quantile(digits: &str) -> Option<f64> {
    let number: f64 = digits.parse().ok()?;
    Some(if number > 100.0 { number / 1000.0 } else { number / 100.0 })
}

/// Every quantile that an expression takes or selects.
fn quantiles(expr: &Expr) -> Vec<f64> {
    let mut taken = Vec::new();
    walk::visit(expr, &mut |node| match &node.kind {
        ExprKind::Call { function, arguments } if matches!(function.text.as_str(), "histogram_quantile" | "quantile_over_time") => {
            taken.extend(arguments.first().and_then(constant));
        }
        ExprKind::Call { function, arguments } if function.text == "histogram_quantiles" => {
            taken.extend(arguments.iter().skip(2).filter_map(constant));
        }
        ExprKind::Aggregate(aggregate) => taken.extend(
            aggregate.parameter.as_deref().filter(|_| aggregate.op == crate::promql::ast::AggregateOp::Quantile).and_then(constant),
        ),
        ExprKind::Selector(selector) | ExprKind::Range { selector, .. } => {
            let quantile = selector.matchers.iter().filter(|matcher| matcher.label.text == "quantile");
            taken.extend(quantile.filter_map(|matcher| matcher.value.parse::<f64>().ok()));
        }
        _ => {}
    });
    taken
}
