//! Jobs that scrape nothing.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;

rule! {
    /// A scrape job has neither targets nor a discovery that finds any: no series of it exists, and `up` does not either.
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
    fn prometheus(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
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
            }
        }
    }
}
