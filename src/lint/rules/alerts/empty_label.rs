//! Labels without a value.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, RuleView};

rule! {
    /// A label with an empty value is no label: Prometheus leaves it out, and whatever asks for it later finds nothing.
    ///
    /// ```yaml fires
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: up == 0
    ///         for: 5m
    ///         labels: { severity: "" }
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
    EmptyLabel, "empty-label", Warning
}

impl Rule for EmptyLabel {
    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            for (name, key, value) in job.targets.labels.iter().flat_map(|labels| labels.entries()) {
                if value.as_str().is_some_and(str::is_empty) && !name.starts_with("__") {
                    let span = if value.span.start == value.span.end { key.span } else { value.span };
                    let message = format!("the label `{name}` of these targets is empty, which is the same as not to have it");
                    let finding = META.finding(span, message).path(format!("scrape_configs[{}].static_configs", job.index));
                    found.push(finding.help("give it a value, or take it away"));
                }
            }
        }
    }

    fn rule(&self, view: &RuleView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for (name, key, value) in view.rule.labels() {
            // A recording rule takes a label away like this.
            if value.as_str().is_some_and(str::is_empty) && view.rule.is_alert() {
                let span = if value.span.start == value.span.end { key.span } else { value.span };
                found.push(
                    META.finding(span, format!("the label `{name}` is empty, which is the same as not to have it"))
                        .path(format!("{}.{name}", view.path("labels")))
                        .help("give it a value, or take it away"),
                );
            }
        }
    }
}
