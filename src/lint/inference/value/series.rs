//! The values of stored series, by their names, types and pages.

use super::{LONG_AGO, Recordings, Valuer};
use crate::lint::query::interval::Interval;
use crate::lint::query::named::{MOMENTS, counts_things, is_amount, is_build, is_flag, is_labels, is_some, moment_scale};
use crate::lint::world::declared::MetricType;
use crate::lint::world::exporters;
use crate::lint::world::{Jobs, Series};
use crate::promql::ast::Selector;

impl Valuer<'_, '_> {
    /// What names and types say, unless a page shows something else; and what says what a gauge is.
    pub(super) fn selector(self, selector: &Selector) -> Interval {
        let usual = self.usual(selector);
        let Some((_, metric, Series::Base)) = self.world.metric_of(selector) else { return usual };
        if metric.values.shown.is_some_and(|shown| shown.low < usual.low || shown.high > usual.high) {
            return Interval::ALL;
        }
        let range = metric.values.range.or(metric.values.states.as_ref().map(|_| Interval::SHARE));
        range.map_or(usual, |range| Interval::new(usual.low.max(range.low), usual.high.min(range.high)))
    }

    fn usual(self, selector: &Selector) -> Interval {
        let Some(name) = selector.metric_name() else { return Interval::ALL };
        if matches!(name, "up" | "probe_success") {
            return Interval::SHARE;
        }
        let is_undeclared = || self.world.metric_of(selector).is_none_or(|(catalogue, ..)| catalogue.is_page());
        if is_flag(name) && is_undeclared() && self.world.recorded(name).is_empty() {
            return Interval::SHARE;
        }
        // Numbers of things in a cluster, moments and sizes.
        if name.starts_with("kube_") && !name.contains(':') && !is_labels(name) && self.world.metric_of(selector).is_none() {
            return Interval::NOT_NEGATIVE;
        }
        if matches!(name, "ALERTS") {
            return Interval::one(1.0);
        }
        // What every client library counts with never falls below zero.
        let counts = || ["_total", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix)) || exporters::is_counter(name);
        if self.world.metric_of(selector).is_none() && counts() {
            return Interval::NOT_NEGATIVE;
        }
        if name == "probe_http_version" && is_undeclared() {
            return Interval::new(0.0, 3.0);
        }
        if name == "probe_http_status_code" && is_undeclared() {
            return Interval::new(0.0, 599.0);
        }
        if matches!(
            name,
            "scrape_duration_seconds"
                | "probe_duration_seconds"
                | "probe_dns_lookup_time_seconds"
                | "probe_http_duration_seconds"
                | "probe_icmp_duration_seconds"
        ) && is_undeclared()
        {
            return Interval::new(0.0, self.longest_scrape(selector));
        }
        if is_some(name) && is_undeclared() {
            return Interval::new(1.0, f64::INFINITY);
        }
        if (name.starts_with("scrape_") || is_amount(name)) && self.world.metric_of(selector).is_none() {
            return Interval::NOT_NEGATIVE;
        }
        // No process began long ago, nor read its configuration.
        if matches!(
            name,
            "process_start_time_seconds" | "node_boot_time_seconds" | "prometheus_config_last_reload_success_timestamp_seconds"
        ) {
            return Interval::new(LONG_AGO, f64::INFINITY);
        }
        if is_build(name) || is_labels(name) {
            return Interval::one(1.0);
        }
        if !name.contains(':') && moment_scale(name) == Some(1.0) {
            return Interval::new(-MOMENTS, MOMENTS);
        }
        if let Some((catalogue, metric, series)) = self.world.metric_of(selector) {
            let is_share = metric.unit.as_deref() == Some("ratio") && !catalogue.is_page();
            return match (series, metric.kind) {
                (Series::Base, MetricType::Gauge) if is_share => Interval::SHARE,
                // A set of states has one series for each, called as the metric itself.
                (Series::Base, MetricType::Gauge) if metric.labels.iter().any(|label| label.name.value == metric.name.value) => {
                    Interval::SHARE
                }
                // A gauge that is full at a number is never above it.
                (Series::Base, MetricType::Gauge) => {
                    let low = if is_amount(name) { 0.0 } else { f64::NEG_INFINITY };
                    Interval::new(low, metric.max.unwrap_or(f64::INFINITY))
                }
                (Series::Bucket | Series::Count, _) | (Series::Base, MetricType::Counter) => Interval::NOT_NEGATIVE,
                _ => Interval::ALL,
            };
        }
        if counts_things(name) {
            return Interval::NOT_NEGATIVE;
        }
        match self.recorded {
            Some(known) => known.of(name),
            None => self.world.recorded_values.get_or_init(|| Recordings::all(self.world)).get(name).copied().unwrap_or(Interval::ALL),
        }
    }

    /// How long a scrape of what a selector reads takes at most, in seconds: a little more than its timeout.
    fn longest_scrape(self, selector: &Selector) -> f64 {
        let timeouts = || match selector.matchers.iter().find(|matcher| matcher.label.text == "job") {
            Some(job) => self.world.configured(job).map(|job| job.timeout).max(),
            None => self.world.prometheus.iter().flat_map(|config| &config.jobs).map(|job| job.timeout).max(),
        };
        // What is discovered under another name is scraped by one of these all the same.
        let known = self.world.jobs_known != Jobs::Open;
        timeouts().filter(|_| known).map_or(f64::INFINITY, |millis| millis as f64 / 1000.0 * 1.1)
    }
}
