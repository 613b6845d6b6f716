//! Rules that ask for a job's name after relabelling changed it.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::prometheus::Relabel;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::jobs::{fixed, writes};
use crate::promql::ast::MatchOp;
use crate::promql::walk::selectors;
use crate::source::Node;

rule! {
    /// Relabelling gives every series of a job another value of `job`, and a selector asks for the `job_name`. What tells one target from
    /// another, as the node that it runs on, is never the name of a job.
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

/// How labels of discovery end that tell one target of a job from another, or say where it is.
const OF_TARGETS: &[&str] = &[
    "_consul_node",
    "_consul_dc",
    "_consul_address",
    "_consul_service_id",
    "_node_name",
    "_pod_name",
    "_pod_ip",
    "_host_ip",
    "_instance_id",
    "_instance_name",
    "_container_id",
    "_hostname",
    "_private_ip",
    "_availability_zone",
    "_region",
];

impl Rule for JobRelabelled {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            // What is handed on brings the name of its job in another label.
            let own = |source: &&str| source.contains("job") || source.starts_with("__") || source.starts_with("exported_");
            let takes = |step: &&Relabel<'_>| {
                let all = step.regex.is_none_or(|regex| matches!(regex.as_str(), Some("(.*)" | ".*")));
                step.action == "replace" && all && !step.sources.is_empty() && !step.sources.iter().any(own)
            };
            let to_job = |step: &&Relabel<'_>| step.target.and_then(Node::as_str) == Some("job");
            // What tells the targets of a job apart is not its name.
            let of_target = |step: &&Relabel<'_>| {
                let all = step.regex.is_none_or(|regex| matches!(regex.as_str(), Some("(.*)" | "(.+)" | ".*" | ".+")));
                let [source] = step.sources.as_slice() else { return false };
                step.action == "replace" && all && source.starts_with("__meta_") && OF_TARGETS.iter().any(|end| source.ends_with(end))
            };
            let last = || job.relabel.iter().rev().find(|step| writes(step, "job")).filter(of_target).filter(to_job);
            let of_series = || job.metric_relabel.iter().filter(takes).find(to_job);
            let (list, step) = match (of_series(), last()) {
                (Some(step), _) => ("metric_relabel_configs", step),
                (None, Some(step)) => ("relabel_configs", step),
                (None, None) => continue,
            };
            let Some(node) = step.target else {
                continue;
            };
            let asks =
                |query: &&&Query<'_>| query.expr.iter().flat_map(selectors).any(|found| named_job(found.selector) == Some(job.name()));
            let Some(reader) = context.queries.iter().find(asks) else { continue };
            let message = format!("this puts `{}` in place of the job's name `{}`, which is asked for", step.sources.join(";"), job.name());
            let path = format!("scrape_configs[{}].{list}", job.index);
            let level = if list == "relabel_configs" { Level::Warning } else { META.level };
            found.push(
                META.finding_at(level, node.span, message).path(path).related(reader.node.span, "such as here").help("write another label"),
            );
        }
    }

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
                let Some((node, name)) = renamed.find_map(|job| job.relabel.iter().rev().find_map(|step| fixed(step, "job"))) else {
                    continue;
                };
                found.push(
                    META.finding(query.span(&matcher.range), format!("relabelling turns the job `{}` into `{name}`", matcher.value))
                        .related(node.span, "here")
                        .help(format!("use `job=\"{name}\"`, or drop the relabelling")),
                );
            }
        }
    }
}
