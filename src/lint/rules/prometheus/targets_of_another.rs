//! Jobs that find the targets of another job.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::{Job, Relabel};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::Node;

rule! {
    /// A job chooses its targets by the name of a service or of an app, and that is the name of another job, which is a sibling: `shop-worker`
    /// keeps what is called `shop-api`. It scrapes the wrong pods, and nobody scrapes its own.
    ///
    /// A job whose name has that of the other one in it, as `shop-api-canary` has, means those pods.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: shop-api
    ///     kubernetes_sd_configs: [{ role: endpoints }]
    ///     relabel_configs: [{ source_labels: [__meta_kubernetes_service_name], regex: shop-api, action: keep }]
    ///   - job_name: shop-worker
    ///     kubernetes_sd_configs: [{ role: endpoints }]
    ///     relabel_configs: [{ source_labels: [__meta_kubernetes_service_name], regex: shop-api, action: keep }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: shop-api
    ///     kubernetes_sd_configs: [{ role: endpoints }]
    ///     relabel_configs: [{ source_labels: [__meta_kubernetes_service_name], regex: shop-api, action: keep }]
    ///   - job_name: shop-worker
    ///     kubernetes_sd_configs: [{ role: endpoints }]
    ///     relabel_configs: [{ source_labels: [__meta_kubernetes_service_name], regex: shop-worker, action: keep }]
    /// ```
    TargetsOfAnother, "targets-of-another", Warning
}

/// Labels of discoveries that say what a target is called.
const NAMES: &[&str] = &[
    "__meta_consul_service",
    "__meta_docker_container_label_com_docker_compose_service",
    "__meta_kubernetes_endpoints_name",
    "__meta_kubernetes_endpointslice_name",
    "__meta_kubernetes_pod_container_name",
    "__meta_kubernetes_pod_label_app",
    "__meta_kubernetes_pod_label_app_kubernetes_io_name",
    "__meta_kubernetes_service_label_app",
    "__meta_kubernetes_service_label_app_kubernetes_io_name",
    "__meta_kubernetes_service_name",
    "__meta_nomad_service",
];

/// Labels of Kubernetes that say what a pod is called, as selectors write them.
const LABELS: &[&str] = &["app", "app.kubernetes.io/name", "k8s-app"];

impl Rule for TargetsOfAnother {
    fn prometheus(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let jobs = &view.config.jobs;
        for job in jobs {
            let path = format!("scrape_configs[{}]", job.index);
            for (place, chosen) in chosen(job) {
                let Some(other) = jobs.iter().find(|other| other.name() == chosen && are_siblings(job.name(), chosen)) else { continue };
                let message = format!("`{}` finds the targets of the job `{chosen}`", job.name());
                let there = other.name.map_or(other.node.span, |node| node.span);
                let finding = META.finding(place.span, message).path(path.clone()).related(there, "the other job");
                found.push(finding.help(format!("did you mean `{}`?", job.name())));
            }
        }
    }
}

/// The names by which a job chooses its targets, each as it stands.
fn chosen<'a>(job: &Job<'a>) -> Vec<(&'a Node, &'a str)> {
    let is_of_name = |step: &&Relabel<'a>| step.action == "keep" && matches!(step.sources.as_slice(), [label] if NAMES.contains(label));
    let kept = job.relabel.iter().filter(is_of_name).filter_map(|step| step.regex?.with_str());
    let entries = || job.node.items_of("kubernetes_sd_configs");
    let selectors = entries().flat_map(|entry| entry.items_of("selectors")).filter_map(|selector| selector.get_str("label"));
    let of_selectors = selectors.filter_map(|(node, text)| {
        let (label, value) = text.split_once('=')?;
        LABELS.contains(&label.trim()).then(|| (node, value.trim_start_matches('=').trim()))
    });
    kept.chain(of_selectors).collect()
}

/// Whether two names begin with one word, and neither has the other in it.
fn are_siblings(name: &str, other: &str) -> bool {
    let first = |name: &str| name.split(['-', '_', '.']).next().map(str::to_owned);
    name != other && !name.contains(other) && !other.contains(name) && first(name) == first(other)
}
