//! Alerts without a severity.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::labels::shape;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;

rule! {
    /// An alert has no label `severity`, so routes and people cannot tell whether it may wake somebody.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: AppDown
    ///         expr: up{job="myapp"} == 0
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: AppDown
    ///         expr: up{job="myapp"} == 0
    ///         labels: { severity: critical }
    /// ```
    MissingSeverity, "missing-severity", Warning
}

impl Rule for MissingSeverity {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if !view.rule.is_alert() || view.rule.label("severity").is_some() {
            return;
        }
        let expr = view.query.and_then(|query| query.expr.as_ref());
        if expr.is_some_and(|expr| shape(expr, context.world).certain.contains(&"severity")) {
            return;
        }
        found.push(
            META.finding(view.rule.name.span, format!("the alert `{}` has no label `severity`", view.rule.name()))
                .help("add `labels: { severity: warning }`, or whatever your routes know"),
        );
    }
}
