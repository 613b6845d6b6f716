//! The metrics contract against services that are live.

use std::fs;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::common::{Run, run_in};
use crate::peers::{answer, head, nobody, serve, silent};

const METRICS: &str = "metrics:\n  requests_total: { type: counter, labels: { code: { role: http_status } } }\n  \
                       up_since_seconds: { type: gauge }\n  refunds_total: { type: counter, presence: on_first_use }\n";

const TEXT: &str = "# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total{code=\"200\"} 3\n\
                    # HELP up_since_seconds Start.\n# TYPE up_since_seconds gauge\nup_since_seconds 5\n";

/// A manifest with this `scrape:`, in a folder of its own.
fn manifest(scrape: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("apiVersion: obsgen/v1\nservice: {{ name: shop }}\nscrape: {scrape}\n{METRICS}");
    fs::write(folder.path().join("obsgen.yaml"), text).expect("a manifest");
    folder
}

fn probe(folder: &tempfile::TempDir, args: &[&str]) -> (Run, Value) {
    let run = run_in(folder.path(), &[&["probe", "--format", "json"], args].concat());
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    let check = report["checks"][0].clone();
    assert_eq!((&check["kind"], &check["name"]), (&"metrics".into(), &"metrics".into()), "{report}");
    (run, check)
}

fn codes(check: &Value) -> Vec<&str> {
    check["failures"].as_array().expect("failures").iter().map(|failure| failure["code"].as_str().expect("a code")).collect()
}

fn page(body: &str) -> u16 {
    answer("200 OK", "content-type: text/plain; version=0.0.4\r\n", body)
}

#[test]
fn a_live_page_is_asked_for_as_prometheus_does_and_judged_in_both_formats() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&asked);
    let port = serve(move |mut stream| {
        let request = head(&mut stream).to_ascii_lowercase();
        let open_metrics = request.contains("application/openmetrics-text");
        log.lock().expect("a log").push(request);
        let (media, body) = if open_metrics {
            let body = TEXT.replace("# HELP requests_total", "# HELP requests").replace("# TYPE requests_total", "# TYPE requests");
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", body + "# EOF\n")
        } else {
            ("text/plain; version=0.0.4", TEXT.to_owned())
        };
        let _ =
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: {media}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    });
    let folder = manifest(&format!(
        "{{ targets: [\"127.0.0.1:{port}\"], path: /internal/metrics, basic_auth: {{ username: obs, password_file: pass }} }}"
    ));
    fs::write(folder.path().join("pass"), "hunter2\n").expect("a password");
    let (run, check) = probe(&folder, &[]);
    assert_eq!((run.code, codes(&check)), (0, vec![]), "{}", run.stdout);
    let metrics = &check["metrics"];
    assert_eq!((&metrics["ok"], &metrics["unproven"], &metrics["would_scrape"]), (&2.into(), &1.into(), &true.into()), "{check}");
    let asked = asked.lock().expect("a log");
    assert_eq!(asked.len(), 2);
    // obs:hunter2
    assert!(
        asked
            .iter()
            .all(|request| request.starts_with("get /internal/metrics ") && request.contains("authorization: basic b2jzomh1bnrlcji="))
    );
    assert!(asked[0].contains("x-prometheus-scrape-timeout-seconds: 10") && asked[0].contains("q=0.1"), "{}", asked[0]);
    assert!(asked[1].contains("accept: text/plain;version=0.0.4\r\n"), "{}", asked[1]);
    assert!(!run.stdout.contains("hunter2") && !run.stdout.contains("b2JzOmh1bnRlcjI="));
}

