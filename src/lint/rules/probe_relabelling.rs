//! Probe jobs whose relabelling does not lead to a probe.

use crate::diagnostic::{Diagnostic, Fix, Level};
use crate::formats::prometheus::Job;
use crate::lint::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::{Node, Span};

rule! {
    /// A job of the blackbox exporter lacks a step of its relabelling. The target must become `__param_target`, `__address__`
    /// must become the exporter, and `instance` should stay the target: else the exporter probes nothing, Prometheus scrapes
    /// the web site itself, or all targets look alike.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "blackbox:9115" }
    /// ```
    ProbeRelabelling, "probe-relabelling", Error
}

impl Rule for ProbeRelabelling {
    fn prometheus(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in view.config.jobs.iter().filter(|job| job.metrics_path() == "/probe") {
            let fixed = job.node.get("params").is_some_and(|params| params.get("target").is_some());
            let labelled = |label: &str| job.targets.labels.iter().any(|labels| labels.get(label).is_some());
            let is_probe = job.modules().next().is_some() || labelled("__param_module") || writes(job, "__param_module");
            if !is_probe || fixed || writes(job, "") || labelled("__param_target") {
                continue;
            }
            let missing = [
                (
                    "__param_target",
                    Level::Error,
                    "the exporter is not told what to probe",
                    "{ source_labels: [__address__], target_label: __param_target }",
                ),
                (
                    "__address__",
                    Level::Error,
                    "Prometheus scrapes the target itself and not the exporter",
                    "{ target_label: __address__, replacement: \"blackbox:9115\" }",
                ),
                (
                    "instance",
                    Level::Warning,
                    "all targets carry the exporter's address as `instance`",
                    "{ source_labels: [__param_target], target_label: instance }",
                ),
            ];
            // Where the target comes from another label, the address may be the exporter's all along.
            let from_address = job
                .relabel
                .iter()
                .any(|step| step.target.and_then(Node::as_str) == Some("__param_target") && step.sources.contains(&"__address__"));
            let needed = |label: &str| label != "__address__" || from_address || !writes(job, "__param_target");
            for (label, level, effect, step) in missing.into_iter().filter(|(label, ..)| !writes(job, label) && needed(label)) {
                let place = job.name.map_or(job.node.span, |name| name.span);
                let mut diagnostic = META
                    .finding_at(level, place, format!("no step of `{}` sets `{label}`: {effect}", job.name()))
                    .path(format!("scrape_configs[{}].relabel_configs", job.index))
                    .help(format!("add `{step}`"));
                // The exporter's address is not known here, and `instance` needs the target that was set before.
                diagnostic.fix = match label {
                    "__param_target" => put_first(job, step, view.view.text),
                    "instance" if writes(job, "__param_target") => put_last(job, step, view.view.text),
                    _ => None,
                };
                found.push(diagnostic);
            }
        }
    }
}

/// Whether a step writes a label; of "", whether one may write any.
fn writes(job: &Job<'_>, label: &str) -> bool {
    job.relabel.iter().any(|step| match step.target.and_then(Node::as_str) {
        Some(target) => {
            if label.is_empty() {
                target.contains('$')
            } else {
                target == label
            }
        }
        None => label.is_empty() && step.action == "labelmap",
    })
}

/// The steps of a job as lines of their own: the first, the last, and what stands before each of them.
fn steps<'a>(job: &Job<'a>, text: &str) -> Option<(&'a Node, &'a Node, String)> {
    let steps = job.node.get("relabel_configs")?.as_sequence()?;
    let (first, last) = (steps.first()?, steps.last()?);
    let start = first.span.range().start;
    let before = &text[text[..start].rfind('\n').map_or(0, |at| at + 1)..start];
    (before.trim() == "-").then(|| (first, last, before.to_owned()))
}

fn put_first(job: &Job<'_>, step: &str, text: &str) -> Option<Fix> {
    let (first, _, before) = steps(job, text)?;
    Some(Fix { span: Span { end: first.span.start, ..first.span }, replacement: format!("{step}\n{before}") })
}

fn put_last(job: &Job<'_>, step: &str, text: &str) -> Option<Fix> {
    let (_, last, before) = steps(job, text)?;
    Some(Fix { span: Span { start: last.span.end, ..last.span }, replacement: format!("\n{before}{step}") })
}
