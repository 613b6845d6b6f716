//! Series of exporters that no job scrapes.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::query::matches;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::Evidence;
use crate::lint::world::{Jobs, World, programs};

rule! {
    /// A selector reads what an exporter of machines, containers or clusters exposes, or what Prometheus and the programs around it
    /// tell of themselves, and no job scrapes one: the series do not exist. Such rules are often copied from elsewhere.
    ///
    /// Judged only where every job of the one prometheus.yml is known: by a manifest, a page of metrics, as a prober, or as one of
    /// these programs.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: prometheus, static_configs: [{ targets: ["prometheus:9090"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: machines
    ///     rules:
    ///       - alert: MemoryLow
    ///         expr: node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.1
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: machines, static_configs: [{ targets: ["one:9100"] }] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: machines
    ///     rules:
    ///       - alert: MemoryLow
    ///         expr: node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.1
    ///         for: 5m
    ///         labels: { severity: warning }
    /// ```
    ExporterNotScraped, "exporter-not-scraped", Warning
}

/// Programs that expose nothing but what they tell of themselves.
const OTHERS: &[&str] = &["blackbox", "grafana", "loki", "tempo", "jaeger", "mimir", "thanos"];

/// More jobs are not gone through for one selector.
const MANY: usize = 64;

impl Rule for ExporterNotScraped {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let world = context.world;
        if world.jobs_known != Jobs::Closed {
            return;
        }
        for used in &query.selectors {
            let Some(name) = used.selector.metric_name() else { continue };
            let Some(program) = programs::of_series(name) else { continue };
            if world.metric(name).is_some() || !world.recorded(name).is_empty() || query.is_variable_metric(used.selector) {
                continue;
            }
            let Some(jobs) = jobs(world) else { return };
            let matcher =
                used.selector.matchers.iter().find(|matcher| matcher.label.text == "job" && !query.is_variable(&matcher.value_range));
            let asks = |job: &&Job<'_>| matcher.is_none_or(|matcher| matches(matcher, job.name()) != Some(false));
            let asked: Vec<&Job<'_>> = jobs.into_iter().filter(asks).collect();
            // That a job is none of these is said by another rule.
            if asked.is_empty() || asked.iter().any(|job| program.may_be_of(job) || !is_explained(job, world)) {
                continue;
            }
            let message = format!("`{name}` comes of {}, and no job here scrapes it", program.name);
            let place = used.selector.metric.as_ref().map_or_else(|| query.span(&used.range), |metric| query.span(&metric.range));
            found.push(META.finding(place, message).help("scrape it, or do without the rule"));
        }
    }
}

/// The jobs of the one Prometheus, where nothing else brings series.
fn jobs<'w, 'a>(world: &'w World<'a>) -> Option<Vec<&'w Job<'a>>> {
    let [config] = world.prometheus.as_slice() else { return None };
    let takes_more = ["otlp", "remote_read"].iter().any(|key| config.root.get(key).is_some());
    let plain = |job: &Job<'_>| job.targets.discovery.is_empty() && !job.honor_labels;
    let whole = config.is_whole() && !takes_more && config.jobs.len() <= MANY && config.jobs.iter().all(plain);
    whole.then(|| config.jobs.iter().collect())
}

/// Whether it is known what a job scrapes.
fn is_explained(job: &Job<'_>, world: &World<'_>) -> bool {
    let is_program = || programs::is_one(job) || programs::words(job).any(|word| OTHERS.iter().any(|name| word.contains(name)));
    let probes = job.metrics_path() == "/probe";
    let declared = || {
        world.catalogues.iter().any(|catalogue| match &catalogue.evidence {
            Evidence::Page { whole, .. } => *whole && catalogue.is_of(job.name()),
            Evidence::Manifest => catalogue.jobs.iter().any(|own| own.name.value == job.name()),
        })
    };
    probes || declared() || is_program()
}
