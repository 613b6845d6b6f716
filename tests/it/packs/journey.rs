//! What every pack goes through: the generated code in a real service, asked by `obsgen probe`, scraped by a real
//! Prometheus with the rendered configuration, and its lines and spans compared with what the manifest declares.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::receiver::{Receiver, Span};
use crate::common::{render, run_in};
use crate::end_to_end::stack::{Ports, Stack, get, wait_for};
use crate::end_to_end::{Demo, every_panel_has_data};
use crate::engines;

const PATIENCE: Duration = Duration::from_mins(1);
/// Requests that no caller has decided about. Of a tenth of them, between these numbers are kept, but for one run in a billion.
const UNDECIDED: usize = 400;
const KEPT: std::ops::RangeInclusive<usize> = 9..=85;

/// How a pack's service is run.
pub struct Pack {
    /// Its language.
    pub language: &'static str,
    /// The command that serves the folder of generated code on a port.
    pub serve: fn(&Path, u16) -> Command,
    /// What the service calls the route of an order.
    pub route: &'static str,
}

/// A service that runs, and what it does as it is told.
struct Service {
    child: Child,
    port: u16,
    trouble: PathBuf,
    log: PathBuf,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn start(pack: &Pack, folder: &Path, port: u16, receiver: &Receiver) -> Self {
        let (trouble, log) = (folder.join("trouble"), folder.join("log"));
        let code = folder.join("out/instrumentation").join(pack.language);
        let file = fs::File::create(&log).expect("a log");
        let mut command = (pack.serve)(&code, port);
        command
            .current_dir(folder)
            .env("TROUBLE", &trouble)
            .env("SERVICE_VERSION", "1.2.3")
            .env("SENTRY_DSN", format!("http://key@127.0.0.1:{}/1", receiver.port))
            .env("SENTRY_ENVIRONMENT", "trial")
            // Spans are sent soon, so that nobody waits for them.
            .env("OTEL_BSP_SCHEDULE_DELAY", "200")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a log"))
            .stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", pack.language));
        let service = Self { child, port, trouble, log };
        wait_for("the service answers", PATIENCE, || match get(port, "/health/live") {
            Some(body) if body.contains("ok") => Ok(()),
            other => Err(format!("{other:?}: {}", service.logged())),
        });
        service
    }

