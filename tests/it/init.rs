//! `obsgen init --from-metrics`: the draft of every kind of page renders, tests and lints clean, and the page keeps it.

mod software;

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::common::{Run, obsgen, run_in};
use crate::peers::{answer, head, nobody, serve};

/// A page, and what must and must not be in its draft.
struct Page {
    name: &'static str,
    text: &'static str,
    said: &'static [&'static str],
    unsaid: &'static [&'static str],
}

const PAGES: &[Page] = &[
    Page {
        name: "http-server",
        text: "# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n\
               http_requests_total{method=\"GET\",code=\"200\"} 3\nhttp_requests_total{method=\"POST\",code=\"503\"} 1\n\
               # HELP http_request_duration_seconds Time.\n# TYPE http_request_duration_seconds histogram\n\
               http_request_duration_seconds_bucket{le=\"0.005\"} 1\nhttp_request_duration_seconds_bucket{le=\"0.5\"} 1\n\
               http_request_duration_seconds_bucket{le=\"1\"} 3\nhttp_request_duration_seconds_bucket{le=\"5\"} 3\n\
               http_request_duration_seconds_bucket{le=\"+Inf\"} 4\nhttp_request_duration_seconds_sum 9\nhttp_request_duration_seconds_count 4\n\
               # HELP go_goroutines Goroutines.\n# TYPE go_goroutines gauge\ngo_goroutines 8\nprocess_open_fds 1\n",
        said: &[
            "labels: { method: { role: method }, code: { role: http_status } }",
            "buckets: [0.005,0.5,1,5]",
            "HighErrorRate: { ratio: http_requests_total, bad: { code: \"5..\" }, above: 5%, for: 5m, severity: critical }",
            "HighLatency: { quantile: 0.99, of: http_request_duration_seconds, above: 1s,",
            "availability: { ratio: http_requests_total, bad: { code: \"5..\" }, target: 99.9%",
            "latency: { of: http_request_duration_seconds, within: 500ms,",
            "# Left out, 2: they say something of the client library, not of the service: go_*, process_*",
        ],
        unsaid: &["go_goroutines", "process_open_fds"],
    },
    Page {
        name: "grpc-server",
        text: "# HELP grpc_server_handled_total Calls.\n# TYPE grpc_server_handled_total counter\n\
               grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Check\"} 7\n\
               # HELP grpc_server_handling_seconds Time.\n# TYPE grpc_server_handling_seconds histogram\n\
               grpc_server_handling_seconds_bucket{le=\"0.1\"} 7\ngrpc_server_handling_seconds_bucket{le=\"10\"} 7\n\
               grpc_server_handling_seconds_bucket{le=\"+Inf\"} 7\ngrpc_server_handling_seconds_sum 1\ngrpc_server_handling_seconds_count 7\n",
        said: &[
            "grpc_code: { values: [\"OK\",\"Canceled\",",
            "HighErrorRate: { ratio: grpc_server_handled_total, bad: { grpc_code: [\"Unknown\",",
            "HighLatency: { quantile: 0.99, of: grpc_server_handling_seconds, above: 100ms,",
            "latency: { of: grpc_server_handling_seconds, within: 10s,",
        ],
        unsaid: &["grpc_method: { role"],
    },
    Page {
        name: "open-metrics",
        text: "# TYPE rpc_seconds summary\n# HELP rpc_seconds Time.\n# UNIT rpc_seconds seconds\n\
               rpc_seconds{quantile=\"0.5\"} 1.0\nrpc_seconds_count 2.0\nrpc_seconds_sum 2.0\nrpc_seconds_created 1.7e+09\n\
               # TYPE build info\n# HELP build Build.\nbuild_info{version=\"1.2\"} 1.0\n\
               # TYPE task stateset\n# HELP task States.\ntask{task=\"idle\"} 1.0\ntask{task=\"busy\"} 0.0\n\
               # TYPE jobs counter\n# HELP jobs Jobs.\njobs_total{result=\"success\"} 5.0 # {trace_id=\"a\"} 1.0\n\
               jobs_total{result=\"error\"} 0.0\njobs_created{result=\"success\"} 1.7e+09\n\
               # TYPE queue gaugehistogram\nqueue_bucket{le=\"1.0\"} 1\nqueue_bucket{le=\"+Inf\"} 1\nqueue_gsum 1\nqueue_gcount 1\n# EOF\n",
        said: &[
            "build_info:\n    type: gauge",
            "labels: { task: { values: [\"busy\",\"idle\"] } }",
            "jobs_total:\n    type: counter",
            "JobsFailing: { ratio: jobs_total, bad: { result: [\"error\"] }",
            "a manifest has no such type: queue",
        ],
        unsaid: &["_created", "allow"],
    },
    Page {
        name: "created-in-text",
        text: "# HELP a_total A.\n# TYPE a_total counter\na_total 1\n# HELP a_created A.\n# TYPE a_created gauge\na_created 1.7e+09\n",
        said: &["a_total:"],
        unsaid: &["a_created"],
    },
    Page {
        name: "erlang",
        text: "# TYPE phoenix_request_duration_milliseconds histogram\n# HELP phoenix_request_duration_milliseconds Time.\n\
               phoenix_request_duration_milliseconds_bucket{route=\"/\",le=\"1.00000000000000000000e+02\"} 1\n\
               phoenix_request_duration_milliseconds_bucket{route=\"/\",le=\"1.00000000000000000000e+03\"} 1\n\
               phoenix_request_duration_milliseconds_bucket{route=\"/\",le=\"2.50000000000000000000e+03\"} 1\n\
               phoenix_request_duration_milliseconds_bucket{route=\"/\",le=\"+Inf\"} 1\n\
               phoenix_request_duration_milliseconds_sum{route=\"/\"} 3\nphoenix_request_duration_milliseconds_count{route=\"/\"} 1\n\
               # TYPE erlang_vm_process_count gauge\nerlang_vm_process_count 8\n",
        said: &[
            "buckets: [100,1000,2500]",
            "above: \"1000\"",
            "within: \"1000\"",
            "allow: [\"metric-naming\"]",
            "route: { role: http_route }",
        ],
        unsaid: &["erlang_vm_process_count"],
    },
    Page {
        name: "status-classes",
        text: "# HELP http_responses_total R.\n# TYPE http_responses_total counter\nhttp_responses_total{class=\"2xx\"} 1\nhttp_responses_total{class=\"5xx\"} 1\n",
        said: &["class: { pattern: \"[1-5]xx\" }", "bad: { class: \"5..\" }"],
        unsaid: &[],
    },
    Page {
        name: "two-statuses",
        text: "# HELP x_requests_total R.\n# TYPE x_requests_total counter\nx_requests_total{code=\"200\",status=\"200\",verb=\"GET\",method=\"GET\"} 1\n\
               x_requests_total{code=\"200\",verb=\"GET\"} 1\n",
        said: &["code: { role: http_status }, status: { optional: true }, verb: { role: method }, method: { optional: true }"],
        unsaid: &[],
    },
    Page {
        name: "statuses-that-are-none",
        text: "# HELP x_requests_total R.\n# TYPE x_requests_total counter\nx_requests_total{code=\"ok\",path=\"home\",method=\"get it\"} 1\n",
        said: &["code: {}, path: {}, method: {}"],
        unsaid: &["role:"],
    },
    Page {
        name: "untyped",
        text: "# HELP a_total A.\na_total 1\nb 2\n# TYPE c untyped\nc 3\n",
        said: &["a_total:\n    type: counter", "b:\n    type: gauge", "allow: [\"untyped\",\"metric-naming\",\"manifest-value\"]"],
        unsaid: &[],
    },
    Page {
        name: "nothing-observed",
        text: "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 0\na_sum 0\na_count 0\n# HELP b_total B.\n# TYPE b_total counter\n\
               # HELP c C.\n# TYPE c gauge\nc 1\n",
        // Of a native histogram, text shows nothing but `+Inf`.
        said: &[
            "a:\n    type: histogram\n    help: \"A.\"\n    native: true",
            "nothing was counted in them yet: their labels are not known: b_total",
        ],
        unsaid: &["b_total:"],
    },
    Page {
        name: "odd-buckets",
        text: "# HELP a_seconds A.\n# TYPE a_seconds histogram\na_seconds_bucket{le=\"-1\"} 0\na_seconds_bucket{le=\"0\"} 1\na_seconds_bucket{le=\"0.0025\"} 1\n\
               a_seconds_bucket{le=\"1e+06\"} 1\na_seconds_bucket{le=\"+Inf\"} 1\na_seconds_sum 0\na_seconds_count 1\n\
               # HELP b B.\n# TYPE b histogram\nb_bucket{le=\"1e300\"} 0\nb_bucket{le=\"+Inf\"} 1\nb_sum 0\nb_count 1\n\
               # HELP c C.\n# TYPE c histogram\nc_bucket{x=\"1\",le=\"1\"} 0\nc_bucket{x=\"1\",le=\"+Inf\"} 1\nc_sum{x=\"1\"} 0\nc_count{x=\"1\"} 1\n\
               c_bucket{x=\"2\",le=\"2\"} 0\nc_bucket{x=\"2\",le=\"+Inf\"} 1\nc_sum{x=\"2\"} 0\nc_count{x=\"2\"} 1\n",
        said: &["buckets: [-1,0,0.0025,1000000]", "bounds that no manifest can hold: b", "different buckets: c"],
        unsaid: &[],
    },
    Page {
        // 2.5 ms is nothing that a threshold can say, and the top bucket nothing that a quantile exceeds.
        name: "few-buckets",
        text: "# HELP http_request_seconds A.\n# TYPE http_request_seconds histogram\nhttp_request_seconds_bucket{le=\"0.0025\"} 0\n\
               http_request_seconds_bucket{le=\"0.2\"} 1\nhttp_request_seconds_bucket{le=\"+Inf\"} 1\nhttp_request_seconds_sum 0\nhttp_request_seconds_count 1\n",
        said: &["latency: { of: http_request_seconds, within: 200ms,"],
        unsaid: &["HighLatency: { quantile: 0.99, of: http_request_seconds"],
    },
    Page {
        // An alert that fires from the first day on is of no use.
        name: "slow-service",
        text: "# HELP http_request_seconds A.\n# TYPE http_request_seconds histogram\nhttp_request_seconds_bucket{le=\"0.5\"} 10\n\
               http_request_seconds_bucket{le=\"1\"} 500\nhttp_request_seconds_bucket{le=\"2.5\"} 995\nhttp_request_seconds_bucket{le=\"10\"} 1000\n\
               http_request_seconds_bucket{le=\"+Inf\"} 1000\nhttp_request_seconds_sum 1000\nhttp_request_seconds_count 1000\n",
        said: &["above: 2s500ms", "within: 2s500ms"],
        unsaid: &[],
    },
    Page {
        name: "saturation",
        text: "# HELP pool_in_use P.\n# TYPE pool_in_use gauge\npool_in_use 3\n# HELP pool_max P.\n# TYPE pool_max gauge\npool_max 10\n\
               # HELP heap_used_bytes H.\n# TYPE heap_used_bytes gauge\nheap_used_bytes 3\n# HELP heap_limit_bytes H.\n# TYPE heap_limit_bytes gauge\nheap_limit_bytes 9\n\
               # HELP many_active M.\n# TYPE many_active gauge\nmany_active{pool=\"a\"} 1\nmany_active{pool=\"b\"} 1\n# HELP many_max M.\n# TYPE many_max gauge\nmany_max{pool=\"a\"} 1\n",
        said: &["max: pool_max", "PoolInUseFull: { saturation: pool_in_use, above: 90%", "max: heap_limit_bytes", "HeapUsedBytesFull"],
        unsaid: &["ManyActive"],
    },
    Page {
        name: "odd-names",
        text: "# HELP on On.\n# TYPE on gauge\non{no=\"1\",yes=\"2\"} 1\n# HELP null N.\n# TYPE null gauge\nnull 1\n# HELP n N.\n# TYPE n gauge\nn 1\n\
               # HELP camelCase C.\n# TYPE camelCase gauge\ncamelCase{labelName=\"x\"} 1\n# HELP a:b R.\n# TYPE a:b gauge\na:b 1\n\
               # HELP a_count C.\n# TYPE a_count gauge\na_count 1\n# HELP x_ms M.\n# TYPE x_ms gauge\nx_ms 1\n\
               # HELP up U.\n# TYPE up gauge\nup 1\n# HELP q Q.\n# TYPE q gauge\nq{quantile=\"1\"} 1\n{\"dotted.name\"} 1\nr{\"dotted.label\"=\"1\"} 1\n",
        said: &[
            "\"on\":\n    type: gauge",
            "\"no\": {}, \"yes\": {}",
            "\"null\":",
            "\"n\":",
            "\"a:b\":",
            "Prometheus makes series of this name itself: up",
            "they have labels that cannot be declared: q, r",
            "their names cannot be declared: dotted.name",
        ],
        unsaid: &["  up:", "  q:"],
    },
    Page {
        name: "odd-texts",
        text: "# HELP a It's \"quoted\" # and {{ braces }} \\\\ \\n next: [x]\n# TYPE a gauge\na{state=\"a: b\",mode=\"\u{2028}\"} 1\na{state=\"}\",mode=\"\"} 1\n\
               # HELP b \u{1b}[31m\n# TYPE b gauge\nb 1\n# HELP c \n# TYPE c gauge\nc 1\n# HELP d \u{2028}\n# TYPE d gauge\nd 1\n",
        said: &["help: \"It's \\\"quoted\\\" # and {{ braces }} \\\\ \\n next: [x]\"", "state: {}, mode: { optional: true }"],
        unsaid: &["\u{1b}", "\u{2028}"],
    },
    Page {
        name: "odd-values",
        text: "# HELP a A.\n# TYPE a gauge\na NaN\n# HELP b B.\n# TYPE b gauge\nb +Inf\n# HELP c C.\n# TYPE c gauge\nc{x=\"\"} 1",
        said: &["labels: { x: { optional: true } }"],
        unsaid: &[],
    },
    Page {
        name: "reserved-labels",
        text: "# HELP a A.\n# TYPE a gauge\na{job=\"x\",instance=\"y\",z=\"1\"} 1\n# HELP b B.\n# TYPE b gauge\nb{le=\"1\"} 1\n",
        said: &["labels: { z: {} }", "they have labels that cannot be declared: b"],
        unsaid: &[],
    },
];

