//! Labels of rules that contradict those of the server.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::RuleView;

rule! {
    /// A rule sets a label that is among the external labels of the prometheus.yml of the inputs, to another value. What leaves the
    /// server says that it comes from elsewhere: silences, routes and queries across servers miss it.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { external_labels: { cluster: prod } }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["myapp:4000"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'up{job="myapp"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning, cluster: dev }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { external_labels: { cluster: prod } }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["myapp:4000"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'up{job="myapp"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    LabelConflict, "label-conflict", Warning
}

impl Rule for LabelConflict {
    fn rule(&self, view: &RuleView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let [config] = context.world.prometheus.as_slice() else { return };
        for (name, _, value) in view.rule.labels() {
            let Some(external) = config.external_labels.and_then(|labels| labels.get(name)) else { continue };
            let (Some(set), Some(theirs)) = (value.as_str(), external.as_str()) else { continue };
            if set != theirs && !set.contains("{{") && !theirs.contains('$') {
                found.push(
                    META.finding(value.span, format!("the server says `{name}: {theirs}` of everything that leaves it"))
                        .path(format!("{}.{name}", view.path("labels")))
                        .related(external.span, "the external label")
                        .help("take it away here, or name it otherwise"),
                );
            }
        }
    }
}
