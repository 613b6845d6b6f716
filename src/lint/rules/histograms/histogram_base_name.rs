//! Quantiles of a classic histogram's base name, which is no series.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::context::Context;
use crate::lint::query::Query;
use crate::lint::query::expression::Expression;
use crate::lint::query::parts::Use;
use crate::lint::query::pins;
use crate::lint::rule::{Rule, rule};
use crate::lint::world::declared::MetricType;
use crate::lint::world::jobs::turns_on;
use crate::lint::world::{Jobs, Series};
use crate::promql::ast::ExprKind;
use crate::promql::walk;

rule! {
    /// A histogram is asked for by its base name, mostly for a quantile. A classic histogram exposes only `_bucket`, `_sum` and `_count`,
    /// so the selector finds nothing and the alert never fires.
    ///
    /// Only native histograms are queried by their base name. It is an error where there can be none: the manifest
    /// declares a classic histogram, the query itself compares `le` or says `_sum` or `_count`, or a `prometheus.yml`
    /// is among the inputs and turns native histograms on nowhere. Else it is a warning, and with a window around the name,
    /// as native histograms are queried, a remark.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 15s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighLatency
    ///         expr: histogram_quantile(0.99, http_request_duration_seconds) > 1
    /// ```
    /// ```yaml silent
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: HighLatency
    ///         expr: histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1
    /// ```
    HistogramBaseName, "histogram-base-name", Error
}

impl Rule for HistogramBaseName {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in &query.selectors {
            let Some(name) = selector.selector.metric_name() else { continue };
            if !selector.inside("histogram_quantile") {
                found.extend(elsewhere(query, selector, name, context));
                continue;
            }
            if name.ends_with("_bucket")
                || name.contains(':')
                || query.is_variable_metric(selector.selector)
                || !is_quantile_input(selector)
            {
                continue;
            }
            if context.world.recorded(name).is_empty()
                && let Some((level, evidence)) = judge(name, selector, context)
            {
                let finding = report(query, selector, name, level, &evidence);
                let known = context.world.metric_of(selector.selector);
                found.push(
                    known.into_iter().fold(finding, |finding, (catalogue, metric, _)| finding.related(metric.name.span, catalogue.says())),
                );
            }
        }
    }
}

/// A classic histogram that is asked for by its base name outside of a quantile.
fn elsewhere(query: &Query<'_>, selector: &Use<'_>, name: &str, context: &Context<'_>) -> Option<Diagnostic> {
    let world = context.world;
    let (catalogue, metric, Series::Base) = world.metric_of(selector.selector)? else { return None };
    let may_be_native = metric.native || (catalogue.is_page() && !only_classic(context));
    if metric.kind != MetricType::Histogram || may_be_native || !world.recorded(name).is_empty() || query.is_variable(&selector.range) {
        return None;
    }
    let place = selector.selector.metric.as_ref().map_or_else(|| selector.range.clone(), |metric| metric.range.clone());
    let message = format!("a classic histogram has no series by its base name `{name}`, so this selects nothing");
    let finding = META.finding(query.span(&place), message).related(metric.name.span, catalogue.says());
    Some(finding.help(format!("use `{name}_bucket`, `{name}_sum` or `{name}_count`")))
}

/// Whether the scrape configurations are among the inputs, and none turns native histograms on.
fn only_classic(context: &Context<'_>) -> bool {
    let world = context.world;
    !world.prometheus.is_empty() && world.jobs_known != Jobs::Open && !world.native_histograms
}

/// Whether a page shows buckets of a histogram, and nothing turns native ones on for the job that has it.
fn shows_buckets(selector: &Use<'_>, context: &Context<'_>) -> bool {
    let world = context.world;
    let bounds = world.metric_of(selector.selector).and_then(|(_, metric, _)| metric.buckets.as_ref());
    let jobs = world.job_read(selector.selector).map(|job| world.jobs_named(job)).unwrap_or_default();
    let is_pushed = || world.prometheus.iter().any(|config| config.root.get("otlp").is_some());
    let on_for_all = || world.prometheus.iter().filter_map(|config| config.root.get("global")).any(turns_on);
    bounds.is_some_and(|bounds| !bounds.value.is_empty())
        && !jobs.is_empty()
        && !jobs.iter().any(|job| turns_on(job.node))
        && !on_for_all()
        && !is_pushed()
}

/// Whether the selector is what the quantile is taken of, rather than its first argument.
fn is_quantile_input(selector: &Use<'_>) -> bool {
    let quantile = selector.ancestors.iter().rev().find_map(|expr| match &expr.kind {
        ExprKind::Call { function, arguments } if function.text == "histogram_quantile" => arguments.get(1),
        _ => None,
    });
    quantile.is_some_and(|input| {
        // Beside buckets, another metric is joined for its labels.
        let buckets = walk::selectors(input).iter().any(|found| found.selector.metric_name().is_some_and(|name| name.ends_with("_bucket")));
        !buckets && input.range.start <= selector.range.start && selector.range.end <= input.range.end
    })
}

/// How sure it is that this is no native histogram, and why.
fn judge(name: &str, selector: &Use<'_>, context: &Context<'_>) -> Option<(Level, String)> {
    let world = context.world;
    if let Some((catalogue, metric, series)) = world.metric_of(selector.selector) {
        let source = if catalogue.is_page() { "a page of metrics shows" } else { "the manifest declares" };
        match (metric.kind, series) {
            (MetricType::Histogram, Series::Base) if metric.native => return None,
            // A page in text shows a native histogram as a classic one.
            (MetricType::Histogram, Series::Base) if catalogue.is_page() => {}
            (MetricType::Histogram, Series::Base) => return Some((Level::Error, format!("{source} a classic histogram"))),
            (MetricType::Histogram, _) => return Some((Level::Error, format!("`{name}` has no buckets"))),
            (MetricType::Untyped, _) => {}
            _ => return Some((Level::Error, format!("{source} no histogram"))),
        }
    }
    if ["_sum", "_count", "_total"].iter().any(|suffix| name.ends_with(suffix)) {
        return Some((Level::Error, format!("`{name}` has no buckets")));
    }
    // Grouping by `le` proves nothing: a native histogram comes through it whole.
    if pins(selector.selector, "le") {
        return Some((Level::Error, "`le` is a label of `_bucket` series alone".to_owned()));
    }
    if only_classic(context) {
        return Some((Level::Error, "no scrape configuration here turns native histograms on, so it can only be a classic one".to_owned()));
    }
    // With a window it is just what a native histogram's query looks like.
    let level = if selector.is_range && !shows_buckets(selector, context) { Level::Info } else { Level::Warning };
    Some((level, "only a native histogram has a series of this name".to_owned()))
}

fn report(query: &Query<'_>, selector: &Use<'_>, name: &str, level: Level, evidence: &str) -> Diagnostic {
    let base = ["_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let message = if level == Level::Error {
        format!("a classic histogram has no series by its base name `{name}`, so this quantile is always empty")
    } else {
        format!("this quantile is empty unless `{name}` is a native histogram: a classic one has no series by its base name")
    };
    let window = if selector.is_range { "…" } else { "5m" };
    let help = format!("{evidence}; use `histogram_quantile(…, sum by (le) (rate({base}_bucket[{window}])))`");
    let place = selector.selector.metric.as_ref().map_or_else(|| selector.range.clone(), |metric| metric.range.clone());
    META.finding_at(level, query.span(&place), message).help(help)
}