/// Drafts a manifest of a page that is a file.
fn draft(folder: &Path, text: &str) -> Run {
    std::fs::write(folder.join("page.prom"), text).expect("a page");
    run_in(folder, &["init", "--from-metrics", "page.prom", "--name", "shop"])
}

fn manifest(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("obsgen.yaml")).expect("a manifest")
}

/// It renders, and neither it nor what is rendered has anything that lint finds.
fn assert_renders_and_lints_clean(folder: &Path, name: &str) {
    let render = run_in(folder, &["render", "-o", "out"]);
    assert_eq!(render.code, 0, "{name}: {}\n{}", render.stderr, manifest(folder));
    let lint = run_in(folder, &["lint", "out", "obsgen.yaml", "--fail-on", "info"]);
    assert_eq!(lint.code, 0, "{name}: {}\n{}", lint.stdout, manifest(folder));
}

/// Every alert is proven by the real promtool.
fn assert_proven(folder: &Path, name: &str) {
    let test = run_in(folder, &["test", "--require-all"]);
    assert_eq!(test.code, 0, "{name}: {}{}\n{}", test.stdout, test.stderr, manifest(folder));
}

/// What the probe finds of the metrics, at any level: the code and what it is about.
fn found(folder: &Path, args: &[&str]) -> Vec<String> {
    let run = run_in(folder, &[&["probe", "--format", "json"], args].concat());
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    let failures = report["checks"][0]["failures"].as_array().expect("failures");
    failures.iter().map(|failure| format!("{} {}", failure["code"], failure["detail"])).collect()
}

