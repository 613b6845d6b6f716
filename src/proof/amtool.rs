//! amtool: is the configuration one, and does each alert reach the receiver that the manifest names.

use std::path::Path;

use super::cases::{Case, Route};
use super::process;
use super::verdict::{FileVerdict, RouteVerdict};

/// Asks whether Alertmanager's configuration loads.
pub(super) fn check(amtool: &Path, folder: &Path, config: &str) -> anyhow::Result<FileVerdict> {
    let output = process::run(amtool, folder, &["check-config", config])?;
    Ok(FileVerdict::new(config, "amtool check-config", &output))
}

/// Asks whom an alert reaches.
pub(super) fn route(amtool: &Path, folder: &Path, config: &str, case: &Case, route: &Route) -> anyhow::Result<RouteVerdict> {
    let file = format!("--config.file={config}");
    // A quoted value is read alike by the classic parser and by that of 0.27 and later.
    let labels: Vec<String> = route.labels.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
    let arguments: Vec<&str> = ["config", "routes", "test", &file].into_iter().chain(labels.iter().map(String::as_str)).collect();
    let output = process::run(amtool, folder, &arguments)?;
    let got = output.stdout.trim().to_owned();
    Ok(RouteVerdict {
        service: case.service.clone(),
        alert: case.alert.clone(),
        labels: route.labels.clone(),
        expected: route.receiver.clone(),
        ok: output.success && got == route.receiver,
        got: if output.success { got } else { output.all() },
    })
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
