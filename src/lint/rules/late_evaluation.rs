//! Groups that are evaluated long after the fact.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::ViewKind;
use crate::promql::duration::{format_duration, parse_duration};

rule! {
    /// `query_offset` makes a group look back from a time in the past, to wait for samples that arrive late. More than a quarter of
    /// an hour makes its alerts late by as much.
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

impl Rule for LateEvaluation {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for view in context.views {
            let ViewKind::Rules(file) = &view.kind else { continue };
            for group in file.groups.iter().filter(|group| group.rules.iter().any(crate::formats::rule_file::Rule::is_alert)) {
                let Some(node) = group.node.get("query_offset") else { continue };
                if let Some(millis) = node.as_str().and_then(|text| parse_duration(text).ok()).filter(|millis| *millis > LIMIT) {
                    let message = format!("the alerts of this group see what was `{}` ago", format_duration(millis));
                    found.push(META.finding(node.span, message).help("use a minute or two, as late as samples come"));
                }
            }
        }
    }
}
