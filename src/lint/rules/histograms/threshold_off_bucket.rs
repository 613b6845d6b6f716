//! Thresholds between two bounds of a histogram.

use std::ops::Range;

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::inference::source;
use crate::lint::query::expression::Expression;
use crate::lint::query::{Query, constant};
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::{Catalogue, Metric};
use crate::lint::world::{Series, World};
use crate::promql::ast::{BinaryOp, ExprKind, Selector};
use crate::promql::walk;
use crate::source::Spanned;

rule! {
    /// A quantile is compared with a threshold that is no bound of its histogram. Between two bounds Prometheus can only
    /// guess by a straight line, so requests of 0.55 s may count as slower than 0.7 s.
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
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(request_seconds_bucket[5m]))) > 0.7
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
    ThresholdOffBucket, "threshold-off-bucket", Warning
}

/// A quantile of a declared classic histogram, compared with a number.
pub(super) struct Compared<'a> {
    pub(super) op: BinaryOp,
    pub(super) threshold: f64,
    pub(super) range: Range<usize>,
    pub(super) metric: &'a str,
    pub(super) buckets: &'a Spanned<Vec<f64>>,
    pub(super) says: &'static str,
}

/// Every such comparison of an expression.
pub(super) fn compared<'a>(query: &Query<'_>, context: &Context<'a>) -> Vec<Compared<'a>> {
    let mut found = Vec::new();
    let Some(expr) = query.expr.as_ref().filter(|_| !context.world.catalogues.is_empty()) else { return found };
    walk::visit(expr, &mut |expr| {
        let ExprKind::Binary(binary) = &expr.kind else { return };
        let (true, Some(threshold)) = (binary.op.is_comparison(), constant(&binary.right)) else { return };
        let ExprKind::Call { function, arguments } = &walk::without_parens(&binary.left).kind else { return };
        let (true, Some(input)) = (function.text == "histogram_quantile", arguments.get(1)) else { return };
        let selectors = walk::selectors(input);
        let [only] = selectors.as_slice() else { return };
        let Some((catalogue, metric)) = histogram(only.selector, context.world) else { return };
        let is_classic = !metric.native;
        if let Some(buckets) = metric.buckets.as_ref().filter(|_| is_classic) {
            let range = binary.right.range.clone();
            found.push(Compared { op: binary.op, threshold, range, metric: &metric.name.value, buckets, says: catalogue.says() });
        }
    });
    found
}

/// The histogram that a quantile is taken of, be its buckets recorded.
fn histogram<'a>(selector: &Selector, world: &World<'a>) -> Option<(&'a Catalogue, &'a Metric)> {
    let direct = world.metric_of(selector);
    // A page in text never shows that a histogram is native as well.
    let direct = direct.filter(|(catalogue, _, series)| *series == Series::Bucket || !catalogue.is_page());
    direct.map(|(catalogue, metric, _)| (catalogue, metric)).or_else(|| source::buckets(selector, world))
}

impl Rule for ThresholdOffBucket {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for Compared { threshold, range, metric, buckets, says, .. } in compared(query, context) {
            let below = buckets.value.iter().copied().rfind(|bound| *bound <= threshold);
            let above = buckets.value.iter().copied().find(|bound| *bound > threshold);
            let Some(above) = above.filter(|_| below != Some(threshold)) else { continue };
            let below = below.unwrap_or(0.0);
            found.push(
                META.finding(
                    query.span(&range),
                    format!("`{threshold}` lies between the buckets `{below}` and `{above}` of `{metric}`, where a quantile is a guess"),
                )
                .related(buckets.span, format!("the buckets are {says}"))
                .help(format!("add a bucket `{threshold}`, or compare with `{below}` or `{above}`")),
            );
        }
    }
}
