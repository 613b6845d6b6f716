//! Whatever a manifest leaves out, what is rendered from it works and is clean.

use std::fs;

use crate::common::run_in;

const ROUTING: &str = "routing: { default: { webhook: { url: \"http://hooks:8081\" } } }\n";
const STACK: &str = "stack: { prometheus: \"2.42\", alertmanager: { address: \"am:9093\" }, blackbox: { address: \"bb:9115\" } }\n";
const SCRAPE: &str = "scrape: { targets: [\"shop:8080\"] }\n";
const REQUESTS: &str = "metrics:\n  req_total: { type: counter, help: Requests, labels: { status: { role: http_status } } }\n";

/// Manifests that have little of what there can be; each with a routing and a stack.
fn sets() -> Vec<(&'static str, String)> {
    let scraped = |rest: &str| format!("{SCRAPE}{rest}");
    vec![
        ("nothing", String::new()),
        ("a target", scraped("")),
        ("discovery by DNS", "scrape: { dns_sd: { names: [shop.local], type: A, port: 8080 } }\n".to_owned()),
        ("discovery by Kubernetes", "scrape: { kubernetes: { role: pod } }\n".to_owned()),
        ("discovery by file", "scrape: { file_sd: { files: [\"t/*.json\"] } }\n".to_owned()),
        ("a counter", scraped("metrics:\n  jobs_total: { type: counter, help: Jobs }\n")),
        (
            "metrics of every type and no alert",
            scraped(
                "metrics:\n  jobs_total: { type: counter, help: Jobs, labels: { kind: { values: [a] } } }\n  temp_celsius: { type: gauge, help: T }\n  \
                 dur_seconds: { type: summary, help: S }\n  req_seconds: { type: histogram, help: T, buckets: [0.1, 1] }\n",
            ),
        ),
        (
            "moments",
            scraped(
                "metrics:\n  last_run_timestamp_seconds: { type: gauge, help: Last run, unit: seconds }\n  \
                 license_expiry_timestamp_seconds: { type: gauge, help: End, unit: seconds }\n",
            ),
        ),
        (
            "an expression",
            scraped(
                "metrics:\n  depth: { type: gauge, help: D, labels: { queue: { values: [a, b] } } }\n\
                 alerts:\n  Deep: { expr: \"max by (job, queue) (depth{job=\\\"shop\\\"}) > 100\", for: 5m, severity: warning }\n",
            ),
        ),
        (
            "a quantile",
            scraped(
                "metrics:\n  req_seconds: { type: histogram, help: T, buckets: [0.1, 1, 5] }\n\
                 alerts:\n  Slow: { quantile: 0.99, of: req_seconds, above: 1s, for: 5m, severity: critical }\n",
            ),
        ),
        (
            "a ratio",
            scraped(&format!(
                "{REQUESTS}alerts:\n  High: {{ ratio: req_total, bad: {{ status: \"5..\" }}, above: 5%, for: 5m, severity: critical }}\n"
            )),
        ),
        (
            "an objective",
            scraped(&format!(
                "{REQUESTS}objectives:\n  availability: {{ ratio: req_total, bad: {{ status: \"5..\" }}, target: 99.9%, window: 30d }}\n"
            )),
        ),
        ("an exporter", "dependencies:\n  db: { kind: postgres, exporter: \"pg:9187\" }\n".to_owned()),
        (
            "an exporter and its alert",
            scraped(
                "dependencies:\n  db: { kind: postgres, exporter: \"pg:9187\" }\n\
                 alerts:\n  DbDown: { down: db, for: 1m, severity: critical }\n",
            ),
        ),
        (
            "exporters of every kind",
            scraped(
                "dependencies:\n  a: { kind: postgres, exporter: \"a:9187\" }\n  b: { kind: redis, exporter: \"b:9121\" }\n  \
                 c: { kind: mysql, exporter: \"c:9104\" }\n  d: { kind: rabbitmq, exporter: \"d:15692\" }\n  \
                 e: { kind: kafka, exporter: \"e:9308\" }\n  f: { kind: http, exporter: \"f:8080\" }\n",
            ),
        ),
        ("a check of a URL", "health:\n  liveness: { url: \"http://shop:8080/live\" }\n".to_owned()),
        ("a check of a certificate", "health:\n  liveness: { url: \"https://shop.example.com/live\" }\n".to_owned()),
        ("a check of a port", "health:\n  broker: { tcp: \"mq:5672\" }\n".to_owned()),
        ("a check by gRPC", "health:\n  search: { grpc: \"search:9000\" }\n".to_owned()),
        (
            "a check that covers a dependency",
            scraped(
                "dependencies:\n  db: { kind: postgres, exporter: \"pg:9187\" }\n\
                 health:\n  base: \"http://shop:8080\"\n  liveness: { path: /live }\n  readiness: { path: /ready, covers: [db] }\n",
            ),
        ),
    ]
}

#[test]
fn whatever_is_left_out_lint_finds_nothing_in_what_is_rendered() {
    for prometheus in ["2.42", "3.14"] {
        for (name, text) in sets() {
            let folder = tempfile::tempdir().expect("a folder");
            let stack = STACK.replace("2.42", prometheus);
            let manifest = format!("apiVersion: obsgen/v1\nservice: {{ name: shop, team: web }}\n{ROUTING}{stack}{text}");
            fs::write(folder.path().join("obsgen.yaml"), manifest).expect("a manifest");
            let run = run_in(folder.path(), &["render", "-o", "out"]);
            assert_eq!(run.code, 0, "{name}: {}", run.stderr);
            let lint = run_in(folder.path(), &["lint", "--fail-on", "info", "obsgen.yaml", "out"]);
            assert_eq!(lint.code, 0, "{name} for {prometheus}: {}", lint.stdout);
        }
    }
}

#[test]
fn what_is_proven_of_an_exporter_alone_is_proven_by_promtool() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "dependencies:\n  db: { kind: postgres, exporter: \"pg:9187\" }\nhealth:\n  broker: { tcp: \"mq:5672\" }\n";
    let manifest = format!("apiVersion: obsgen/v1\nservice: {{ name: shop }}\n{ROUTING}{STACK}{text}");
    fs::write(folder.path().join("obsgen.yaml"), &manifest).expect("a manifest");
    let run = run_in(folder.path(), &["test", "--require-all"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("proven    shop TargetDown"), "{}", run.stdout);
    // The promtool of Debian is older than this.
    fs::write(folder.path().join("obsgen.yaml"), manifest.replace("2.42", "99.0")).expect("a manifest");
    let run = run_in(folder.path(), &["test"]);
    assert!(run.code == 0 || run.stderr.contains("and what is rendered is for 99.0 and newer"), "{}{}", run.stdout, run.stderr);
}
