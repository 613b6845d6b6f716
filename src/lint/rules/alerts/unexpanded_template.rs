//! Templates that nobody fills in.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::source::Node;

rule! {
    /// A template stands where Prometheus fills none in: in the name of an alert, or in a label that a recording rule sets. It is
    /// kept as it is written, braces and all.
    ///
    /// Templates are filled in where an alert has its labels and annotations.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: "Down {{ $labels.instance }}"
    ///         expr: up == 0
    ///         labels: { severity: critical }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Down
    ///         expr: up == 0
    ///         labels: { severity: critical }
    ///         annotations: { summary: "{{ $labels.instance }} is down" }
    /// ```
    UnexpandedTemplate, "unexpanded-template", Warning
}

impl Rule for UnexpandedTemplate {
    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        // Files that Helm or Jinja fill in before are no rule files yet.
        let is_template = |text: &str| {
            text.contains("{{") && ["$labels", "$value", ".Labels", "$external", ".External"].iter().any(|word| text.contains(word))
        };
        if view.rule.is_alert() {
            if is_template(view.rule.name()) {
                let message = "the name of an alert is no template, and keeps these braces";
                found.push(META.finding(view.rule.name.span, message).path(view.path("alert")).help("say it in an annotation"));
            }
            return;
        }
        for (name, _, node) in view.rule.labels().filter(|(_, _, node)| node.as_str().is_some_and(is_template)) {
            let node: &Node = node;
            let finding = META.finding(node.span, "the labels of a recording rule are no templates, and keep these braces");
            found.push(finding.path(format!("{}.{name}", view.path("labels"))).help("keep the label in the expression: `sum by (…)`"));
        }
    }
}