#[test]
fn a_draft_of_any_page_stands_and_says_what_the_page_shows() {
    for page in PAGES {
        let folder = tempfile::tempdir().expect("a folder");
        let run = draft(folder.path(), page.text);
        assert_eq!(run.code, 0, "{}: {}", page.name, run.stderr);
        let text = manifest(folder.path());
        for said in page.said {
            assert!(text.contains(said), "{}: {said}\n{text}", page.name);
        }
        for unsaid in page.unsaid {
            assert!(!text.contains(unsaid), "{}: {unsaid}\n{text}", page.name);
        }
        assert_renders_and_lints_clean(folder.path(), page.name);
    }
}

#[test]
fn a_page_keeps_the_draft_that_is_made_of_it() {
    // Of what a draft leaves out, and of what is wrong with a page itself, the probe goes on to tell.
    let of_page = ["METRICS_UNDECLARED", "METRICS_NAMING", "METRICS_SYNTAX", "METRICS_REPLICAS", "METRICS_IDENTITY"];
    for page in PAGES {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(draft(folder.path(), page.text).code, 0);
        let found = found(folder.path(), &["--metrics-file", "page.prom"]);
        let broken: Vec<&String> = found.iter().filter(|found| !of_page.iter().any(|code| found.contains(code))).collect();
        assert!(broken.is_empty(), "{}: {broken:?}\n{}", page.name, manifest(folder.path()));
    }
}

