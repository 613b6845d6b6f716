//! Pages of real software: the probe finds nothing false on them, and what is drafted of them stands.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{assert_proven, assert_renders_and_lints_clean, found};
use crate::common::{free_port, root, run_in};
use crate::end_to_end::stack::{Program, get, wait_for};
use crate::engines::{all, on_path};

/// A service in Python that has a metric of every type.
const PYTHON: &str = r"
import sys, threading
from prometheus_client import Counter, Enum, Gauge, Histogram, Info, Summary, start_http_server
requests = Counter('http_requests_total', 'Requests', ['method', 'code'])
requests.labels('GET', '200').inc(5)
requests.labels('POST', '503').inc()
Histogram('http_request_duration_seconds', 'Time', ['route']).labels('/users/{id}').observe(0.2)
Summary('job_duration_seconds', 'Jobs').observe(1)
Gauge('pool_in_use', 'In use').set(3)
Gauge('pool_limit', 'Room').set(10)
Info('build', 'Build').info({'version': '1.2', 'commit': 'abc'})
Enum('task_state', 'State', states=['starting', 'running', 'stopped']).state('running')
Counter('unused', 'Never counted', ['why'])
start_http_server(int(sys.argv[1]), addr='127.0.0.1')
threading.Event().wait()
";

/// A service in JavaScript, which speaks text or OpenMetrics.
const NODE: &str = r"
const client = require('prom-client');
const registry = new client.Registry(process.argv[3] === 'openmetrics' ? client.Registry.OPENMETRICS_CONTENT_TYPE : undefined);
client.collectDefaultMetrics({ register: registry });
const of = (kind, name, rest) => new client[kind]({ name, help: 'H', registers: [registry], ...rest });
const requests = process.argv[3] === 'openmetrics' ? 'http_requests' : 'http_requests_total';
const counter = of('Counter', requests, { labelNames: ['method', 'status_code'] });
counter.inc({ method: 'GET', status_code: '200' }, 5);
counter.inc({ method: 'POST', status_code: '503' });
of('Histogram', 'http_request_duration_seconds', { labelNames: ['route'], buckets: [0.05, 0.5, 1, 2.5] }).observe({ route: '/users/:id' }, 0.1);
of('Summary', 'job_duration_seconds').observe(0.5);
of('Gauge', 'db_pool_active').set(3);
of('Gauge', 'db_pool_max').set(10);
of('Counter', 'unused_total', { labelNames: ['why'] });
require('http').createServer(async (_, response) => {
  response.setHeader('content-type', registry.contentType);
  response.end(await registry.metrics());
}).listen(Number(process.argv[2]), '127.0.0.1');
";

/// A program that is running and shows a page.
struct Software {
    name: &'static str,
    port: u16,
    _program: Program,
}

fn start(name: &'static str, program: &Path, folder: &Path, args: impl Fn(u16) -> Vec<String>) -> Software {
    let port = free_port();
    let program = Program::start(program, folder, &format!("{name}.log"), &args(port));
    // A program that is still starting goes on to add metrics.
    let families = || get(port, "/metrics").map_or(0, |page| page.lines().filter(|line| line.starts_with("# TYPE")).count());
    wait_for(name, Duration::from_mins(1), || {
        let before = families();
        std::thread::sleep(Duration::from_secs(1));
        if before > 0 && before == families() { Ok(()) } else { Err(format!("{before} families, and more to come")) }
    });
    Software { name, port, _program: program }
}

fn listen(port: u16) -> String {
    format!("--web.listen-address=127.0.0.1:{port}")
}

/// An interpreter that has the client library; `None`, said aloud, where none has.
fn python() -> Option<PathBuf> {
    let has_library = |program: &PathBuf| {
        let import = Command::new(program).args(["-c", "import prometheus_client"]).output();
        import.is_ok_and(|output| output.status.success())
    };
    let found = [on_path("python3"), Some(PathBuf::from("/usr/bin/python3"))].into_iter().flatten().find(has_library);
    said_if_absent(found, "python3-prometheus-client")
}

