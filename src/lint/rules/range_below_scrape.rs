//! Windows that hold fewer than two scrapes.

use crate::diagnostic::{Diagnostic, Level};
use crate::lint::Context;
use crate::lint::query::Expression;
use crate::lint::rule::{Rule, rule};
use crate::promql::duration::format_duration;

rule! {
    /// A window is too short for the job's scrape interval: `rate` and its kin need two samples inside it, and what they
    /// do not have they do not guess. Below one interval the result is always empty; below two it comes and goes.
    ///
    /// The interval is that of the jobs the selector can read, by the `prometheus.yml` or the manifest among the inputs.
    /// Four intervals leave room for one failed scrape.
    ///
    /// ```yaml fires
    /// # file: prometheus.yml
    /// global: { scrape_interval: 60s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{job="myapp"}[30s]) > 100
    /// ```
    /// ```yaml silent
    /// # file: prometheus.yml
    /// global: { scrape_interval: 60s }
    /// scrape_configs:
    ///   - job_name: myapp
    ///     static_configs: [{ targets: ["localhost:4000"] }]
    /// # file: alerts.yml
    /// groups:
    ///   - name: web
    ///     rules:
    ///       - alert: Busy
    ///         expr: rate(http_requests_total{job="myapp"}[4m]) > 100
    /// ```
    RangeBelowScrape, "range-below-scrape", Error
}

/// Functions that need two samples of the window.
const NEED_TWO: &[&str] =
    &["rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "holt_winters", "double_exponential_smoothing"];

impl Rule for RangeBelowScrape {
    fn query(&self, query: &Expression<'_, '_>, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
        for selector in &query.selectors {
            let (Some((window, place)), Some(function)) = (&selector.window, selector.function()) else { continue };
            let name = selector.selector.metric_name().unwrap_or(":");
            if !NEED_TWO.contains(&function) || name.contains(':') || !context.world.recorded(name).is_empty() || query.is_variable(place) {
                continue;
            }
            let Some((interval, job)) = context.world.interval(selector.selector) else { continue };
            if *window >= 2 * interval {
                continue;
            }
            let (level, effect) = if *window < interval {
                (Level::Error, "holds fewer than two scrapes, so this is always empty")
            } else {
                (Level::Warning, "may hold fewer than two scrapes, so this comes and goes")
            };
            let message = format!("a window of `{}` {effect}", format_duration(*window));
            found.push(
                META.finding_at(level, query.span(place), message)
                    .related(job, format!("this job is scraped every `{}`", format_duration(interval)))
                    .help(format!("use at least `{}`", format_duration(4 * interval))),
            );
        }
    }
}
