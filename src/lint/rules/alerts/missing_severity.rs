//! Alerts without a severity.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::labels::shape;
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

/// Other names for how grave an alert is.
const OTHER: &[&str] = &["priority", "prio", "urgency"];

impl Rule for MissingSeverity {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if let Some(node) = view.rule.label("severity").filter(|node| view.rule.is_alert() && node.as_str().is_some_and(may_be_empty)) {
            let finding = META.finding(node.span, "where the condition does not hold, the alert has no severity");
            found.push(finding.path(view.path("labels.severity")).help("say what it is then: `{{ else }}warning`"));
        }
        if !view.rule.is_alert() || view.rule.label("severity").is_some() || OTHER.iter().any(|name| view.rule.label(name).is_some()) {
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

/// Whether a text is nothing but what one condition lets through.
fn may_be_empty(text: &str) -> bool {
    let text = text.trim();
    let opens = ["{{ if ", "{{if ", "{{- if ", "{{ with ", "{{with "].iter().any(|open| text.starts_with(open));
    let ends = ["{{ end }}", "{{end}}", "{{- end }}", "{{ end -}}", "{{- end -}}"].iter().any(|end| text.ends_with(end));
    opens && ends && !text.contains("else") && text.matches("end").count() == 1
}
