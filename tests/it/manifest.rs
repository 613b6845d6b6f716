//! Manifests that are wrong: each is refused with a message that says where, what and what to do, and nothing is written.
//!
//! A case is a small edit of the example; what the program says of it is a snapshot, to be read like a manual.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Run, example_text, files, obsgen, run_in};

/// The name of a case, and the text of the example that stands otherwise in it.
type Case = (&'static str, &'static str, &'static str);

/// The example with one place changed.
fn edited(from: &str, to: &str) -> String {
    let text = example_text();
    assert_eq!(text.matches(from).count(), 1, "{from:?} stands once in the example");
    text.replace(from, to)
}

/// The name and the place of every error that people were shown: `rule:line:column`.
fn shown(stderr: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut lines = stderr.lines();
    while let Some(line) = lines.next() {
        let Some((rule, _)) = line.strip_prefix("error[").and_then(|rest| rest.split_once("]: ")) else { continue };
        let place = lines.find_map(|line| line.trim_start().strip_prefix("--> ")).unwrap_or_default();
        let (file, place) = place.split_once(':').expect("every error has a place");
        assert!(file.ends_with("obsgen.yaml"), "{stderr}");
        all.push(format!("{rule}:{place}"));
    }
    all
}

/// The same of a report for programs.
fn reported(json: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(json).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let errors = findings.iter().filter(|finding| finding["level"] == "error");
    errors.map(|f| format!("{}:{}:{}", f["rule"].as_str().expect("a rule"), f["line"], f["column"])).collect()
}

/// Compares what was said with what was said the last time that somebody read it.
fn snapshot(name: &str, said: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/manifest");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, said));
}

/// What holds of every refusal: the exit code, nothing written, no panic, a word on every error.
fn is_a_refusal(name: &str, folder: &Path, run: &Run) {
    assert_eq!(run.code, 2, "{name}: {}{}", run.stdout, run.stderr);
    assert!(run.stdout.is_empty(), "{name}: {}", run.stdout);
    assert!(!run.stderr.contains("panicked") && run.stderr.contains("obsgen.yaml"), "{name}: {}", run.stderr);
    assert!(files(folder).iter().all(|(path, _)| path.ends_with("obsgen.yaml")), "{name}: nothing is written");
}

/// A manifest that `render`, with further arguments, refuses; the folder that it stands in and the errors that were shown.
fn refused(name: &str, manifest: &[u8], args: &[&str]) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), manifest).expect("a manifest");
    let run = run_in(folder.path(), &[&["render", "-m", "obsgen.yaml", "-o", "out"], args].concat());
    is_a_refusal(name, folder.path(), &run);
    let shown = shown(&run.stderr);
    assert!(!shown.is_empty(), "{name}: {}", run.stderr);
    snapshot(name, &run.stderr);
    (folder, shown)
}

/// A manifest that `render` refuses, and of which `lint` says the same.
fn refused_by_both(name: &str, manifest: &[u8]) {
    let (folder, shown) = refused(name, manifest, &[]);
    let lint = run_in(folder.path(), &["lint", "obsgen.yaml", "--format", "json"]);
    assert_eq!(lint.code, 1, "{name}: {}{}", lint.stdout, lint.stderr);
    let reported = reported(&lint.stdout);
    for error in shown {
        assert!(reported.contains(&error), "{name}: lint does not say {error}: {}", lint.stdout);
    }
}

fn all_refused(cases: &[Case]) {
    for (name, from, to) in cases {
        refused_by_both(name, edited(from, to).as_bytes());
    }
}

#[test]
fn text_that_is_not_yaml() {
    all_refused(&[
        ("yaml-tab", "scrape:\n  targets", "scrape:\n\ttargets"),
        ("yaml-unclosed-list", "[0.1, 0.5, 1.0, 5.0]", "[0.1, 0.5, 1.0, 5.0"),
        ("yaml-unclosed-quote", "[\"localhost:4000\"]", "[\"localhost:4000]"),
        ("yaml-indent", "  path: /metrics", "   path: /metrics"),
        ("yaml-unknown-alias", "team: web", "team: *web"),
        ("yaml-escape", "\"#web\"", "\"\\#web\""),
        ("yaml-reserved-character", "team: web", "team: @web"),
        ("yaml-colon-in-text", "help: Total HTTP requests", "help: Total: HTTP requests"),
        ("yaml-percent", "team: web", "team: %web"),
        ("yaml-nul", "team: web", "team: we\0b"),
        ("yaml-control-character", "team: web", "team: we\u{1b}[31mb"),
        ("yaml-duplicate-key", "  team: web\n", "  team: web\n  team: platform\n"),
        ("yaml-duplicate-section", "dashboard: {", "metrics: {}\ndashboard: {"),
        ("yaml-duplicate-alert", "  PoolExhausted: {", "  HighLatency: {"),
        ("yaml-missing-space", "team: web", "team:web"),
        ("yaml-complex-key", "  team: web\n", "  ? [team, web]\n  : web\n"),
    ]);
    // Lint takes each document of a file for itself.
    refused("yaml-several-documents", edited("dashboard: {", "---\ndashboard: {").as_bytes(), &[]);
}

#[test]
fn files_that_hold_no_manifest() {
    for (name, text) in [
        ("file-empty", ""),
        ("file-comments-only", "# apiVersion: obsgen/v1\n# service: { name: myapp }\n"),
        ("file-list", "- apiVersion: obsgen/v1\n- service: { name: myapp }\n"),
        ("file-scalar", "myapp\n"),
        ("file-null", "~\n"),
        ("file-only-marker", "---\n...\n"),
        ("file-json-array", "[]\n"),
        ("file-rule-file", "groups:\n  - name: myapp\n    rules: []\n"),
    ] {
        refused(name, text.as_bytes(), &[]);
    }
}

