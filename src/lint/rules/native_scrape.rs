//! Settings of native histograms that contradict one another or what is read.

use crate::diagnostic::Diagnostic;
use crate::lint::Context;
use crate::lint::query::matches;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::source::Node;

rule! {
    /// A job asks for native histograms and not for the one protocol that carries them, turns the classic histograms that rules and
    /// panels read into native ones, or uses a key by the name that it had before Prometheus 3.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - { job_name: app, scrape_native_histograms: true, scrape_protocols: [PrometheusText0.0.4], static_configs: [{ targets: ["app:8080"] }] }
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - { job_name: app, scrape_native_histograms: true, scrape_protocols: [PrometheusProto, PrometheusText0.0.4], static_configs: [{ targets: ["app:8080"] }] }
    /// ```
    NativeScrape, "native-scrape", Warning
}

impl Rule for NativeScrape {
    fn prometheus(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for job in &view.config.jobs {
            let on = |key: &str| job.node.get(key).filter(|node| node.as_bool() == Some(true));
            let mut report = |node: &Node, key: &str, message: String, help: &str| {
                found.push(META.finding(node.span, message).path(format!("scrape_configs[{}].{key}", job.index)).help(help));
            };
            let protocols = job.node.get("scrape_protocols").filter(|list| list.items().next().is_some());
            if let (Some(_), Some(list)) = (on("scrape_native_histograms"), protocols)
                && !list.items().any(|item| item.as_str() == Some("PrometheusProto"))
            {
                report(
                    list,
                    "scrape_protocols",
                    "native histograms come by `PrometheusProto` only".to_owned(),
                    "add `PrometheusProto` in front",
                );
            }
            if let Some((key, _)) = job.node.entry("scrape_classic_histograms") {
                let message = "since Prometheus 3 this is called `always_scrape_classic_histograms`".to_owned();
                report(key, "scrape_classic_histograms", message, "rename it");
            }
            let converts = on("convert_classic_histograms_to_nhcb").filter(|_| on("always_scrape_classic_histograms").is_none());
            if let Some((node, series)) = converts.and_then(|node| Some((node, classic(job.name(), view.config.jobs.len(), context)?))) {
                let message = format!("`{series}` is gone when its histogram is turned into a native one, and rules or panels read it");
                report(node, "convert_classic_histograms_to_nhcb", message, "set `always_scrape_classic_histograms: true` as well");
            }
        }
    }
}

/// A series of buckets that a query reads of a job.
fn classic(job: &str, jobs: usize, context: &Context<'_>) -> Option<String> {
    context.queries.iter().find_map(|query| {
        query.selectors().iter().find_map(|found| {
            let name =
                found.selector.metric_name().filter(|name| name.ends_with("_bucket") && !query.is_variable_metric(found.selector))?;
            let pins: Vec<_> =
                found.selector.matchers.iter().filter(|m| m.label.text == "job" && !query.is_variable(&m.value_range)).collect();
            let reads = (!pins.is_empty() || jobs == 1) && pins.iter().all(|matcher| matches(matcher, job) == Some(true));
            reads.then(|| name.to_owned())
        })
    })
}
