//! Groups that are evaluated long after the fact.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, ViewKind};
use crate::promql::duration::{format_duration, parse_duration};
use crate::source::Node;

rule! {
    /// `query_offset` makes a group look back from a time in the past, to wait for samples that arrive late. More than a quarter of
    /// an hour makes its alerts late by as much. `rule_query_offset` of `prometheus.yml` does so to all groups.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     query_offset: 2h
    ///     rules:
    ///       - alert: Down
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     query_offset: 2m
    ///     rules:
    ///       - alert: Down
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    LateEvaluation, "late-evaluation", Warning
}

const LIMIT: i64 = 15 * 60_000;

const HELP: &str = "use a minute or two, as late as samples come";

impl Rule for LateEvaluation {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let Some(node) = view.config.root.get("global").and_then(|global| global.get("rule_query_offset")) else { return };
        if let Some(millis) = late(node).filter(|_| context.queries.iter().any(|query| query.is_alert())) {
            let message = format!("the alerts of all groups see what was `{}` ago", format_duration(millis));
            found.push(META.finding(node.span, message).path("global.rule_query_offset").help(HELP));
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views {
            let ViewKind::Rules(file) = &view.kind else { continue };
            for group in file.groups.iter().filter(|group| group.rules.iter().any(crate::formats::rule_file::Rule::is_alert)) {
                let Some(node) = group.node.get("query_offset") else { continue };
                if let Some(millis) = late(node) {
                    let message = format!("the alerts of this group see what was `{}` ago", format_duration(millis));
                    found.push(META.finding(node.span, message).help(HELP));
                }
            }
        }
    }
}

/// A length of time, where it is too long.
fn late(node: &Node) -> Option<i64> {
    node.as_str().and_then(|text| parse_duration(text).ok()).filter(|millis| *millis > LIMIT)
}