#[test]
fn a_page_that_cannot_be_had_proves_nothing_and_says_why() {
    for (port, code) in [
        (nobody(), "REFUSED"),
        (answer("404 Not Found", "", ""), "STATUS"),
        (answer("204 No Content", "", ""), "STATUS"),
        (answer("401 Unauthorized", "", ""), "AUTH"),
        (answer("302 Found", "location: http://127.0.0.1:1/login\r\n", ""), "REDIRECTED_TO_LOGIN"),
        (answer("302 Found", "location: /metrics\r\n", ""), "REDIRECT_LOOP"),
        (answer("200 OK", "content-type: text/plain\r\ncontent-encoding: gzip\r\n", "\u{1f}"), "BODY_ENCODED"),
        (page(""), "EMPTY_EXPOSITION"),
        (answer("200 OK", "content-type: text/html\r\n", "<html>\n"), "METRICS_CONTENT_TYPE"),
        (answer("200 OK", "", TEXT), "METRICS_CONTENT_TYPE"),
        (page("requests_total 1\r\n"), "METRICS_SYNTAX"),
    ] {
        let folder = manifest(&format!("{{ targets: [\"127.0.0.1:{port}\"] }}"));
        let (run, check) = probe(&folder, &[]);
        assert_eq!((run.code, check["code"].as_str()), (1, Some(code)), "{}", run.stdout);
        assert!(check["metrics"].is_null() || check["metrics"]["ok"] == 0 || code == "METRICS_CONTENT_TYPE", "{check}");
    }
    let folder = manifest(&format!("{{ targets: [\"127.0.0.1:{}\"], timeout: 300ms }}", silent("")));
    assert_eq!(probe(&folder, &[]).1["code"], "FIRST_BYTE_TIMEOUT");
}

#[test]
fn every_instance_is_asked_and_they_are_judged_together() {
    let without = page(&TEXT.replace("up_since_seconds 5\n", ""));
    let folder = manifest(&format!("{{ targets: [\"127.0.0.1:{}\", \"127.0.0.1:{without}\"] }}", page(TEXT)));
    let (run, check) = probe(&folder, &[]);
    assert_eq!((run.code, codes(&check)), (0, vec![]), "what one instance has is there: {}", run.stdout);
    let other = page(&TEXT.replace("gauge", "counter"));
    let folder = manifest(&format!("{{ targets: [\"127.0.0.1:{}\", \"127.0.0.1:{other}\"] }}", page(TEXT)));
    let (run, check) = probe(&folder, &[]);
    assert_eq!(run.code, 1);
    assert!(codes(&check).contains(&"METRICS_REPLICAS") && codes(&check).contains(&"METRICS_TYPE"), "{check}");
    // One that does not answer is not hidden by another that does.
    let folder = manifest(&format!("{{ targets: [\"127.0.0.1:{}\", \"127.0.0.1:{}\"] }}", page(TEXT), nobody()));
    let (run, check) = probe(&folder, &[]);
    assert_eq!((run.code, codes(&check)), (1, vec!["REFUSED"]), "{check}");
    assert!(check["failures"][0]["place"].as_str().is_some_and(|place| place.starts_with("http://127.0.0.1:")), "{check}");
}

#[test]
fn a_redirect_within_the_host_is_followed_as_prometheus_follows_it() {
    let port = serve(|mut stream| {
        let request = head(&mut stream);
        let response = if request.starts_with("GET /metrics/ ") {
            format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{TEXT}", TEXT.len())
        } else {
            "HTTP/1.1 301 Moved\r\nlocation: /metrics/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
        };
        let _ = stream.write_all(response.as_bytes());
    });
    let folder = manifest(&format!("{{ targets: [\"127.0.0.1:{port}\"] }}"));
    let (run, check) = probe(&folder, &["metrics"]);
    assert_eq!((run.code, codes(&check)), (0, vec![]), "{}", run.stdout);
}

#[test]
fn credentials_that_cannot_be_read_are_said_before_anybody_is_asked() {
    let folder = manifest("{ targets: [\"127.0.0.1:1\"], authorization: { credentials_file: nowhere } }");
    let (run, check) = probe(&folder, &[]);
    assert_eq!((run.code, codes(&check)), (1, vec!["AUTH_CONFIG"]));
}

#[test]
fn targets_that_are_not_known_are_told_and_not_counted_as_fine() {
    let folder = manifest("{ file_sd: [{ files: [targets.json] }] }");
    let run = run_in(folder.path(), &["probe"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("metrics are not judged") && run.stderr.contains("nothing to probe"), "{}", run.stderr);
}
