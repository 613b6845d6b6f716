//! A thousand services in one run: their mistakes, and one Prometheus that evaluates all their rules.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::common::{example_text, free_port, run_in};
use crate::end_to_end::stack::{Program, get, wait_for};
use crate::engines;

const RENDER: &[&str] = &["render", "-m", "fleet", "-o", "out"];

fn write(folder: &Path, name: &str, text: &str) {
    let folder = folder.join("fleet").join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("obsgen.yaml"), text).unwrap();
}

/// Of a thousand services ten have a mistake each, all of another kind: in one run each is said, at its place, and nothing else.
#[test]
fn every_mistake_of_a_large_fleet_is_told_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let example = example_text();
    let named = |name: &str| example.replace("name: myapp", &format!("name: {name}")).replace("job=\"myapp\"", &format!("job=\"{name}\""));
    // What is written otherwise in which service, the rule that it breaks, and the text that the finding points at.
    let mistakes = [
        ("s0100", ("for: 10m", "fro: 10m"), "unknown-key", "fro"),
        ("s0200", ("for: 10m", "for: 10minutes"), "invalid-manifest", "10minutes"),
        (
            "s0300",
            ("of: http_request_duration_seconds, above", "of: http_requests_duration_seconds, above"),
            "unknown-metric",
            "http_requests_duration_seconds",
        ),
        ("s0400", ("name: s0400", "name: s0399"), "name-clash", "s0399"),
        ("s0500", ("dashboard: { folder", "dashboard: { uid: obsgen-s0001, folder"), "name-clash", "obsgen-s0001"),
        ("s0600", ("  runbooks:", "  job: s0002\n  runbooks:"), "name-clash", "s0002"),
        ("s0700", ("labels: { method", "labels: { [method"), "invalid-yaml", "[method"),
        ("s0800", ("== 0'", "== 0 > 1'"), "never-holds", "1'"),
        ("s0900", ("critical: { pagerduty", "critcal: { pagerduty"), "no-receiver", "critical"),
        ("s0950", ("target: 99.9%", "target: 100%"), "invalid-manifest", "100%"),
    ];
    for at in 0..1000 {
        let name = format!("s{at:04}");
        let text = named(&name);
        let mistake = mistakes.iter().find(|(service, ..)| *service == name);
        let text = mistake.map_or(text.clone(), |(_, (right, wrong), ..)| text.replacen(right, wrong, 1));
        write(folder.path(), &name, &text);
    }
    let run = run_in(folder.path(), RENDER);
    assert_eq!(run.code, 2);
    assert!(!folder.path().join("out").exists(), "nothing is written");
    let mut told: Vec<&str> = run.stderr.split("\n\n").filter(|block| block.starts_with("error[")).collect();
    for (service, _, rule, place) in mistakes {
        let path = format!("--> fleet/{service}/obsgen.yaml:");
        let at = told.iter().position(|block| block.contains(&path)).unwrap_or_else(|| panic!("{service}: {}", run.stderr));
        let block = told.remove(at);
        assert!(block.starts_with(&format!("error[{rule}]")), "{block}");
        let (_, place_told) = block.split_once(&path).unwrap();
        let numbers: Vec<usize> = place_told.lines().next().unwrap().split(':').map(|number| number.parse().unwrap()).collect();
        let text = fs::read_to_string(folder.path().join(format!("fleet/{service}/obsgen.yaml"))).unwrap();
        let line = text.lines().nth(numbers[0] - 1).unwrap();
        let from: String = line.chars().skip(numbers[1] - 1).collect();
        assert!(from.starts_with(place), "{service} points at `{from}`");
    }
    assert!(told.is_empty(), "{told:?}");
}

const SMALL: &str = "\
apiVersion: obsgen/v1
service: { name: NAME }
scrape: { targets: [\"127.0.0.1:1\"], interval: 60s }
metrics:
  requests_total: { type: counter, help: Requests, labels: { status: { role: http_status } } }
alerts:
  HighErrorRate: { ratio: requests_total, bad: { status: \"5..\" }, above: 5%, for: 5m, severity: critical }
objectives:
  availability: { ratio: requests_total, bad: { status: \"5..\" }, target: 99.9%, window: 30d }
";

#[test]
fn one_prometheus_evaluates_all_rules_of_a_thousand_services() {
    // One generation will do: both judge the same rules of fewer services elsewhere.
    let Some(engine) = engines::all().last() else { return };
    let folder = tempfile::tempdir().unwrap();
    for at in 0..1000 {
        let name = format!("s{at:04}");
        // Older ones do not take what is rendered for the newest.
        let version = if engine.newest { "3.14" } else { "2.42" };
        let stack = format!("stack: {{ prometheus: \"{version}\" }}\n");
        write(folder.path(), &name, &(SMALL.replace("NAME", &name) + &stack));
    }
    let run = run_in(folder.path(), &[RENDER, &["--only", "prometheus,recording,alerts"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let written = fs::read_to_string(folder.path().join("out/alerts/s0000.yml")).unwrap()
        + &fs::read_to_string(folder.path().join("out/recording/s0000.yml")).unwrap();
    let of_each = written.matches("expr:").count();
    assert!(of_each > 10, "{written}");

    let config = folder.path().join("out/prometheus.yml");
    let text = fs::read_to_string(&config).unwrap();
    let interval = text.lines().find(|line| line.contains("evaluation_interval:")).expect("an interval");
    fs::write(&config, text.replace(interval, "  evaluation_interval: \"15s\"")).unwrap();
    let port = free_port();
    let args = [
        format!("--config.file={}", config.display()),
        format!("--web.listen-address=127.0.0.1:{port}"),
        format!("--storage.tsdb.path={}", folder.path().join("data").display()),
    ];
    let _running = Program::start(&engine.prometheus, folder.path(), "prometheus.log", &args);
    wait_for("every rule of a thousand services is evaluated", Duration::from_mins(5), || {
        let answer: Value = serde_json::from_str(&get(port, "/api/v1/rules").ok_or("no answer yet")?).map_err(|error| error.to_string())?;
        let groups = answer["data"]["groups"].as_array().ok_or("no groups")?;
        let rules: Vec<&Value> = groups.iter().flat_map(|group| group["rules"].as_array().into_iter().flatten()).collect();
        if let Some(rule) = rules.iter().find(|rule| rule["health"] == "err") {
            panic!("{rule}");
        }
        let well = rules.iter().filter(|rule| rule["health"] == "ok").count();
        // The watchdog is nobody's.
        if well == 1000 * of_each + 1 { Ok(()) } else { Err(format!("{well} of {} rules\n{}", rules.len(), log(folder.path()))) }
    });
}

/// The end of what Prometheus had to say.
fn log(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("prometheus.log")).unwrap_or_default();
    text.lines().rev().take(5).collect::<Vec<_>>().join("\n")
}
