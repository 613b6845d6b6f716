//! The whole way: the example is rendered with short windows, the real programs run it against a demo service, the
//! demo is told to fail, and what the manifest promises to tell is told to the receiver that it names.

#[path = "../demo/service.rs"]
mod demo;
pub mod stack;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::{example_text, render, run_in};
use crate::engines::{self, Engine};
pub use demo::Demo;
use stack::{Ports, Stack, wait_for};

const PATIENCE: Duration = Duration::from_mins(1);

/// Alerts that must arrive, with their receivers.
const TOLD: [(&str, &str); 3] = [("HighErrorRate", "/critical"), ("HighLatency", "/warning"), ("DatabaseDown", "/critical")];

/// The example on local ports, with windows of seconds.
fn manifest(engine: &Engine, demo: &Demo, ports: Ports) -> String {
    let mut all: Value = serde_yaml::from_str(&example_text()).expect("YAML");
    let local = |port: u16| json!(format!("127.0.0.1:{port}"));
    let prometheus = if engine.newest { "3.14" } else { "2.42" };
    all["scrape"] = json!({ "targets": [local(demo.service)], "interval": "1s" });
    all["health"]["base"] = json!(format!("http://127.0.0.1:{}", demo.service));
    all["dependencies"]["database"]["exporter"] = local(demo.database);
    all["dependencies"]["cache"]["exporter"] = local(demo.cache);
    for (alert, window) in [("HighErrorRate", true), ("HighLatency", true), ("DatabaseDown", false)] {
        // Longer than a scrape that a busy machine loses.
        all["alerts"][alert]["for"] = json!("6s");
        if window {
            all["alerts"][alert]["window"] = json!("8s");
        }
    }
    let receiver = |path: &str| json!({ "webhook": { "url": format!("http://127.0.0.1:{}{path}", demo.receiver), "send_resolved": true } });
    all["routing"] = json!({
        "receivers": { "critical": receiver("/critical"), "warning": receiver("/warning") },
        "group_wait": "1s",
        "group_interval": "1s",
    });
    all["stack"] = json!({
        "prometheus": prometheus,
        "grafana": "11",
        "alertmanager": { "version": "0.25", "address": local(ports.alertmanager) },
        "blackbox": { "version": "0.23", "address": local(ports.blackbox) },
    });
    all.as_object_mut().expect("a manifest").remove("environments");
    serde_json::to_string_pretty(&all).expect("JSON")
}

/// Every rule has been evaluated, and none with an error.
fn rules_are_well(stack: &Stack) -> Result<usize, String> {
    let data = stack.ask("/api/v1/rules").ok_or("Prometheus does not answer")?;
    let groups = data["groups"].as_array().ok_or("no groups")?;
    let rules: Vec<&Value> = groups.iter().flat_map(|group| group["rules"].as_array().into_iter().flatten()).collect();
    match rules.iter().find(|rule| rule["health"] != "ok") {
        Some(rule) => Err(rule.to_string()),
        None if rules.is_empty() => Err("no rules".to_owned()),
        None => Ok(rules.len()),
    }
}

/// The alerts that were told of so far: by name and status, the receiver's path and the alert.
fn told(demo: &Demo) -> BTreeMap<(String, String), (String, Value)> {
    let mut all = BTreeMap::new();
    for (path, body) in demo.received() {
        let body: Value = serde_json::from_str(&body).expect("a notification is JSON");
        for alert in body["alerts"].as_array().expect("alerts") {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            all.insert((text(&alert["labels"]["alertname"]), text(&alert["status"])), (path.clone(), alert.clone()));
        }
    }
    all
}

/// Waits until the alerts have arrived with a status.
fn arrive(demo: &Demo, status: &str) -> BTreeMap<(String, String), (String, Value)> {
    wait_for(&format!("the alerts are {status}"), PATIENCE, || {
        let told = told(demo);
        let missing: Vec<&str> =
            TOLD.iter().map(|(name, _)| *name).filter(|name| !told.contains_key(&((*name).to_owned(), status.to_owned()))).collect();
        if missing.is_empty() { Ok(told) } else { Err(format!("{missing:?} are missing; told: {:?}", told.keys())) }
    })
}

