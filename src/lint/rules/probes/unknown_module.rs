//! Probe jobs that ask for a module that does not exist.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::formats::blackbox::Module;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::probes::{is_of_other_exporter, module_label};
use crate::lint::rule::{Rule, rule};
use crate::lint::views::{PrometheusView, ViewKind};
use crate::source::Node;

rule! {
    /// A probe job asks the blackbox exporter for a module that its configuration does not have, so every probe is an error.
    ///
    /// Judged where a `blackbox.yml` is among the inputs, for jobs that scrape `/probe`. A module may be named by `params`,
    /// by a label `__param_module` of a target group, or by relabelling.
    ///
    /// Targets that name none are probed with `http_2xx`.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { http_2xx: { prober: http } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_2x] }
    /// ```
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { health: { prober: http } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     static_configs:
    ///       - { targets: ["http://web:8080/health"], labels: { module: health } }
    ///       - { targets: ["http://web:8080/ready"] }
    ///     relabel_configs:
    ///       - { source_labels: [module], target_label: __param_module }
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { http_2xx: { prober: http } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    /// ```
    UnknownModule, "unknown-module", Error
}

impl Rule for UnknownModule {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let blackbox = context.views.iter().filter_map(|view| match &view.kind {
            ViewKind::Blackbox(modules) => Some((view, modules)),
            _ => None,
        });
        let (mut names, mut complete, mut any) = (Vec::new(), true, false);
        for (view, modules) in blackbox {
            // Without the key that is said of the file itself.
            any |= view.root.get("modules").is_some();
            names.extend(modules.iter().map(Module::name));
            complete &= view.complete;
        }
        if !any || !complete {
            return;
        }
        let known: HashSet<&str> = names.iter().copied().collect();
        for job in view.config.jobs.iter().filter(|job| job.metrics_path() == "/probe" && !is_of_other_exporter(job)) {
            let label = module_label(job).unwrap_or("__param_module");
            let labels = job.targets.labels.iter().filter_map(|labels| labels.get(label));
            let relabelled =
                job.relabel.iter().filter(|step| step.action == "replace" && step.target.and_then(Node::as_str) == Some("__param_module"));
            let literal =
                relabelled.filter_map(|step| step.replacement).filter(|node| node.as_str().is_some_and(|text| !text.contains('$')));
            default_module(job, &known, found);
            for node in job.modules().chain(labels).chain(literal) {
                let Some(name) = node.as_str().filter(|name| !known.contains(name)) else { continue };
                let help = did_you_mean(name, names.iter().copied()).map_or_else(
                    || match names.as_slice() {
                        [] => "add it: there are no modules at all".to_owned(),
                        names => format!("the modules are {}", names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
                    },
                    |meant| format!("did you mean `{meant}`?"),
                );
                found.push(
                    META.finding(node.span, format!("the blackbox exporter has no module `{name}`"))
                        .path(format!("scrape_configs[{}].params.module", job.index))
                        .help(help),
                );
                found.extend(asked_for(name, node, job.name(), context));
            }
        }
    }
}

/// Targets that ask for no module at all, and so for `http_2xx`.
fn default_module(job: &Job<'_>, names: &HashSet<&str>, found: &mut Vec<Diagnostic>) {
    let Some(label) = module_label(job).filter(|_| job.relabel.iter().all(|step| step.action != "labelmap")) else { return };
    if names.contains("http_2xx") || job.modules().next().is_some() || !job.targets.discovery.is_empty() {
        return;
    }
    let groups = job.targets.groups.iter();
    for group in groups.filter(|group| group.get("labels").is_none_or(|labels| labels.get(label).is_none())) {
        let place = group.entry("targets").map_or(group.span, |(key, _)| key.span);
        let message = "these targets ask for no module, and so for `http_2xx`, which the blackbox exporter does not have";
        let finding = META.finding(place, message).path(format!("scrape_configs[{}].static_configs", job.index));
        let help = if label == "__param_module" { "params: { module: […] }".to_owned() } else { format!("labels: {{ {label}: … }}") };
        found.push(finding.help(format!("name the module, as in `{help}`")));
    }
}

/// The same, said where the module should be.
fn asked_for(name: &str, asked: &Node, job: &str, context: &Context<'_>) -> Option<Diagnostic> {
    let mut configs = context.views.iter().filter_map(|view| match &view.kind {
        ViewKind::Blackbox(modules) => Some((view, modules)),
        _ => None,
    });
    let (Some((view, modules)), None) = (configs.next(), configs.next()) else { return None };
    let near = did_you_mean(name, modules.iter().map(Module::name));
    let place = modules.iter().find(|module| near == Some(module.name())).map(|module| module.name);
    let place = place.or_else(|| view.root.entry("modules").map(|(key, _)| key))?;
    let finding = META.finding(place.span, format!("the job `{job}` asks for a module `{name}`, which is not here"));
    Some(finding.path("modules").related(asked.span, "asked for here").help(format!("add a module `{name}`, or correct the job")))
}
