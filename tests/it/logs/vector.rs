//! Vector's program, compiled and run by the crate of its own language.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{EXAMPLE, HOSTILE, pipeline, pipeline_of_kept};
use crate::common::root;

/// Runs the program of a pipeline on a line; `None`, said aloud, where the runner was not built (`tests/run` builds it).
fn run(pipeline: &str, line: &str) -> Option<Result<Value, String>> {
    let runner = root().join("target/vrl/debug/vrl-runner");
    if !runner.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is absent", runner.display());
        eprintln!("skipped: {} is absent", runner.display());
        return None;
    }
    // As Vector reads its files: first the environment, where two dollar signs are one.
    let config: Value = serde_yaml::from_str(&pipeline.replace("$$", "$")).expect("YAML");
    let transform = config["transforms"].as_object().and_then(|all| all.values().next()).expect("a transform");
    let input = json!({ "program": transform["source"], "event": { "message": line, "file": "/var/log/myapp/a.log" } });
    let mut child =
        Command::new(runner).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the runner starts");
    child.stdin.take().expect("stdin").write_all(input.to_string().as_bytes()).expect("the runner reads");
    let output = child.wait_with_output().expect("the runner ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(if output.status.success() { Ok(serde_json::from_slice(&output.stdout).expect("JSON")) } else { Err(said) })
}

fn vector(format: &str) -> String {
    pipeline(&format!("format: {format}, pipeline: vector, {EXAMPLE}"), "myapp.vector.yml")
}

#[test]
fn a_line_gets_its_level_its_time_and_its_declared_fields_and_loses_its_secrets() {
    let line = json!({
        "time": "2026-11-01T12:00:00.250Z", "level": "ERROR", "message": "no", "request_id": "r1", "user.name": "x", "other": 1,
        "password": "s3cret", "token": 4711, "in": { "Token": "s3cret" },
    });
    let Some(event) = run(&vector("json"), &line.to_string()) else { return };
    let event = event.expect("the program compiles and runs");
    assert_eq!(event["level"], "error");
    assert!(event["timestamp"].as_str().is_some_and(|time| time.starts_with("2026-11-01T12:00:00.25")), "{event}");
    // What the line does not have is not made up, and what is not declared is no metadata.
    assert_eq!(event["fields"], json!({ "request_id": "r1", "user.name": "x" }));
    let kept: Value = serde_json::from_str(event["message"].as_str().expect("text")).expect("a line of JSON stays one");
    assert_eq!(kept["password"], "[redacted]");
    assert_eq!(kept["token"], "[redacted]");
    assert_eq!(kept["in"]["Token"], "[redacted]");
    assert_eq!(kept["other"], 1);
}

#[test]
fn other_formats_are_taken_apart_too() {
    let line = r#"time=2026-11-01T12:00:00Z level=warn message="a b" request_id=r1 token=s3cret"#;
    let Some(event) = run(&vector("logfmt"), line) else { return };
    let event = event.expect("the program compiles and runs");
    assert_eq!((&event["level"], &event["fields"]), (&json!("warn"), &json!({ "request_id": "r1" })));
    assert!(event["message"].as_str().is_some_and(|text| text.ends_with("token=[redacted]")), "{event}");
    let line = "2026-11-01T12:00:00Z info \"a password: s3cret\" {}";
    let event = run(&vector("text"), line).expect("the runner").expect("the program compiles and runs");
    assert_eq!((&event["level"], &event["fields"]), (&json!("info"), &json!({})));
    assert!(!event["message"].as_str().expect("text").contains("s3cret"), "{event}");
}

#[test]
fn a_line_of_another_format_is_kept() {
    for line in ["", "no json", "[1,2]", "{\"level\": 5, \"time\": 7}"] {
        let Some(event) = run(&vector("json"), line) else { return };
        let event = event.expect("the program compiles and runs");
        assert_eq!((&event["message"], &event["level"]), (&json!(line), &json!("unknown")));
    }
}

#[test]
fn hostile_names_stay_names() {
    for name in HOSTILE {
        let quoted = json!(name.trim()).to_string();
        let logging = format!("format: json, pipeline: vector, metadata: [{quoted}], redact: [{quoted}, other]");
        let line = json!({ name.trim(): "secret", "level": "info" }).to_string();
        let Some(event) = run(&pipeline_of_kept(&logging, "myapp.vector.yml"), &line) else { return };
        let event = event.unwrap_or_else(|error| panic!("{name:?}: {error}"));
        assert_eq!(event["fields"], json!({ name.trim(): "[redacted]" }), "{name:?}");
        assert_eq!(event["level"], "info", "{name:?}");
    }
}
