//! `obsgen probe` against servers that misbehave in every way that has a code.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{Run, obsgen, root, run_in};
use crate::peers::{answer, answer_json, crowded, head, nobody, raw, serve, silent, tls};

/// A manifest with these checks, in a folder of its own.
fn manifest(checks: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("apiVersion: obsgen/v1\nservice: {{ name: shop }}\nhealth:\n{checks}");
    fs::write(folder.path().join("obsgen.yaml"), text).expect("a manifest");
    folder
}

fn probe(folder: &tempfile::TempDir, args: &[&str]) -> Run {
    run_in(folder.path(), &[&["probe", "--format", "json"], args].concat())
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

/// The codes of each check.
fn codes(report: &Value) -> BTreeMap<String, Vec<String>> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let all = |check: &Value| check["failures"].as_array().expect("failures").iter().map(|f| text(&f["code"])).collect();
    report["checks"].as_array().expect("checks").iter().map(|check| (text(&check["name"]), all(check))).collect()
}

/// A line of a manifest for a check of a port.
fn http(name: &str, port: u16, rest: &str) -> String {
    format!("  {name}: {{ url: \"http://127.0.0.1:{port}/health\", timeout: 500ms{rest} }}\n")
}

fn https(name: &str, port: u16, rest: &str) -> String {
    format!("  {name}: {{ url: \"https://localhost:{port}/\", timeout: 2s{rest} }}\n")
}

