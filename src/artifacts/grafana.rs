//! `grafana/provisioning/…`: the data sources, and where Grafana finds the dashboards.
//!
//! Where services trace, there is one of Tempo, and a metric's exemplar leads to its trace; where their lines are shipped, there
//! is one of Loki, and a trace leads to its lines and a line to its trace.

use serde_json::json;

use super::{Artifact, Engine, File, TemplateError, address};
use crate::manifest::stack::TelemetrySignal;
use crate::model::{Model, Service};

/// Grafana's provisioning files.
pub struct Provisioning;

/// The stable identifiers of the data sources.
const PROMETHEUS: &str = "prometheus";
const TEMPO: &str = "tempo";
const LOKI: &str = "loki";

/// The port at which Tempo answers queries, where its address says the one for OTLP.
pub(super) const TEMPO_QUERIES: u16 = 3200;

impl Artifact for Provisioning {
    fn kind(&self) -> &'static str {
        "grafana"
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        // `$__rate_interval` follows from this, so the slowest job decides.
        let interval = model.services.iter().filter_map(|s| s.scrape.as_ref()).map(|s| s.interval).max();
        let tempo = has_traces(model).then_some(TEMPO);
        let loki = has_logs(model).then_some(LOKI);
        let prometheus = json!({
            "uid": PROMETHEUS,
            "tempo": tempo,
            "url": literal(&model.common.stack.prometheus_url),
            "interval": interval.unwrap_or(crate::manifest::scalars::Duration::seconds(15)).to_string(),
        });
        let folder = model.services.first().map(|s| s.dashboard.folder.clone()).unwrap_or_default();
        let dashboards = json!({ "folder": literal(&folder), "path": literal(&model.common.stack.dashboards_path) });
        let stack = &model.common.stack;
        let tempo_host = address::host(&stack.tempo_address);
        let traces = tempo.map(|uid| json!({ "uid": uid, "url": literal(&format!("http://{tempo_host}:{TEMPO_QUERIES}")), "loki": loki }));
        let logs = loki.map(|uid| json!({ "uid": uid, "url": literal(&format!("http://{}", stack.loki_address)), "tempo": tempo }));
        let all = [
            Some(("dashboards/obsgen.yml", "grafana-dashboards.yml.j2", dashboards)),
            Some(("datasources/prometheus.yml", "grafana-datasources.yml.j2", prometheus)),
            traces.map(|values| ("datasources/tempo.yml", "grafana-tempo.yml.j2", values)),
            logs.map(|values| ("datasources/loki.yml", "grafana-loki.yml.j2", values)),
        ];
        let file =
            |(path, template, values)| Ok(File { path: format!("grafana/provisioning/{path}"), text: engine.render(template, values)? });
        all.into_iter().flatten().map(file).collect()
    }
}

/// Whether there are traces to look at.
pub(super) fn has_traces(model: &Model) -> bool {
    model.services.iter().any(|service| service.tracing.is_some())
}

/// Whether there are log lines to look at.
pub(super) fn has_logs(model: &Model) -> bool {
    let ships = |service: &Service| service.logging.as_ref().is_some_and(|logging| logging.shipper.is_some());
    model.common.stack.collector_signals.contains(&TelemetrySignal::Logs) || model.services.iter().any(ships)
}

/// Text in which Grafana finds no variable of its environment.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}
