//! Timeouts of probes that never count, or that nothing can keep.

use crate::diagnostic::Diagnostic;
use crate::formats::tables::go_duration;
use crate::lint::context::Context;
use crate::lint::probes::probes;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::BlackboxView;
use crate::promql::duration::format_duration;

rule! {
    /// The timeout of a blackbox module does not fit: it is so short that no answer arrives in time, zero or below (which is no
    /// timeout at all), or not shorter than the `scrape_timeout` of the job that uses the module. The exporter gives up half a
    /// second before the scrape does, so a longer timeout never counts, and a slow target looks like one that is down.
    ///
    /// ```yaml fires
    /// # file: blackbox.yml
    /// modules: { http_2xx: { prober: http, timeout: 30s } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s, scrape_timeout: 10s }
    /// scrape_configs: [{ job_name: probe, metrics_path: /probe, params: { module: [http_2xx] }, static_configs: [{ targets: [web] }] }]
    /// ```
    /// ```yaml silent
    /// # file: blackbox.yml
    /// modules: { http_2xx: { prober: http, timeout: 5s } }
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s, scrape_timeout: 10s }
    /// scrape_configs: [{ job_name: probe, metrics_path: /probe, params: { module: [http_2xx] }, static_configs: [{ targets: [web] }] }]
    /// ```
    ProbeTimeout, "probe-timeout", Warning
}

/// No answer comes over a network and through a handshake in less than this, in milliseconds.
const SHORTEST: f64 = 100.0;
/// What the exporter keeps back of the scrape's timeout, in milliseconds.
const OFFSET: f64 = 500.0;

impl Rule for ProbeTimeout {
    fn blackbox(&self, view: &BlackboxView<'_>, _: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for module in view.modules {
            let Some((node, millis)) = module.node.get("timeout").and_then(|node| Some((node, go_duration(node.as_str()?)?))) else {
                continue;
            };
            let negative = node.as_str().is_some_and(|text| text.starts_with('-'));
            let message = if negative || millis == 0.0 {
                format!("a timeout of {} is none: only the scrape's counts", node.describe())
            } else if millis < SHORTEST {
                format!("no answer comes within {}", node.describe())
            } else {
                continue;
            };
            found.push(
                META.finding(node.span, message).path(format!("modules.{}.timeout", module.name())).help("write a few seconds, as `5s`"),
            );
        }
    }

    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for probe in probes(context) {
            let timeout = probe.module.node.get("timeout");
            let Some((node, millis)) = timeout.and_then(|node| Some((node, go_duration(node.as_str()?)?))) else { continue };
            let allowed = probe.job.timeout as f64 - OFFSET;
            if millis <= allowed {
                continue;
            }
            let (name, job) = (probe.module.name(), probe.job.name());
            let scrape = probe.job.node.get("scrape_timeout").or(probe.job.name).unwrap_or(probe.job.node);
            let given = format_duration(probe.job.timeout);
            found.push(
                META.finding(
                    node.span,
                    format!("{} never counts: the job `{job}` gives a probe `{given}`, less half a second", node.describe()),
                )
                .path(format!("modules.{name}.timeout"))
                .related(scrape.span, "the job that uses the module")
                .help("keep it a second below the `scrape_timeout`"),
            );
            found.push(
                META.finding(scrape.span, format!("a probe of `{job}` has `{given}`, and the module `{name}` wants {}", node.describe()))
                    .path(format!("scrape_configs[{}].scrape_timeout", probe.job.index))
                    .related(node.span, "the module's timeout")
                    .help("give the scrape a second more than the module's timeout"),
            );
        }
    }
}
