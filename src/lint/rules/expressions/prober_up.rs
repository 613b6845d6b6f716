//! `up` of a job of probes, taken for that of what is probed.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::query::{may_read, named_job};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::programs::is_of_probes;
use crate::promql::ast::{BinaryOp, Expr, ExprKind, Selector};
use crate::promql::walk::{without_aggregates, without_parens};
use crate::source::Node;

rule! {
    /// `up` of a job whose targets are asked through the blackbox exporter says whether the exporter answered: it is 1 while every site
    /// that it probes is down. `probe_success` says how the probes went.
    ///
    /// So it does in a panel that is titled after probes. What says itself that it is about the exporter is left alone.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: sites
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "prober:9115" }
    /// # file: alerts.yml
    /// groups:
    ///   - name: sites
    ///     rules:
    ///       - alert: SiteDown
    ///         expr: 'up{job="sites"} == 0'
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "{{ $labels.instance }} does not answer" }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: sites
    ///     metrics_path: /probe
    ///     params: { module: [http_2xx] }
    ///     static_configs: [{ targets: ["https://example.com"] }]
    ///     relabel_configs:
    ///       - { source_labels: [__address__], target_label: __param_target }
    ///       - { source_labels: [__param_target], target_label: instance }
    ///       - { target_label: __address__, replacement: "prober:9115" }
    /// # file: alerts.yml
    /// groups:
    ///   - name: sites
    ///     rules:
    ///       - alert: SiteDown
    ///         expr: 'probe_success{job="sites"} == 0'
    ///         for: 5m
    ///         labels: { severity: critical }
    ///         annotations: { summary: "{{ $labels.instance }} does not answer" }
    ///       - alert: ProberDown
    ///         expr: 'up{job="sites"} == 0'
    ///         for: 5m
    ///         labels: { severity: warning }
    ///         annotations: { summary: "the exporter of probes does not answer" }
    /// ```
    ProberUp, "prober-up", Warning
}

/// How an alert says that it is about the exporter.
const EXPORTER: &[&str] = &["exporter", "prober", "blackbox", "scrape", "monitoring"];

impl Rule for ProberUp {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        shown(query, context, found);
        let Some(rule) = query.rule().filter(|rule| rule.is_alert()) else { return };
        for Comparison { side, op, number, .. } in &query.comparisons {
            let ExprKind::Selector(selector) = &without_aggregates(side).kind else { continue };
            let is_down = matches!(op, BinaryOp::Equal) && number.abs() < f64::EPSILON
                || matches!(op, BinaryOp::Less | BinaryOp::NotEqual) && *number > 0.0 && *number <= 1.0;
            let Some(jobs) = of_probes(selector, context).filter(|_| is_down) else { continue };
            // An address of a page about it says nothing to people.
            let mut said = rule.texts().filter(|text| !text.starts_with("http")).map(str::to_lowercase);
            if said.any(|text| EXPORTER.iter().any(|word| text.replace("blackbox probe", "").replace("blackboxprobe", "").contains(word))) {
                continue;
            }
            let job = jobs.iter().map(|job| job.name()).collect::<Vec<_>>().join("`, `");
            let message = format!("`up` of `{job}` says whether the exporter answered, and not how its probes went");
            found.push(finding(query, side, message, &jobs));
        }
    }
}

/// The jobs whose `up` a selector asks for, where all of them make probes.
fn of_probes<'a>(selector: &Selector, context: &Context<'a>) -> Option<Vec<&'a Job<'a>>> {
    let asks = selector.matchers.iter().any(|matcher| matcher.label.text == "job");
    selector.metric_name().filter(|name| asks && *name == "up")?;
    // Most name the one job that they ask for.
    let jobs = if let Some(job) = named_job(selector) {
        context.world.jobs_named(job).to_vec()
    } else {
        let read = context.world.jobs.iter().map(|(job, _)| job.as_str()).filter(|job| may_read(selector, job));
        read.flat_map(|job| context.world.jobs_named(job)).copied().collect()
    };
    (!jobs.is_empty() && jobs.iter().all(|job| is_of_probes(job))).then_some(jobs)
}

fn finding(query: &Expression<'_, '_>, place: &Expr, message: String, jobs: &[&Job<'_>]) -> Diagnostic {
    let finding = META.finding(query.span(&place.range), message).path(query.path());
    let names = jobs.iter().filter_map(|job| job.name);
    names.fold(finding, |finding, name| finding.related(name.span, "this job makes probes")).help("ask for `probe_success`")
}

/// A panel whose title says that it is about probes, and that shows `up` of their jobs alone.
fn shown(query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(panel), Some(expr)) = (query.panel(), query.expr.as_ref()) else { return };
    let title = panel.node.get("title").and_then(Node::as_str).unwrap_or("").to_lowercase();
    let is_about = title.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "probe" | "probes"));
    let texts = ["title", "description"].into_iter().filter_map(|key| panel.node.get(key)?.as_str()).map(str::to_lowercase);
    if !is_about || texts.into_iter().any(|text| EXPORTER.iter().any(|word| text.contains(word))) {
        return;
    }
    let ExprKind::Selector(selector) = &without_parens(expr).kind else { return };
    let Some(jobs) = of_probes(selector, context) else { return };
    let message = "`up` of jobs of probes says whether the exporter answered, and not how its probes went";
    found.push(finding(query, expr, message.to_owned(), &jobs));
}