/// What arrived says what is wrong, with numbers, and where to look.
fn check_texts(told: &BTreeMap<(String, String), (String, Value)>) {
    for (name, path) in TOLD {
        let (to, alert) = &told[&(name.to_owned(), "firing".to_owned())];
        assert_eq!(to, path, "{alert}");
        assert_eq!((&alert["labels"]["service"], &alert["labels"]["team"]), (&json!("myapp"), &json!("web")), "{alert}");
        let annotation = |key: &str| alert["annotations"][key].as_str().unwrap_or_default().to_owned();
        assert!(annotation("summary").starts_with("myapp: "), "{alert}");
        assert_eq!(annotation("runbook_url"), format!("https://runbooks.example.com/myapp/{name}"), "{alert}");
        let description = annotation("description");
        let says = match name {
            "HighErrorRate" => description.contains('%') && description.contains("http_requests_total"),
            "HighLatency" => description.contains("http_request_duration_seconds") && description.contains('s'),
            _ => !description.is_empty() && !description.contains("{{"),
        };
        assert!(says, "{alert}");
    }
}

/// Every query of a dashboard's panels, with its variables filled in.
fn queries(dashboard: &Path) -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(dashboard).expect("a dashboard")).expect("JSON");
    let mut all = Vec::new();
    let mut panels: Vec<&Value> = dashboard["panels"].as_array().expect("panels").iter().collect();
    while let Some(panel) = panels.pop() {
        panels.extend(panel["panels"].as_array().into_iter().flatten());
        for target in panel["targets"].as_array().into_iter().flatten() {
            let mut expr = target["expr"].as_str().expect("a query").to_owned();
            for (variable, value) in
                [("$__rate_interval", "4s"), ("$__interval", "1s"), ("$__range", "1m"), ("$job", "myapp"), ("$instance", ".+")]
            {
                expr = expr.replace(variable, value);
            }
            assert!(!expr.contains('$'), "a variable without a value: {expr}");
            all.push((panel["title"].as_str().unwrap_or_default().to_owned(), expr));
        }
    }
    all
}

pub fn every_panel_has_data(stack: &Stack, dashboard: &Path) -> usize {
    let queries = queries(dashboard);
    assert!(queries.len() > 10, "{queries:?}");
    wait_for("every panel has data", PATIENCE, || {
        let empty = queries.iter().find_map(|(title, expr)| match stack.query(expr) {
            Ok(0) => Some(format!("{title}: {expr}: no data")),
            Ok(_) => None,
            Err(why) => Some(format!("{title}: {expr}: {why}")),
        });
        empty.map_or(Ok(queries.len()), Err)
    })
}

fn logs(scratch: &Path) -> String {
    ["prometheus.log", "alertmanager.log", "blackbox.log"]
        .iter()
        .map(|log| fs::read_to_string(scratch.join(log)).unwrap_or_default())
        .collect()
}

fn run(engine: &Engine) {
    let (demo, ports) = (Demo::start(), Ports::free());
    let (folder, rendered) = render(&manifest(engine, &demo, ports));
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let out = folder.path().join("out");
    let scratch = tempfile::tempdir().expect("a folder");
    let stack = Stack::start(engine, &out, scratch.path(), ports);
    let rules =
        wait_for("every rule is evaluated", PATIENCE, || rules_are_well(&stack).map_err(|why| format!("{why}\n{}", logs(scratch.path()))));
    // Long enough for the windows to fill with what is well.
    wait_for("the windows are full", PATIENCE, || match stack.query("count_over_time(up{job=\"myapp\"}[20s]) >= 12") {
        Ok(1) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let probed = run_in(folder.path(), &["probe", "--wait", "10s"]);
    assert_eq!(probed.code, 0, "{}{}", probed.stdout, probed.stderr);
    let early: Vec<_> = told(&demo).into_keys().filter(|(name, _)| TOLD.iter().any(|(told, _)| told == name)).collect();
    assert!(early.is_empty(), "told before anything was wrong: {early:?}");
    demo.fail(true);
    check_texts(&arrive(&demo, "firing"));
    assert_eq!(run_in(folder.path(), &["probe"]).code, 1);
    let panels = every_panel_has_data(&stack, &out.join("dashboards/myapp.json"));
    demo.fail(false);
    arrive(&demo, "resolved");
    assert_eq!(rules_are_well(&stack), Ok(rules));
    eprintln!(
        "{}: {rules} rules evaluated without error, {panels} queries of panels with data, {} alerts told and resolved",
        engine.name,
        TOLD.len()
    );
}

#[test]
fn what_the_manifest_promises_to_tell_is_told() {
    // They wait more than they work, so all at once. A panic in one of them is a panic here.
    std::thread::scope(|scope| {
        for engine in engines::all() {
            scope.spawn(|| run(engine));
        }
    });
}
