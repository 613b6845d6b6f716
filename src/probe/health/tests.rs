//! Bodies of every format, and what is made of them.

use std::sync::Arc;

use super::reading::read;
use super::state::State;
use super::*;
use crate::manifest::dependencies::DependencyKind;
use crate::manifest::scalars::Duration;
use crate::model::health::{Check, Covered, Expect, Target, Thresholds};
use crate::probe::client::Answer;
use crate::probe::failure::Level;
use crate::probe::phases::Phases;

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        is_two: false,
        status,
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
        cut: false,
        trouble: None,
        chain: None,
        phases: Phases::default(),
    }
}

/// Each part as `name=word`.
fn parts(body: &str) -> (Option<State>, String) {
    let health = read(&answer(200, body)).expect("a known format");
    let all: Vec<String> = health.parts.iter().map(|part| format!("{}={}", part.name, part.word)).collect();
    (health.overall.map(|(state, _)| state), all.join(" "))
}

#[test]
fn every_format_is_understood_unasked() {
    let draft = r#"{"status":"warn","version":"1","checks":{
        "postgres:responseTime":[{"componentId":"a","status":"pass","observedValue":3},{"componentId":"b","status":"fail","output":"refused"}],
        "uptime":[{"observedValue":12.5,"status":"pass"}]}}"#;
    assert_eq!(parts(draft), (Some(State::Warn), "postgres:responseTime=fail uptime=pass".to_owned()));
    let spring = r#"{"status":"DOWN","components":{"db":{"status":"UP","components":{"primary":{"status":"UP","details":{"database":"PostgreSQL"}}}},
        "redis":{"status":"DOWN","details":{"error":"refused"}},"ping":{"status":"UP"}},"groups":["liveness","readiness"]}"#;
    assert_eq!(parts(spring), (Some(State::Fail), "db=UP db/primary=UP redis=DOWN ping=UP".to_owned()));
    let asp_net = r#"{"status":"Degraded","totalDuration":"00:00:00.1","entries":{"npgsql":{"status":"Healthy","tags":[]},"cache":{"status":"Degraded","description":"slow"}}}"#;
    assert_eq!(parts(asp_net), (Some(State::Warn), "npgsql=Healthy cache=Degraded".to_owned()));
    let terminus = r#"{"status":"error","info":{"http":{"status":"up"}},"error":{"database":{"status":"down","message":"timeout"}},"details":{"http":{"status":"up"},"database":{"status":"down"}}}"#;
    assert_eq!(parts(terminus), (Some(State::Fail), "http=up database=down".to_owned()));
    assert_eq!(
        parts(r#"{"status":"ready","checks":{"database":"up","cache":true}}"#),
        (Some(State::Pass), "database=up cache=true".to_owned())
    );
    assert_eq!(parts(r#"{"healthy":true,"checks":[{"name":"db","status":"ok"}]}"#), (Some(State::Pass), "db=ok".to_owned()));
    let lines = "[+]ping ok\n[+]etcd ok\n[-]poststarthook/crd failed: reason withheld\nhealthz check failed\n";
    assert_eq!(parts(lines), (Some(State::Fail), "ping=ok etcd=ok poststarthook/crd=failed".to_owned()));
    for (word, state) in [("Healthy", State::Pass), ("Degraded\n", State::Warn), ("Unhealthy", State::Fail), ("OK", State::Pass)] {
        assert_eq!(parts(word), (Some(state), String::new()));
    }
    for other in ["", "<html>ok</html>", "{}", "[1]", r#"{"version":"1"}"#, "Hello, all is well"] {
        assert_eq!(read(&answer(200, other)), None, "{other}");
    }
}

fn check(name: &str, covers: &[(&str, DependencyKind)]) -> Check {
    let covered = |(name, kind): &(&str, DependencyKind)| Covered { name: (*name).to_owned(), kind: *kind, only_of_its_kind: true };
    Check {
        name: name.into(),
        target: Target::Http("http://x/".into()),
        is_own: true,
        expect: Arc::default(),
        covers: Arc::new(covers.iter().map(covered).collect()),
        manner: None,
        timeout: Duration::seconds(1),
        thresholds: Thresholds::default(),
    }
}

fn codes(status: u16, body: &str, check: &Check) -> Vec<String> {
    let one = |failure: &crate::probe::failure::Failure| {
        let level = if failure.level == Level::Warn { "warn " } else { "" };
        format!("{level}{} {}: {}", failure.code, failure.subject.as_deref().unwrap_or("-"), failure.detail)
    };
    judge(&answer(status, body), check).iter().map(one).collect()
}

#[test]
fn covered_dependencies_are_found_by_name_or_by_kind_and_judged_one_by_one() {
    use DependencyKind::{Postgres, Redis};
    let ready = check("readiness", &[("database", Postgres), ("cache", Redis)]);
    let fine = r#"{"status":"pass","checks":{"postgres:responseTime":[{"status":"pass"}],"redis":{"status":"up"}}}"#;
    assert_eq!(codes(200, fine, &ready), [""; 0]);
    let down =
        r#"{"status":"fail","checks":{"postgres:responseTime":[{"status":"fail","output":"connection refused"}],"redis":{"status":"up"}}}"#;
    assert_eq!(codes(503, down, &ready), ["DEP_DOWN database: fail (`postgres:responseTime`) - \"connection refused\""]);
    assert_eq!(codes(200, down, &ready)[1], "STATUS_BODY_DISAGREE -: 200, but the body says `fail`");
    let without = r#"{"status":"pass","checks":{"database":"up","mail":"down"}}"#;
    assert_eq!(
        codes(200, without, &ready),
        ["DEP_MISSING cache: the answer says nothing of it (it names database, mail)", "warn DEP_DOWN mail: down"]
    );
    let slow = r#"{"status":"UP","components":{"database":{"status":"UNKNOWN"},"cache":{"status":"UP"}}}"#;
    assert_eq!(codes(200, slow, &ready), ["warn DEP_DOWN database: UNKNOWN"]);
    // One word for all of them is less than was promised.
    let word = ["warn DEP_MISSING -: the answer names no dependency, so its word has to do for database, cache"];
    assert_eq!(codes(200, r#"{"status":"ready"}"#, &ready), word);
    assert_eq!(codes(200, "hello", &ready), word);
}

#[test]
fn status_and_body_must_say_the_same() {
    let plain = check("readiness", &[]);
    assert_eq!(codes(200, "Unhealthy", &plain), ["STATUS_BODY_DISAGREE -: 200, but the body says `Unhealthy`"]);
    assert_eq!(codes(503, r#"{"status":"ok"}"#, &plain), ["STATUS_BODY_DISAGREE -: 503, but the body says `ok`"]);
    assert_eq!(codes(200, "Degraded", &plain), ["warn DEGRADED -: the body says `Degraded`"]);
    assert_eq!(codes(503, "Unhealthy", &plain), [""; 0]);
    let expect = Expect { json: vec![("status".to_owned(), "fail".into())], ..Expect::default() };
    let judged = Check { expect: expect.into(), ..plain };
    assert_eq!(codes(200, r#"{"status":"fail"}"#, &judged), [""; 0]);
}

#[test]
fn a_liveness_that_looks_at_dependencies_is_warned_of() {
    let body = r#"{"status":"UP","components":{"db":{"status":"UP"},"diskSpace":{"status":"UP"}}}"#;
    let said = "warn LIVENESS_DEPENDS -: it reports db: where that is down, restarting this service does not help";
    assert_eq!(codes(200, body, &check("liveness", &[])), [said]);
    assert_eq!(codes(200, body, &check("startup", &[])), [""; 0]);
    assert_eq!(codes(200, r#"{"status":"UP","components":{"livenessState":{"status":"UP"}}}"#, &check("liveness", &[])), [""; 0]);
}
