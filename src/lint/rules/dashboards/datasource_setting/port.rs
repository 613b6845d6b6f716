//! Addresses of data sources that are those of other programs.

use super::Report;
use crate::diagnostic::Level;
use crate::formats::provisioning::Datasource;
use crate::lint::words::hosts;

/// Ports that are one program's, and the data source that asks it.
const OWN: &[(&str, &str, &str)] = &[
    ("3100", "loki", "Loki"),
    ("3200", "tempo", "Tempo"),
    ("9090", "prometheus", "Prometheus"),
    ("9093", "alertmanager", "Alertmanager"),
    ("4317", "", "OTLP"),
    ("4318", "", "OTLP"),
    ("9115", "", "the blackbox exporter"),
];

/// An address without a scheme, or at the port of another program.
pub(super) fn other_program(source: &Datasource<'_>, report: &mut Report<'_>) {
    let url = source.node.get_str("url").filter(|(_, text)| !text.is_empty() && !text.contains('$'));
    let Some((node, text)) = url else { return };
    if source.kind == "prometheus" && !text.contains("://") {
        report(Level::Warning, node, "url", format!("{} has no scheme", node.describe()), "write it as `http://host:port`");
        return;
    }
    let port = if text.contains("://") { hosts::port(text) } else { "" };
    let known = matches!(source.kind, "alertmanager" | "loki" | "prometheus" | "tempo");
    // Tempo listened there, too, before it had a port of its own.
    let is_own = |kind: &str| kind == source.kind || port == "3100" && source.kind == "tempo";
    if let Some((_, _, what)) = OWN.iter().find(|(own, kind, _)| known && *own == port && !is_own(kind)) {
        let message = format!("port {port} is {what}, and answers no queries of {}", source.kind);
        report(Level::Warning, node, "url", message, "name the port of its queries");
    }
}