    fn logged(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Every line that is JSON.
    fn lines(&self) -> Vec<Value> {
        self.logged().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The line that ends the request with this id.
    fn line_of(&self, request: &str) -> Value {
        wait_for("the request's line", Duration::from_secs(10), || {
            let found = self.lines().into_iter().find(|line| line["request_id"] == request && line.get("duration_ms").is_some());
            found.ok_or_else(|| self.logged())
        })
    }

    /// Makes a dependency fail, or nothing.
    fn trouble(&self, what: &str) {
        fs::write(&self.trouble, what).expect("a file");
    }
}

/// A request with headers; its status, its headers and its body.
pub fn ask(port: u16, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
    use std::io::Read as _;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a limit");
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n{headers}\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head.to_ascii_lowercase(), body.to_owned())
}

/// The manifest of the service: what the article's has, and what a request, a pool and a business event have besides.
fn manifest(language: &str, engine: &engines::Engine, port: u16, demo: &Demo, receiver: &Receiver, ports: Ports) -> Value {
    let local = |port: u16| format!("127.0.0.1:{port}");
    let hook = |path: &str| json!({ "webhook": { "url": format!("http://127.0.0.1:{}{path}", demo.receiver) } });
    json!({
        "apiVersion": "obsgen/v1",
        "service": { "name": "myapp", "team": "web", "language": language },
        "scrape": { "targets": [local(port)], "interval": "1s" },
        "health": {
            "base": format!("http://127.0.0.1:{port}"),
            "liveness": { "path": "/health/live", "expect": { "status": 200, "json": { "status": "ok" } } },
            "readiness": { "path": "/health/ready", "expect": { "status": 200, "json": { "status": "ready" } }, "covers": ["database", "cache"] },
        },
        "dependencies": {
            "database": { "kind": "postgres", "exporter": local(demo.database) },
            "cache": { "kind": "redis", "exporter": local(demo.cache) },
        },
        "metrics": {
            "http_requests_total": {
                "type": "counter",
                "help": "HTTP requests",
                "labels": {
                    "method": { "values": ["GET", "POST", "PUT", "PATCH", "DELETE"] },
                    "route": { "role": "http_route" },
                    "status": { "role": "http_status" },
                },
            },
            "http_request_duration_seconds": { "type": "histogram", "help": "Duration of HTTP requests", "buckets": [0.1, 0.5, 1.0, 5.0] },
            "http_requests_in_flight": { "type": "gauge", "help": "Requests that are being answered" },
            "db_connections_active": { "type": "gauge", "help": "Active database connections", "max": 10 },
            "orders_total": { "type": "counter", "help": "Orders", "labels": { "kind": { "values": ["new", "paid"] } } },
            "sentry_events_lost_total": {
                "type": "counter", "help": "Reports of crashes that were lost", "presence": "on_first_use", "labels": { "reason": {} },
            },
        },
        "alerts": {
            "HighErrorRate": { "ratio": "http_requests_total", "bad": { "status": "5.." }, "above": "5%", "for": "2s", "window": "8s", "severity": "critical" },
            "HighLatency": { "quantile": 0.99, "of": "http_request_duration_seconds", "above": "1s", "for": "2s", "window": "8s", "severity": "warning" },
            "PoolExhausted": { "saturation": "db_connections_active", "above": "20%", "for": "2s", "severity": "warning" },
            "ReportsLost": { "for": "0s" },
        },
        "objectives": {
            "availability": { "ratio": "http_requests_total", "bad": { "status": "5.." }, "target": "99.9%", "window": "30d" },
        },
        "routing": { "receivers": { "critical": hook("/critical"), "warning": hook("/warning") } },
        "logging": { "format": "json", "level": "info", "metadata": ["request_id", "user_id", "duration_ms"], "redact": ["password", "token"] },
        "tracing": { "protocol": "http/protobuf", "endpoint": format!("http://127.0.0.1:{}", receiver.port), "sample": "10%" },
        "errors": { "sentry": { "dsn_env": "SENTRY_DSN" } },
        "stack": {
            "prometheus": if engine.newest { "3.14" } else { "2.42" },
            "grafana": "11",
            "alertmanager": { "version": "0.25", "address": local(ports.alertmanager) },
            "blackbox": { "version": "0.23", "address": local(ports.blackbox) },
        },
    })
}

/// The whole journey of a pack.
pub fn run(pack: &Pack) {
    let Some(engine) = engines::all().last() else { return };
    let (demo, ports, receiver) = (Demo::start(), Ports::free(), Receiver::start());
    let port = Ports::free().prometheus;
    let manifest = manifest(pack.language, engine, port, &demo, &receiver, ports);
    let (folder, rendered) = render(&serde_json::to_string_pretty(&manifest).expect("JSON"));
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    assert!(rendered.stderr.contains(&format!("instrumentation/{}/README.md", pack.language)), "{}", rendered.stderr);
    let service = Service::start(pack, folder.path(), port, &receiver);
    let idle = get(port, "/metrics").expect("a page");
    nothing_is_measured_yet(&idle);
    probe_finds_nothing(folder.path());
    let scratch = tempfile::tempdir().expect("a folder");
    let stack = Stack::start(engine, &folder.path().join("out"), scratch.path(), ports);

    dependencies_are_told_one_by_one(&service);
    lines_hold_what_is_declared(pack, &service);
    let undecided = spans_are_those_that_were_asked_for(pack, &service, &receiver);
    crashes_are_reported(&service, &receiver);
    // Traffic that fails and is slow, for as long as it takes the alerts to see it.
    wait_for("the alerts fire", PATIENCE, || {
        std::thread::scope(|scope| {
            for path in ["/slow", "/fail", "/orders/1", "/slow"] {
                scope.spawn(move || ask(port, "GET", path, &[]));
            }
        });
        let firing = |name: &str| stack.query(&format!("ALERTS{{alertname=\"{name}\",alertstate=\"firing\"}}")) == Ok(1);
        let missing: Vec<_> =
            ["HighErrorRate", "HighLatency", "PoolExhausted", "ReportsLost"].into_iter().filter(|name| !firing(name)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?} do not")) }
    });
    let panels = every_panel_has_data(&stack, &folder.path().join("out/dashboards/myapp.json"));
    requests_are_measured_as_they_ended(pack, port);
    probe_finds_nothing(folder.path());
    eprintln!("{}: {panels} queries of panels with data, {undecided} of {UNDECIDED} traces kept", pack.language);
}

/// A pack that is told to send its spans over gRPC: the same spans arrive, as many as the manifest keeps.
pub fn grpc(pack: &Pack) {
    let Some(engine) = engines::all().last() else { return };
    let (demo, ports, receiver) = (Demo::start(), Ports::free(), Receiver::start());
    let port = Ports::free().prometheus;
    let mut manifest = manifest(pack.language, engine, port, &demo, &receiver, ports);
    let tracing = json!({ "protocol": "grpc", "endpoint": format!("http://127.0.0.1:{}", receiver.listen_for_grpc()), "sample": "10%" });
    manifest["tracing"] = tracing;
    let (folder, rendered) = render(&serde_json::to_string_pretty(&manifest).expect("JSON"));
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let service = Service::start(pack, folder.path(), port, &receiver);
    let kept = spans_are_those_that_were_asked_for(pack, &service, &receiver);
    eprintln!("{}: over gRPC {kept} of {UNDECIDED} traces kept", pack.language);
}

/// Health checks and the page of metrics promise nothing that the service breaks.
fn probe_finds_nothing(folder: &Path) {
    let probed = run_in(folder, &["probe", "--wait", "5s", "--format", "json", "--fail-on", "warn"]);
    let report: Value = serde_json::from_str(&probed.stdout).unwrap_or_else(|_| panic!("{}{}", probed.stdout, probed.stderr));
    let summary = &report["summary"];
    assert_eq!((probed.code, &summary["failed"], &summary["warned"]), (0, &json!(0), &json!(0)), "{report:#}");
    // Liveness, readiness and the contract; the exporters are not the pack's.
    assert!(summary["passed"].as_u64() >= Some(3), "{report:#}");
}

/// The samples of a page, by series.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let sample = |line: &str| line.rsplit_once(' ').and_then(|(series, value)| Some((series.to_owned(), value.parse().ok()?)));
    page.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect()
}

