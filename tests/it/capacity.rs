//! What `render --capacity` predicts, and what a real Prometheus counts when it scrapes services of that shape.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{Run, example, run_in};
use crate::end_to_end::stack::{Ports, Program, get, wait_for};
use crate::engines::{self, Engine};

/// Serves a page of metrics on a port of its own for as long as the process lives. The page is told how many
/// tenths of a second have passed, for its counters to grow.
pub fn serve(page: impl Fn(u64) -> String + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let start = Instant::now();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let tenths = u64::try_from(start.elapsed().as_millis() / 100).expect("a test ends");
            let body = page(tenths);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    port
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn histogram(page: &mut String, name: &str, labels: &str, bounds: &[&str], count: u64) {
    for bound in bounds.iter().chain(&["+Inf"]) {
        let _ = writeln!(page, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
    }
    let _ = writeln!(page, "{name}_sum{{{labels}}} {count}\n{name}_count{{{labels}}} {count}");
}

/// A web service: requests and latencies by route, objectives, health checks.
fn web(folder: &Path) -> Vec<u16> {
    const BOUNDS: [&str; 6] = ["0.05", "0.1", "0.25", "0.5", "1", "5"];
    let page = |tenths: u64| {
        let mut page = String::from("# TYPE http_requests_total counter\n");
        for method in ["GET", "POST", "PUT", "DELETE"] {
            for status in ["200", "404", "500"] {
                let count = if status == "500" { 0 } else { tenths };
                let _ = writeln!(page, "http_requests_total{{method=\"{method}\",status=\"{status}\"}} {count}");
            }
        }
        page += "# TYPE http_request_duration_seconds histogram\n";
        for route in ["/", "/login", "/cart", "/pay", "/help"] {
            histogram(&mut page, "http_request_duration_seconds", &format!("route=\"{route}\""), &BOUNDS, tenths);
        }
        page + "# TYPE db_connections_active gauge\ndb_connections_active 3\n"
    };
    let ports = vec![serve(page), serve(page)];
    let manifest = json!({
        "apiVersion": "obsgen/v1",
        "service": { "name": "web", "team": "shop" },
        "scrape": { "targets": ports.iter().map(|port| local(*port)).collect::<Vec<_>>(), "interval": "1s" },
        "health": {
            "base": format!("http://{}", local(ports[0])),
            "liveness": { "path": "/live", "expect": { "status": 200 }, "timeout": "1s" },
            "page": { "path": "/page", "expect": { "body": "http_requests_total" }, "timeout": "1s" },
        },
        "metrics": {
            "http_requests_total": { "type": "counter", "help": "Requests", "labels": {
                "method": { "values": ["GET", "POST", "PUT", "DELETE"] },
                "status": { "role": "http_status", "values": ["200", "404", "500"] },
            } },
            "http_request_duration_seconds": { "type": "histogram", "help": "Latency", "buckets": [0.05, 0.1, 0.25, 0.5, 1, 5],
                "labels": { "route": { "values": ["/", "/login", "/cart", "/pay", "/help"] } } },
            "db_connections_active": { "type": "gauge", "help": "Connections", "max": 10 },
        },
        "alerts": { "PoolExhausted": { "saturation": "db_connections_active", "above": "90%", "for": "10m", "severity": "warning" } },
        "objectives": {
            "availability": { "ratio": "http_requests_total", "bad": { "status": "5.." }, "target": "99.9%", "window": "30d" },
            "latency": { "of": "http_request_duration_seconds", "within": "500ms", "target": "99%", "window": "30d" },
        },
        "recording": {
            "route:http_request_duration_seconds:p99": "histogram_quantile(0.99, sum by (route, le) (rate(http_request_duration_seconds_bucket{job=\"web\"}[1m])))",
            "job_status:http_requests:rate1m": "sum by (job, status) (rate(http_requests_total{job=\"web\",method!=\"PUT\"}[1m]))",
        },
    });
    write(folder, "web", &manifest);
    ports
}

/// A batch job: gauges whose labels a pattern lists, scraped seldom.
fn batch(folder: &Path) {
    let port = serve(|tenths| {
        let mut page = String::new();
        for zone in ["eu-1", "eu-2", "us-1", "us-2"] {
            for queue in 0..6 {
                let _ = writeln!(page, "batch_queue_length{{zone=\"{zone}\",queue=\"q{queue}\"}} {queue}");
            }
            let _ = writeln!(page, "batch_runs_total{{zone=\"{zone}\"}} {tenths}");
        }
        page + "batch_last_success_timestamp_seconds 1\n"
    });
    write(
        folder,
        "batch",
        &json!({
            "apiVersion": "obsgen/v1",
            "service": { "name": "batch", "team": "shop" },
            "scrape": { "targets": [local(port)], "interval": "2s" },
            "metrics": {
                "batch_queue_length": { "type": "gauge", "help": "Jobs", "labels": {
                    "zone": { "pattern": "(eu|us)-[12]" }, "queue": { "pattern": "q[0-5]" } } },
                "batch_runs_total": { "type": "counter", "help": "Runs", "labels": { "zone": { "pattern": "(eu|us)-[12]" } } },
                "batch_last_success_timestamp_seconds": { "type": "gauge", "help": "Time" },
            },
            "recording": { "queue:batch_queue_length:sum": "sum by (queue) (batch_queue_length{job=\"batch\"})" },
        }),
    );
}

/// A cache: a metric by customer, of whom only the most is known, and a summary.
fn cache(folder: &Path) {
    let port = serve(|tenths| {
        let mut page = String::new();
        for customer in 0..400 {
            let _ = writeln!(page, "cache_hits_total{{customer=\"{customer}\"}} {tenths}");
        }
        page += "# TYPE cache_age_seconds summary\n";
        for quantile in ["0.5", "0.9", "0.99"] {
            let _ = writeln!(page, "cache_age_seconds{{quantile=\"{quantile}\"}} 1");
        }
        page + &format!("cache_age_seconds_sum {tenths}\ncache_age_seconds_count {tenths}\n")
    });
    write(
        folder,
        "cache",
        &json!({
            "apiVersion": "obsgen/v1",
            "service": { "name": "cache", "team": "core" },
            "scrape": { "targets": [local(port)], "interval": "1s" },
            "metrics": {
                "cache_hits_total": { "type": "counter", "help": "Hits", "max_series": 400, "labels": { "customer": {} } },
                "cache_age_seconds": { "type": "summary", "help": "Age" },
            },
            "recording": { "customer:cache_hits:top": "topk by (job) (5, rate(cache_hits_total{job=\"cache\"}[1m]))" },
        }),
    );
}

/// An edge: three targets, a wide histogram, an optional label.
fn edge(folder: &Path) {
    const BOUNDS: [&str; 10] = ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10"];
    let page = |tenths: u64| {
        let mut page = String::from("# TYPE edge_duration_seconds histogram\n");
        for region in ["eu", "us", "ap"] {
            for protocol in ["h1", "h2", "h3"] {
                histogram(&mut page, "edge_duration_seconds", &format!("region=\"{region}\",protocol=\"{protocol}\""), &BOUNDS, tenths);
            }
            let _ = writeln!(page, "edge_errors_total{{region=\"{region}\"}} 0");
            for cause in ["dns", "tls"] {
                let _ = writeln!(page, "edge_errors_total{{region=\"{region}\",cause=\"{cause}\"}} {tenths}");
            }
        }
        page
    };
    let targets: Vec<String> = (0..3).map(|_| local(serve(page))).collect();
    write(
        folder,
        "edge",
        &json!({
            "apiVersion": "obsgen/v1",
            "service": { "name": "edge", "team": "core" },
            "scrape": { "targets": targets, "interval": "3s" },
            "metrics": {
                "edge_duration_seconds": { "type": "histogram", "help": "Latency",
                    "buckets": [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
                    "labels": { "region": { "values": ["eu", "us", "ap"] }, "protocol": { "values": ["h1", "h2", "h3"] } } },
                "edge_errors_total": { "type": "counter", "help": "Errors", "labels": {
                    "region": { "values": ["eu", "us", "ap"] }, "cause": { "values": ["dns", "tls"], "optional": true } } },
            },
            "recording": {
                "instance_region:edge_duration_seconds:p90": "histogram_quantile(0.9, sum without (protocol) (rate(edge_duration_seconds_bucket{job=\"edge\"}[30s])))",
            },
        }),
    );
}

/// A service with a database, whose exporter says more than the service, and a check of a port.
fn orders(folder: &Path) {
    let own = serve(|tenths| format!("orders_total {tenths}\n"));
    let exporter = serve(|_| {
        let mut page = String::from("pg_up 1\n");
        for table in 0..149 {
            let _ = writeln!(page, "pg_rows{{table=\"{table}\"}} {table}");
        }
        page
    });
    write(
        folder,
        "orders",
        &json!({
            "apiVersion": "obsgen/v1",
            "service": { "name": "orders", "team": "core" },
            "scrape": { "targets": [local(own)], "interval": "1s" },
            "health": { "port": { "tcp": local(own), "timeout": "1s" } },
            "dependencies": { "database": { "kind": "postgres", "exporter": local(exporter), "max_series": 150 } },
            "metrics": { "orders_total": { "type": "counter", "help": "Orders" } },
        }),
    );
}

fn write(folder: &Path, name: &str, manifest: &Value) {
    let folder = folder.join("services").join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("obsgen.yaml"), serde_json::to_string_pretty(manifest).expect("JSON")).expect("a manifest");
}

fn capacity(folder: &Path, args: &[&str]) -> Run {
    run_in(folder, &[&["render", "--capacity"], args].concat())
}

/// The sum of a metric on a page that Prometheus exposes about itself.
fn said(port: u16, name: &str) -> Option<f64> {
    let page = get(port, "/metrics")?;
    let all = page.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    all.map(|line| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok())).sum()
}

/// By how many percent a prediction differs from what was counted.
fn error(predicted: f64, counted: f64) -> f64 {
    (predicted - counted) / counted * 100.0
}

fn predicted_is_counted(engine: &Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    web(folder.path());
    batch(folder.path());
    cache(folder.path());
    edge(folder.path());
    orders(folder.path());
    let ports = Ports::free();
    let (prometheus, blackbox) = if engine.newest { ("3.14", "0.28") } else { ("2.42", "0.23") };
    let stack = json!({ "prometheus": prometheus, "blackbox": { "version": blackbox, "address": local(ports.blackbox) } });
    let path = folder.path().join("services/web/obsgen.yaml");
    let mut manifest: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("a manifest")).expect("JSON");
    manifest["stack"] = stack;
    std::fs::write(&path, manifest.to_string()).expect("a manifest");

    let run = capacity(folder.path(), &["-m", "services", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let capacity: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let predicted_series = capacity["total"]["series"]["total"].as_f64().expect("a number");
    let predicted_rate = capacity["total"]["samples_per_second"].as_f64().expect("a number");
    let rendered = run_in(folder.path(), &["render", "-m", "services", "-o", "out"]);
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);

    let scratch = tempfile::tempdir().expect("a folder");
    let file = |name: &str| format!("--config.file={}", folder.path().join("out").join(name).display());
    let listen = |port: u16| format!("--web.listen-address={}", local(port));
    let _blackbox = Program::start(&engine.blackbox, scratch.path(), "blackbox.log", &[file("blackbox.yml"), listen(ports.blackbox)]);
    let data = format!("--storage.tsdb.path={}", scratch.path().join("data").display());
    let _prometheus =
        Program::start(&engine.prometheus, scratch.path(), "prometheus.log", &[file("prometheus.yml"), listen(ports.prometheus), data]);
    // Rules are evaluated every 15 s; what is recorded of rates is there by the second time.
    let rules = "prometheus_rule_group_iterations_total";
    let groups = "prometheus_rule_group_rules";
    wait_for("every rule was evaluated twice", Duration::from_mins(1), || {
        let page = get(ports.prometheus, "/metrics").ok_or("Prometheus does not answer")?;
        let values = |name: &str| -> Vec<f64> {
            page.lines()
                .filter(|line| line.starts_with(&format!("{name}{{")))
                .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
                .collect()
        };
        let iterations = values(rules);
        let ready = !iterations.is_empty() && iterations.len() == values(groups).len() && iterations.iter().all(|count| *count >= 3.0);
        if ready { Ok(()) } else { Err(format!("{iterations:?}")) }
    });
    let appended = || {
        let started = Instant::now();
        (started, said(ports.prometheus, "prometheus_tsdb_head_samples_appended_total").expect("samples"))
    };
    let (from, first) = appended();
    thread::sleep(Duration::from_secs(30));
    let (to, last) = appended();
    let counted_rate = (last - first) / to.duration_since(from).as_secs_f64();
    let counted_series = said(ports.prometheus, "prometheus_tsdb_head_series").expect("series");
    let (series, rate) = (error(predicted_series, counted_series), error(predicted_rate, counted_rate));
    eprintln!(
        "{}: {predicted_series} series predicted, {counted_series} counted ({series:+.1} %); \
         {predicted_rate:.1} samples/s predicted, {counted_rate:.1} counted ({rate:+.1} %)",
        engine.name
    );
    assert!(series.abs() <= 5.0, "{}: {series:+.1} % of series\n{}", engine.name, run.stdout);
    assert!(rate.abs() <= 5.0, "{}: {rate:+.1} % of samples\n{}", engine.name, run.stdout);
}

#[test]
fn predicted_series_and_samples_are_those_that_prometheus_counts() {
    thread::scope(|scope| {
        for engine in engines::all() {
            scope.spawn(|| predicted_is_counted(engine));
        }
    });
}

#[test]
fn the_example_is_reckoned_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(example(), folder.path().join("obsgen.yaml")).expect("a manifest");
    let run = capacity(folder.path(), &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    for part in
        ["myapp", "(watchdog)", "(all)", "samples/s", "Of ", "Assumed", "dependencies.database.max_series", "stack.prometheus.retention"]
    {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    assert_eq!(run.stdout, capacity(folder.path(), &[]).stdout);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    let json = capacity(folder.path(), &["--format", "json"]);
    let value: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let schema = run_in(folder.path(), &["schema", "capacity"]);
    let schema: Value = serde_json::from_str(&schema.stdout).expect("JSON");
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).expect("a schema").iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
    // 5 methods with 5 statuses taken for granted, 5 buckets with a sum and a count, a gauge.
    assert_eq!(value["services"][0]["series"]["service"], 25 + 7 + 1, "{}", json.stdout);
    assert_eq!(value["services"][0]["series"]["exporters"], 1000);
    for wrong in [&["render", "--format", "json"][..], &["render", "--capacity", "--check"]] {
        assert_eq!(run_in(folder.path(), wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn a_fleet_is_the_sum_of_its_services_and_what_they_share_counts_once() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["cart", "mail", "shop"] {
        let manifest = json!({
            "apiVersion": "obsgen/v1",
            "service": { "name": name, "team": "web" },
            "scrape": { "targets": ["a:1", "b:1"], "interval": "10s" },
            "dependencies": { "database": { "kind": "postgres", "exporter": "pg:9187", "job": "pg", "max_series": 90 } },
            "metrics": { "hits_total": { "type": "counter", "help": "Hits" } },
        });
        write(folder.path(), name, &manifest);
    }
    let run = capacity(folder.path(), &["-m", "services", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let value: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let total = &value["total"];
    // Two targets each and one exporter, of which every scrape says five things; and the watchdog.
    assert_eq!(total["targets"], 3 * 2 + 1, "{value}");
    assert_eq!(total["series"]["total"], 3 * 2 + 90 + 7 * 5 + 2, "{value}");
    // 3 × 2 × (1 + 5) every 10 s, 90 + 5 and 2 every 15 s.
    let rate = total["samples_per_second"].as_f64().expect("a number");
    assert!((rate - (3.6 + 97.0 / 15.0)).abs() < 0.001, "{value}");
    let sum: u64 = value["services"].as_array().expect("services").iter().filter_map(|of| of["series"]["total"].as_u64()).sum();
    assert_eq!(sum + value["shared"]["series"]["total"].as_u64().expect("a number"), total["series"]["total"], "{value}");
    let table = capacity(folder.path(), &["-m", "services"]).stdout;
    let rows: Vec<&str> = table.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(rows, ["service", "cart", "mail", "shop", "(watchdog)", "(all)"], "{table}");
}

#[test]
fn what_the_manifest_does_not_say_is_said_to_be_assumed() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = |more: &str| {
        format!(
            "apiVersion: obsgen/v1\nservice: {{ name: shop, team: web }}\nscrape: {{ file_sd: [{{ files: [shop.json] }}], interval: 10s }}\n\
             metrics:\n  hits_total: {{ type: counter, help: Hits, labels: {{ page: {{ pattern: '/.*' }} }}{more} }}\n"
        )
    };
    let reckon = |more: &str| -> Value {
        std::fs::write(folder.path().join("obsgen.yaml"), manifest(more)).expect("a manifest");
        let run = capacity(folder.path(), &["--format", "json"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        serde_json::from_str(&run.stdout).expect("JSON")
    };
    let said = |value: &Value, path: &str| value["assumptions"].as_array().is_some_and(|all| all.iter().any(|a| a["path"] == path));
    let open = reckon("");
    assert_eq!((&open["total"]["targets"], &open["total"]["series"]["service"]), (&json!(1), &json!(10)), "{open}");
    assert!(said(&open, "scrape.file_sd") && said(&open, "metrics.hits_total.labels"), "{open}");
    let bounded = reckon(", max_series: 70");
    assert_eq!(bounded["total"]["series"]["service"], 70, "{bounded}");
    assert!(said(&bounded, "scrape.file_sd") && !said(&bounded, "metrics.hits_total.labels"), "{bounded}");
}
