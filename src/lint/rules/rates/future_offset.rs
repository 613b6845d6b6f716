//! Rules that look into the future.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};

rule! {
    /// A rule is evaluated now, and a negative offset asks for what comes later: there is nothing yet, or, with a window, half of
    /// it. In a dashboard it may be meant.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up offset -5m == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up offset 5m == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    FutureOffset, "future-offset", Warning
}

impl Rule for FutureOffset {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if query.rule().is_none() {
            return;
        }
        for used in &query.selectors {
            let Some(offset) = used.selector.offset.as_ref().filter(|offset| offset.millis().is_some_and(|millis| millis < 0)) else {
                continue;
            };
            found.push(
                META.finding(query.span(&offset.range), "a rule cannot look into the future: there is nothing yet")
                    .help("take the sign away to look back"),
            );
        }
    }
}