/// The sum of the samples whose series have all of these pieces.
fn sum(page: &str, pieces: &[&str]) -> f64 {
    samples(page).iter().filter(|(series, _)| pieces.iter().all(|piece| series.contains(piece))).map(|(_, value)| value).sum()
}

/// Series are there from the start, at zero: health checks, scrapes and the past of other runs count for nothing.
fn nothing_is_measured_yet(page: &str) {
    for pieces in [
        &["http_requests_total{", "method=\"GET\"", "status=\"200\""][..],
        &["http_requests_total{", "status=\"500\""],
        &["orders_total{", "kind=\"paid\""],
    ] {
        let there = samples(page).keys().filter(|series| pieces.iter().all(|piece| series.contains(piece))).count();
        assert!(there >= 1, "{pieces:?} is not on the page:\n{page}");
        assert!(sum(page, pieces).abs() < f64::EPSILON, "{page}");
    }
    let lost = sum(page, &["sentry_events_lost_total{", "reason=\"network_error\""]);
    assert!(page.contains("sentry_events_lost_total{reason=\"network_error\"}") && lost.abs() < f64::EPSILON, "{page}");
    assert!(samples(page).contains_key("http_request_duration_seconds_count"), "{page}");
    assert!((sum(page, &["db_connections_active"]) - 3.0).abs() < f64::EPSILON, "the pool's gauge is not fed:\n{page}");
}

/// Routes are templates, exceptions count as 500, durations are seconds, and health checks are not among them.
fn requests_are_measured_as_they_ended(pack: &Pack, port: u16) {
    let page = get(port, "/metrics").expect("a page");
    let route = format!("route=\"{}\"", pack.route);
    assert!(sum(&page, &["http_requests_total{", &route, "status=\"200\"", "method=\"GET\""]) >= 3.0, "{page}");
    assert!(sum(&page, &["http_requests_total{", &route, "status=\"200\"", "method=\"POST\""]) >= 1.0, "{page}");
    assert!(sum(&page, &["http_requests_total{", "route=\"/fail\"", "status=\"500\""]) >= 2.0, "{page}");
    assert!(sum(&page, &["http_requests_total{", "route=\"/teapot\"", "status=\"418\""]) >= 1.0, "{page}");
    assert!(sum(&page, &["http_requests_total{", "route=\"unmatched\"", "status=\"404\""]) >= 1.0, "{page}");
    assert!(!page.contains("/orders/7") && !page.contains("/health"), "{page}");
    // Slow requests last 1.2 s: neither nanoseconds nor milliseconds.
    let (count, slow) = (sum(&page, &["http_request_duration_seconds_count"]), sum(&page, &["http_requests_total{", "route=\"/slow\""]));
    let fast = sum(&page, &["http_request_duration_seconds_bucket{", "le=\"1"]);
    assert!(slow >= 2.0 && (count - fast - slow).abs() < f64::EPSILON, "{count} requests, {fast} fast, {slow} slow\n{page}");
    assert!(sum(&page, &["http_request_duration_seconds_sum"]) >= 1.2 * slow, "{page}");
    assert!(sum(&page, &["http_requests_in_flight"]).abs() < f64::EPSILON, "{page}");
    let (_, head, _) = ask(port, "GET", "/metrics", &[("accept", "text/plain;version=0.0.4")]);
    assert!(head.contains("content-type: text/plain"), "{head}");
}

