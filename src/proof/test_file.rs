//! A test file as promtool reads it, as far as must be known: which tests there are, and of which alerts.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

#[derive(Deserialize)]
struct TestFile {
    #[serde(default)]
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    name: String,
    #[serde(default)]
    alert_rule_test: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    #[serde(default)]
    alertname: String,
}

/// The names of the tests that check something, each with an alert that it checks.
pub(super) type Known = BTreeSet<(String, String)>;

/// Reads a test file.
///
/// # Errors
/// Where it cannot be read, or is none.
pub(super) fn read(folder: &Path, file: &str) -> anyhow::Result<Known> {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: cannot be read; render the tests with `obsgen render -o {}`", path.display(), folder.display()))?;
    let read: TestFile = serde_yaml::from_str(&text).with_context(|| format!("{}: not a file of rule tests", path.display()))?;
    Ok(read
        .tests
        .into_iter()
        .flat_map(|test| test.alert_rule_test.into_iter().map(move |check| (test.name.clone(), check.alertname)))
        .collect())
}
