//! Series that a histogram of the other sort has.

use crate::diagnostic::Diagnostic;
use crate::lint::context::Context;
use crate::lint::query::expression::Expression;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::Series;
use crate::lint::world::declared::MetricType;

rule! {
    /// A native histogram is one series under its own name. Its `_bucket`, `_sum` and `_count` do not exist unless the
    /// process exposes a classic histogram too. A page of metrics shows it without buckets, where its job has `scrape_native_histograms`. Functions such as `histogram_avg`, the other way round, pass over classic ones.
    ///
    /// ```yaml fires
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { rpc_seconds: { type: histogram, native: true } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(rpc_seconds_bucket[5m]))) > 1
    ///         labels: { severity: warning }
    /// ```
    /// ```yaml silent
    /// # file: obsgen.yaml
    /// apiVersion: obsgen/v1
    /// service: { name: myapp }
    /// metrics: { rpc_seconds: { type: histogram, native: true } }
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Slow
    ///         expr: histogram_quantile(0.99, sum(rate(rpc_seconds[5m]))) > 1
    ///         labels: { severity: warning }
    /// ```
    NativeOrClassic, "native-or-classic", Error
}

/// Functions that look at nothing but native histograms.
const OF_NATIVE: &[&str] = &["histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev", "histogram_stdvar"];

impl Rule for NativeOrClassic {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in &query.selectors {
            let Some(name) = selector.selector.metric_name() else { continue };
            let declared = context.world.metric_of(selector.selector);
            let unknown = || OF_NATIVE.iter().find(|function| selector.inside(function)).filter(|_| name.ends_with("_bucket"));
            // Of what is declared `histogram-sample` says it.
            if let Some(function) = declared.is_none().then(unknown).flatten() {
                let message = format!("`{function}` takes native histograms, and passes over the series of `{name}`");
                let help = "take `_sum` and `_count` of a classic histogram, or the native one by its own name";
                found.push(META.finding(query.span(&selector.range), message).help(help));
                continue;
            }
            let Some((catalogue, metric, series)) = declared else { continue };
            let only_native = metric.kind == MetricType::Histogram && metric.native && metric.buckets.is_none();
            if !only_native || series == Series::Base {
                continue;
            }
            let base = &metric.name.value;
            let help = match series {
                Series::Bucket => format!("use the histogram itself: `histogram_quantile(0.99, sum(rate({base}[5m])))`"),
                Series::Sum => format!("use `histogram_sum(rate({base}[5m]))`"),
                _ => format!("use `histogram_count(rate({base}[5m]))`"),
            };
            found.push(
                META.finding(query.span(&selector.range), format!("`{base}` is a native histogram: there is no series `{name}`"))
                    .related(metric.name.span, catalogue.says())
                    .help(help),
            );
        }
    }
}