/// Readiness says which dependency is down, and soon, also where it hangs; liveness does not care.
fn dependencies_are_told_one_by_one(service: &Service) {
    for (down, up) in [("database", "cache"), ("cache", "database")] {
        service.trouble(down);
        let begin = std::time::Instant::now();
        let (status, _, body) = ask(service.port, "GET", "/health/ready", &[]);
        // The cache hangs for a minute.
        assert!(begin.elapsed() < Duration::from_millis(2500), "{down}: {:?}", begin.elapsed());
        assert_eq!(status, 503, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}"));
        assert_ne!(body["status"], "ready");
        assert_eq!((&body["checks"][down]["status"], &body["checks"][up]), (&json!("failing"), &json!("ok")), "{body}");
        assert_eq!(ask(service.port, "GET", "/health/live", &[]).0, 200);
        // The pool's gauge cannot be had while the database is down, and all else can.
        let page = get(service.port, "/metrics").expect("a page");
        assert_eq!(page.to_lowercase().contains("db_connections_active nan"), down == "database", "{page}");
        assert!(page.contains("http_requests_total{"), "{page}");
    }
    service.trouble("");
    wait_for("it is ready again", Duration::from_secs(5), || match ask(service.port, "GET", "/health/ready", &[]) {
        (200, ..) => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

/// A line of JSON for each request, with the fields of the manifest and without what it redacts.
fn lines_hold_what_is_declared(pack: &Pack, service: &Service) {
    let (status, head, _) = ask(service.port, "GET", "/orders/7", &[("x-request-id", "order-seven")]);
    assert_eq!(status, 200);
    assert!(head.contains("x-request-id: order-seven"), "{head}");
    let line = service.line_of("order-seven");
    assert_eq!(line["user_id"], "user-7", "{line}");
    assert_eq!(line["level"], "info", "{line}");
    let known = (&line["method"], &line["route"], &line["path"], &line["status"]);
    assert_eq!(known, (&json!("GET"), &json!(pack.route), &json!("/orders/7"), &json!(200)), "{line}");
    assert!(line["duration_ms"].as_f64().is_some_and(|ms| ms > 0.0 && ms < 5000.0), "{line}");
    assert!(line["message"].is_string() && line["time"].as_str().is_some_and(|time| time.contains('T')), "{line}");
    let own = service.lines().into_iter().find(|line| line["message"] == "order read").expect("the handler's line");
    assert_eq!((&own["request_id"], &own["order"], &own["password"]), (&json!("order-seven"), &json!(7), &json!("[redacted]")), "{own}");
    assert_eq!((&own["customer"]["Token"], &own["customer"]["name"]), (&json!("[redacted]"), &json!("Ada")), "{own}");
    assert!(own["trace_id"].as_str().is_some_and(|id| id.len() == 32) && own["trace_id"] == line["trace_id"], "{own}\n{line}");
    assert!(!service.logged().contains("hunter"), "{}", service.logged());

    ask(service.port, "POST", "/orders/8", &[("x-request-id", "payer")]);
    assert_eq!(service.line_of("payer")["user_id"], "payer-8");
    ask(service.port, "GET", "/fail", &[("x-request-id", "failed")]);
    let line = service.line_of("failed");
    assert_eq!((&line["level"], &line["status"]), (&json!("error"), &json!(500)), "{line}");
    assert_eq!(ask(service.port, "GET", "/teapot", &[("x-request-id", "tea")]).0, 418);
    assert_eq!(service.line_of("tea")["status"], 418);
    assert_eq!(ask(service.port, "GET", "/nothing/here?password=hunter4", &[("x-request-id", "lost")]).0, 404);
    let lost = service.line_of("lost");
    assert_eq!((&lost["path"], &lost["status"]), (&json!("/nothing/here"), &json!(404)), "{lost}");
    // An id that is none is not taken over, whatever it holds.
    let (_, head, _) = ask(service.port, "GET", "/orders/9", &[("x-request-id", "\"}{ evil")]);
    assert!(!head.contains("evil"), "{head}");
    assert!(!service.logged().contains("hunter") && !service.logged().contains("evil"), "{}", service.logged());
    assert!(!service.lines().iter().any(|line| line["path"].as_str().is_some_and(|path| path.starts_with("/health"))));
}

/// The service's name and version, a server's span with its route, and no more of them than the manifest keeps.
fn spans_are_those_that_were_asked_for(pack: &Pack, service: &Service, receiver: &Receiver) -> usize {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = |flags: &str| format!("00-{trace}-00f067aa0ba902b7-{flags}");
    ask(service.port, "GET", "/orders/7", &[("traceparent", &parent("01"))]);
    let span: Span = wait_for("the caller's trace goes on", PATIENCE, || {
        receiver.spans().into_iter().find(|span| span.trace == trace && span.parent == "00f067aa0ba902b7").ok_or_else(|| service.logged())
    });
    assert_eq!((span.name.as_str(), span.kind), (format!("GET {}", pack.route).as_str(), 2), "{span:?}");
    let says = |key: &str| span.attributes.get(key).map(String::as_str);
    assert_eq!(
        [says("http.request.method"), says("http.route"), says("http.response.status_code"), says("url.path")],
        [Some("GET"), Some(pack.route), Some("200"), Some("/orders/7")],
        "{span:?}"
    );
    let of_service = |key: &str| span.resource.get(key).map(String::as_str);
    assert_eq!((of_service("service.name"), of_service("service.version")), (Some("myapp"), Some("1.2.3")), "{span:?}");
    ask(service.port, "GET", "/fail", &[("traceparent", &parent("01"))]);
    let failed = wait_for("the failed request's span", PATIENCE, || {
        receiver
            .spans()
            .into_iter()
            .find(|span| span.name == "GET /fail" && span.trace == trace)
            .ok_or_else(|| "it is not there".to_owned())
    });
    assert!(failed.is_error && failed.attributes.get("http.response.status_code").is_some_and(|status| status == "500"), "{failed:?}");
    // What the caller does not keep is not kept here.
    let dropped = "0af7651916cd43dd8448eb211c80319c";
    ask(service.port, "GET", "/orders/7", &[("traceparent", &format!("00-{dropped}-00f067aa0ba902b7-00"))]);
    let before = receiver.spans().len();
    for number in 0..UNDECIDED {
        ask(service.port, "GET", &format!("/orders/{number}"), &[]);
    }
    let kept = wait_for("the spans that are kept", Duration::from_secs(10), || {
        let kept = receiver.spans().len() - before;
        std::thread::sleep(Duration::from_millis(700));
        if kept > 0 && receiver.spans().len() - before == kept { Ok(kept) } else { Err(format!("{kept}")) }
    });
    assert!(KEPT.contains(&kept), "{kept} of {UNDECIDED} traces were kept, and a tenth is declared");
    let spans = receiver.spans();
    assert!(!spans.iter().any(|span| span.trace == dropped), "the caller's decision does not count");
    assert!(!spans.iter().any(|span| span.name.contains("health") || span.name.contains("metrics")), "{spans:?}");
    kept
}

/// A crash is reported with its environment and version; what cannot be reported is counted.
fn crashes_are_reported(service: &Service, receiver: &Receiver) {
    receiver.crashes.lock().expect("crashes").clear();
    ask(service.port, "GET", "/fail", &[]);
    let crash = wait_for("the crash is reported", PATIENCE, || {
        let crashes = receiver.crashes.lock().expect("crashes");
        crashes.iter().find(|text| text.contains("the order book is on fire")).cloned().ok_or_else(|| format!("{crashes:?}"))
    });
    assert!(crash.contains("\"trial\"") && crash.contains("\"1.2.3\""), "{crash}");
    assert!(crash.contains("\"frames\""), "a report without a stack: {crash}");
    receiver.refuse(true);
    wait_for("lost reports are counted", PATIENCE, || {
        ask(service.port, "GET", "/fail", &[]);
        let page = get(service.port, "/metrics").expect("a page");
        if sum(&page, &["sentry_events_lost_total"]) > 0.0 { Ok(()) } else { Err(page) }
    });
}

/// Text that breaks out of places that are not quoted well, and shows that it did.
pub const HOSTILE: &str = concat!(
    r#"it's "quoted" """ ''' ` \ \" \u0022 %s {0} {{ service.name }} {% raw %} {# c #} */ -->"#,
    "\n# next line\t",
    r##"#{File.touch!("pwned")} ${require('fs').writeFileSync('pwned', '')} " + __import__('pathlib').Path('pwned').touch() + " "##,
    "\u{202e}\u{1f525}",
);

/// Hostile text in every field that reaches code: it compiles, means the same text, and runs nothing.
pub fn hostile(pack: &Pack) {
    let Some(engine) = engines::all().last() else { return };
    let (demo, ports, receiver) = (Demo::start(), Ports::free(), Receiver::start());
    let port = Ports::free().prometheus;
    let all = hostile_manifest(manifest(pack.language, engine, port, &demo, &receiver, ports));
    let (folder, rendered) = render(&serde_json::to_string_pretty(&all).expect("JSON"));
    assert_eq!(rendered.code, 0, "{}", rendered.stderr);
    let service = Service::start(pack, folder.path(), port, &receiver);
    let page = get(port, "/metrics").expect("a page");
    let help = HOSTILE.replace('\\', "\\\\").replace('\n', "\\n");
    for metric in ["http_requests_total", "http_request_duration_seconds", "orders_total", "class_total"] {
        let said = page.lines().find(|line| line.starts_with(&format!("# HELP {metric} "))).unwrap_or_else(|| panic!("{metric}: {page}"));
        assert!(said.ends_with(&help), "{said}\n{help}");
    }
    let value = format!("{}\"", help.replace('"', "\\\""));
    for piece in [format!("orders_total{{kind=\"{value}"), format!("def=\"{value}")] {
        assert!(page.contains(&piece), "{piece} is not on the page:\n{page}");
    }
    // The contract is judged by a reader that had no part in writing the page.
    fs::write(folder.path().join("page.txt"), &page).expect("a file");
    let judged = run_in(folder.path(), &["probe", "--metrics-file", "page.txt", "--fail-on", "warn"]);
    assert_eq!(judged.code, 0, "{}{}", judged.stdout, judged.stderr);
    let body: Value = serde_json::from_str(&get(port, "/health/live").expect("a body")).expect("JSON");
    assert_eq!((&body["said"], &body[HOSTILE.replace('.', "")], &body["__proto__"]), (&json!(HOSTILE), &json!("x"), &json!("y")), "{body}");
    ask(port, "GET", "/orders/7", &[("x-request-id", "seven")]);
    assert_eq!(service.line_of("seven")["status"], 200);
    assert!(!service.logged().contains("hunter"));
    let pwned: Vec<_> = crate::common::files(folder.path()).into_iter().filter(|(name, _)| name.ends_with("pwned")).collect();
    assert!(pwned.is_empty() && !Path::new("pwned").exists(), "text of the manifest was run");
}

/// A manifest with hostile text in every field that reaches code, and with names that languages keep for themselves.
pub fn hostile_manifest(mut all: Value) -> Value {
    all["service"]["description"] = json!(HOSTILE);
    for metric in all["metrics"].as_object_mut().expect("metrics").values_mut() {
        metric["help"] = json!(HOSTILE);
    }
    all["metrics"]["orders_total"]["labels"]["kind"]["values"] = json!(["new", "paid", HOSTILE]);
    let labels = json!({ "def": { "values": [HOSTILE] }, "import": { "values": ["a"] } });
    all["metrics"]["class_total"] = json!({ "type": "counter", "help": HOSTILE, "labels": labels });
    all["metrics"]["Class_total"] = json!({ "type": "counter", "help": "Another name that is the same in lower case" });
    all["metrics"]["__class__"] =
        json!({ "type": "gauge", "help": HOSTILE, "labels": { "a": { "values": ["b"] } }, "presence": "on_first_use" });
    let live = json!({ "status": "ok", "said": HOSTILE, (HOSTILE.replace('.', "")): "x", "__proto__": "y" });
    all["health"]["liveness"]["expect"]["json"] = live;
    let path = format!("/{}", HOSTILE.replace(['\n', '\t'], ""));
    all["health"]["startup"] = json!({ "path": path, "expect": { "json": { "status": HOSTILE } } });
    all["logging"]["metadata"] = json!([HOSTILE, "request_id"]);
    all["logging"]["redact"] = json!([HOSTILE, "password", "token"]);
    let endpoint = all["tracing"]["endpoint"].as_str().expect("an endpoint").to_owned();
    all["tracing"]["endpoint"] = json!(endpoint + "/'\"#{1}${2}`\\*/{{x}}");
    all
}
