//! Settings of native histograms that contradict one another or what is read.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::matches;
use crate::lint::query::parts::Use;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::Series;
use crate::lint::world::declared::{Metric, MetricType};
use crate::source::Node;

rule! {
    /// A manifest declares a native histogram of a job that is not asked for any, or a rule reads one that the job's protocols do not carry; or a job asks for native histograms and not for
    /// the one protocol that carries them, turns the classic histograms that rules and
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
        undeclared(view, context, found);
        uncarried(view, context, found);
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
            let global = view.config.root.get("global");
            let anywhere =
                |key: &str| job.node.get(key).or(global.and_then(|global| global.get(key))).filter(|node| node.as_bool() == Some(true));
            let converts =
                anywhere("convert_classic_histograms_to_nhcb").filter(|_| anywhere("always_scrape_classic_histograms").is_none());
            if let Some((node, series)) = converts.and_then(|node| Some((node, classic(job.name(), view.config.jobs.len(), context)?))) {
                let message = format!("`{series}` is gone when its histogram is turned into a native one, and rules or panels read it");
                report(node, "convert_classic_histograms_to_nhcb", message, "set `always_scrape_classic_histograms: true` as well");
            }
        }
    }
}

/// Histograms that a manifest declares native, of jobs that nobody asks for native ones: since Prometheus 3.8 a setting does.
fn undeclared(view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let global = view.config.root.get("global");
    for job in &view.config.jobs {
        let effective = |key: &str| job.node.get(key).or_else(|| global.and_then(|global| global.get(key)));
        let on = |key: &str| effective(key).and_then(Node::as_bool) == Some(true);
        let protocols = effective("scrape_protocols").filter(|list| list.items().next().is_some());
        let carried = protocols.is_none_or(|list| list.items().any(|item| item.as_str() == Some("PrometheusProto")));
        let manifests = context.world.catalogues.iter().filter(|catalogue| !catalogue.is_page() && catalogue.is_of(job.name()));
        let new = manifests.filter(|catalogue| catalogue.prometheus_version.is_some_and(|version| version >= (3, 8)));
        let native = new.flat_map(|catalogue| &catalogue.metrics).find(|metric| metric.native && metric.buckets.is_none());
        let (Some(metric), Some(name)) = (native, job.name) else { continue };
        let (place, message, help) = match protocols.filter(|_| !carried) {
            Some(list) => (list, "native histograms come by `PrometheusProto` only", "add `PrometheusProto` in front"),
            None if !on("scrape_native_histograms") && !on("convert_classic_histograms_to_nhcb") => {
                (name, "nothing asks this job for native histograms", "set `scrape_native_histograms: true`")
            }
            None => continue,
        };
        let known = found.iter().any(|other| other.rule == META.id && other.span == place.span);
        if !known {
            let finding = META.finding(place.span, message).path(format!("scrape_configs[{}]", job.index));
            found.push(finding.related(metric.name.span, "declared a native histogram here").help(help));
        }
    }
}

/// Histograms without bounds that somebody reads whole, of jobs that ask for no protocol which carries them.
fn uncarried(view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let world = context.world;
    let global = view.config.root.get("global");
    for job in &view.config.jobs {
        let effective = |key: &str| job.node.get(key).or_else(|| global.and_then(|global| global.get(key)));
        let Some(list) = effective("scrape_protocols").filter(|list| list.items().next().is_some()) else { continue };
        let is_carried = list.items().any(|item| item.as_str() == Some("PrometheusProto"));
        let is_made = effective("convert_classic_histograms_to_nhcb").and_then(Node::as_bool) == Some(true);
        if is_carried || is_made || found.iter().any(|other| other.rule == META.id && other.span == list.span) {
            continue;
        }
        let read = context.queries.iter().find_map(|query| {
            let whole = |used: &Use<'_>| {
                let known = world.metric_of(used.selector).filter(|_| world.job_read(used.selector) == Some(job.name()));
                let is_native = |metric: &Metric| metric.native || metric.buckets.as_ref().is_none_or(|bounds| bounds.value.is_empty());
                known.is_some_and(|(_, metric, series)| {
                    series == Series::Base && metric.kind == MetricType::Histogram && is_native(metric) && !query.is_variable(&used.range)
                })
            };
            let name = query.selectors().iter().find(|used| whole(used))?.selector.metric_name()?.to_owned();
            Some((*query, name))
        });
        if let Some((query, name)) = read {
            let message = format!("`{}` reads `{name}` as a native histogram, and these come by `PrometheusProto` only", query.name());
            let finding = META.finding(list.span, message).path(format!("scrape_configs[{}].scrape_protocols", job.index));
            found.push(finding.related(query.node.span, "read here").help("add `PrometheusProto` in front"));
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
