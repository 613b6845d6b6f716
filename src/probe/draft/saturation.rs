//! What can be full: a gauge beside another that says how much there is room for.

use super::metric::Metric;
use super::{Alert, AlertKind};
use crate::manifest::metrics::MetricType;

const LIMITS: &[&str] = &["max", "limit", "maximum", "capacity"];
const USES: &[&str] = &["used", "active", "in_use", "current", "open", "allocated", "usage"];
const UNITS: &[&str] = &["bytes", "seconds"];

/// Proposes an alert for every pair, and notes at the gauge where it is full.
pub(super) fn propose(metrics: &mut [Metric]) -> Vec<Alert> {
    // Of several series nobody can say which limit is whose.
    let is_single = |metric: &Metric| metric.kind == MetricType::Gauge && metric.labels.is_empty() && metric.series == 1;
    let gauges: Vec<String> = metrics.iter().filter(|metric| is_single(metric)).map(|metric| metric.name.clone()).collect();
    let mut alerts = Vec::new();
    for metric in metrics.iter_mut().filter(|metric| gauges.contains(&metric.name)) {
        let Some(limit) = limit_of(&metric.name, &gauges) else { continue };
        metric.max = Some(limit.to_owned());
        alerts.push(Alert::warning(format!("{}Full", pascal(&metric.name)), AlertKind::Saturation { of: metric.name.clone() }));
    }
    alerts
}

/// The gauge that says where another one is full: `pool_max` for `pool`, `pool_active` or `pool_in_use`.
fn limit_of<'g>(name: &str, gauges: &'g [String]) -> Option<&'g str> {
    let (base, unit) = &parts(name);
    let stems = std::iter::once(*base).chain(USES.iter().filter_map(|used| base.strip_suffix(used)?.strip_suffix('_')));
    let mut wanted = stems.flat_map(|stem| LIMITS.iter().map(move |limit| format!("{stem}_{limit}{unit}")));
    wanted.find_map(|wanted| gauges.iter().find(|known| **known == wanted).map(String::as_str))
}

/// A name without its unit, and the unit with what joins it.
fn parts(name: &str) -> (&str, String) {
    let unit = UNITS.iter().find(|unit| name.strip_suffix(**unit).is_some_and(|base| base.ends_with('_')));
    match unit {
        Some(unit) => (&name[..name.len() - unit.len() - 1], format!("_{unit}")),
        None => (name, String::new()),
    }
}

/// `db_pool_active` becomes `DbPoolActive`.
pub(super) fn pascal(name: &str) -> String {
    let words = name.split(['_', ':']).filter(|word| !word.is_empty());
    words.flat_map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1))).collect()
}
