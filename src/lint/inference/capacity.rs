//! How much there can be of something, where the page that shows how much there is says that, too.

use crate::lint::query::matches;
use crate::lint::world::declared::{Catalogue, Metric, MetricType};
use crate::lint::world::{Series, World};
use crate::promql::ast::{MatchOp, Selector};

/// How gauges end that say what another one can be at most.
const LIMITS: &[&str] = &["capacity", "limit", "max", "maximum"];

/// The gauge that says what another one can be at most, and its greatest value on the page.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::lint) struct Capacity {
    pub name: String,
    pub value: f64,
}

/// What the gauge that a selector reads can be at most: `queue_capacity` beside `queue_depth`, `pool_max` beside `pool_in_use`.
pub(in crate::lint) fn capacity(selector: &Selector, world: &World<'_>) -> Option<Capacity> {
    let (_, metric, Series::Base) = world.metric_of(selector)? else { return None };
    let fits = |label: &str, value: &str| {
        let mut own = selector.matchers.iter().filter(|matcher| matcher.label.text == label && matcher.op != MatchOp::NotEqual);
        own.all(|matcher| matches(matcher, value) != Some(false))
    };
    world.pages_of(selector)?.into_iter().find_map(|page| of(page, metric, fits))
}

/// What such a gauge may be called: the word is in the place of up to two (`in_use`), and a unit may stand behind it.
fn names(words: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for kept in (2..=words.len()).rev() {
        for end in kept..=words.len().min(kept + 2) {
            let (start, rest) = (words[..kept].join("_"), &words[end..]);
            if rest.len() < 2 {
                names.extend(LIMITS.iter().map(|limit| [&[start.as_str(), limit], rest].concat().join("_")));
            }
        }
    }
    names
}

/// The same of a metric, for the series whose labels fit.
pub(in crate::lint) fn of(page: &Catalogue, metric: &Metric, fits: impl Fn(&str, &str) -> bool) -> Option<Capacity> {
    let snapshot = page.snapshot.as_ref().filter(|_| metric.kind == MetricType::Gauge)?;
    let words: Vec<&str> = metric.name.value.split('_').collect();
    if words.iter().any(|word| LIMITS.contains(word)) {
        return None;
    }
    names(&words).into_iter().find_map(|name| {
        let series = snapshot.get(&name)?.iter().filter(|(labels, _)| labels.iter().all(|(label, value)| fits(label, value)));
        let value = series.map(|(_, value)| *value).reduce(f64::max).filter(|value| value.is_finite() && *value > 0.0)?;
        Some(Capacity { name, value })
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn what_says_how_much_there_can_be_is_called_alike() {
        for (name, limit) in [
            ("transfer_queue_depth", "transfer_queue_capacity"),
            ("db_pool_connections_in_use", "db_pool_connections_max"),
            ("press_cache_entries", "press_cache_capacity_entries"),
            ("press_cache_used_bytes", "press_cache_limit_bytes"),
        ] {
            assert!(names(&name.split('_').collect::<Vec<_>>()).contains(&limit.to_owned()), "{name}");
        }
        assert!(!names(&["queue", "depth"]).contains(&"capacity".to_owned()));
    }
}
