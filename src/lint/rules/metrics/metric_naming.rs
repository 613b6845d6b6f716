//! Names of metrics that mislead whoever reads them.

use crate::diagnostic::Diagnostic;
use crate::formats::exposition::is_noise;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::MetricType;
use crate::lint::world::exporters::is_of_others;

rule! {
    /// A metric's name breaks a convention that tools and people rely on: counters end in `_total` and nothing else does,
    /// units are base units (`_seconds`, `_bytes`), `_bucket`, `_sum` and `_count` belong to histograms, `:` to recording rules, and
    /// names are written in snake case. Said of manifests, and of pages of metrics among the files.
    ///
    /// See <https://prometheus.io/docs/practices/naming/>.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests: { type: counter } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { http_requests_total: { type: counter } }
    /// ```
    MetricNaming, "metric-naming", Warning
}

/// Suffixes of units that are no base units, and what to use.
const UNITS: &[(&str, &str)] = &[
    ("_milliseconds", "_seconds"),
    ("_ms", "_seconds"),
    ("_msec", "_seconds"),
    ("_sec", "_seconds"),
    ("_secs", "_seconds"),
    ("_microseconds", "_seconds"),
    ("_minutes", "_seconds"),
    ("_hours", "_seconds"),
    ("_days", "_seconds"),
    ("_kilobytes", "_bytes"),
    ("_megabytes", "_bytes"),
    ("_kb", "_bytes"),
    ("_mb", "_bytes"),
    ("_bits", "_bytes"),
    ("_percent", "_ratio"),
];

impl Rule for MetricNaming {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        let judged = context.world.catalogues.iter().filter(|catalogue| catalogue.is_judged());
        for (catalogue, metric) in judged.flat_map(|catalogue| catalogue.metrics.iter().map(move |metric| (catalogue, metric))) {
            let name = metric.name.value.as_str();
            // Nobody here named what a client library brings along, nor what does not say what it is.
            if catalogue.is_page() && (is_noise(name) || is_of_others(name) || metric.kind == MetricType::Untyped) {
                continue;
            }
            let mut report = |message: String, help: String| {
                let finding = META.finding(metric.name.span, message).help(help);
                found.push(if catalogue.is_page() { finding } else { finding.path(format!("metrics.{name}")) });
            };
            if name.contains(':') {
                report(format!("`{name}` has a colon, which is for recording rules"), "use `_`".to_owned());
            }
            let labels = metric.labels.iter().map(|label| label.name.value.as_str());
            for camel in std::iter::once(name).chain(labels.clone()).filter(|name| is_camel(name)) {
                report(format!("`{camel}` is written in camel case"), "write names in snake case, as in `http_requests_total`".to_owned());
            }
            let foreign = |label: &&str| match *label {
                "le" => metric.kind != MetricType::Histogram,
                "quantile" => metric.kind != MetricType::Summary,
                _ => false,
            };
            // Of manifests, `reserved-label` says so.
            for label in labels.filter(foreign).filter(|_| catalogue.is_page()) {
                report(
                    format!("`{name}` has the label `{label}`, which histograms and summaries have"),
                    "call it something else".to_owned(),
                );
            }
            let counter = metric.kind == MetricType::Counter;
            let stem = name.strip_suffix("_total").unwrap_or(name);
            if counter && stem == name {
                report(format!("the counter `{name}` does not end in `_total`"), format!("call it `{name}_total`"));
            } else if !counter && stem != name {
                report(format!("`{name}` ends in `_total` and is no counter"), format!("call it `{stem}`"));
            }
            if let Some((unit, base)) = UNITS.iter().find(|(unit, _)| stem.ends_with(unit)) {
                report(
                    format!("`{name}` is not measured in a base unit"),
                    format!("measure it as `{}{base}`", stem.trim_end_matches(unit)),
                );
            }
            if let Some(suffix) = ["_bucket", "_sum", "_count"].iter().find(|suffix| name.ends_with(*suffix)) {
                report(
                    format!("`{suffix}` is what histograms and summaries add themselves"),
                    format!("call it `{}`", name.trim_end_matches(suffix)),
                );
            }
        }
    }
}

/// Whether a small letter stands before a large one, as in `fooBar`.
fn is_camel(name: &str) -> bool {
    name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}
