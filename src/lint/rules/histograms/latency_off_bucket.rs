//! Latency objectives whose bound is no bucket.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::rule::{Rule, rule};

rule! {
    /// A latency objective counts the requests within a bound, and the histogram has no bucket with that bound: there is
    /// nothing to count, and the objective is always empty.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { request_seconds: { type: histogram, buckets: [0.1, 0.5, 1] } }
    /// objectives: { latency: { of: request_seconds, within: 300ms, target: 99% } }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { request_seconds: { type: histogram, buckets: [0.1, 0.5, 1] } }
    /// objectives: { latency: { of: request_seconds, within: 500ms, target: 99% } }
    /// ```
    LatencyOffBucket, "latency-off-bucket", Error
}

impl Rule for LatencyOffBucket {
    fn set(&self, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for objective in context.world.catalogues.iter().flat_map(|catalogue| &catalogue.objectives) {
            let Some((name, bound)) = &objective.within else { continue };
            let Some(buckets) =
                context.world.metric(name).filter(|(_, metric, _)| !metric.native).and_then(|(_, metric, _)| metric.buckets.as_ref())
            else {
                continue;
            };
            if buckets.value.iter().any(|bucket| (bucket - bound.value).abs() <= bucket.abs() * 1e-9) {
                continue;
            }
            found.push(
                META.finding(bound.span, format!("`{name}` has no bucket `{}`, so nothing can be counted", bound.value))
                    .path(format!("objectives.{}.within", objective.name.value))
                    .related(buckets.span, "the buckets are declared here")
                    .help(format!("add the bucket `{}`", bound.value)),
            );
        }
    }
}
