//! Selectors that name no job among selectors that do.

use crate::diagnostic::{Diagnostic, Level};
use crate::formats::prometheus::Job;
use crate::formats::rule_file::Rule as RuleOfFile;
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::query::comparison::Comparison;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::ast::{ExprKind, Selector};
use crate::promql::walk::without_parens;
use crate::source::Node;

rule! {
    /// An alert selects a series by its name alone, on a server that scrapes several jobs, while every other alert of the file
    /// names its job: it reads the series of whichever job comes to expose that name.
    ///
    /// Recorded series, `ALERTS`, what probes bring, and files in which several alerts name no job are left alone.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - { job_name: web, static_configs: [{ targets: ["web:8080"] }] }
    ///   - { job_name: worker, static_configs: [{ targets: ["worker:8080"] }] }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: Busy, expr: 'sum(rate(requests_total{job="web"}[5m])) > 100', labels: { severity: warning } }
    ///       - { alert: Slow, expr: 'max(latency_seconds{job="web"}) > 1', labels: { severity: warning } }
    ///       - { alert: Backlog, expr: 'max(queue_depth) > 100', labels: { severity: warning } }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs:
    ///   - { job_name: web, static_configs: [{ targets: ["web:8080"] }] }
    ///   - { job_name: worker, static_configs: [{ targets: ["worker:8080"] }] }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - { alert: Busy, expr: 'sum(rate(requests_total{job="web"}[5m])) > 100', labels: { severity: warning } }
    ///       - { alert: Slow, expr: 'max(latency_seconds{job="web"}) > 1', labels: { severity: warning } }
    ///       - { alert: Backlog, expr: 'max(queue_depth{job="worker"}) > 100', labels: { severity: warning } }
    /// ```
    NakedSelector, "naked-selector", Warning
}

impl Rule for NakedSelector {
    fn query(&self, query: &Expression<'_, '_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for Comparison { side, .. } in query.comparisons.iter().filter(|_| query.is_alert()) {
            let ExprKind::Selector(selector) = &without_parens(side).kind else { continue };
            if selector.metric.is_none() && !selector.matchers.iter().any(|matcher| matcher.label.text == "__name__") {
                let message = "this names no metric, so every series of these targets is compared, whatever it measures";
                found.push(META.finding_at(Level::Warning, query.span(&side.range), message).path(query.path()).help("name the metric"));
            }
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        if context.world.prometheus.iter().map(|config| config.jobs.len()).sum::<usize>() < 2 {
            return;
        }
        let alerts: Vec<&Query<'_>> = context.queries.iter().copied().filter(|query| query.alerting_rule().is_some()).collect();
        let (mut all_naked, mut all_naming) = (Vec::new(), 0);
        for of_file in alerts.chunk_by(|one, other| one.node.span.source == other.node.span.source) {
            let (mut naked, mut naming) = (Vec::new(), 0);
            for query in of_file {
                let uses = query.selectors();
                // What is called after any target, and names the job when it fires, is meant for all of them.
                if query.rule().is_some_and(is_for_all) {
                    continue;
                }
                let mut bare = uses.iter().filter(|used| is_naked(used.selector, context)).peekable();
                if bare.peek().is_none() {
                    naming += usize::from(!uses.is_empty());
                }
                naked.extend(bare.map(|used| (*query, used.range.clone())).next());
            }
            if naming < 2 || naked.len() != 1 {
                all_naming += naming;
                all_naked.append(&mut naked);
                continue;
            }
            let (query, range) = &naked[0];
            found.push(
                META.finding(query.span(range), "this names no job, and every other alert of the file does")
                    .path(query.path())
                    .help("add `job=\"…\"`"),
            );
        }
        // A file of few alerts, beside others in which all of them name their job.
        if let [(query, range)] = all_naked.as_slice()
            && all_naming >= 4
        {
            found.push(
                META.finding(query.span(range), "this names no job, and every other alert here does")
                    .path(query.path())
                    .help("add `job=\"…\"`"),
            );
        }
    }
}

/// Whether an alert says by its name and its texts that it watches whatever there is.
fn is_for_all(rule: &RuleOfFile<'_>) -> bool {
    const ANY: &[&str] = &["target", "instance", "scrape", "exporter", "job", "endpoint", "prometheustarget", "prometheusjob"];
    let name = rule.name();
    ANY.iter().any(|start| name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
        && rule
            .annotations()
            .filter_map(|(_, _, text)| text.as_str())
            .any(|text| text.contains("labels.job") || text.contains("Labels.job"))
}

/// How names begin of what the client libraries say of every process.
const OF_ANY: &[&str] = &["process_", "go_", "jvm_", "python_", "nodejs_", "scrape_"];

/// Whether nothing but the name says whose series these are.
fn is_naked(selector: &Selector, context: &Context<'_>) -> bool {
    let Some(name) = selector.metric_name() else { return false };
    let tells = |label: &str| {
        matches!(label, "job" | "instance" | "service" | "namespace" | "cluster" | "pod" | "container" | "service_name" | "alertname")
    };
    !name.contains(':')
        && !name.starts_with("ALERTS")
        // Probes alone have these, whichever job asks for them.
        && !name.starts_with("probe_")
        // Whatever process it is, it has these.
        && !OF_ANY.iter().any(|start| name.starts_with(start))
        && context.world.recorded(name).is_empty()
        && !selector.matchers.iter().any(|matcher| tells(&matcher.label.text) || is_of_one_job(&matcher.label.text, context))
}

/// Whether one job alone gives its targets a label.
fn is_of_one_job(label: &str, context: &Context<'_>) -> bool {
    let jobs = context.world.prometheus.iter().flat_map(|config| &config.jobs);
    let gives = |job: &&Job<'_>| {
        let given = job.targets.labels.iter().any(|labels| labels.get(label).is_some());
        given || job.relabel.iter().any(|step| step.target.and_then(Node::as_str) == Some(label))
    };
    jobs.filter(gives).count() == 1
}
