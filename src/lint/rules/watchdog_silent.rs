//! Watchdogs that do not always fire.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::routing::GRAVE;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::alert_without_condition::unconditional;
use crate::lint::views::RuleView;

rule! {
    /// An alert is named as a watchdog, whose whole purpose is to fire always, and its expression has a condition. When it stops,
    /// whoever waits for it is told that alerting is broken.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: meta
    ///     rules:
    ///       - alert: Watchdog
    ///         expr: absent(up)
    ///         labels: { severity: none }
    ///         annotations: { summary: "alerting works" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: meta
    ///     rules:
    ///       - alert: Watchdog
    ///         expr: vector(1)
    ///         labels: { severity: none }
    ///         annotations: { summary: "alerting works" }
    /// ```
    WatchdogSilent, "watchdog-silent", Warning
}

impl Rule for WatchdogSilent {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let name = view.rule.name().to_lowercase().replace(['_', '-'], "");
        if !view.rule.is_alert() || !["watchdog", "deadmansswitch", "deadmanswitch"].contains(&name.as_str()) {
            return;
        }
        let Some((query, expr)) = view.query.and_then(|query| Some((query, query.expr.as_ref()?))) else { return };
        let severity = view.rule.label("severity").filter(|node| node.as_str().is_some_and(|own| GRAVE.contains(&own)));
        if let Some(node) = severity {
            let message = format!("`{}` always fires, and its severity is one that wakes people", view.rule.name());
            found.push(META.finding(node.span, message).path(view.path("labels")).help("write `severity: none`"));
        }
        // What compares with a number that always holds is left to the rules that know it.
        if unconditional(expr, context, 0).is_none() {
            found.push(
                META.finding(query.span(&expr.range), format!("`{}` has a condition, and does not always fire", view.rule.name()))
                    .path(view.path("expr"))
                    .help("write `vector(1)`"),
            );
        }
    }
}
