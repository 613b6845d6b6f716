//! Other data sources that one leads to.

use super::Report;
use crate::diagnostic::{Level, did_you_mean};
use crate::formats::provisioning::Datasource;
use crate::promql::duration::parse_duration;
use crate::source::Node;

/// Data sources of traces.
const TRACES: &[&str] = &["tempo", "jaeger", "zipkin", "grafana-x-ray-datasource", "googlecloud-trace-datasource"];
/// Data sources of lines.
const LOGS: &[&str] = &[
    "loki",
    "elasticsearch",
    "grafana-splunk-datasource",
    "grafana-opensearch-datasource",
    "grafana-falconlogscale-datasource",
    "googlecloud-logging-datasource",
    "victoriametrics-logs-datasource",
];
/// Data sources of metrics.
const METRICS: &[&str] = &["prometheus", "victoriametrics-metrics-datasource", "grafana-amazonprometheus-datasource"];

/// Other data sources that one leads to, and what it takes out of lines to get there.
pub(super) fn followed(source: &Datasource<'_>, all: &[&Datasource<'_>], report: &mut Report<'_>) {
    let Some(data) = source.node.get("jsonData") else { return };
    let kind = |uid: &str| all.iter().find(|other| other.uid == Some(uid)).map(|other| other.kind);
    let mut leads = |node: Option<&Node>, key: &str, kinds: &[&str]| {
        let uid = node.and_then(|node| node.get("datasourceUid")).and_then(Node::with_str);
        if let Some((node, uid)) = uid.filter(|(_, uid)| is_elsewhere(uid, kinds, all)) {
            let message = format!("no data source `{uid}` is provisioned");
            report(Level::Warning, node, &format!("jsonData.{key}"), message, "name the uid of one that is");
        }
        if let Some((node, kind)) = uid.and_then(|(node, uid)| Some((node, kind(uid)?))).filter(|(_, kind)| !kinds.contains(kind)) {
            let message = format!("{} is a data source of type `{kind}`, and one of {} belongs here", node.describe(), kinds.join(", "));
            report(Level::Warning, node, &format!("jsonData.{key}"), message, "name another");
        }
    };
    for exemplar in data.items_of("exemplarTraceIdDestinations") {
        leads(Some(exemplar), "exemplarTraceIdDestinations", TRACES);
    }
    for key in ["tracesToLogs", "tracesToLogsV2"] {
        leads(data.get(key), key, LOGS);
    }
    for key in ["tracesToMetrics", "serviceMap"] {
        leads(data.get(key), key, METRICS);
    }
    for field in data.items_of("derivedFields") {
        if data.get("derivedFields").is_some() && source.kind != "loki" {
            continue;
        }
        leads(Some(field), "derivedFields", TRACES);
    }
    if let Some((node, uid)) = data.get_str("alertmanagerUid").filter(|(_, uid)| is_elsewhere(uid, &["alertmanager"], all)) {
        report(
            Level::Warning,
            node,
            "jsonData.alertmanagerUid",
            format!("no data source `{uid}` is provisioned"),
            "name the uid of one that is",
        );
    }
    for exemplar in data.items_of("exemplarTraceIdDestinations") {
        if exemplar.get("name").is_none() && exemplar.as_mapping().is_some() {
            let message = "the label of an exemplar that holds the trace is not named".to_owned();
            report(Level::Warning, exemplar, "jsonData.exemplarTraceIdDestinations", message, "add `name: trace_id`");
        }
    }
    for field in data.items_of("derivedFields").filter(|_| source.kind == "loki") {
        let of_label = field.get("matcherType").and_then(Node::as_str) == Some("label");
        let pattern = field.get_str("matcherRegex").filter(|_| !of_label);
        if let Some((node, text)) = pattern {
            let escaped = text.replace("\\(", "").replace("\\)", "");
            let wrong = escaped.matches('(').count() != escaped.matches(')').count() && !escaped.contains('[');
            if wrong {
                report(Level::Error, node, "jsonData.derivedFields", format!("{} is no regular expression", node.describe()), "correct it");
            } else if !escaped.contains('(') {
                let message = format!("{} has no group, so nothing is taken out of a line", node.describe());
                report(Level::Warning, node, "jsonData.derivedFields", message, "take it in parentheses, as in `trace_id=(\\w+)`");
            }
        }
        let url = field.get_str("url");
        if let Some((node, _)) = url.filter(|(_, text)| text.replace("$${", "").contains("${__")) {
            let message = "a dollar in a provisioned file stands for an environment variable, so nothing is left of this".to_owned();
            report(Level::Warning, node, "jsonData.derivedFields", message, "write `$${__value.raw}`");
        }
    }
}

/// Whether a uid is none of those that are provisioned, while data sources of the kinds that belong there are. What is nearly one is a slip.
fn is_elsewhere(uid: &str, kinds: &[&str], all: &[&Datasource<'_>]) -> bool {
    let mut fitting = all.iter().filter(|other| kinds.contains(&other.kind)).peekable();
    let known: Vec<&str> = all.iter().flat_map(|other| [other.uid, other.name]).flatten().collect();
    fitting.peek().is_some()
        && fitting.all(|other| other.uid.is_some_and(|uid| !uid.contains('$')))
        && !uid.is_empty()
        && !uid.contains('$')
        && !known.contains(&uid)
        && did_you_mean(uid, known).is_none()
}

/// The window around a span in which lines and metrics are looked for: it is shifted to later at its start, or to earlier at its end.
pub(super) fn shifted(source: &Datasource<'_>, report: &mut Report<'_>) {
    let Some(data) = source.node.get("jsonData") else { return };
    for key in ["tracesToLogs", "tracesToLogsV2", "tracesToMetrics", "tracesToProfiles"] {
        let Some(settings) = data.get(key) else { continue };
        for (name, is_end) in [("spanStartTimeShift", false), ("spanEndTimeShift", true)] {
            let Some((node, text)) = settings.get_str(name) else { continue };
            let length = text.trim_start_matches(['-', '+']);
            let is_shift = parse_duration(length).is_ok_and(|millis| millis > 0);
            if !is_shift || text.starts_with('-') != is_end {
                continue;
            }
            let (message, help) = if is_end {
                ("what is looked for ends before the span does", length.to_owned())
            } else {
                ("what is looked for begins after the span does", format!("-{length}"))
            };
            report(Level::Warning, node, &format!("jsonData.{key}.{name}"), message.to_owned(), &format!("write `{help}`"));
        }
    }
}
