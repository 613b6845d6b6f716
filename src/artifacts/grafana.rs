//! `grafana/provisioning/…`: the data source, and where Grafana finds the dashboards.

use serde_json::json;

use super::{Artifact, Engine, File, TemplateError};
use crate::model::Model;

/// Grafana's provisioning files.
pub struct Provisioning;

/// The data source's stable identifier.
pub const DATASOURCE_UID: &str = "prometheus";

impl Artifact for Provisioning {
    fn kind(&self) -> &'static str {
        "grafana"
    }

    fn of_all(&self, model: &Model, engine: &Engine) -> Result<Vec<File>, TemplateError> {
        // `$__rate_interval` follows from this, so the slowest job decides.
        let interval = model.services.iter().filter_map(|s| s.scrape.as_ref()).map(|s| s.interval).max();
        let datasource = json!({
            "uid": DATASOURCE_UID,
            "url": literal(&model.stack.prometheus_url),
            "interval": interval.unwrap_or(crate::manifest::scalars::Duration::seconds(15)).to_string(),
        });
        let folder = model.services.first().map(|s| s.dashboard.folder.clone()).unwrap_or_default();
        let dashboards = json!({ "folder": literal(&folder), "path": literal(&model.stack.dashboards_path) });
        Ok(vec![
            File {
                path: "grafana/provisioning/dashboards/obsgen.yml".to_owned(),
                text: engine.render("grafana-dashboards.yml.j2", dashboards)?,
            },
            File {
                path: "grafana/provisioning/datasources/prometheus.yml".to_owned(),
                text: engine.render("grafana-datasources.yml.j2", datasource)?,
            },
        ])
    }
}

/// Text in which Grafana finds no variable of its environment.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}
