//! Alerts that nobody is told about.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;

rule! {
    /// Alerts are among the inputs, and the `prometheus.yml` beside them sends to no Alertmanager: they fire, and nobody
    /// is told.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// scrape_configs: [{ job_name: myapp }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: AppDown, expr: 'up{job="myapp"} == 0' }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// rule_files: [alerts.yml]
    /// alerting: { alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// scrape_configs: [{ job_name: myapp }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules: [{ alert: AppDown, expr: 'up{job="myapp"} == 0' }]
    /// ```
    AlertsGoNowhere, "alerts-go-nowhere", Warning
}

impl Rule for AlertsGoNowhere {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        let sends =
            config.alertmanagers.iter().map(|one| &one.targets).any(|groups| !groups.addresses.is_empty() || !groups.discovery.is_empty());
        let Some((key, _)) = config.root.entry("rule_files").filter(|_| !sends && !config.fragment && !config.rule_files.is_empty()) else {
            return;
        };
        let Some(alert) = context.queries.iter().filter_map(|query| query.rule()).find(|rule| rule.is_alert()) else { return };
        found.push(
            META.finding(key.span, "alerts are loaded, and no Alertmanager is told of them")
                .path("alerting")
                .related(alert.name.span, format!("such as `{}`", alert.name()))
                .help("add `alerting: { alertmanagers: [{ static_configs: [{ targets: [\"alertmanager:9093\"] }] }] }`"),
        );
    }
}
