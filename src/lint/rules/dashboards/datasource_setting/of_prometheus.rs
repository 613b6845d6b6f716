//! How a Prometheus is asked.

use super::Report;
use crate::diagnostic::Level;
use crate::formats::provisioning::Datasource;
use crate::promql::duration::parse_duration;
use crate::source::Node;

/// A method and an interval that Prometheus and Grafana do not know.
pub(super) fn of_prometheus(source: &Datasource<'_>, report: &mut Report<'_>) {
    let Some(data) = source.node.get("jsonData").filter(|_| source.kind == "prometheus") else { return };
    let is_method = |node: &&Node| node.as_str().is_some_and(|text| matches!(text, "GET" | "POST" | "") || text.contains('$'));
    if let Some(node) = data.get("httpMethod").filter(|node| !is_method(node)) {
        let message = format!("Prometheus is not asked by {}", node.describe());
        report(Level::Warning, node, "jsonData.httpMethod", message, "use `POST`");
    }
    let interval = data.get_str("timeInterval").filter(|(_, text)| !text.is_empty() && !text.contains('$'));
    if let Some((node, _)) = interval.filter(|(_, text)| parse_duration(text).is_err()) {
        report(Level::Warning, node, "jsonData.timeInterval", format!("{} is no duration", node.describe()), "write it as `15s`");
    }
}
