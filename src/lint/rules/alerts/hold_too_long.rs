//! Alerts that wait too long, or go on too long.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::lint::words::hold::longest_hold;
use crate::promql::duration::{format_duration, parse_duration};
use crate::source::Node;

rule! {
    /// `for` makes an alert wait so long that nobody is told while it matters: more than a day, or an hour where the severity says
    /// that somebody is to be woken. `keep_firing_for` of more than a week keeps an alert long after its cause is gone.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up == 0
    ///         for: 5d
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    HoldTooLong, "hold-too-long", Warning
}

const HOUR: i64 = 3_600_000;

impl Rule for HoldTooLong {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let severity = view.rule.label("severity").and_then(Node::as_str).unwrap_or("");
        let Some(limit) = longest_hold(severity) else { return };
        let limits =
            [("for", limit, "nobody is told of it before"), ("keep_firing_for", 7 * 24 * HOUR, "it fires long after its cause is gone")];
        for (key, limit, effect) in limits {
            let Some(node) = view.rule.node.get(key) else { continue };
            let Some(millis) = node.as_str().and_then(|text| parse_duration(text).ok()).filter(|millis| *millis > limit) else { continue };
            found.push(
                META.finding(node.span, format!("`{key}` is `{}`: {effect}", format_duration(millis)))
                    .path(view.path(key))
                    .help("use minutes, or at most some hours"),
            );
        }
    }
}
