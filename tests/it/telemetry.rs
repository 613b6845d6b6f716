//! From a metric to its trace, from a trace to its lines, and back.

use std::fs;
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::common::{example_text, render, run_in};

fn without(sections: &[&str]) -> String {
    let is_one = |line: &str| sections.iter().any(|section| line.starts_with(section));
    example_text().lines().filter(|line| !is_one(line)).collect::<Vec<_>>().join("\n")
}

fn source(folder: &Path, name: &str) -> Option<Value> {
    let text = fs::read_to_string(folder.join(format!("out/grafana/provisioning/datasources/{name}.yml"))).ok()?;
    let file: Value = serde_yaml::from_str(&text).expect("YAML");
    Some(file["datasources"][0].clone())
}

/// The expressions of targets that ask for exemplars.
fn with_exemplars(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("out/dashboards/myapp.json")).expect("a dashboard");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    targets.filter(|target| target["exemplar"] == true).map(|target| target["expr"].as_str().expect("a query").to_owned()).collect()
}

#[test]
fn data_sources_lead_to_each_other() {
    let (folder, run) = render(&example_text());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let source = |name: &str| source(folder.path(), name).expect(name);
    let (prometheus, tempo, loki) = (source("prometheus"), source("tempo"), source("loki"));
    assert_eq!(prometheus["jsonData"]["exemplarTraceIdDestinations"][0]["datasourceUid"], tempo["uid"]);
    assert_eq!(tempo["jsonData"]["tracesToLogsV2"]["datasourceUid"], loki["uid"]);
    let derived = &loki["jsonData"]["derivedFields"][0];
    assert_eq!(derived["datasourceUid"], tempo["uid"]);
    // Grafana makes one of two dollar signs.
    assert_eq!(derived["url"].as_str().map(|url| url.replace("$$", "$")), Some("${__value.raw}".to_owned()));
    let finds = Regex::new(derived["matcherRegex"].as_str().expect("an expression")).expect("an expression");
    for line in
        [r#"{"level":"info","trace_id":"4bf92f3577b34da6"}"#, "level=info trace_id=4bf92f3577b34da6", r#"{"trace_id": "4bf92f3577b34da6"}"#]
    {
        assert_eq!(finds.captures(line).and_then(|found| found.get(1)).map(|id| id.as_str()), Some("4bf92f3577b34da6"), "{line}");
    }
    // The label by which a trace's lines are found is the one that the pipeline gives.
    assert_eq!(tempo["jsonData"]["tracesToLogsV2"]["tags"][0]["value"], "service");
    assert!(fs::read_to_string(folder.path().join("out/logs/myapp.alloy")).expect("a pipeline").contains("\"service\" = \"myapp\""));
}

#[test]
fn latency_shows_exemplars_where_there_are_traces() {
    let (folder, run) = render(&example_text());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let asked = with_exemplars(folder.path());
    assert!(!asked.is_empty() && asked.iter().all(|expr| expr.contains("histogram_quantile(")), "{asked:?}");
    let (folder, run) = render(&without(&["tracing:"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(with_exemplars(folder.path()).is_empty());
}

#[test]
fn what_is_not_there_is_not_led_to() {
    let (folder, run) = render(&without(&["tracing:"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(source(folder.path(), "tempo").is_none());
    assert!(source(folder.path(), "loki").expect("lines are shipped")["jsonData"].is_null());
    let (folder, run) = render(&without(&["logging:"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(source(folder.path(), "loki").is_none());
    assert!(source(folder.path(), "tempo").expect("it traces")["jsonData"].is_null());
    let lint = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
}

#[test]
fn a_slip_on_the_way_is_found_and_sources_in_several_files_are_one_set() {
    let (folder, run) = render(&example_text());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lint = run_in(folder.path(), &["lint", "out", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    let path = folder.path().join("out/grafana/provisioning/datasources/loki.yml");
    let text = fs::read_to_string(&path).expect("a data source");
    fs::write(&path, text.replace("datasourceUid: \"tempo\"", "datasourceUid: \"tmpo\"")).expect("a slip");
    let lint = run_in(folder.path(), &["lint", "out", "--format", "concise"]);
    assert!(lint.stdout.contains("datasource-use") && lint.stdout.contains("tmpo"), "{}", lint.stdout);
}
