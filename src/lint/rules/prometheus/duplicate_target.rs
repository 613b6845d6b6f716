//! Targets that are scraped twice.

use std::collections::{BTreeSet, HashMap};

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::jobs::writes;
use crate::lint::world::relabel::{self, Outcome, value};
use crate::source::Node;

rule! {
    /// One address, at one path with the same parameters, is scraped twice, by one job or by two: sums over both count it double.
    /// In one job the two would even have the same labels, as two targets have that relabelling calls by one `instance`. An Alertmanager that is named twice gets each alert twice.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - { job_name: web, static_configs: [{ targets: ["app:8080"] }] }
    ///   - { job_name: app, static_configs: [{ targets: ["app:8080"] }] }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - { job_name: web, static_configs: [{ targets: ["app:8080"] }] }
    ///   - { job_name: app, metrics_path: /internal, static_configs: [{ targets: ["app:8080"] }] }
    /// ```
    DuplicateTarget, "duplicate-target", Warning
}

impl Rule for DuplicateTarget {
    fn jobs(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let mut seen: HashMap<Vec<(String, String)>, (&Node, &str)> = HashMap::new();
        for job in &view.config.jobs {
            // What is kept of it may differ from job to job.
            let Some(outcomes) = relabel::targets(job).filter(|_| job.metric_relabel.iter().all(|step| step.action != "keep")) else {
                continue;
            };
            found.extend(collide(job, &outcomes));
            let rest = job.node.get("params").map_or(String::new(), |params| {
                params
                    .entries()
                    .flat_map(|(name, _, values)| std::iter::once(name).chain(values.items().filter_map(Node::as_str)))
                    .collect::<Vec<_>>()
                    .join(" ")
            });
            for outcome in outcomes.iter().filter(|outcome| outcome.dropped.is_none()) {
                let of_url = |name: &str| matches!(name, "__address__" | "__scheme__" | "__metrics_path__") || name.starts_with("__param_");
                let mut url: Vec<(String, String)> =
                    outcome.labels.iter().filter(|(name, _)| of_url(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
                url.push((String::new(), rest.clone()));
                match seen.get(&url) {
                    Some((first, other)) => {
                        let message = if *other == job.name() {
                            format!("{} is twice in the job `{other}`", outcome.address.describe())
                        } else {
                            format!("{} is scraped by `{other}` as well", outcome.address.describe())
                        };
                        found.push(
                            META.finding(outcome.address.span, message)
                                .path(format!("scrape_configs[{}].static_configs", job.index))
                                .related(first.span, "the first time")
                                .help("remove one, or correct its address"),
                        );
                    }
                    None => {
                        seen.insert(url, (outcome.address, job.name()));
                    }
                }
            }
        }
        let addresses = view.config.alertmanagers.iter().flat_map(|one| &one.targets.addresses);
        let mut named: Vec<&Node> = Vec::new();
        for node in addresses {
            if let Some(first) = named.iter().find(|other| other.as_str() == node.as_str()) {
                found.push(
                    META.finding(node.span, format!("the Alertmanager {} is named twice", node.describe()))
                        .path("alerting.alertmanagers")
                        .related(first.span, "the first time")
                        .help("remove one, or correct its address"),
                );
            }
            named.push(node);
        }
        let mut sent: Vec<&Node> = Vec::new();
        for (index, (node, steps)) in
            view.config.remote_write.iter().enumerate().filter(|(_, (_, steps))| steps.iter().all(|step| step.action != "keep"))
        {
            let Some(url) = node.get("url").filter(|_| node.get("headers").is_none() || steps.is_empty()) else { continue };
            let tenant = |node: &Node| node.get("headers").is_some();
            if let Some(first) = sent.iter().find(|other| other.as_str() == url.as_str()).filter(|_| !tenant(node)) {
                found.push(
                    META.finding(url.span, format!("every sample is sent to {} twice", url.describe()))
                        .path(format!("remote_write[{index}].url"))
                        .related(first.span, "the first time")
                        .help("remove one, or correct its address"),
                );
            }
            sent.push(url);
        }
    }
}

/// Two targets of a job that relabelling leaves with the same labels: of two samples at one moment Prometheus keeps one.
fn collide(job: &Job<'_>, outcomes: &[Outcome<'_>]) -> Option<Diagnostic> {
    // Series may bring an `instance` of their own, or be given one.
    if job.honor_labels || job.metric_relabel.iter().any(|step| writes(step, "instance")) {
        return None;
    }
    let (at, step) = job.relabel.iter().enumerate().rev().find(|(_, step)| writes(step, "instance"))?;
    let mut seen: HashMap<Vec<(&str, &str)>, &Node> = HashMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.dropped.is_none()) {
        let own = outcome.labels.keys().map(String::as_str).filter(|name| !name.starts_with("__"));
        let named = own.chain(["instance"]).collect::<BTreeSet<_>>();
        let labels = named.into_iter().filter_map(|name| Some((name, value(&outcome.labels, name)?))).collect();
        let Some(first) = seen.insert(labels, outcome.address) else { continue };
        // What is written twice is said of the target.
        if first.as_str() == outcome.address.as_str() {
            continue;
        }
        let instance = value(&outcome.labels, "instance").unwrap_or_default();
        let message =
            format!("{} and {} both become the instance `{instance}`, and their series one", first.describe(), outcome.address.describe());
        let place = step.target.unwrap_or(step.node);
        let finding = META.finding(place.span, message).path(format!("scrape_configs[{}].relabel_configs[{at}]", job.index));
        return Some(finding.related(outcome.address.span, "the second").help("write another label, or more of the address"));
    }
    None
}
