//! Alternatives of a regular expression that nothing fits.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{is_placeholder, named_values};
use crate::lint::rule::{Rule, rule};
use crate::lint::words::anchored::full_match;
use crate::lint::words::pattern::alternatives;
use crate::lint::world::Jobs;
use crate::promql::ast::{MatchOp, Matcher};

rule! {
    /// One alternative of a regular expression fits no value that the label can have, while another does: what it was written for is
    /// left out, and nobody notices. Values are known of declared labels, and of `job` where a prometheus.yml is among the inputs.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["myapp:4000"] }]
    ///   - job_name: web
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'up{job=~"myap|web"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["myapp:4000"] }]
    ///   - job_name: web
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Problem
    ///         expr: 'up{job=~"myapp|web"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "something is wrong" }
    /// ```
    ImpossibleAlternative, "impossible-alternative", Warning
}

impl Rule for ImpossibleAlternative {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let world = context.world;
        for used in &query.selectors {
            let metric = world.metric_of(used.selector);
            for matcher in used.selector.matchers.iter().filter(|m| m.op == MatchOp::Regex && !is_placeholder(&m.value)) {
                let label = metric.and_then(|(_, metric, _)| metric.labels.iter().find(|label| label.name.value == matcher.label.text));
                let values: Vec<&str> = match label {
                    Some(label) if !label.optional => label.values.iter().flatten().map(String::as_str).collect(),
                    None if matcher.label.text == "job" && world.jobs_known == Jobs::Closed => {
                        // Most name what there is, and of thousands of jobs none is then compared.
                        let named = named_values(matcher);
                        if !named.is_empty() && named.iter().all(|name| world.has_job(name)) {
                            continue;
                        }
                        world.jobs.iter().map(|(job, _)| job.as_str()).collect()
                    }
                    _ => continue,
                };
                if values.is_empty() || query.is_variable(&matcher.value_range) {
                    continue;
                }
                let fits = |pattern: &str| values.iter().any(|value| full_match(pattern, value) != Some(false));
                let all = alternatives(&matcher.value);
                let dead: Vec<&String> = all.iter().filter(|pattern| !fits(pattern)).collect();
                if !dead.is_empty() && dead.len() < all.len() {
                    found.push(report(query, matcher, &dead, &values));
                }
            }
        }
    }
}

fn report(query: &Expression<'_, '_>, matcher: &Matcher, dead: &[&String], values: &[&str]) -> Diagnostic {
    let named = dead.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(", ");
    let diagnostic = META.finding(query.span(&matcher.value_range), format!("`{}` is never {named}", matcher.label.text));
    let meant = dead.first().and_then(|pattern| crate::diagnostic::did_you_mean(pattern, values.iter().copied()));
    match meant {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic.help("correct this alternative, or take it away"),
    }
}
