//! `obsgen test`, and what the real tools say of the example: every engine that is here is asked.

mod mutants;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{Run, example_text, obsgen, render, run_in};
use crate::engines::{self, Engine};

/// A service whose tests take no time.
const SMALL: &str = r#"apiVersion: obsgen/v1
service: { name: shop, team: web }
scrape: { targets: ["localhost:4000"] }
metrics:
  http_requests_total: { type: counter, help: Requests, labels: { status: { role: http_status } } }
  http_request_duration_seconds: { type: histogram, help: Duration, buckets: [0.1, 1, 5] }
alerts:
  HighErrorRate: { ratio: http_requests_total, bad: { status: "5.." }, above: 5%, for: 5m, severity: critical }
  HighLatency: { quantile: 0.99, of: http_request_duration_seconds, above: 1s, for: 5m, severity: warning }
routing:
  receivers: { critical: { webhook: { url: "http://localhost:1/critical" } }, warning: { webhook: { url: "http://localhost:1/warning" } } }
stack: { prometheus: "2.42", alertmanager: { version: "0.25", address: "localhost:9093" } }
"#;

/// Every judgement of a rendered set by one engine but the rule tests, which `obsgen test` has run.
fn judge(engine: &Engine, folder: &Path) {
    let all: [(&Path, &[&str]); 4] = [
        (&engine.promtool, &["check", "config", "prometheus.yml"]),
        (&engine.promtool, &["check", "rules", "--lint=all", "--lint-fatal", "alerts.yml", "recording.yml"]),
        (&engine.amtool, &["check-config", "alertmanager.yml"]),
        (&engine.blackbox, &["--config.file=blackbox.yml", "--config.check"]),
    ];
    for (tool, args) in all {
        let run = engines::run(tool, folder, args);
        assert_eq!(run.code, 0, "{}: {} {args:?}\n{}{}", engine.name, tool.display(), run.stdout, run.stderr);
    }
}

