//! Alerts on lines of logs: rules for Loki's ruler. No program of Loki's can be had from the registries that these tests use, so
//! the expressions are judged by the reader that lint has.

use std::fs;

use serde_yaml::Value;

use crate::common::{example_text, render, run_in};

/// The example with one more alert.
fn manifest(alert: &str) -> String {
    example_text().replace("alerts:\n", &format!("alerts:\n  Panics: {alert}\n"))
}

/// The rule that an alert becomes.
fn rule(manifest: &str) -> Value {
    let (folder, run) = render(manifest);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = fs::read_to_string(folder.path().join("out/loki/rules/fake/myapp.yml")).expect("rules of Loki");
    let lint = run_in(folder.path(), &["lint", "out", "-m", "obsgen.yaml", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    let rules: Value = serde_yaml::from_str(&text).expect("YAML");
    rules["groups"][0]["rules"][0].clone()
}

#[test]
fn an_alert_on_lines_is_a_rule_of_loki_with_a_runbook_of_its_own() {
    let text = manifest("{ log: { contains: panic, level: error }, above: 5, window: 10m, for: 1m, severity: critical }");
    let rule = rule(&text);
    let expr = "sum by (service) (count_over_time({service=\"myapp\", level=~\"(?i)error\"} |= \"panic\" [10m])) > 5";
    assert_eq!((&rule["alert"], &rule["expr"], &rule["for"]), (&"Panics".into(), &expr.into(), &"1m".into()));
    assert_eq!((&rule["labels"]["severity"], &rule["labels"]["service"]), (&"critical".into(), &"myapp".into()));
    assert_eq!(rule["annotations"]["runbook_url"], "https://runbooks.example.com/myapp/Panics");
    let (folder, run) = render(&text);
    let read = |path: &str| fs::read_to_string(folder.path().join("out").join(path)).expect(path);
    assert!(run.stderr.contains("Panics: Loki's rules cannot be run by promtool"), "{}", run.stderr);
    let page = read("runbooks/Panics.md");
    assert!(page.contains("```logql") && page.contains("More than 5 lines of myapp's log"), "{page}");
    // Prometheus hears nothing of it.
    assert!(!read("prometheus.yml").contains("loki") && !read("alerts.yml").contains("Panics"));
}

#[test]
fn the_test_calls_it_unproven_and_asks_for_its_route() {
    let (folder, run) = render(&manifest("{ log: { matches: 'pan(ic|ned)' }, severity: critical }"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let test = run_in(folder.path(), &["test", "-m", "obsgen.yaml", "--format", "json"]);
    if test.code == 2 {
        assert!(std::env::var_os("CI").is_none(), "{}", test.stderr);
        eprintln!("skipped: {}", test.stderr);
        return;
    }
    assert_eq!(test.code, 0, "{}", test.stdout);
    let verdict: serde_json::Value = serde_json::from_str(&test.stdout).expect("JSON");
    let alert = verdict["alerts"].as_array().expect("alerts").iter().find(|alert| alert["alert"] == "Panics").expect("the alert").clone();
    assert_eq!((&alert["status"], &alert["why"]), (&"unproven".into(), &"Loki's rules cannot be run by promtool".into()));
    let routed = verdict["routes"].as_array().expect("routes").iter().any(|route| route["alert"] == "Panics" && route["ok"] == true);
    assert!(routed, "{}", test.stdout);
    assert_eq!(run_in(folder.path(), &["test", "-m", "obsgen.yaml", "--require-all"]).code, 1);
}

#[test]
fn lines_that_the_collector_brings_have_the_labels_of_otlp() {
    let text = manifest("{ log: { contains: panic, level: error }, severity: critical }").replace(", pipeline: loki", "");
    let text = text.replace("  grafana: \"11\"", "  grafana: \"11\"\n  collector: { signals: [traces, logs] }");
    let expr = "sum by (service_name) (count_over_time({service_name=\"myapp\"} |= \"panic\" | severity_text=~\"(?i)error\" [5m])) > 0";
    assert_eq!(rule(&text)["expr"], expr);
}

#[test]
fn hostile_text_stays_text() {
    for text in ["a\"b", "a`b", "a\\b", "a} |= \"", "{{ .x }}", "${HOME}", "a\tb", "a [5m]", "# a", "名前"] {
        let quoted = serde_json::json!(text).to_string();
        for key in ["contains", "matches"] {
            let written = if key == "contains" { quoted.clone() } else { serde_json::json!(regex::escape(text)).to_string() };
            let rule = rule(&manifest(&format!("{{ log: {{ {key}: {written} }}, severity: critical }}")));
            let expr = rule["expr"].as_str().expect("an expression");
            let literal = expr.split_once(if key == "contains" { "|= " } else { "|~ " }).expect("a filter").1;
            let literal = literal.strip_suffix(" [5m])) > 0").expect("a range");
            let meant = serde_json::from_str::<String>(literal).expect("a string that Go and JSON read alike");
            assert_eq!(meant, if key == "contains" { text.to_owned() } else { regex::escape(text) }, "{expr}");
        }
    }
}

#[test]
fn what_cannot_be_counted_is_said() {
    for (alert, message) in [
        ("{ log: {}, severity: critical }", "this counts every line of the log"),
        ("{ log: { contains: '' }, severity: critical }", "this counts every line of the log"),
        ("{ log: { contains: a, matches: b }, severity: critical }", "either contains a text or matches"),
        ("{ log: { matches: '(' }, severity: critical }", "Panics"),
        ("{ log: { contains: a }, above: 5%, severity: critical }", "`5%` is no number of lines"),
        ("{ log: { contains: a }, min_bad: 5, severity: critical }", "says nothing about an alert of the kind `log`"),
        ("{ log: { contains: a }, expr: up, severity: critical }", "is of two kinds"),
        ("{ log: { contains: a }, severity: panic }", "no receiver takes it"),
        ("{ log: { contains: a } }", "has no `severity`"),
        ("{ log: { contians: a }, severity: critical }", "contians"),
    ] {
        let (_folder, run) = render(&manifest(alert));
        assert_eq!(run.code, 2, "{alert}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{alert}: {}", run.stderr);
    }
    let nothing = manifest("{ log: { contains: a }, severity: critical }").replace(", pipeline: loki", "");
    let (_folder, run) = render(&nothing);
    assert!(run.code == 2 && run.stderr.contains("nothing in this manifest brings lines to Loki"), "{}", run.stderr);
}
