//! Targets on localhost beside targets on other hosts.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::words::hosts::{is_container, is_own};

rule! {
    /// A job scrapes `localhost` while others are reached by the name of a container or host. Where Prometheus itself runs
    /// in a container, `localhost` is Prometheus and nothing answers at that port.
    ///
    /// Prometheus scraping itself at `localhost:9090` is no mix, nor are exporters on the same machine beside addresses
    /// with a dot or a number.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// alerting: { alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }] }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["myapp:4000"] }]
    ///   - job_name: prometheus
    ///     static_configs: [{ targets: ["localhost:9090"] }]
    /// ```
    LocalhostTarget, "localhost-target", Warning
}

impl Rule for LocalhostTarget {
    fn prometheus(&self, view: &PrometheusView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        let groups = || config.jobs.iter().map(|job| &job.targets).chain(config.alertmanagers.iter().map(|one| &one.targets));
        // A name without a dot is that of a container.
        let named = groups().flat_map(|group| &group.addresses).find(|node| node.as_str().is_some_and(is_container));
        let Some(named) = named else { return };
        for (index, node) in
            config.alertmanagers.iter().enumerate().flat_map(|(index, one)| one.targets.addresses.iter().map(move |node| (index, node)))
        {
            let here = node.as_str().is_some_and(|text| text.rsplit_once(':').is_some_and(|(host, _)| is_own(host)));
            let jobs =
                config.jobs.iter().flat_map(|job| &job.targets.addresses).filter(|node| node.as_str().is_some_and(is_container)).count();
            if here && jobs > 1 {
                found.push(
                    META.finding(node.span, format!("{} is Prometheus itself where it runs in a container", node.describe()))
                        .path(format!("alerting.alertmanagers[{index}]"))
                        .related(named.span, format!("{} is reached by a name", named.describe()))
                        .help("use the name of the service's container or host"),
                );
            }
        }
        for job in config.jobs.iter().filter(|job| job.metrics_path() != "/probe") {
            for node in &job.targets.addresses {
                let Some((host, port)) = node.as_str().and_then(|text| text.rsplit_once(':')) else { continue };
                if is_own(host) && port != "9090" {
                    found.push(
                        META.finding(node.span, format!("`{host}` is Prometheus itself where it runs in a container"))
                            .path(format!("scrape_configs[{}].static_configs", job.index))
                            .related(named.span, format!("{} is reached by a name", named.describe()))
                            .help("use the name of the service's container or host"),
                    );
                }
            }
        }
    }
}
