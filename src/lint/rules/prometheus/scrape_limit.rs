//! Limits that fail every scrape.

use crate::diagnostic::Diagnostic;
use crate::formats::prometheus::Job;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::views::PrometheusView;
use crate::lint::world::declared::{Catalogue, Evidence, MetricType};
use crate::source::Node;

rule! {
    /// A limit of a job is below what its targets are known to serve: fewer labels than a declared metric carries with those of its
    /// target, shorter names or values than there are, fewer samples than any service has, or than one metric may
    /// have series by its `max_series`. Then the whole scrape fails, and `up` is 0.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, label_limit: 2, static_configs: [{ targets: ["app:8080"] }] }]
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs: [{ job_name: app, label_limit: 30, static_configs: [{ targets: ["app:8080"] }] }]
    /// ```
    ScrapeLimit, "scrape-limit", Warning
}

/// What client libraries serve of their runtime alone.
const SAMPLES: i64 = 100;
/// The smallest page of metrics that is of any use, in bytes.
const PAGE: f64 = 10_000.0;

impl Rule for ScrapeLimit {
    fn jobs(&self, view: &PrometheusView<'_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let config = view.config;
        for job in &config.jobs {
            let known = Known::of(job, context.world.catalogues);
            for (at, node) in [("global".to_owned(), config.root.get("global")), (format!("scrape_configs[{}]", job.index), Some(job.node))]
            {
                for (key, need, what) in known.needs() {
                    let Some((limit, number)) = node.and_then(|node| node.get(key)).and_then(|node| Some((node, node.as_i64()?))) else {
                        continue;
                    };
                    let twice = found.iter().any(|other| other.rule == META.id && other.span == limit.span);
                    if number > 0 && number < need && !twice {
                        found.push(
                            META.finding(
                                limit.span,
                                format!("{} is below {what} of `{}`, so every scrape fails", limit.describe(), job.name()),
                            )
                            .path(format!("{at}.{key}"))
                            .help(format!("allow more than {need}")),
                        );
                    }
                }
                if let Some((limit, most)) = node.and_then(|node| node.get("sample_limit")).and_then(|node| Some((node, node.as_i64()?)))
                    && most >= known.samples
                    && let Some((name, series, declared)) = largest(job, context).filter(|(_, series, _)| most > 0 && *series > most)
                {
                    let message = format!("`{name}` alone may have {series} series, and with more than {most} samples a scrape fails");
                    let finding = META.finding(limit.span, message).path(format!("{at}.sample_limit"));
                    found.push(finding.related(declared.span, "the manifest").help(format!("allow more than {series}")));
                }
                let page = node.and_then(|node| node.get("body_size_limit")).and_then(|limit| Some((limit, bytes(limit.as_str()?)?)));
                if let Some((limit, _)) =
                    page.filter(|(limit, size)| *size > 0.0 && *size < PAGE && !found.iter().any(|other| other.span == limit.span))
                {
                    found.push(
                        META.finding(limit.span, format!("hardly any page of metrics fits into {}", limit.describe()))
                            .path(format!("{at}.body_size_limit"))
                            .help("allow megabytes, as `10MB`"),
                    );
                }
            }
        }
    }
}

/// The metric that may have the most series on a target of a job, as its manifest says, and how many.
fn largest<'a>(job: &Job<'_>, context: &Context<'a>) -> Option<(&'a str, i64, &'a Node)> {
    let own = context.manifests().filter(|view| {
        let name = view.root.at(["service", "job"]).or_else(|| view.root.at(["service", "name"]));
        name.and_then(Node::as_str) == Some(job.name())
    });
    let metrics = own.flat_map(|view| view.root.entries_of("metrics"));
    let limits = metrics.filter_map(|(name, _, metric)| metric.get("max_series").and_then(|node| Some((name, node.as_i64()?, node))));
    limits.max_by_key(|(_, series, _)| *series)
}

/// What is known for sure of the series of a job.
struct Known {
    samples: i64,
    labels: i64,
    name: i64,
    value: i64,
    targets: i64,
}

impl Known {
    fn of(job: &Job<'_>, catalogues: &[Catalogue]) -> Self {
        let own: Vec<&str> = job
            .targets
            .labels
            .iter()
            .flat_map(|labels| labels.entries())
            .map(|(name, ..)| name)
            .filter(|name| !name.starts_with("__"))
            .collect();
        let length = |text: &str| i64::try_from(text.len()).unwrap_or(0);
        let values = job.targets.labels.iter().flat_map(|labels| labels.entries()).filter_map(|(_, _, value)| value.as_str()).map(length);
        let addresses = job.targets.addresses.iter().filter(|_| job.relabel.is_empty()).filter_map(|node| node.as_str()).map(length);
        let mut known = Self {
            samples: SAMPLES,
            // The name, `job` and `instance`.
            labels: 3 + i64::try_from(own.len()).unwrap_or(0),
            name: own.iter().map(|name| length(name)).max().unwrap_or(0).max(length("instance")),
            value: values.chain(addresses).max().unwrap_or(0).max(length(job.name())),
            targets: i64::try_from(job.targets.addresses.len()).unwrap_or(0),
        };
        for catalogue in catalogues.iter().filter(|catalogue| catalogue.is_of(job.name())) {
            if let Evidence::Page { samples, .. } = catalogue.evidence {
                known.samples = known.samples.max(i64::try_from(samples).unwrap_or(i64::MAX));
            }
            for metric in &catalogue.metrics {
                let sure = metric.labels.iter().filter(|label| !label.optional).count();
                let bucket = usize::from(metric.kind == MetricType::Histogram && metric.buckets.is_some());
                known.labels = known.labels.max(3 + i64::try_from(own.len() + sure + bucket).unwrap_or(0));
                known.name = metric.labels.iter().map(|label| length(&label.name.value)).max().unwrap_or(0).max(known.name);
                let suffix = if bucket == 1 { "_bucket" } else { "" };
                known.value = known.value.max(length(&metric.name.value) + length(suffix));
            }
        }
        known
    }

    fn needs(&self) -> [(&'static str, i64, &'static str); 5] {
        [
            (
                "sample_limit",
                self.samples,
                if self.samples > SAMPLES { "the number of samples on the page" } else { "what any service serves, and so of those" },
            ),
            ("label_limit", self.labels, "the number of labels on the series"),
            ("label_name_length_limit", self.name, "the length of the names of labels"),
            ("label_value_length_limit", self.value, "the length of names and values"),
            ("target_limit", self.targets, "the number of targets"),
        ]
    }
}

fn bytes(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let scale = match &text[end..] {
        "B" => 1.0,
        "KB" | "KiB" => 1024.0,
        _ => return None,
    };
    Some(text[..end].parse::<f64>().ok()? * scale)
}
