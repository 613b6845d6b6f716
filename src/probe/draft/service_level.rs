//! The golden signals that a page shows: requests that fail, and requests that are slow.

use super::buckets::Unit;
use super::labels::Label;
use super::metric::Metric;
use super::saturation::pascal;
use super::{Alert, AlertKind, Bad, Events, Objective, ObjectiveKind};
use crate::formats::exposition::GRPC_CODES;
use crate::manifest::metrics::{LabelRole, MetricType};

/// Codes of gRPC that say that the server is to blame.
const GRPC_BAD: &[&str] = &["Unknown", "DeadlineExceeded", "Internal", "Unavailable", "DataLoss"];
/// Words for an end that nobody wants.
const FAILED: &[&str] = &["error", "errors", "fail", "failed", "failure"];
/// Names of what is asked of others, or is no time of a request.
const FOREIGN: &[&str] = &["client", "outbound", "upstream", "dialer", "remote", "peer", "webhook", "size", "bytes", "ttfb"];

/// A kind of traffic that a service can answer.
struct Traffic {
    /// What its signals are called by, where there is another kind too.
    prefix: &'static str,
    /// Words of its metrics: the first of them are a must, the others make one likelier than another.
    words: (&'static [&'static str], &'static [&'static str]),
    bad: fn(&Metric) -> Option<Events>,
}

const ALL: &[Traffic] = &[
    Traffic {
        prefix: "",
        words: (
            &["http", "request", "requests", "response", "responses"],
            &["http", "request", "requests", "server", "duration", "latency"],
        ),
        bad: by_status,
    },
    Traffic { prefix: "grpc", words: (&["grpc", "rpc"], &["grpc", "server", "handled", "handling"]), bad: by_grpc_code },
];

/// Proposes alerts and objectives for each kind of traffic; and alerts for work that says how it ended.
pub(super) fn propose(metrics: &[Metric]) -> (Vec<Alert>, Vec<Objective>) {
    let (mut alerts, mut objectives) = (Vec::new(), Vec::new());
    for traffic in ALL {
        let prefix = if alerts.is_empty() { "" } else { traffic.prefix };
        if let Some(events) = best(metrics, traffic, |metric| (traffic.bad)(metric)) {
            alerts.push(Alert::critical(alert_name(prefix, "HighErrorRate"), AlertKind::Ratio(events.clone())));
            objectives.push(Objective { name: objective_name(prefix, "availability"), kind: ObjectiveKind::Ratio(events) });
        }
        let Some((metric, unit)) = best(metrics, traffic, |metric| latency(metric)) else { continue };
        let bound = |seconds, below_top| metric.spread.as_ref()?.bound_from(seconds, unit, below_top);
        if let Some(above) = bound(1.0, true) {
            let kind = AlertKind::Quantile { of: metric.name.clone(), above };
            alerts.push(Alert::warning(alert_name(prefix, "HighLatency"), kind));
        }
        if let Some(within) = bound(0.5, false) {
            let kind = ObjectiveKind::Latency { of: metric.name.clone(), within };
            objectives.push(Objective { name: objective_name(prefix, "latency"), kind });
        }
    }
    alerts.extend(metrics.iter().filter_map(by_outcome).take(3).map(|events| {
        let name = format!("{}Failing", pascal(events.of.trim_end_matches("_total")));
        Alert::warning(name, AlertKind::Ratio(events))
    }));
    (alerts, objectives)
}

fn alert_name(prefix: &str, name: &str) -> String {
    pascal(prefix) + name
}

fn objective_name(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}-{name}") }
}

/// What the likeliest metric of a kind of traffic gives; of equally likely ones the first.
fn best<'m, T>(metrics: &'m [Metric], traffic: &Traffic, what: impl Fn(&'m Metric) -> Option<T>) -> Option<T> {
    let (must, likely) = traffic.words;
    let mut found: Option<(usize, T)> = None;
    for metric in metrics {
        let words: Vec<&str> = metric.name.split('_').collect();
        let has = |word: &&str| words.contains(word);
        if !must.iter().any(has) || FOREIGN.iter().any(has) {
            continue;
        }
        let score = likely.iter().filter(|word| has(word)).count();
        if found.as_ref().is_none_or(|(known, _)| score > *known)
            && let Some(given) = what(metric)
        {
            found = Some((score, given));
        }
    }
    found.map(|(_, given)| given)
}

fn counter(metric: &Metric) -> Option<&Metric> {
    (metric.kind == MetricType::Counter).then_some(metric)
}

fn by_status(metric: &Metric) -> Option<Events> {
    let tells = |label: &&Label| label.role == Some(LabelRole::HttpStatus) || label.pattern.is_some();
    let label = counter(metric)?.labels.iter().find(tells)?;
    Some(Events { of: metric.name.clone(), label: label.name.clone(), bad: Bad::Expression("5..") })
}

fn by_grpc_code(metric: &Metric) -> Option<Events> {
    let label = counter(metric)?.labels.iter().find(|label| label.values == GRPC_CODES)?;
    let bad = GRPC_BAD.iter().map(|&code| code.to_owned()).collect();
    Some(Events { of: metric.name.clone(), label: label.name.clone(), bad: Bad::Values(bad) })
}

/// Events that say themselves how they ended, well or badly.
fn by_outcome(metric: &Metric) -> Option<Events> {
    let label = counter(metric)?.labels.iter().find(|label| label.values.iter().any(|value| is_failure(value)))?;
    let bad: Vec<String> = label.values.iter().filter(|value| is_failure(value)).cloned().collect();
    let some_good = bad.len() < label.values.len();
    some_good.then(|| Events { of: metric.name.clone(), label: label.name.clone(), bad: Bad::Values(bad) })
}

fn is_failure(value: &str) -> bool {
    FAILED.contains(&value.to_ascii_lowercase().as_str())
}

fn latency(metric: &Metric) -> Option<(&Metric, Unit)> {
    (metric.kind == MetricType::Histogram).then_some(())?;
    Some((metric, Unit::of(&metric.name)?))
}
