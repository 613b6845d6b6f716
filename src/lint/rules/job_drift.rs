//! Manifests and Prometheus configurations that disagree about a job.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::promql::duration::format_duration;

rule! {
    /// A manifest declares a scrape job, and the `prometheus.yml` among the inputs scrapes it at another path or interval,
    /// or not at all.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// scrape: { interval: 15s }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 60s }
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["localhost:4000"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// scrape: { interval: 15s }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: myapp, static_configs: [{ targets: ["localhost:4000"] }] }]
    /// ```
    JobDrift, "job-drift", Warning
}

impl Rule for JobDrift {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        if config.fragment || config.root.get("scrape_config_files").is_some() || !view.view.complete {
            return;
        }
        for declared in context.world.catalogues.iter().flat_map(|catalogue| &catalogue.jobs) {
            let name = &declared.name.value;
            let Some(job) = config.jobs.iter().find(|job| job.name() == name) else {
                if let Some((key, _)) = config.root.entry("scrape_configs") {
                    found.push(
                        META.finding_at(Level::Warning, key.span, format!("the job `{name}` of the manifest is not scraped"))
                            .path("scrape_configs")
                            .related(declared.name.span, "declared here")
                            .help(format!("add a job `{name}`")),
                    );
                }
                continue;
            };
            let path = format!("scrape_configs[{}]", job.index);
            if let Some(interval) = declared.interval.filter(|interval| *interval != job.interval) {
                let place = job.node.get("scrape_interval").or(job.name).map_or(job.node.span, |node| node.span);
                let (here, there) = (format_duration(job.interval), format_duration(interval));
                found.push(
                    META.finding(place, format!("`{name}` is scraped every `{here}`, and the manifest says `{there}`"))
                        .path(path.clone())
                        .related(declared.name.span, "declared here")
                        .help(format!("set `scrape_interval: {there}`")),
                );
            }
            if let Some(declared_path) = declared.path.as_deref().filter(|path| *path != job.metrics_path()) {
                let place = job.node.get("metrics_path").or(job.name).map_or(job.node.span, |node| node.span);
                found.push(
                    META.finding(
                        place,
                        format!("`{name}` is scraped at `{}`, and the manifest says `{declared_path}`", job.metrics_path()),
                    )
                    .path(path)
                    .related(declared.name.span, "declared here")
                    .help(format!("set `metrics_path: {declared_path}`")),
                );
            }
        }
    }
}
