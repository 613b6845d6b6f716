//! Buckets that are no buckets.

use crate::diagnostic::{Diagnostic, Fix};
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};

rule! {
    /// The bounds of a histogram are out of order, repeated, or not positive where they measure a time.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { request_seconds: { type: histogram, buckets: [0.5, 0.1, 1] } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { request_seconds: { type: histogram, buckets: [0.1, 0.5, 1] } }
    /// ```
    MetricBuckets, "metric-buckets", Error
}

impl Rule for MetricBuckets {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for metric in context.world.catalogues.iter().filter(|catalogue| !catalogue.is_page()).flat_map(|catalogue| &catalogue.metrics) {
            let Some(buckets) = &metric.buckets else { continue };
            let path = format!("metrics.{}.buckets", metric.name.value);
            let report = |message: String, help: &str| META.finding(buckets.span, message).path(path.clone()).help(help);
            if let Some(pair) = buckets.value.windows(2).find(|pair| pair[0] >= pair[1]) {
                let what = if pair[0] > pair[1] { "out of order" } else { "repeated" };
                let mut diagnostic = report(format!("the bucket `{}` is {what}", pair[1]), "list every bound once, the smallest first");
                let sorted = sorted(context.sources.text(buckets.span));
                diagnostic.fix = sorted.map(|replacement| Fix { span: buckets.span, replacement });
                found.push(diagnostic);
            }
            let time = metric.name.ends_with("_seconds");
            if let Some(bound) = buckets.value.iter().find(|bound| time && **bound <= 0.0) {
                found.push(report(format!("no time is within `{bound}` seconds"), "start above zero"));
            }
            // Minutes, hours and days are written so, and what takes so long is counted in them.
            let in_minutes = buckets.value.iter().all(|bound| bound % 60.0 == 0.0);
            if time
                && !in_minutes
                && buckets.value.first().is_some_and(|bound| *bound >= 5.0)
                && buckets.value.last().is_some_and(|bound| *bound >= 500.0)
            {
                let message = format!(
                    "buckets from `{}` to `{}` look like milliseconds on a metric in seconds",
                    buckets.value[0],
                    buckets.value[buckets.value.len() - 1]
                );
                found.push(
                    META.finding_at(crate::diagnostic::Level::Warning, buckets.span, message)
                        .path(path.clone())
                        .help("divide by 1000, or name the metric's real unit"),
                );
            }
        }
    }
}

/// A list in brackets on one line, every bound once and as it was written, the smallest first.
fn sorted(written: &str) -> Option<String> {
    let inner = written.strip_prefix('[')?.strip_suffix(']').filter(|inner| !inner.contains(['\n', '#']))?;
    let mut bounds: Vec<(f64, &str)> =
        inner.split(',').map(|bound| Some((bound.trim().parse().ok()?, bound.trim()))).collect::<Option<_>>()?;
    bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    bounds.dedup_by(|a, b| a.0.total_cmp(&b.0).is_eq());
    Some(format!("[{}]", bounds.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(", ")))
}
