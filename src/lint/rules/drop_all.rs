//! Relabelling that leaves nothing.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::Node;

rule! {
    /// A relabelling step drops every target of a job, or every sample of it: `drop` with a pattern that matches anything
    /// (which is the default), or `keep` by a label of a service discovery that the job does not use.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     relabel_configs: [{ source_labels: [env], action: drop }]
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     relabel_configs: [{ source_labels: [env], regex: test, action: drop }]
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// ```
    DropAll, "drop-all", Error
}

impl Rule for DropAll {
    fn prometheus(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            for (list, steps, what) in
                [("relabel_configs", &job.relabel, "target"), ("metric_relabel_configs", &job.metric_relabel, "sample")]
            {
                for (index, step) in steps.iter().enumerate() {
                    if let Some(why) = drops_all(job, step) {
                        let place = step.node.get("action").unwrap_or(step.node);
                        found.push(
                            META.finding(place.span, format!("this drops every {what} of the job `{}`: {why}", job.name()))
                                .path(format!("scrape_configs[{}].{list}[{index}]", job.index))
                                .help("give a `regex` that matches only what should go"),
                        );
                    }
                }
            }
        }
    }
}

/// Service discoveries whose labels are called as they are.
const KINDS: &[&str] = &["kubernetes", "consul", "ec2", "gce", "azure", "docker", "dockerswarm", "dns"];

fn drops_all(job: &Job<'_>, step: &Relabel<'_>) -> Option<&'static str> {
    let regex = step.regex.and_then(Node::as_str);
    match step.action.as_str() {
        "drop" if regex.is_none() => Some("without a `regex` it matches anything"),
        "drop" if matches!(regex, Some("(.*)" | ".*" | "^.*$" | "^(.*)$")) => Some("its `regex` matches anything"),
        "keep" => {
            let uses = |kind: &str| job.targets.discovery.iter().any(|key| key.as_str().is_some_and(|key| key.starts_with(kind)));
            // Files and HTTP endpoints may set any label.
            let any = uses("file_sd") || uses("http_sd");
            let discovered = |label: &str| {
                let kind = label.strip_prefix("__meta_").and_then(|rest| rest.split('_').next());
                !any && kind.is_some_and(|kind| KINDS.contains(&kind) && !uses(&format!("{kind}_sd")))
            };
            let never_empty = regex.is_some_and(|regex| !crate::promql::regex::matches_empty(regex));
            (never_empty && step.sources.len() == 1 && step.sources.iter().all(|label| discovered(label)))
                .then_some("this job uses no discovery that sets the label")
        }
        _ => None,
    }
}