/// Runs `obsgen test` with an engine's tools.
fn prove(engine: &Engine, folder: &Path, args: &[&str]) -> Run {
    let mut command = obsgen();
    command.current_dir(folder).args(["test", "-m", "obsgen.yaml", "--promtool"]).arg(&engine.promtool);
    command.arg("--amtool").arg(&engine.amtool).args(args).output().expect("the program starts").into()
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

/// Changes a file, which must really change.
fn edit(file: &Path, change: impl Fn(&str) -> String) {
    let before = fs::read_to_string(file).expect("a file");
    let after = change(&before);
    assert_ne!(before, after, "{} is as it was", file.display());
    fs::write(file, after).expect("a file");
}

#[test]
fn every_engine_accepts_the_example() {
    let (folder, run) = render(&example_text());
    assert_eq!(run.code, 0, "{}", run.stderr);
    for engine in engines::all() {
        judge(engine, &folder.path().join("out"));
    }
}

#[test]
fn the_newest_engine_accepts_and_proves_the_example_rendered_for_it() {
    let manifest = example_text().replace("prometheus: \"2.42\"", "prometheus: \"3.14\"");
    assert_ne!(manifest, example_text());
    let (folder, run) = render(&manifest);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for engine in engines::all().iter().filter(|engine| engine.newest) {
        judge(engine, &folder.path().join("out"));
        let run = prove(engine, folder.path(), &["-o", "out", "--require-all"]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    }
}

#[test]
fn every_alert_of_the_example_is_proven_and_reaches_its_receiver() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), example_text()).expect("a manifest");
    for engine in engines::all() {
        let run = prove(engine, folder.path(), &["--require-all", "--format", "json"]);
        assert_eq!(run.code, 0, "{}: {}{}", engine.name, run.stdout, run.stderr);
        let verdict = json(&run);
        let alerts = verdict["alerts"].as_array().expect("alerts");
        assert_eq!(verdict["summary"]["proven"], alerts.len(), "{verdict}");
        assert!(alerts.iter().all(|alert| !alert["stories"].as_array().expect("stories").is_empty()), "{verdict}");
        let routes = verdict["routes"].as_array().expect("routes");
        assert_eq!(routes.len(), alerts.len());
        let receivers: Vec<_> =
            routes.iter().filter(|r| r["alert"] == "DatabaseDown" || r["alert"] == "HighLatency").map(|r| &r["got"]).collect();
        assert_eq!(receivers, ["warning", "critical"], "{verdict}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "the folder is as it was");
}

#[test]
fn a_broken_rule_fails_its_own_alert_and_no_other() {
    let (folder, _) = render(SMALL);
    edit(&folder.path().join("out/alerts.yml"), |text| text.replace("[5m]))) > 1\"", "[5m]))) > 9\""));
    for engine in engines::all() {
        let run = prove(engine, folder.path(), &["-o", "out", "--format", "json"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let verdict = json(&run);
        let failed: Vec<&Value> =
            verdict["alerts"].as_array().expect("alerts").iter().filter(|alert| alert["status"] == "failed").collect();
        assert_eq!(failed.len(), 1, "{verdict}");
        assert_eq!(failed[0]["alert"], "HighLatency");
        let first = &failed[0]["failures"][0];
        assert!(first["story"].as_str().expect("a story").starts_with("fires"), "{first}");
        assert!(first["expected"][0].as_str().expect("an alert").contains("alertname=\"HighLatency\""), "{first}");
        assert_eq!(first["got"], serde_json::json!([]));
        let human = prove(engine, folder.path(), &["-o", "out"]).stdout;
        assert!(human.contains("FAILED    shop HighLatency (warning)") && human.contains("    got      nothing"), "{human}");
    }
}

#[test]
fn a_rule_that_does_not_load_fails_every_alert_of_its_file() {
    let (folder, _) = render(SMALL);
    edit(&folder.path().join("out/alerts.yml"), |text| text.replacen("expr: \"", "expr: \")", 1));
    for engine in engines::all() {
        let run = prove(engine, folder.path(), &["-o", "out"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stdout.contains("0 proven") && run.stdout.contains("`promtool check rules` says"), "{}", run.stdout);
    }
}

#[test]
fn a_test_that_was_taken_away_proves_nothing() {
    let (folder, _) = render(SMALL);
    edit(&folder.path().join("out/tests/alerts_test.yml"), |text| text.replace("HighErrorRate: fires above 5%", "something else"));
    let Some(engine) = engines::all().first() else { return };
    let run = prove(engine, folder.path(), &["-o", "out"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("FAILED    shop HighErrorRate") && run.stdout.contains("has no such test"), "{}", run.stdout);
    fs::remove_file(folder.path().join("out/tests/alerts_test.yml")).expect("a file");
    let run = prove(engine, folder.path(), &["-o", "out"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("obsgen render -o out"), "{}", run.stderr);
}

#[test]
fn a_test_that_somebody_added_counts() {
    let (folder, _) = render(SMALL);
    edit(&folder.path().join("out/tests/alerts_test.yml"), |text| {
        text.to_owned()
            + "  - name: mine\n    interval: 1m\n    alert_rule_test:\n      - { eval_time: 5m, alertname: Watchdog, exp_alerts: [] }\n"
    });
    for engine in engines::all() {
        let run = prove(engine, folder.path(), &["-o", "out"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(
            run.stdout.contains("FAILED    Watchdog") && run.stdout.contains("  mine, at 5m") && run.stdout.contains("1 failed"),
            "{}",
            run.stdout
        );
    }
}

#[test]
fn a_route_that_goes_elsewhere_fails_its_alerts() {
    let (folder, _) = render(SMALL);
    edit(&folder.path().join("out/alertmanager.yml"), |text| text.replace("\"severity=\\\"warning\\\"\"", "\"severity=\\\"warn\\\"\""));
    for engine in engines::all() {
        let run = prove(engine, folder.path(), &["-o", "out", "--format", "json"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let verdict = json(&run);
        let wrong: Vec<&Value> = verdict["routes"].as_array().expect("routes").iter().filter(|route| route["ok"] == false).collect();
        assert!(
            !wrong.is_empty() && wrong.iter().all(|route| route["labels"]["severity"] == "warning" && route["got"] == "critical"),
            "{verdict}"
        );
    }
}

#[test]
fn an_unproven_alert_is_named_with_its_reason_and_counts_only_if_asked_to() {
    let manifest = SMALL.replace("buckets: [0.1, 1, 5]", "native: true").replace("2.42", "3.14");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), manifest).expect("a manifest");
    // Older ones know nothing of what the newest takes.
    let Some(engine) = engines::all().iter().find(|engine| engine.newest) else {
        eprintln!("SKIPPED: the newest engines are absent");
        return;
    };
    let run = prove(engine, folder.path(), &[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("unproven  shop HighLatency (warning): ") && run.stdout.contains("1 unproven"), "{}", run.stdout);
    assert_eq!(prove(engine, folder.path(), &["--require-all"]).code, 1);
}

#[test]
fn missing_tools_are_named_with_how_to_get_them() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), example_text()).expect("a manifest");
    let run: Run = obsgen().current_dir(folder.path()).env("PATH", "/nowhere").arg("test").output().expect("the program starts").into();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("apt-get install prometheus`"), "{}", run.stderr);
    assert!(run.stderr.contains("apt-get install prometheus-alertmanager`"), "{}", run.stderr);
    assert!(run.stderr.contains("--promtool FILE"), "{}", run.stderr);
    let run = run_in(folder.path(), &["test", "--promtool", "no/such/tool"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no/such/tool"), "{}", run.stderr);
}

/// A service that reports its crashes and counts the reports that were lost.
fn reporting(more: &str) -> String {
    let counter = "\n  sentry_events_lost_total: { type: counter, help: Lost, labels: { reason: {} }, presence: on_first_use }\nalerts:";
    SMALL.replace("\nalerts:", counter).replace("stack:", &format!("{more}stack:"))
}

#[test]
fn lost_reports_of_crashes_are_told_where_they_are_counted() {
    let (folder, run) = render(&reporting("errors: { sentry: { dsn_env: SENTRY_DSN } }\n"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let alerts = fs::read_to_string(folder.path().join("out/alerts.yml")).expect("alerts");
    assert!(alerts.contains("sum by (job) (increase(sentry_events_lost_total{job=\\\"shop\\\"}[15m])) > 0"), "{alerts}");
    for engine in engines::all() {
        let run = prove(engine, folder.path(), &["-o", "out", "--require-all"]);
        assert_eq!(run.code, 0, "{}: {}{}", engine.name, run.stdout, run.stderr);
        assert!(run.stdout.contains("shop ReportsLost (warning): 4 stories"), "{}", run.stdout);
    }
    // Without reports nothing can be lost, and without the counter nobody would know.
    for manifest in [reporting(""), SMALL.replace("stack:", "errors: { sentry: { dsn_env: SENTRY_DSN } }\nstack:")] {
        let (folder, run) = render(&manifest);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(!fs::read_to_string(folder.path().join("out/alerts.yml")).expect("alerts").contains("ReportsLost"));
    }
}