#[test]
fn every_kind_of_trouble_has_its_code() {
    let wants_ok = ", expect: { json: { status: ok } }";
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("fine", http("fine", answer_json("200 OK", r#"{"status":"ok"}"#), wants_ok), &[]),
        ("refused", http("refused", nobody(), ""), &["REFUSED"]),
        ("silent", http("silent", silent(""), ""), &["FIRST_BYTE_TIMEOUT"]),
        ("closed", http("closed", serve(drop), ""), &["RESET"]),
        ("closed-late", http("closed-late", raw(""), ""), &["RESET"]),
        ("ssh", http("ssh", raw("SSH-2.0-OpenSSH_9.2\r\n"), ""), &["NOT_HTTP"]),
        ("cut", http("cut", raw("HTTP/1.1 200 OK\r\ncontent-length: 64\r\n\r\n{\"status\""), wants_ok), &["BODY_TRUNCATED"]),
        ("stuck", http("stuck", silent("HTTP/1.1 200 OK\r\ncontent-length: 64\r\n\r\n{\"status\""), wants_ok), &["BODY_TIMEOUT"]),
        ("huge", http("huge", answer_json("200 OK", &format!("[{}1]", "1,".repeat(50_000))), wants_ok), &["BODY_TOO_LARGE"]),
        ("huge-but-fine", http("huge-but-fine", answer("200 OK", "", &"x".repeat(100_000)), ""), &[]),
        ("moved", http("moved", answer("302 Found", "location: /elsewhere\r\n", ""), ""), &["REDIRECT"]),
        ("down", http("down", answer("503 Service Unavailable", "", "no"), ""), &["STATUS"]),
        ("missing-is-fine", http("missing-is-fine", answer("404 Not Found", "", ""), ", expect: { status: [200, 4xx] }"), &[]),
        ("secret", http("secret", answer("401 Unauthorized", "", ""), ""), &["AUTH"]),
        ("html", http("html", answer("200 OK", "content-type: text/html\r\n", "<p>hello</p>"), wants_ok), &["CONTENT_TYPE"]),
        ("broken", http("broken", answer_json("200 OK", r#"{"status":}"#), wants_ok), &["JSON_INVALID"]),
        ("empty", http("empty", answer_json("200 OK", ""), wants_ok), &["JSON_INVALID"]),
        ("other", http("other", answer_json("200 OK", r#"{"status":"degraded"}"#), wants_ok), &["JSON_MISMATCH"]),
        ("absent", http("absent", answer_json("200 OK", r#"{"state":"ok"}"#), wants_ok), &["JSON_MISSING"]),
        ("typed", http("typed", answer_json("200 OK", r#"{"n":"1"}"#), ", expect: { json: { n: 1 } }"), &["JSON_MISMATCH"]),
        ("nested", http("nested", answer_json("200 OK", r#"{"checks":{"db":true}}"#), ", expect: { json: { checks.db: true } }"), &[]),
        ("no-header", http("no-header", answer("200 OK", "", ""), ", expect: { headers: { x-a: \".*\" } }"), &["HEADER_MISSING"]),
        (
            "bad-header",
            http("bad-header", answer("200 OK", "x-a: 12\r\n", ""), ", expect: { headers: { x-a: \"1\" } }"),
            &["HEADER_MISMATCH"],
        ),
        (
            "type",
            http("type", answer("200 OK", "content-type: a/b\r\n", ""), ", expect: { headers: { content-type: \"text/.*\" } }"),
            &["CONTENT_TYPE"],
        ),
        ("words", http("words", answer("200 OK", "", "Sign up"), ", expect: { body: \"Sign (in|on)\" }"), &["BODY_MISMATCH"]),
        ("tls-fine", https("tls-fine", tls("localhost"), ", tls: { ca_file: ca.pem }"), &[]),
        ("tls-name", https("tls-name", tls("elsewhere"), ", tls: { ca_file: ca.pem }"), &["TLS_HOSTNAME"]),
        ("tls-sni", https("tls-sni", tls("elsewhere"), ", tls: { ca_file: ca.pem, server_name: elsewhere.example }"), &[]),
        ("tls-old", https("tls-old", tls("expired"), ", tls: { ca_file: ca.pem }"), &["TLS_EXPIRED"]),
        ("tls-ca", https("tls-ca", tls("localhost"), ""), &["TLS_UNKNOWN_CA"]),
        ("tls-any", https("tls-any", tls("expired"), ", tls: { insecure_skip_verify: true }"), &["TLS_UNVERIFIED"]),
        ("tls-plain", https("tls-plain", plain(), ", tls: { ca_file: ca.pem }"), &["TLS_NOT_TLS"]),
        ("tls-file", https("tls-file", nobody(), ", tls: { ca_file: nowhere.pem }"), &["TLS_CONFIG"]),
        ("port", format!("  port: {{ tcp: \"127.0.0.1:{}\" }}\n", silent("")), &[]),
        ("no-port", format!("  no-port: {{ tcp: \"127.0.0.1:{}\" }}\n", nobody()), &["REFUSED"]),
        ("slow", http("slow", slow(120), ", expect: { within: 50ms }"), &["SLOW"]),
    ];
    let folder = manifest(&cases.iter().map(|(_, line, _)| line.as_str()).collect::<String>());
    fs::copy(root().join("tests/demo/tls/ca.pem"), folder.path().join("ca.pem")).expect("a certificate");
    let run = probe(&folder, &[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = report(&run);
    let found = codes(&report);
    for (name, _, expected) in &cases {
        assert_eq!(
            found[*name],
            *expected,
            "{name}: {}",
            report["checks"].as_array().expect("checks").iter().find(|c| c["name"] == *name).expect("it")
        );
    }
    let passed = cases.iter().filter(|(_, _, codes)| codes.is_empty()).count();
    assert_eq!(report["summary"], json!({"passed": passed, "failed": cases.len() - passed - 1, "warned": 1}));
    assert_valid(&report);
}

/// Answers in plain HTTP whatever it is told.
fn plain() -> u16 {
    serve(|mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
    })
}

fn slow(millis: u64) -> u16 {
    serve(move |mut stream| {
        head(&mut stream);
        thread::sleep(Duration::from_millis(millis));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    })
}

/// What is printed is what the schema says.
fn assert_valid(report: &Value) {
    let schema = run_in(root(), &["schema", "probe"]).stdout;
    let schema: Value = serde_json::from_str(&schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn a_silent_tls_port_is_told_from_a_silent_host() {
    let folder = manifest(&https("quiet", silent(""), ", tls: { ca_file: ca.pem }").replace("2s", "300ms"));
    fs::copy(root().join("tests/demo/tls/ca.pem"), folder.path().join("ca.pem")).expect("a certificate");
    assert_eq!(codes(&report(&probe(&folder, &[])))["quiet"], ["TLS_TIMEOUT"]);
}

#[test]
fn a_name_that_does_not_resolve_is_told_from_a_port_that_is_closed() {
    let folder = manifest(
        "  name: { url: \"http://no-such-host.invalid:1/\", timeout: 10s }\n  port: { tcp: \"no-such-host.invalid:1\", timeout: 10s }\n",
    );
    let found = codes(&report(&probe(&folder, &[])));
    // A machine without a resolver cannot know that the name does not exist.
    assert!(found.values().all(|codes| ["DNS_NXDOMAIN", "DNS_FAIL", "DNS_TIMEOUT"].contains(&codes[0].as_str())), "{found:?}");
}

#[test]
fn everything_that_is_wrong_with_an_answer_is_said() {
    let port = answer_json("503 Service Unavailable", r#"{"status":"fail","checks":{"database":"down"}}"#);
    let expect = ", expect: { json: { status: ok, checks.database: up, checks.cache: up }, headers: { x-version: \".+\" }, body: happy, within: 10m }";
    let folder = manifest(&http("ready", port, expect));
    let report = report(&probe(&folder, &[]));
    assert_eq!(
        codes(&report)["ready"],
        ["STATUS", "HEADER_MISSING", "BODY_MISMATCH", "JSON_MISMATCH", "JSON_MISMATCH", "JSON_MISSING", "DEP_DOWN"]
    );
    let check = &report["checks"][0];
    assert_eq!(check["code"], "STATUS");
    assert_eq!(check["body_excerpt"], r#"{"status":"fail","checks":{"database":"down"}}"#);
    let missing = &check["failures"][5];
    assert_eq!(missing["detail"], "$.checks.cache is absent (has: database), expected \"up\"");
    assert_eq!((&missing["expected"], &missing["observed"]), (&json!("\"up\""), &json!("nothing")));
    assert_eq!((&missing["retryable"], &missing["phase"]), (&json!(false), &json!("body")));
    assert!(check["phases"]["first_byte_ms"].is_number() && check["phases"]["body_ms"].is_number(), "{check}");
    let human = run_in(folder.path(), &["probe"]).stdout;
    assert!(human.contains("FAIL  ready  GET http://127.0.0.1:") && human.contains("0 passed, 1 failed"), "{human}");
    assert!(human.contains("JSON_MISMATCH  $.checks.database is \"down\", expected \"up\""), "{human}");
}

#[test]
fn secrets_and_control_characters_of_an_answer_are_not_shown() {
    let body = "{\"db\":\"postgres://obs:hunter2@db/x\",\"api_token\":\"abc123\",\"password\":\"s3cret\",\"x\":\"\u{1b}[31m\"}";
    let folder = manifest(&http("ready", answer("500 Oops", "", body), ", expect: { json: { password: none } }"));
    let run = probe(&folder, &[]);
    let human = run_in(folder.path(), &["probe"]).stdout;
    for secret in ["hunter2", "abc123", "s3cret", "\u{1b}"] {
        assert!(!run.stdout.contains(secret) && !human.contains(secret), "{}{human}", run.stdout);
    }
    assert!(human.contains("***") && human.contains("\\u{1b}"), "{human}");
}

#[test]
fn a_dry_run_says_what_would_be_asked_and_asks_nothing() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let port = serve(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let folder = manifest(&http("ready", port, ", expect: { json: { status: ok }, within: 200ms }"));
    let run = run_in(folder.path(), &["probe", "--dry-run"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for said in ["shop/ready  GET http://127.0.0.1:", "timeout 500ms", "status 2xx", "$.status is \"ok\"", "within 200ms"] {
        assert!(run.stdout.contains(said), "{}", run.stdout);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn checks_can_be_named() {
    let folder = manifest(&(http("good", answer("200 OK", "", ""), "") + &http("bad", nobody(), "")));
    assert_eq!(probe(&folder, &["good"]).code, 0);
    assert_eq!(probe(&folder, &["shop/bad"]).code, 1);
    let run = probe(&folder, &["goood"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean `good`?"), "{}", run.stderr);
}

#[test]
fn a_warning_fails_only_where_it_is_asked_to() {
    let folder = manifest(&https("any", tls("expired"), ", tls: { insecure_skip_verify: true }"));
    let run = probe(&folder, &[]);
    assert_eq!((run.code, &report(&run)["checks"][0]["status"]), (0, &json!("warn")));
    assert_eq!(probe(&folder, &["--fail-on", "warn"]).code, 1);
}

#[test]
fn waiting_ends_when_the_service_is_ready() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let port = serve(move |mut stream| {
        head(&mut stream);
        let (status, body) = if counter.fetch_add(1, Ordering::SeqCst) < 3 { ("503 Wait", "starting") } else { ("200 OK", "ok") };
        let _ =
            stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).as_bytes());
    });
    let folder = manifest(&http("ready", port, ", expect: { body: ok }"));
    let run = probe(&folder, &["--wait", "20s"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(report(&run)["checks"][0]["attempts"], 4);
    assert!(run.stderr.contains("shop/ready: STATUS") && run.stderr.contains("shop/ready: passes"), "{}", run.stderr);
}

#[test]
fn waiting_that_is_in_vain_exits_with_124() {
    let folder = manifest(&(http("ready", nobody(), "") + &http("hung", silent(""), "").replace("500ms", "1m")));
    let start = Instant::now();
    let run = probe(&folder, &["--wait", "600ms"]);
    assert_eq!(run.code, 124, "{}", run.stderr);
    assert!(start.elapsed() < Duration::from_secs(10), "a hung check is not waited for longer than that");
    let found = codes(&report(&run));
    assert_eq!((found["ready"][0].as_str(), found["hung"][0].as_str()), ("REFUSED", "FIRST_BYTE_TIMEOUT"));
}

#[test]
fn waiting_ends_at_once_where_it_cannot_help() {
    let folder =
        manifest(&(http("ready", answer_json("200 OK", "{}"), ", expect: { json: { status: ok } }") + &http("other", nobody(), "")));
    let start = Instant::now();
    let run = probe(&folder, &["--wait", "60s"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn no_more_checks_are_made_at_the_same_time_than_asked_for() {
    let (port, most) = crowded();
    let folder = manifest(&(0..60).map(|i| http(&format!("c{i}"), port, "")).collect::<String>().replace("500ms", "20s"));
    let run = probe(&folder, &["--concurrency", "7"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let most = most.load(Ordering::SeqCst);
    assert!((2..=7).contains(&most), "{most}");
    assert!(!run_in(folder.path(), &["probe"]).stdout.contains("PASS"), "passes of many checks are only counted");
}

#[cfg(unix)]
#[test]
fn an_interrupt_prints_what_is_known_and_exits_with_130() {
    let folder = manifest(&(http("good", answer("200 OK", "", ""), "") + &http("hung", silent(""), "").replace("500ms", "1m")));
    let mut command = obsgen();
    command.current_dir(folder.path()).args(["probe", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    thread::sleep(Duration::from_millis(700));
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(kill.success());
    let run: Run = child.wait_with_output().expect("an end").into();
    assert_eq!(run.code, 130, "{}", run.stderr);
    let report = report(&run);
    assert_eq!(codes(&report)["hung"], ["INTERRUPTED"]);
    assert_eq!(report["summary"], json!({"passed": 1, "failed": 1, "warned": 0}));
}

#[test]
fn a_manifest_without_checks_is_said_to_have_none() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), "apiVersion: obsgen/v1\nservice: { name: shop }\n").expect("a manifest");
    let run = probe(&folder, &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("nothing to probe"), "{}", run.stderr);
}

/// The example's page, as its demo gives it.
const PAGE: &str = "# HELP http_requests_total Total HTTP requests\n# TYPE http_requests_total counter\n\
                    http_requests_total{method=\"GET\",status=\"200\"} 5\n\
                    # HELP http_request_duration_seconds HTTP request duration\n# TYPE http_request_duration_seconds histogram\n\
                    http_request_duration_seconds_bucket{le=\"0.1\"} 1\nhttp_request_duration_seconds_bucket{le=\"0.5\"} 2\n\
                    http_request_duration_seconds_bucket{le=\"1\"} 3\nhttp_request_duration_seconds_bucket{le=\"5\"} 3\n\
                    http_request_duration_seconds_bucket{le=\"+Inf\"} 3\nhttp_request_duration_seconds_sum 1\nhttp_request_duration_seconds_count 3\n\
                    # HELP db_connections_active Active database connections\n# TYPE db_connections_active gauge\ndb_connections_active 3\n";

/// Judges a page against the example's manifest, without a service.
fn judge(page: &str, args: &[&str]) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    fs::copy(crate::common::example(), folder.path().join("obsgen.yaml")).expect("a manifest");
    fs::write(folder.path().join("page.prom"), page).expect("a page");
    run_in(folder.path(), &[&["probe", "--metrics-file", "page.prom"], args].concat())
}

#[test]
fn a_page_is_judged_offline_with_the_partial_truth() {
    let run = judge(PAGE, &[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("PASS  metrics  metrics page.prom  3 declared: 3 ok, 0 wrong, 0 missing, 0 unproven"), "{}", run.stdout);
    let broken = PAGE.replace("le=\"0.5\"", "le=\"0.4\"").replace("db_connections_active", "db_connection_active");
    let run = judge(&broken, &[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for said in [
        "FAIL  metrics  metrics page.prom  3 declared: 1 ok, 1 wrong, 1 missing, 0 unproven",
        "METRICS_BUCKETS http_request_duration_seconds: its bounds are {0.1, 0.4, 1, 5}, declared as {0.1, 0.5, 1, 5}",
        "METRICS_SELECTOR http_request_duration_seconds: no bucket of `http_request_duration_seconds_bucket` has the bound",
        "METRICS_MISSING db_connections_active: it is declared and not on the page",
        "did you mean `db_connection_active`?",
        "at page.prom:6:1, declared at obsgen.yaml:",
    ] {
        assert!(run.stdout.contains(said), "{said}\n{}", run.stdout);
    }
    let json = report(&judge(&broken, &["--format", "json"]));
    assert_eq!(json["checks"][0]["metrics"]["wrong"], 1);
    assert_valid(&json);
}

#[test]
fn what_is_unproven_fails_only_where_all_is_required() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "apiVersion: obsgen/v1\nservice: { name: shop }\nmetrics:\n  a_total: { type: counter, presence: on_first_use }\n  b: { type: gauge }\n";
    fs::write(folder.path().join("obsgen.yaml"), text).expect("a manifest");
    fs::write(folder.path().join("page"), "# HELP b B.\n# TYPE b gauge\nb 1\n").expect("a page");
    let run = run_in(folder.path(), &["probe", "--metrics-file", "page"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("unproven, as nothing was emitted yet: a_total"), "{}", run.stdout);
    let run = run_in(folder.path(), &["probe", "--metrics-file", "page", "--require-all"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("METRICS_UNPROVEN a_total"), "{}", run.stdout);
}

#[test]
fn what_a_check_covers_is_judged_dependency_by_dependency() {
    let body = r#"{"status":"fail","checks":{"postgres:responseTime":[{"status":"fail","output":"connection refused"}],"redis:ping":[{"status":"pass"}]}}"#;
    let folder = manifest(
        &(http("readiness", answer_json("503 Service Unavailable", body), ", covers: [database, cache, queue]")
            + "dependencies:\n  database: { kind: postgres }\n  cache: { kind: redis }\n  queue: { kind: rabbitmq }\n"),
    );
    let run = probe(&folder, &[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let report = report(&run);
    assert_eq!(codes(&report)["readiness"], ["STATUS", "DEP_DOWN", "DEP_MISSING"]);
    assert_eq!(report["checks"][0]["failures"][1]["subject"], "database");
    let human = run_in(folder.path(), &["probe"]).stdout;
    assert!(human.contains("DEP_DOWN       database: fail (`postgres:responseTime`) - \"connection refused\""), "{human}");
    assert!(human.contains("DEP_MISSING    queue: the answer says nothing of it (it names postgres:responseTime, redis:ping)"), "{human}");
}
