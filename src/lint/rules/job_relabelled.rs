//! Rules that ask for a job's name after relabelling changed it.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::query::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::static_job;
use crate::promql::ast::MatchOp;

rule! {
    /// Relabelling gives every series of a job another value of `job`, and a selector asks for the `job_name`.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     relabel_configs: [{ target_label: job, replacement: shop }]
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: AppDown
    ///         expr: up{job="myapp"} == 0
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     relabel_configs: [{ target_label: job, replacement: shop }]
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: AppDown
    ///         expr: up{job="shop"} == 0
    /// ```
    JobRelabelled, "job-relabelled", Error
}

impl Rule for JobRelabelled {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.world.prometheus.is_empty() {
            return;
        }
        for selector in &query.selectors {
            for matcher in selector.selector.matchers.iter().filter(|m| m.label.text == "job" && m.op == MatchOp::Equal) {
                if context.world.has_job(&matcher.value) {
                    continue;
                }
                let mut renamed = context.world.prometheus.iter().flat_map(|config| &config.jobs).filter(|job| job.name() == matcher.value);
                let Some((name, span)) = renamed.find_map(|job| job.relabel.iter().rev().find_map(static_job)) else { continue };
                found.push(
                    META.finding(query.span(&matcher.range), format!("relabelling turns the job `{}` into `{name}`", matcher.value))
                        .related(span, "here")
                        .help(format!("use `job=\"{name}\"`, or drop the relabelling")),
                );
            }
        }
    }
}