/// Node.js, with prom-client where `tests/run` puts it.
fn node() -> Option<PathBuf> {
    let library = root().join("target/peers/node_modules/prom-client").is_dir();
    said_if_absent(on_path("node").filter(|_| library), "prom-client of npm")
}

fn said_if_absent<T>(found: Option<T>, what: &str) -> Option<T> {
    if found.is_none() {
        eprintln!("SKIPPED: {what} is absent: tests/run installs it");
    }
    found
}

/// Everything that is here. What `tests/run` installs must be, in CI.
fn software(folder: &Path) -> Vec<Software> {
    let mut all_software = Vec::new();
    for engine in all() {
        let (prometheus, alertmanager, blackbox) = if engine.newest {
            ("newest prometheus", "", "newest blackbox_exporter")
        } else {
            ("prometheus", "alertmanager", "blackbox_exporter")
        };
        let data = |port: u16| folder.join(format!("data-{port}")).display().to_string();
        let file = |text: &str, name: &str| {
            std::fs::write(folder.join(name), text).expect("a configuration");
            format!("--config.file={name}")
        };
        let scrape = "scrape_configs: [{ job_name: self, static_configs: [{ targets: [\"127.0.0.1:9\"] }] }]\n";
        all_software.push(start(prometheus, &engine.prometheus, folder, |port| {
            vec![file(scrape, "prometheus.yml"), listen(port), format!("--storage.tsdb.path={}", data(port))]
        }));
        all_software.push(start(blackbox, &engine.blackbox, folder, |port| {
            vec![file("modules: { http: { prober: http } }\n", "blackbox.yml"), listen(port)]
        }));
        if !engine.newest {
            all_software.push(start(alertmanager, &engine.alertmanager, folder, |port| {
                let config = file("route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n", "alertmanager.yml");
                vec![config, listen(port), format!("--storage.path={}", data(port)), "--cluster.listen-address=".to_owned()]
            }));
        }
    }
    if let Some(node_exporter) = said_if_absent(on_path("prometheus-node-exporter"), "prometheus-node-exporter") {
        all_software.push(start("node_exporter", &node_exporter, folder, |port| vec![listen(port)]));
    }
    if let Some(python) = python() {
        std::fs::write(folder.join("app.py"), PYTHON).expect("a program");
        all_software.push(start("prometheus_client of Python", &python, folder, |port| vec!["app.py".to_owned(), port.to_string()]));
    }
    if let Some(node) = node() {
        // Libraries are looked for beside the program.
        let program = root().join("target/peers/app.js");
        std::fs::write(&program, NODE).expect("a program");
        for (name, format) in [("prom-client of npm", "text"), ("prom-client of npm, OpenMetrics", "openmetrics")] {
            all_software.push(start(name, &node, folder, |port| vec![program.display().to_string(), port.to_string(), format.to_owned()]));
        }
    }
    all_software
}

#[test]
fn pages_of_real_software_have_nothing_false_found_on_them_and_their_drafts_stand() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = software(folder.path());
    assert!(!running.is_empty() || std::env::var_os("CI").is_none(), "nothing is installed that could show a page");
    let turns = std::sync::Mutex::new(running.iter());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(one) = { turns.lock().expect("turns").next() } {
                    judge(one);
                }
            });
        }
    });
}

fn judge(software: &Software) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("http://127.0.0.1:{}/metrics", software.port);
    let run = run_in(folder.path(), &["init", "--from-metrics", &url]);
    assert_eq!(run.code, 0, "{}: {}", software.name, run.stderr);
    let found = found(folder.path(), &["metrics"]);
    assert!(found.is_empty(), "{}: {found:#?}", software.name);
    assert_renders_and_lints_clean(folder.path(), software.name);
    assert_proven(folder.path(), software.name);
}
