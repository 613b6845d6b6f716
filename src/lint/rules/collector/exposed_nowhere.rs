//! Metrics of a Collector that Prometheus does not fetch, and targets that a Collector does not serve.

use crate::diagnostic::Diagnostic;
use crate::formats::collector::kind;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::collector::listener::{Listening, listening};
use crate::lint::views::ViewKind;
use crate::lint::words::hosts::host;
use crate::source::Node;

rule! {
    /// A Collector exposes metrics at a port that no job of the `prometheus.yml` beside it scrapes, so they are lost; or a job
    /// scrapes the Collector at a port that serves none.
    ///
    /// ```yaml fires
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service: { pipelines: { metrics: { receivers: [otlp], exporters: [prometheus] } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: collector, static_configs: [{ targets: ["otel-collector:8890"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: otel-collector.yml
    /// receivers: { otlp: { protocols: { grpc: {} } } }
    /// exporters: { prometheus: { endpoint: "0.0.0.0:8889" } }
    /// service: { pipelines: { metrics: { receivers: [otlp], exporters: [prometheus] } } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: collector, static_configs: [{ targets: ["otel-collector:8889"] }] }]
    /// ```
    ExposedNowhere, "exposed-nowhere", Warning
}

impl Rule for ExposedNowhere {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let [config] = context.world.prometheus.as_slice() else { return };
        let mut collectors =
            context.views.iter().filter_map(|view| if let ViewKind::Collector(collector) = &view.kind { Some(collector) } else { None });
        let (Some(collector), None) = (collectors.next(), collectors.next()) else { return };
        let jobs = || config.jobs.iter().filter(|job| job.metrics_path() != "/probe");
        if config.fragment {
            return;
        }
        let targets: Vec<(usize, &Node, &str)> =
            jobs().flat_map(|job| job.targets.addresses.iter().filter_map(|node| Some((job.index, *node, node.as_str()?)))).collect();
        let port = |text: &str| text.rsplit_once(':').map_or(String::new(), |(_, port)| port.to_owned());
        let exposed: Vec<Listening<'_>> = listening(collector).into_iter().filter(|one| one.metrics).collect();
        let is_collector = |text: &str| ["collector", "otelcol", "otel-"].iter().any(|word| host(text).contains(word));
        let named = targets.iter().any(|(_, _, target)| is_collector(target));
        // What discovery finds may be the Collector, where no target is.
        if !named && jobs().any(|job| !job.targets.discovery.is_empty()) {
            return;
        }
        for one in &exposed {
            let off = collector.root.get("service").and_then(|service| service.get("telemetry")?.get("metrics")?.get("level"));
            if let Some(level) = off.filter(|level| level.as_str() == Some("none") && one.path.starts_with("service")) {
                found.push(
                    META.finding(level.span, format!("with `none` there are no metrics at port {}", one.port))
                        .path("service.telemetry.metrics.level")
                        .help("use `normal`"),
                );
            }
            if !targets.iter().any(|(_, _, target)| port(target) == one.port && (!named || is_collector(target))) {
                found.push(
                    META.finding(one.node.span, format!("no job of Prometheus scrapes port {}, so these metrics are lost", one.port))
                        .path(one.path.clone())
                        .help("add a job for it, or use the port that is scraped"),
                );
                // A job that is called after the Collector most likely has the wrong port.
                let of_job = |index: usize| jobs().any(|job| job.index == index && is_collector(job.name()));
                let asked = targets.iter().find(|(index, _, target)| {
                    of_job(*index) && !is_collector(target) && !exposed.iter().any(|one| one.port == port(target))
                });
                if let Some((index, node, _)) = asked {
                    found.push(
                        META.finding(node.span, format!("the Collector serves metrics at port {}, which no job asks", one.port))
                            .path(format!("scrape_configs[{index}].static_configs"))
                            .related(one.node.span, "where it does")
                            .help(format!("use port {}", one.port)),
                    );
                }
            }
        }
        // What an exporter is told by the environment may be any port.
        let is_told = |body: &Node| body.get("endpoint").and_then(Node::as_str).is_some_and(|text| text.contains('$'));
        let of_environment = collector.components("exporters").any(|(id, _, body)| {
            kind(id) == "prometheus" && is_told(body) && !exposed.iter().any(|one| one.path == format!("exporters.{id}.endpoint"))
        });
        if of_environment {
            return;
        }
        // Hosts that are called after the Collector, or that are scraped at one of its ports.
        for (index, node, target) in targets.iter().filter(|(_, _, target)| is_collector(target)) {
            if !exposed.is_empty() && !exposed.iter().any(|one| one.port == port(target)) {
                let mut ports: Vec<&str> = exposed.iter().map(|one| one.port).collect();
                ports.sort_unstable();
                ports.dedup();
                found.push(
                    META.finding(node.span, format!("the Collector serves no metrics at port {}", port(target)))
                        .path(format!("scrape_configs[{index}].static_configs"))
                        .related(exposed[0].node.span, "where it does")
                        .help(format!("use port {}", ports.join(" or "))),
                );
            }
        }
    }
}
