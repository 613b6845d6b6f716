//! Jobs that scrape nothing.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::Node;

rule! {
    /// A scrape job has neither targets nor a discovery that finds any, or a group of its targets is empty, be it in a file of targets:
    /// no series of it exists, and `up` does not either.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: [] }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, static_configs: [{ targets: ["app:8080"] }] }]
    /// ```
    JobWithoutTargets, "job-without-targets", Warning
}

impl Rule for JobWithoutTargets {
    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            // What has the wrong type is reported as that.
            let readable = job.node.get("static_configs").is_none_or(|list| list.as_sequence().is_some());
            if readable && job.targets.addresses.is_empty() && job.targets.discovery.is_empty() {
                let place = job.name.map_or(job.node.span, |name| name.span);
                found.push(
                    META.finding(place, format!("the job `{}` has no targets", job.name()))
                        .path(format!("scrape_configs[{}]", job.index))
                        .help("add `static_configs: [{ targets: [\"host:port\"] }]`, or a service discovery"),
                );
                if job.targets.groups.iter().all(|group| group.span.source == job.node.span.source) {
                    continue;
                }
            }
            let none = |group: &&&Node| group.get("targets").is_none_or(|list| list.as_sequence().is_some_and(<[_]>::is_empty));
            for group in job.targets.groups.iter().filter(none) {
                let place = group.entry("targets").map_or(group.span, |(key, _)| key.span);
                found.push(
                    META.finding(place, format!("this group of `{}` has no targets", job.name()))
                        .path(format!("scrape_configs[{}].static_configs", job.index))
                        .help("write the targets, or remove the group"),
                );
            }
        }
    }
}
