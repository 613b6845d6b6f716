//! Labels that replace those of the series.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::labels::shape;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;
use crate::source::Node;

rule! {
    /// A rule sets `job` or `instance` to a fixed value, and the series have another one: the alert, or the recorded series, tells
    /// of the wrong place. `alertname` is the name of the alert, whatever a rule sets.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'up{job="myapp"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning, job: other }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'up{job="myapp"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning, team: web }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    OverwrittenLabel, "overwritten-label", Warning
}

impl Rule for OverwrittenLabel {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (name, key, value) in view.rule.labels() {
            let path = || format!("{}.{name}", view.path("labels"));
            if name == "alertname" && view.rule.is_alert() {
                let message = "`alertname` is the name of the alert, and this is passed over";
                found.push(META.finding(key.span, message).path(path()).help("name the alert with `alert:`, or the label otherwise"));
            } else if let Some(other) = fixed_on_targets(name, value, view, context) {
                let message = format!("the targets have `{name}` as `{other}`, and this replaces it");
                found.push(META.finding(value.span, message).path(path()).help("take it away: the series bring theirs"));
            } else if matches!(name, "job" | "instance") && value.as_str().is_some_and(|text| !text.is_empty() && !text.contains("{{")) {
                let Some(expr) = view.query.and_then(|query| query.expr.as_ref()) else { continue };
                let result = shape(expr, context.world);
                let fixed = crate::promql::walk::selectors(expr).iter().all(|found| {
                    let pinned =
                        found.selector.matchers.iter().find(|m| m.label.text == name && m.op == crate::promql::ast::MatchOp::Equal);
                    pinned.map(|matcher| matcher.value.as_str()) == Node::as_str(value)
                });
                if result.certain.contains(&name) && !fixed {
                    let message = format!("this replaces the `{name}` of every series by one");
                    found.push(META.finding(value.span, message).path(path()).help("take it away: the series bring theirs"));
                }
            }
        }
    }
}

/// The value that every target of the jobs which an alert names has in a label, where the alert sets another.
fn fixed_on_targets(name: &str, value: &Node, view: &RuleView<'_>, context: &Context<'_>) -> Option<String> {
    let text =
        value.as_str().filter(|text| !text.is_empty() && !text.contains("{{") && !matches!(name, "job" | "instance" | "severity"))?;
    context.world.scraped_labels().filter(|labels| labels.contains(&name))?;
    let expr = view.query?.expr.as_ref().filter(|_| view.rule.is_alert())?;
    if !shape(expr, context.world).possible(name) {
        return None;
    }
    let found = crate::promql::walk::selectors(expr);
    let mut values = Vec::new();
    for selector in &found {
        let job = selector.selector.matchers.iter().find(|matcher| matcher.label.text == "job")?;
        for job in context.world.configured(job) {
            values.extend(job.targets.labels.iter().map(|labels| labels.get(name).and_then(Node::as_str)));
        }
    }
    let first = values.first().copied().flatten()?;
    (first != text && values.iter().all(|value| *value == Some(first))).then(|| first.to_owned())
}