#[test]
fn bytes_that_are_no_text() {
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(example_text().encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin1 = edited("team: web", "team: caf?").into_bytes().into_iter().map(|b| if b == b'?' { 0xE9 } else { b }).collect();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    for (name, bytes) in [("bytes-utf-16", utf16), ("bytes-latin-1", latin1), ("bytes-png", png)] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("obsgen.yaml"), bytes).expect("a manifest");
        let run = run_in(folder.path(), &["render", "-m", "obsgen.yaml", "-o", "out"]);
        is_a_refusal(name, folder.path(), &run);
        let lint = run_in(folder.path(), &["lint", "obsgen.yaml"]);
        assert_eq!((lint.code, &lint.stderr), (2, &run.stderr), "{name}");
        snapshot(name, &run.stderr);
    }
}

/// Runs the program on a manifest that is meant to cost much, with 2 GB of memory and a minute.
fn bounded(name: &str, folder: &Path) -> Run {
    let output = |name: &str| File::create(folder.join(name).with_extension("obsgen.yaml")).expect("a file");
    let program = obsgen().get_program().to_owned();
    let mut command = Command::new("sh");
    command.arg("-c").arg("ulimit -v 2000000; exec \"$0\" render -m obsgen.yaml -o out").arg(program).env("NO_COLOR", "1");
    let mut child = command.current_dir(folder).stdout(Stdio::null()).stderr(output("said")).spawn().expect("the program starts");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if start.elapsed() > Duration::from_mins(1) {
            let _ = child.kill();
            panic!("{name}: still running after a minute");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let said = folder.join("said.obsgen.yaml");
    let stderr = fs::read_to_string(&said).expect("UTF-8");
    fs::remove_file(said).expect("a file");
    Run { code: status.code().unwrap_or(-1), stdout: String::new(), stderr }
}

#[test]
fn manifests_that_are_bombs() {
    let aliases: String = (1..30).map(|i| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "))).collect();
    let depth = 100_000;
    let block: String = (0..3000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    for (name, text) in [
        ("bomb-aliases", format!("{}a0: &a0 [x]\n{aliases}", example_text())),
        ("bomb-deep-flow", format!("{}deep: {}{}\n", example_text(), "[".repeat(depth), "]".repeat(depth))),
        ("bomb-deep-flow-mapping", format!("{}deep: {}{}\n", example_text(), "{a: ".repeat(depth), "}".repeat(depth))),
        ("bomb-deep-unclosed", format!("{}deep: {}\n", example_text(), "[".repeat(depth))),
        ("bomb-deep-block-list", format!("{}deep:\n  {}x\n", example_text(), "- ".repeat(depth))),
        ("bomb-deep-block", format!("{}deep:\n{block}", example_text())),
        (
            "bomb-deep-promql",
            edited(
                "'sum by (job) (rate(http_requests_total{job=\"myapp\"}[10m])) == 0'",
                &format!("'{}1{}'", "(".repeat(7000), ")".repeat(7000)),
            ),
        ),
        ("bomb-long-line", edited("team: web", &format!("team: {}", "w".repeat(1_000_000)))),
        ("bomb-many-errors", format!("{}{}", example_text(), (0..2000).map(|i| format!("unknown{i}: 1\n")).collect::<String>())),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("obsgen.yaml"), text).expect("a manifest");
        let run = bounded(name, folder.path());
        is_a_refusal(name, folder.path(), &run);
        assert!(!shown(&run.stderr).is_empty(), "{name}: {}", run.stderr);
        assert!(run.stderr.len() < 1_000_000, "{name}: {} bytes", run.stderr.len());
        snapshot(name, &run.stderr.lines().map(|line| line.chars().take(200).collect::<String>() + "\n").take(40).collect::<String>());
    }
    let folder = tempfile::tempdir().expect("a folder");
    File::create(folder.path().join("obsgen.yaml")).and_then(|file| file.set_len(100 << 20)).expect("a sparse file");
    let run = bounded("bomb-100-mb", folder.path());
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(!folder.path().join("out").exists());
    snapshot("bomb-100-mb", &run.stderr);
}

#[test]
fn keys_that_are_wrong() {
    all_refused(&[
        ("key-unknown-section", "alerts:\n", "alert:\n"),
        ("key-unknown-of-alert", "severity: critical }\n  HighLatency", "severity: critical, runbok: x }\n  HighLatency"),
        ("key-unknown-of-metric", "    type: gauge\n", "    type: gauge\n    maximum: 10\n"),
        ("key-unknown-of-service", "  team: web\n", "  owner: web\n"),
        ("key-unknown-of-stack", "  grafana: \"11\"\n", "  graphana: \"11\"\n"),
        ("key-unknown-of-expect", "expect: { status: 200, json: { status: ok } }", "expect: { state: 200, json: { status: ok } }"),
        ("key-wrong-api-version", "apiVersion: obsgen/v1", "apiVersion: obsgen/v2"),
        ("key-missing-service-name", "  name: myapp\n", ""),
        ("key-missing-type", "    type: gauge\n", ""),
        ("key-empty-type", "    type: gauge\n", "    type:\n"),
        ("key-empty-name", "  name: myapp\n", "  name:\n"),
        ("key-number", "  team: web\n", "  team: web\n  1: one\n"),
        (
            "key-several-mistakes",
            "  name: myapp\n  description: Elixir/Phoenix application\n  team: web\n",
            "  name: My App\n  description: []\n  tema: web\n",
        ),
    ]);
    let (head, tail) = (example_text(), example_text());
    let head = head.split("service:\n").next().expect("a head");
    let tail = tail.split("scrape:\n").nth(1).expect("a tail");
    refused_by_both("key-missing-service", format!("{head}scrape:\n{tail}").as_bytes());
    refused_by_both("key-empty-service", format!("{head}service:\nscrape:\n{tail}").as_bytes());
    // Without this key lint does not know the file for a manifest.
    refused("key-missing-api-version", edited("apiVersion: obsgen/v1\n", "").as_bytes(), &[]);
    refused("key-wrong-case", edited("apiVersion: obsgen/v1", "apiversion: obsgen/v1").as_bytes(), &[]);
}

#[test]
fn values_of_the_wrong_type() {
    all_refused(&[
        ("type-name-mapping", "  name: myapp\n", "  name: { first: myapp }\n"),
        ("type-targets-text", "targets: [\"localhost:4000\"]", "targets: localhost:4000"),
        ("type-targets-mappings", "targets: [\"localhost:4000\"]", "targets: [{ host: localhost, port: 4000 }]"),
        (
            "type-labels-list",
            "labels: { method: { values: [GET, POST, PUT, PATCH, DELETE] }, status: { role: http_status } }",
            "labels: [method, status]",
        ),
        ("type-values-text", "values: [GET, POST, PUT, PATCH, DELETE]", "values: GET"),
        ("type-bucket-text", "buckets: [0.1, 0.5, 1.0, 5.0]", "buckets: [0.1, 500ms, 1.0, 5.0]"),
        ("type-bucket-infinite", "buckets: [0.1, 0.5, 1.0, 5.0]", "buckets: [0.1, 0.5, 1.0, 5.0, +Inf]"),
        ("type-buckets-number", "buckets: [0.1, 0.5, 1.0, 5.0]", "buckets: 5"),
        ("type-max-list", "    max: 10\n", "    max: [10]\n"),
        ("type-max-unknown-metric", "    max: 10\n", "    max: db_connections_max\n"),
        ("type-max-zero", "    max: 10\n", "    max: 0\n"),
        ("type-metric-type", "    type: gauge\n", "    type: guage\n"),
        (
            "type-metric-list",
            "  db_connections_active:\n    type: gauge\n    help: Active database connections\n    max: 10\n",
            "  db_connections_active: [gauge]\n",
        ),
        ("type-max-series-negative", "    max: 10\n", "    max: 10\n    max_series: -1\n"),
        ("type-native-word", "    buckets: [0.1, 0.5, 1.0, 5.0]\n", "    native: perhaps\n"),
        ("type-dependency-text", "cache:    { kind: redis, exporter: \"localhost:9121\" }", "cache: \"localhost:9121\""),
        ("type-dependency-kind", "kind: redis", "kind: reddis"),
        ("type-alert-text", "  DatabaseDown:  { down: database, for: 1m, severity: critical }", "  DatabaseDown: pg_up == 0"),
        ("type-severity-list", "for: 1m, severity: critical }", "for: 1m, severity: [critical, warning] }"),
        ("type-severity-case", "for: 1m, severity: critical }", "for: 1m, severity: Critical }"),
        ("type-quantile-percentile", "quantile: 0.99", "quantile: 99"),
        ("type-quantile-text", "quantile: 0.99", "quantile: p99"),
        ("type-status", "status: 200, json: { status: ok }", "status: 99, json: { status: ok }"),
        ("type-status-class", "status: 200, json: { status: ok }", "status: 6xx, json: { status: ok }"),
        ("type-status-empty", "status: 200, json: { status: ok }", "status: [], json: { status: ok }"),
        ("type-json-nested", "json: { status: ok }", "json: { checks: { database: ok } }"),
        ("type-version", "prometheus: \"2.42\"", "prometheus: latest"),
        ("type-log-format", "format: json, level: info", "format: xml, level: info"),
        ("type-log-level", "level: info", "level: information"),
        ("type-otlp-protocol", "protocol: http/protobuf", "protocol: http/json"),
        ("type-environments-list", "environments:\n  production:\n", "environments:\n  - production:\n"),
        (
            "type-receivers-list",
            "critical: { pagerduty: { routing_key_file: /etc/alertmanager/pagerduty } }",
            "critical: { pagerduty: /etc/alertmanager/pagerduty }",
        ),
    ]);
}

#[test]
fn durations_percentages_and_sizes() {
    all_refused(&[
        ("scalar-duration-bare", "above: 5%, for: 5m", "above: 5%, for: 5"),
        ("scalar-duration-space", "above: 5%, for: 5m", "above: 5%, for: 5 m"),
        ("scalar-duration-negative", "above: 5%, for: 5m", "above: 5%, for: -5m"),
        ("scalar-duration-word", "above: 5%, for: 5m", "above: 5%, for: 5min"),
        ("scalar-duration-fraction", "above: 5%, for: 5m", "above: 5%, for: 1.5h"),
        ("scalar-duration-order", "above: 5%, for: 5m", "above: 5%, for: 5m1h"),
        ("scalar-duration-long", "above: 5%, for: 5m", "above: 5%, for: 200y"),
        ("scalar-percent-above-hundred", "above: 5%", "above: 120%"),
        ("scalar-percent-negative", "above: 5%", "above: -1%"),
        ("scalar-percent-bare", "target: 99.9%", "target: 99.9"),
        ("scalar-percent-words", "sample: 10%", "sample: 10 percent"),
        ("scalar-threshold-word", "above: 1s", "above: slow"),
    ]);
}

#[test]
fn names_that_cannot_be() {
    all_refused(&[
        ("name-service-blank", "  name: myapp\n", "  name: My App\n"),
        ("name-service-long", "  name: myapp\n", "  name: myapp-myapp-myapp-myapp-myapp-myapp-myapp-myapp-myapp-myapp-myapp\n"),
        ("name-service-path", "  name: myapp\n", "  name: ../myapp\n"),
        ("name-metric-dash", "  db_connections_active:\n", "  db-connections-active:\n"),
        ("name-metric-reserved", "  db_connections_active:\n", "  up:\n"),
        ("name-label-dash", "status: { role: http_status } }", "status: { role: http_status }, status-code: {} }"),
        ("name-label-underscores", "status: { role: http_status } }", "status: { role: http_status }, __name__: {} }"),
        ("name-label-job", "status: { role: http_status } }", "status: { role: http_status }, job: {} }"),
        ("name-label-le", "    buckets: [0.1, 0.5, 1.0, 5.0]\n", "    buckets: [0.1, 0.5, 1.0, 5.0]\n    labels: { le: {} }\n"),
        ("name-alert-slash", "  DatabaseDown: ", "  Database/Down: "),
        ("name-alert-label-reserved", "down: database, for: 1m", "down: database, labels: { severity: page }, for: 1m"),
        ("name-alert-annotation-reserved", "down: database, for: 1m", "down: database, annotations: { summary: Down }, for: 1m"),
        ("name-objective-case", "  availability: {", "  Availability: {"),
        ("name-check", "  liveness:  {", "  Is it live?:  {"),
        ("name-recording", "dashboard: {", "recording: { \"job-orders\": \"sum(up)\" }\ndashboard: {"),
        ("name-recording-slo", "dashboard: {", "recording: { \"job:slo_errors:rate5m\": \"sum(up)\" }\ndashboard: {"),
        ("name-receiver", "receivers: { critical: {", "receivers: { \"Very Critical\": {"),
        ("name-external-label", "prometheus: \"2.42\"", "prometheus: { version: \"2.42\", external_labels: { \"data-center\": eu } }"),
        ("name-service-label", "  team: web\n", "  team: web\n  labels: { severity: high, \"data center\": eu }\n"),
        (
            "name-dashboard-uid",
            "dashboard: { folder: Services",
            "dashboard: { uid: a-very-long-identifier-of-more-than-forty-characters, folder: Services",
        ),
        ("name-group-by", "routing:\n", "routing:\n  group_by: [alertname, \"service name\"]\n"),
    ]);
}

#[test]
fn metrics_that_contradict_themselves() {
    all_refused(&[
        ("metric-role-twice", "method: { values: [GET, POST, PUT, PATCH, DELETE] }", "code: { role: http_status }"),
        ("metric-role-unknown", "role: http_status", "role: status"),
        ("metric-values-and-pattern", "values: [GET, POST, PUT, PATCH, DELETE]", "values: [GET, POST], pattern: \"[A-Z]+\""),
        ("metric-values-twice", "values: [GET, POST, PUT, PATCH, DELETE]", "values: [GET, POST, GET]"),
        ("metric-values-empty", "values: [GET, POST, PUT, PATCH, DELETE]", "values: []"),
        ("metric-status-value", "status: { role: http_status }", "status: { role: http_status, values: [\"200\", \"9000\"] }"),
        ("metric-pattern", "values: [GET, POST, PUT, PATCH, DELETE]", "pattern: \"[A-Z\""),
        ("metric-buckets-unsorted", "buckets: [0.1, 0.5, 1.0, 5.0]", "buckets: [0.1, 1.0, 0.5, 5.0]"),
        ("metric-buckets-twice", "buckets: [0.1, 0.5, 1.0, 5.0]", "buckets: [0.1, 0.5, 1, 1.0, 5.0]"),
        ("metric-buckets-empty", "buckets: [0.1, 0.5, 1.0, 5.0]", "buckets: []"),
        ("metric-buckets-missing", "    buckets: [0.1, 0.5, 1.0, 5.0]\n", ""),
        ("metric-buckets-of-gauge", "    max: 10\n", "    max: 10\n    buckets: [1, 2]\n"),
        ("metric-native-on-old-prometheus", "buckets: [0.1, 0.5, 1.0, 5.0]", "native: true"),
        ("metric-native-with-buckets", "buckets: [0.1, 0.5, 1.0, 5.0]", "buckets: [0.1, 0.5, 1.0, 5.0]\n    native: true"),
    ]);
}

#[test]
fn alerts_that_cannot_work() {
    all_refused(&[
        ("alert-two-kinds", "DatabaseDown:  { down: database,", "DatabaseDown:  { down: database, absent: http_requests_total,"),
        ("alert-no-kind", "DatabaseDown:  { down: database,", "DatabaseDown:  {"),
        ("alert-empty", "DatabaseDown:  { down: database, for: 1m, severity: critical }", "DatabaseDown:"),
        ("alert-stray-key", "DatabaseDown:  { down: database,", "DatabaseDown:  { down: database, above: 5%,"),
        (
            "alert-stray-of",
            "HighErrorRate: { ratio: http_requests_total,",
            "HighErrorRate: { ratio: http_requests_total, of: http_request_duration_seconds,",
        ),
        ("alert-unknown-metric", "HighErrorRate: { ratio: http_requests_total", "HighErrorRate: { ratio: http_request_total"),
        ("alert-unknown-metric-far", "HighErrorRate: { ratio: http_requests_total", "HighErrorRate: { ratio: orders_failed"),
        ("alert-wrong-metric-type", "HighErrorRate: { ratio: http_requests_total", "HighErrorRate: { ratio: db_connections_active"),
        ("alert-quantile-of-counter", "of: http_request_duration_seconds, above: 1s", "of: http_requests_total, above: 1s"),
        ("alert-quantile-of-nothing", "of: http_request_duration_seconds, above: 1s", "above: 1s"),
        ("alert-no-above", "above: 5%, ", ""),
        ("alert-no-severity", "down: database, for: 1m, severity: critical", "down: database, for: 1m"),
        ("alert-severity-without-receiver", "down: database, for: 1m, severity: critical", "down: database, for: 1m, severity: crticial"),
        ("alert-severity-far", "down: database, for: 1m, severity: critical", "down: database, for: 1m, severity: p1"),
        (
            "alert-severity-tiers",
            "down: database, for: 1m, severity: critical",
            "down: database, for: 1m, severity: { fast: critical, slow: warning }",
        ),
        ("alert-share-of-number", "above: 5%", "above: 0.05"),
        ("alert-share-of-hundred", "above: 5%", "above: 100%"),
        ("alert-threshold-off-bucket", "above: 1s", "above: 2s"),
        ("alert-threshold-below-buckets", "above: 1s", "above: 50ms"),
        ("alert-threshold-above-top", "above: 1s", "above: 10s"),
        ("alert-threshold-at-top", "above: 1s", "above: 5s"),
        ("alert-threshold-unit", "above: 1s", "above: 1MiB"),
        ("alert-threshold-percent", "above: 1s", "above: 5%"),
        ("alert-window-short", "above: 5%, for: 5m", "above: 5%, window: 30s, for: 5m"),
        ("alert-unknown-dependency", "down: database", "down: databse"),
        ("alert-dependency-without-exporter", "database: { kind: postgres, exporter: \"localhost:9187\" }", "database: { kind: postgres }"),
        ("alert-unknown-objective", "DatabaseDown:  { down: database, for: 1m, severity: critical }", "Budget: { burn: availabilty }"),
        ("alert-burn-for", "DatabaseDown:  { down: database, for: 1m, severity: critical }", "Budget: { burn: availability, for: 5m }"),
        (
            "alert-burn-tier",
            "DatabaseDown:  { down: database, for: 1m, severity: critical }",
            "Budget: { burn: availability, severity: { fast: critical, slwo: warning } }",
        ),
        ("alert-saturation-without-max", "    max: 10\n", ""),
        ("alert-saturation-of-counter", "saturation: db_connections_active", "saturation: http_requests_total"),
        ("alert-disables-nothing", "DatabaseDown:  { down: database, for: 1m, severity: critical }", "TargetDwon: { disabled: true }"),
        ("alert-bad-missing", " bad: { status: \"5..\" }, above", " above"),
        ("alert-bad-unknown-label", "bad: { status: \"5..\" }, above", "bad: { statsu: \"5..\" }, above"),
        ("alert-bad-regex", "bad: { status: \"5..\" }, above", "bad: { status: \"5(.\" }, above"),
        ("alert-bad-lookahead", "bad: { status: \"5..\" }, above", "bad: { status: \"(?!2)..\" }, above"),
        ("alert-bad-nothing", "bad: { status: \"5..\" }, above", "bad: { status: \"5\" }, above"),
        ("alert-bad-everything", "bad: { status: \"5..\" }, above", "bad: { status: \".*\" }, above"),
        ("alert-bad-every-listed-value", "bad: { status: \"5..\" }, above", "bad: { method: [GET, POST, PUT, PATCH, DELETE] }, above"),
        ("alert-bad-mapping", "bad: { status: \"5..\" }, above", "bad: { status: { from: 500 } }, above"),
        ("alert-bad-number", "bad: { status: \"5..\" }, above", "bad: { status: [500, [501]] }, above"),
        ("alert-bad-empty-list", "bad: { status: \"5..\" }, above", "bad: { status: [] }, above"),
    ]);
}

#[test]
fn objectives_that_cannot_be_kept() {
    all_refused(&[
        ("objective-hundred", "target: 99.9%", "target: 100%"),
        ("objective-zero", "target: 99.9%", "target: 0%"),
        ("objective-off-bucket", "within: 500ms", "within: 300ms"),
        ("objective-unit", "within: 500ms", "within: 5%"),
        ("objective-without-within", "within: 500ms, ", ""),
        ("objective-without-target", "target: 99.9%, ", ""),
        ("objective-without-window", ", window: 30d }\n  latency", " }\n  latency"),
        ("objective-window-short", "target: 99.9%, window: 30d", "target: 99.9%, window: 1h"),
        (
            "objective-both",
            "of: http_request_duration_seconds, within: 500ms",
            "of: http_request_duration_seconds, ratio: http_requests_total, within: 500ms",
        ),
        ("objective-nothing", "of: http_request_duration_seconds, within: 500ms, ", ""),
    ]);
}

/// The alert with an expression of its own, written over several lines.
const NO_TRAFFIC: &str =
    "  NoTraffic:     { expr: 'sum by (job) (rate(http_requests_total{job=\"myapp\"}[10m])) == 0', for: 10m, severity: warning }\n";

#[test]
fn promql_is_judged_at_its_place() {
    let expr = "'sum by (job) (rate(http_requests_total{job=\"myapp\"}[10m])) == 0'";
    for (name, written) in [
        ("promql-single-quoted", "'sum(rate(http_requests_total{job=\"myapp\"}[10m]) == 0'"),
        ("promql-double-quoted", "\"sum(rate(http_requests_total{job=\\\"myapp\\\"}[10m)) == 0\""),
        ("promql-plain", "up == == 0"),
        ("promql-unknown-function", "'sum(rat(http_requests_total{job=\"myapp\"}[10m])) == 0'"),
        ("promql-arguments", "'rate(http_requests_total{job=\"myapp\"}) == 0'"),
        ("promql-duration", "'rate(http_requests_total{job=\"myapp\"}[10minutes]) == 0'"),
        ("promql-regex", "'rate(http_requests_total{job=~\"my(app\"}[10m]) == 0'"),
        ("promql-range-vector", "'http_requests_total{job=\"myapp\"}[10m]'"),
        ("promql-scalar", "'1 + 1'"),
        ("promql-string", "'\"down\"'"),
        ("promql-empty", "''"),
        ("promql-experimental", "'mad_over_time(db_connections_active{job=\"myapp\"}[10m]) > 1'"),
        ("promql-unknown-metric", "'sum(rate(http_request_total{job=\"myapp\"}[10m])) == 0'"),
        ("promql-list", "[up, '== 0']"),
        ("promql-unicode-before", "'label_replace(up, \"x\", \"größe\", \"\", \"\") === 0'"),
    ] {
        refused_by_both(name, edited(expr, written).as_bytes());
    }
    for (name, written) in [
        ("promql-folded", ">-\n      sum by (job) (\n      rate(http_requests_total{job=\"myapp\"}[10m])\n      )) == 0"),
        ("promql-literal", "|\n      sum by (job) (\n        rate(http_requests_total{job=\"myapp\"}[10m])\n      )\n      = 0"),
        ("promql-double-quoted-lines", "\"sum by (job) (\n      rate(http_requests_total{job=\\\"myapp\\\"}[10m])\n      ) >> 0\""),
        ("promql-plain-lines", "sum by (job) (\n      rate(http_requests_total[10m]]\n      )"),
    ] {
        let alert = format!("  NoTraffic:\n    for: 10m\n    severity: warning\n    expr: {written}\n");
        refused_by_both(name, edited(NO_TRAFFIC, &alert).as_bytes());
    }
    all_refused(&[
        ("promql-recording", "dashboard: {", "recording: { \"job:orders:rate5m\": 'sum(rate(orders_total[5m])' }\ndashboard: {"),
        (
            "promql-panel",
            "dashboard: { folder: Services",
            "dashboard: { panels: [{ title: Orders, expr: 'sum(rate(orders_total[$__rate_interval])' }], folder: Services",
        ),
        (
            "promql-panel-selector",
            "dashboard: { folder: Services",
            "dashboard: { panels: [{ title: Orders, expr: 'sum(rate(orders_total{$selector}[$__rate_interval])' }], folder: Services",
        ),
        (
            "promql-panel-missing",
            "dashboard: { folder: Services",
            "dashboard: { panels: [{ title: Orders }, { expr: up }], folder: Services",
        ),
    ]);
}

#[test]
fn secrets_and_receivers() {
    let slack = "slack: { api_url_file: /etc/alertmanager/slack, channel: \"#web\" }";
    let pagerduty = "routing_key_file: /etc/alertmanager/pagerduty";
    all_refused(&[
        ("secret-routing-key", pagerduty, "routing_key: 0123456789abcdef0123456789abcdef"),
        ("secret-slack-url", "api_url_file: /etc/alertmanager/slack", "api_url: https://hooks.slack.com/services/T0/B0/x"),
        ("secret-basic-auth", "  path: /metrics\n", "  path: /metrics\n  basic_auth: { username: obs, password: hunter2 }\n"),
        ("secret-authorization", "  path: /metrics\n", "  path: /metrics\n  authorization: { credentials: hunter2 }\n"),
        ("secret-url", "base: http://localhost:4000", "base: http://obs:hunter2@localhost:4000"),
        ("secret-webhook-url", slack, "webhook: { url: \"https://obs:hunter2@example.com/hook\" }"),
        (
            "secret-nested",
            slack,
            "webhook: { url: \"https://example.com/hook\", http_config: { basic_auth: { username: a, password: b } } }",
        ),
        ("secret-email", slack, "email: { to: a@example.com, from: b@example.com, smarthost: \"mail:25\", auth_password: hunter2 }"),
        ("secret-http-sd", "targets: [\"localhost:4000\"]", "http_sd: [{ url: \"http://sd\", basic_auth: { username: a, password: b } }]"),
        ("secret-discord", slack, "discord: { webhook_url: \"https://discord.com/api/webhooks/1/x\" }"),
        ("receiver-unknown-integration", "slack: {", "slak: {"),
        ("receiver-unknown-key", "channel: \"#web\"", "chanel: \"#web\""),
        ("receiver-missing-key", pagerduty, "severity: critical"),
        ("receiver-empty", slack, ""),
        ("receiver-email-incomplete", slack, "email: { to: a@example.com }"),
        ("receiver-newer-integration", slack, "msteams: { webhook_url_file: /etc/alertmanager/teams }"),
        ("receiver-newer-key", slack, "webhook: { url_file: /etc/alertmanager/hook }"),
        ("receiver-default-empty", "routing:\n", "routing:\n  default: {}\n"),
        ("receiver-key-type", "channel: \"#web\"", "channel: [web, ops], send_resolved: perhaps"),
    ]);
}

#[test]
fn scrapes_checks_and_programs() {
    all_refused(&[
        ("scrape-timeout-above-interval", "interval: 15s\n", "interval: 15s\n  timeout: 20s\n"),
        ("scrape-interval-zero", "interval: 15s\n", "interval: 0s\n"),
        ("scrape-no-targets", "  targets: [\"localhost:4000\"]\n", ""),
        ("scrape-targets-empty", "targets: [\"localhost:4000\"]", "targets: []"),
        (
            "scrape-two-discoveries",
            "targets: [\"localhost:4000\"]",
            "targets: [\"localhost:4000\"]\n  file_sd: [{ files: [\"targets/*.json\"] }]",
        ),
        ("scrape-target-url", "targets: [\"localhost:4000\"]", "targets: [\"http://localhost:4000\"]"),
        ("scrape-target-no-port", "targets: [\"localhost:4000\"]", "targets: [localhost]"),
        ("scrape-target-port-range", "targets: [\"localhost:4000\"]", "targets: [\"localhost:99999\"]"),
        ("scrape-target-path", "targets: [\"localhost:4000\"]", "targets: [\"localhost:4000/metrics\"]"),
        ("scrape-target-twice", "targets: [\"localhost:4000\"]", "targets: [\"localhost:4000\", \"localhost:4000\"]"),
        ("scrape-path", "path: /metrics", "path: metrics"),
        ("scrape-scheme", "path: /metrics", "path: /metrics\n  scheme: ftp"),
        ("scrape-dns-sd-names", "targets: [\"localhost:4000\"]", "dns_sd: [{ type: A, port: 4000 }]"),
        ("check-nothing", "liveness:  { path: /health/live, ", "liveness:  {"),
        ("check-two-targets", "liveness:  { path: /health/live, ", "liveness:  { path: /health/live, tcp: \"localhost:4000\","),
        ("check-no-base", "  base: http://localhost:4000\n", ""),
        ("check-base", "base: http://localhost:4000", "base: localhost:4000"),
        ("check-base-port", "base: http://localhost:4000", "base: http://127.0.0.1:99999/"),
        ("check-base-port-word", "base: http://localhost:4000", "base: \"http://localhost:http\""),
        ("check-base-host", "base: http://localhost:4000", "base: \"http://[::1/\""),
        ("check-url-port", "path: /health/live", "url: \"https://localhost:0/live\""),
        ("check-proxy", "path: /health/live", "path: /health/live, proxy_url: \"proxy:3128\""),
        ("check-path", "path: /health/live", "path: health/live"),
        (
            "check-two-credentials",
            "path: /health/live",
            "path: /health/live, basic_auth: { username: a, password_file: b }, authorization: { credentials_file: c }",
        ),
        ("check-literal-password", "path: /health/live", "path: /health/live, basic_auth: { username: a, password: b }"),
        ("check-of-http", "path: /health/live", "tcp: \"localhost:4000\", redirects: 3, proxy_url: \"http://proxy:3128\""),
        ("check-of-tcp", "path: /health/live", "path: /health/live, query_response: [{ send: PING }]"),
        ("check-lines", "path: /health/live", "tcp: \"localhost:4000\", query_response: [{ send: \"a\\nb\" }, {}, { expect: \"(\" }]"),
        ("check-redirects", "path: /health/live", "path: /health/live, redirects: 21"),
        ("check-thresholds", "path: /health/live", "path: /health/live, success_threshold: 2, failure_threshold: 0"),
        ("check-covers", "covers: [database, cache]", "covers: [databse, queue]"),
        ("check-body-regex", "json: { status: ok }", "body: \"ok(\""),
        ("check-tcp", "liveness:  { path: /health/live,  expect: { status: 200, json: { status: ok } } }", "liveness: { tcp: localhost }"),
        ("stack-old-prometheus", "prometheus: \"2.42\"", "prometheus: \"2.20\""),
        ("stack-address-url", "address: \"localhost:9093\"", "address: \"http://localhost:9093\""),
        ("stack-url", "prometheus: \"2.42\"", "prometheus: { version: \"2.42\", url: \"prometheus:9090\" }"),
        ("stack-number-list", "prometheus: \"2.42\"", "prometheus: [2, 42]"),
        ("render-unknown-kind", "dashboard: {", "render: [prometheus-operator, scrape-confg]\ndashboard: {"),
        ("dependency-address", "exporter: \"localhost:9121\"", "exporter: localhost"),
        ("dependency-job-clash", "exporter: \"localhost:9121\"", "exporter: \"localhost:9121\", job: myapp"),
        ("errors-dsn-missing", "sentry: { dsn_env: SENTRY_DSN }", "sentry: {}"),
        ("errors-dsn-literal", "dsn_env: SENTRY_DSN", "dsn_env: \"https://abc@o1.ingest.sentry.io/1\""),
    ]);
}

#[test]
fn environments_that_break() {
    for (name, from, to, args) in [
        ("environment-type", "targets: [\"myapp:4000\"]", "targets: \"myapp:4000\"", &[][..]),
        ("environment-unknown-key", "targets: [\"myapp:4000\"]", "target: [\"myapp:4000\"]", &[]),
        ("environment-duration", "scrape: { targets: [\"myapp:4000\"] }", "scrape: { interval: 15 }", &[]),
        ("environment-nested", "scrape: { targets: [\"myapp:4000\"] }", "environments: { blue: {} }", &[]),
        ("environment-not-a-mapping", "environments:\n", "environments:\n  staging: yes\n", &[]),
        (
            "environment-takes-metric-away",
            "scrape: { targets: [\"myapp:4000\"] }",
            "metrics: { http_requests_total: null }",
            &["--env", "production"],
        ),
        ("environment-takes-name-away", "scrape: { targets: [\"myapp:4000\"] }", "service: { name: null }", &["--env", "production"]),
        ("environment-target-url", "targets: [\"myapp:4000\"]", "targets: [\"http://myapp:4000\"]", &["--env", "production"]),
        (
            "environment-takes-buckets-away",
            "scrape: { targets: [\"myapp:4000\"] }",
            "metrics: { http_request_duration_seconds: { buckets: [0.1, 0.25, 5] } }",
            &["--env", "production"],
        ),
        ("environment-two-discoveries", "targets: [\"myapp:4000\"]", "http_sd: { url: \"http://sd\" }", &["--env", "production"]),
    ] {
        refused(name, edited(from, to).as_bytes(), args);
    }
}

#[test]
fn fleets_that_clash() {
    let second = |edits: &[(&str, &str)]| {
        let mut text = example_text();
        for (from, to) in edits {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        text
    };
    let renamed = [("name: myapp", "name: other"), ("job=\"myapp\"", "job=\"other\"")];
    for (name, text) in [
        ("fleet-one-name", example_text()),
        ("fleet-one-job", second(&[renamed[0], ("  team: web\n", "  team: web\n  job: myapp\n")])),
        ("fleet-one-uid", second(&[&renamed[..], &[("dashboard: { ", "dashboard: { uid: obsgen-myapp, ")]].concat())),
        (
            "fleet-stack",
            second(
                &[&renamed[..], &[("prometheus: \"2.42\"", "prometheus: \"3.0\""), ("\"localhost:9093\"", "\"alertmanager:9093\"")]]
                    .concat(),
            ),
        ),
        ("fleet-folder", second(&[&renamed[..], &[("folder: Services", "folder: Others")]].concat())),
        ("fleet-one-broken", second(&[&renamed[..], &[("above: 5%", "above: 5")]].concat())),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        for (service, text) in [("first", &example_text()), ("second", &text)] {
            fs::create_dir(folder.path().join(service)).expect("a folder");
            fs::write(folder.path().join(service).join("obsgen.yaml"), text).expect("a manifest");
        }
        let run = run_in(folder.path(), &["render", "-m", ".", "-o", "out"]);
        is_a_refusal(name, folder.path(), &run);
        assert!(!shown(&run.stderr).is_empty() && run.stderr.contains("second/obsgen.yaml"), "{name}: {}", run.stderr);
        snapshot(name, &run.stderr);
    }
}

#[test]
fn manifests_that_cannot_be_found() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    for (name, args) in [
        ("find-no-such-file", &["render", "-m", "obsgen.yaml"][..]),
        ("find-nothing-below", &["render", "-m", "empty"]),
        ("find-nothing-here", &["render"]),
    ] {
        let run = run_in(folder.path(), args);
        is_a_refusal(name, folder.path(), &run);
        snapshot(name, &run.stderr);
    }
    fs::write(folder.path().join("obsgen.yaml"), example_text()).expect("a manifest");
    let run = run_in(folder.path(), &["render", "--env", "staging", "-o", "out"]);
    assert_eq!(run.code, 2);
    snapshot("find-no-such-environment", &run.stderr);
}

/// A manifest of so many checks, the first of which are wrong in many ways.
fn many(checks: usize) -> String {
    use std::fmt::Write as _;
    let mut text = "apiVersion: obsgen/v1\nservice: { name: shop }\nhealth:\n  base: http://localhost:4000\n".to_owned();
    text += "  unknown: { path: /a, expct: { status: 200 } }\n  type: { path: /b, timeout: [5s] }\n  empty: {}\n  text: /c\n  none:\n";
    text += "  block:\n    path: /d\n    # A remark.\n    expect:\n      status: 2xx\n      body: |\n        a(\n\n    timeout: soon\n";
    text += "  folded: {\n    path: /e, expect: {\n  status: 99 } }\n  twice: { path: /f, path: /g }\n  Name: { path: /h }\n";
    for i in 0..checks {
        write!(text, "  c{i}:\n    path: /health/of/the/part/that/is/called/{i}\n    timeout: 1s\n    expect: {{ body: \"of {i}\" }}\n")
            .expect("text");
    }
    text
}

#[test]
fn a_manifest_of_thousands_of_checks_is_read_as_a_short_one_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut said = [3, 4_000].map(|checks| {
        fs::write(folder.path().join("obsgen.yaml"), many(checks)).expect("a manifest");
        run_in(folder.path(), &["probe", "--dry-run"])
    });
    assert!(many(4_000).len() > 256 * 1024);
    assert_eq!((said[0].code, said[1].code), (2, 2));
    for run in &mut said {
        // Line numbers of a longer file are wider.
        run.stderr = run.stderr.lines().map(|line| line.trim_start().trim_end().to_owned() + "\n").collect();
    }
    assert!(said[0].stderr.contains("`expct` is not a key here"), "{}", said[0].stderr);
    assert_eq!(said[0].stderr, said[1].stderr);

    let sound = |checks| {
        many(checks).split("  unknown:").next().expect("a head").to_owned()
            + many(checks).split_once("  c0:").map(|(_, rest)| format!("  c0:{rest}")).expect("checks").as_str()
    };
    fs::write(folder.path().join("obsgen.yaml"), sound(4_000)).expect("a manifest");
    let dry = run_in(folder.path(), &["probe", "--dry-run"]);
    assert_eq!((dry.code, dry.stdout.matches("GET http://localhost:4000/health/of").count()), (0, 4_000), "{}", dry.stderr);
    assert!(dry.stdout.contains("  timeout 1s\n  status 2xx\n  body matches of 3999\n"));
}