#[test]
fn every_proposal_of_a_draft_is_proven() {
    let folders: Vec<_> = ["http-server", "grpc-server", "erlang", "saturation", "open-metrics", "slow-service"]
        .map(|name| (name, tempfile::tempdir().expect("a folder")))
        .into();
    std::thread::scope(|scope| {
        for (name, folder) in &folders {
            let page = PAGES.iter().find(|page| page.name == *name).expect("a page");
            assert_eq!(draft(folder.path(), page.text).code, 0, "{name}");
            scope.spawn(|| assert_proven(folder.path(), name));
        }
    });
}

#[test]
fn a_live_page_says_where_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = answer("200 OK", "content-type: text/plain\r\n", "# HELP a A.\n# TYPE a gauge\na 1\n");
    let url = format!("http://127.0.0.1:{port}/internal/metrics");
    let run = run_in(folder.path(), &["init", "--from-metrics", &url, "new/shop"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("declared: 1 metrics; left out: 0; proposed: 0 alerts, 0 objectives"), "{}", run.stderr);
    let text = manifest(&folder.path().join("new/shop"));
    for said in [&format!("targets: [\"127.0.0.1:{port}\"]"), "path: /internal/metrics", "name: \"shop\""] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert!(found(folder.path(), &["-m", "new/shop/obsgen.yaml"]).is_empty());
    let again = run_in(folder.path(), &["init", "--from-metrics", &url, "new/shop"]);
    assert!(again.code == 2 && again.stderr.contains("never overwrites"), "{}", again.stderr);
    let named = run_in(folder.path(), &["init", "--from-metrics", &url, "--target", "shop-1:80", "--target", "shop-2:80", "other"]);
    assert_eq!(named.code, 0, "{}", named.stderr);
    assert!(manifest(&folder.path().join("other")).contains("targets: [\"shop-1:80\",\"shop-2:80\"]"));
}

