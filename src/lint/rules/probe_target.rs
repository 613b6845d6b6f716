//! Targets that their prober cannot probe.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::probes::probes;
use crate::lint::rule::{Rule, rule};

rule! {
    /// A probe job has a target that the prober of its module cannot reach: a URL for `tcp`, `dns`, `icmp` or `grpc`, a host
    /// without a port for `tcp` or `grpc`, a port for `icmp`. Every probe fails.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { tcp_connect: { prober: tcp } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [tcp_connect] }
    ///     static_configs: [{ targets: ["https://broker"] }]
    ///     relabel_configs: [{ source_labels: [__address__], target_label: __param_target }, { target_label: __address__, replacement: "blackbox:9115" }]
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { tcp_connect: { prober: tcp } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: probe
    ///     metrics_path: /probe
    ///     params: { module: [tcp_connect] }
    ///     static_configs: [{ targets: ["broker:5672"] }]
    ///     relabel_configs: [{ source_labels: [__address__], target_label: __param_target }, { target_label: __address__, replacement: "blackbox:9115" }]
    /// ```
    ProbeTarget, "probe-target", Error
}

impl Rule for ProbeTarget {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for probe in probes(context) {
            let prober = probe.module.prober();
            for (node, target) in probe.targets() {
                let Some((what, help)) = trouble(prober, target) else { continue };
                let module = probe.module.node.get("prober").unwrap_or(probe.module.name);
                found.push(
                    META.finding(node.span, format!("{} is {what}, which the prober `{prober}` cannot probe", node.describe()))
                        .path(format!("scrape_configs[{}].static_configs", probe.job.index))
                        .related(module.span, format!("the module `{}`", probe.module.name()))
                        .help(help),
                );
            }
        }
    }
}

fn trouble(prober: &str, target: &str) -> Option<(&'static str, &'static str)> {
    let port = target.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()).is_some();
    let address = target.parse::<std::net::IpAddr>().is_ok();
    let scheme = target.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match (prober, scheme.as_deref()) {
        ("http", Some(scheme)) if scheme != "http" && scheme != "https" => Some(("no URL of HTTP", "write it as `https://host/path`")),
        ("tcp" | "grpc" | "dns" | "icmp", Some(_)) => Some(("a URL", "write a host and port, or use a module whose prober is `http`")),
        ("tcp" | "grpc", None) if target.contains('/') => Some(("no host with a port", "write it as `host:port`")),
        ("tcp" | "grpc", None) if !port || address => Some(("a host without a port", "write it as `host:port`")),
        ("icmp", None) if port && !address => Some(("a host with a port", "write the host alone")),
        ("icmp" | "dns", None) if target.contains('/') => Some(("no host", "write the host alone")),
        _ => None,
    }
}
