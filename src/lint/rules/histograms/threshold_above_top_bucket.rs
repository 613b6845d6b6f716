//! Thresholds that no quantile of a histogram can exceed.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::rules::histograms::threshold_off_bucket::{Compared, compared};
use crate::promql::ast::BinaryOp;

rule! {
    /// A quantile is compared with a threshold that it can never exceed: Prometheus caps a quantile at the histogram's
    /// highest finite bound, however slow requests get.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { request_seconds: { type: histogram, buckets: [0.1, 0.5, 1] } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 1
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { request_seconds: { type: histogram, buckets: [0.1, 0.5, 1] } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 0.5
    /// ```
    ThresholdAboveTopBucket, "threshold-above-top-bucket", Error
}

impl Rule for ThresholdAboveTopBucket {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for Compared { op, threshold, range, metric, buckets, .. } in compared(query, context) {
            let Some(top) = buckets.value.last().copied() else { continue };
            let never = match op {
                BinaryOp::Greater => threshold >= top,
                BinaryOp::GreaterEqual => threshold > top,
                _ => false,
            };
            if never {
                // Which of the two is wrong is not known.
                if context.world.metric(metric).is_some_and(|(owner, ..)| !owner.is_page()) {
                    let message =
                        format!("the buckets of `{metric}` end at `{top}`, and `{}` asks for more than `{threshold}`", query.name());
                    let finding = META.finding_at(Level::Warning, buckets.span, message).path(format!("metrics.{metric}.buckets"));
                    found.push(finding.related(query.span(&range), "compared here").help("add buckets above that"));
                }
                found.push(
                    META.finding(
                        query.span(&range),
                        format!("a quantile of `{metric}` never exceeds `{top}`, its highest finite bucket, so this never holds"),
                    )
                    .related(buckets.span, format!("the buckets end at `{top}`"))
                    .help(format!("add buckets above `{threshold}`, or lower the threshold below `{top}`")),
                );
            }
        }
    }
}