/// Paths, and what each answers.
type Answers = &'static [(&'static str, &'static str)];

/// A page, and what else a service answers; the paths that were asked for.
fn service(others: Answers) -> (u16, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let asked: std::sync::Arc<std::sync::Mutex<Vec<String>>> = std::sync::Arc::default();
    let kept = std::sync::Arc::clone(&asked);
    let port = serve(move |mut stream| {
        let path = head(&mut stream).split(' ').nth(1).unwrap_or_default().to_owned();
        let page = ("/metrics", "200 OK\r\ncontent-type: text/plain\r\ncontent-length: 31\r\n\r\n# HELP a A.\n# TYPE a gauge\na 1\n");
        let found = others.iter().chain([&page]).find(|(known, _)| *known == path || *known == "*" && path != "/metrics");
        let answer = found.map_or("404 Not Found\r\ncontent-length: 0\r\n\r\n", |(_, answer)| answer);
        kept.lock().expect("paths").push(path);
        let _ = stream.write_all(format!("HTTP/1.1 {}", answer.replacen("\r\n", "\r\nconnection: close\r\n", 1)).as_bytes());
    });
    (port, asked)
}

#[test]
fn health_endpoints_are_declared_where_they_answer() {
    const OK: &str = "200 OK\r\ncontent-length: 2\r\n\r\nok";
    const PEOPLE: &str = "200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nok";
    let cases: [(Answers, &[&str]); 7] = [
        (
            &[("/-/healthy", OK), ("/-/ready", OK)],
            &["liveness: { path: /-/healthy, expect: { status: 200 } }", "readiness: { path: /-/ready,"],
        ),
        (&[("/readyz", OK), ("/health", OK)], &["readiness: { path: /readyz,"]),
        (&[("/health", OK)], &["  health: { path: /health, expect: { status: 200 } }"]),
        (&[("/livez", "503 No\r\ncontent-length: 0\r\n\r\n"), ("/healthz", OK)], &["liveness: { path: /healthz,"]),
        // Who answers everything says nothing by it, and neither does a page for people or a login.
        (&[("*", OK)], &[]),
        (&[("/health", PEOPLE)], &[]),
        (&[("/health", "302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n"), ("/login", OK)], &[]),
    ];
    for (others, declared) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let (port, asked) = service(others);
        let run = run_in(folder.path(), &["init", "--from-metrics", &format!("http://127.0.0.1:{port}/metrics")]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let text = manifest(folder.path());
        assert!(declared.iter().all(|said| text.contains(said)), "{others:?}\n{text}");
        let checks = text.lines().filter(|line| line.contains("expect: { status: 200 }") && !line.starts_with('#')).count();
        assert_eq!((checks, text.contains("\nhealth:\n")), (declared.len(), !declared.is_empty()), "{others:?}\n{text}");
        if others[0].0 == "*" {
            assert_eq!(asked.lock().expect("paths").len(), 2, "one question is enough");
        }
        let probed = run_in(folder.path(), &["probe"]);
        assert!(probed.code == 0 && probed.stdout.contains(&format!("{} passed, 0 failed", declared.len() + 1)), "{}", probed.stdout);
        assert_renders_and_lints_clean(folder.path(), "health");
    }
}

