//! Relabelling steps that do nothing, or not what they say.

mod declared;
mod discovery;
mod page;
mod scraped;
mod steps;
mod targets;

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::Relabel;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::Node;
use declared::{of_declared, turned};
use discovery::of_discovery;
use page::of_page;
use scraped::{behind_scrape, lost};
use steps::judge;
use targets::{addressed, lettered, of_targets, targeted};

rule! {
    /// A relabelling step never does anything, or loses what it writes: it reads a label that no target has, its pattern matches
    /// none of the targets, its page shows no series with a label that it drops by, its replacement names a group that the pattern does not have (and so removes the label), or it writes a
    /// label that begins with `__` and that nothing reads. Or it writes a label from one that no metric of the manifest has.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     static_configs: [{ targets: ["app:8080"] }]
    ///     relabel_configs: [{ source_labels: [__adress__], target_label: host }]
    /// ```
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     static_configs: [{ targets: ["app:8080"] }]
    ///     metric_relabel_configs: [{ source_labels: [__name__, uri], regex: "http_.+;/health", action: drop }]
    /// # file: app.job.prom
    /// # HELP http_requests_total Requests
    /// # TYPE http_requests_total counter
    /// http_requests_total{path="/health"} 3
    /// http_requests_total{path="/login"} 4
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: app
    ///     static_configs: [{ targets: ["app:8080"] }]
    ///     relabel_configs: [{ source_labels: [__address__], target_label: host }]
    /// ```
    RelabelEffect, "relabel-effect", Warning
}

impl Rule for RelabelEffect {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        for job in &config.jobs {
            let at = format!("scrape_configs[{}]", job.index);
            judge(&job.relabel, &format!("{at}.relabel_configs"), found);
            of_targets(job, &format!("{at}.relabel_configs"), found);
            addressed(job, &format!("{at}.relabel_configs"), found);
            lettered(job, &format!("{at}.metric_relabel_configs"), context, found);
            of_page(job, &format!("{at}.metric_relabel_configs"), context, found);
            of_declared(job, &format!("{at}.metric_relabel_configs"), context, found);
            turned(&job.metric_relabel, &format!("{at}.metric_relabel_configs"), found);
            targeted(job, &format!("{at}.relabel_configs"), found);
            lost(&job.relabel, &format!("{at}.relabel_configs"), found);
            lost(&job.metric_relabel, &format!("{at}.metric_relabel_configs"), found);
            judge(&job.metric_relabel, &format!("{at}.metric_relabel_configs"), found);
            of_discovery(job, &format!("{at}.relabel_configs"), found);
            behind_scrape(&job.metric_relabel, &format!("{at}.metric_relabel_configs"), context, found);
        }
        for (index, (_, steps)) in config.remote_write.iter().enumerate() {
            let at = format!("remote_write[{index}].write_relabel_configs");
            judge(steps, &at, found);
            turned(steps, &at, found);
            behind_scrape(steps, &at, context, found);
        }
        judge(&config.alert_relabel, "alerting.alert_relabel_configs", found);
        for (index, one) in config.alertmanagers.iter().enumerate() {
            judge(&one.relabel, &format!("alerting.alertmanagers[{index}].relabel_configs"), found);
            judge(&one.alert_relabel, &format!("alerting.alertmanagers[{index}].alert_relabel_configs"), found);
        }
    }
}

fn push(found: &mut Vec<Diagnostic>, node: &Node, path: String, message: String, help: impl Into<String>) {
    found.push(META.finding(node.span, message).path(path).help(help));
}

fn place<'a>(step: &Relabel<'a>, source: &str) -> &'a Node {
    step.node.get("source_labels").and_then(|list| list.items().find(|item| item.as_str() == Some(source))).unwrap_or(step.node)
}