#[test]
fn standard_input_is_a_page_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = obsgen();
    command.current_dir(folder.path()).args(["init", "--from-metrics", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("an input").write_all(b"# TYPE a gauge\na 1\n").expect("the program reads");
    assert!(child.wait_with_output().expect("an end").status.success());
    assert!(manifest(folder.path()).contains("type: gauge"));
}

#[test]
fn what_is_no_page_of_metrics_drafts_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("noise.prom"), "go_goroutines 1\n").expect("a page");
    std::fs::write(folder.path().join("empty.prom"), "").expect("a page");
    std::fs::write(folder.path().join("page.html"), "<html><body>Log in</body></html>\n").expect("a page");
    let refused = format!("http://127.0.0.1:{}/metrics", nobody());
    let login = format!("http://127.0.0.1:{}/metrics", answer("302 Found", "location: /login\r\n", ""));
    for (from, said) in [
        ("noise.prom", "there is no metric to declare"),
        ("empty.prom", "there is no metric to declare"),
        ("page.html", "there is no metric to declare"),
        ("nowhere.prom", "nowhere.prom"),
        (&refused, "Connection refused"),
        (&login, "status 302"),
    ] {
        let run = run_in(folder.path(), &["init", "--from-metrics", from]);
        assert_eq!(run.code, 2, "{from}: {}", run.stderr);
        assert!(run.stderr.contains(said) && !folder.path().join("obsgen.yaml").exists(), "{from}: {}", run.stderr);
    }
}

#[test]
fn a_page_with_a_fault_is_drafted_and_the_fault_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = draft(folder.path(), "# HELP a A.\n# TYPE a gauge\na 1\nb one\n");
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("page.prom:4:3") && run.stderr.contains("Prometheus loses the whole page"), "{}", run.stderr);
}
