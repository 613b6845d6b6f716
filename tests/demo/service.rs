//! The demo: a service that exposes what the example declares, its database's and its cache's exporters, and a receiver
//! of notifications, all on ports of their own. It does well until it is told to fail.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const BOUNDS: [&str; 5] = ["0.1", "0.5", "1", "5", "+Inf"];
/// How often requests come in.
const TICK: Duration = Duration::from_millis(100);

/// A running demo.
pub struct Demo {
    /// The service's port: `/metrics`, `/health/live`, `/health/ready`.
    pub service: u16,
    /// The port of the database's exporter.
    pub database: u16,
    /// The port of the cache's exporter.
    pub cache: u16,
    /// The port that notifications are sent to.
    pub receiver: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    failing: AtomicBool,
    counts: Mutex<Counts>,
    received: Mutex<Vec<(String, String)>>,
}

/// What was counted so far.
#[derive(Default)]
struct Counts {
    requests: BTreeMap<(&'static str, &'static str), u64>,
    /// Observations by the index of their bound.
    durations: [u64; BOUNDS.len()],
}

impl Demo {
    /// Starts it.
    pub fn start() -> Self {
        let state = Arc::new(State::default());
        let working = Arc::clone(&state);
        thread::spawn(move || {
            loop {
                working.work();
                thread::sleep(TICK);
            }
        });
        Self {
            service: serve(&state, |state, path, _| match path {
                "/metrics" => (200, "text/plain; version=0.0.4", state.metrics()),
                "/health/live" => (200, "application/json", r#"{"status":"ok"}"#.to_owned()),
                "/health/ready" if state.failing() => (503, "application/json", r#"{"status":"failing"}"#.to_owned()),
                "/health/ready" => (200, "application/json", r#"{"status":"ready"}"#.to_owned()),
                _ => (404, "text/plain", String::new()),
            }),
            database: serve(&state, |state, _, _| {
                (200, "text/plain; version=0.0.4", format!("# TYPE pg_up gauge\npg_up {}\n", u8::from(!state.failing())))
            }),
            cache: serve(&state, |_, _, _| (200, "text/plain; version=0.0.4", "# TYPE redis_up gauge\nredis_up 1\n".to_owned())),
            receiver: serve(&state, |state, path, body| {
                state.received.lock().expect("what was received").push((path.to_owned(), body.to_owned()));
                (200, "text/plain", String::new())
            }),
            state,
        }
    }

    /// Tells it to fail, or to do well again.
    pub fn fail(&self, failing: bool) {
        self.state.failing.store(failing, Ordering::SeqCst);
    }

    /// Every notification so far: the path it was sent to, and its body.
    pub fn received(&self) -> Vec<(String, String)> {
        self.state.received.lock().expect("what was received").clone()
    }
}

impl State {
    fn failing(&self) -> bool {
        self.failing.load(Ordering::SeqCst)
    }

    /// Takes a few requests: half of them fail and most are slow while it is failing.
    fn work(&self) {
        let mut counts = self.counts.lock().expect("the counts");
        let (good, bad) = if self.failing() { (5, 5) } else { (10, 0) };
        for method in ["GET", "POST"] {
            *counts.requests.entry((method, "200")).or_default() += good;
            *counts.requests.entry((method, "500")).or_default() += bad;
        }
        // Indices of bounds: up to 0.1 s, or between 1 s and 5 s.
        let bucket = if self.failing() { 3 } else { 0 };
        counts.durations[bucket] += 20;
    }

    fn metrics(&self) -> String {
        let counts = self.counts.lock().expect("the counts");
        let mut out = String::from("# HELP http_requests_total Total HTTP requests\n# TYPE http_requests_total counter\n");
        for ((method, status), count) in &counts.requests {
            let _ = writeln!(out, "http_requests_total{{method=\"{method}\",status=\"{status}\"}} {count}");
        }
        out += "# HELP http_request_duration_seconds HTTP request duration\n# TYPE http_request_duration_seconds histogram\n";
        let mut total = 0;
        for (bound, count) in BOUNDS.iter().zip(counts.durations) {
            total += count;
            let _ = writeln!(out, "http_request_duration_seconds_bucket{{le=\"{bound}\"}} {total}");
        }
        let _ = writeln!(out, "http_request_duration_seconds_sum {total}\nhttp_request_duration_seconds_count {total}");
        out += "# HELP db_connections_active Active database connections\n# TYPE db_connections_active gauge\ndb_connections_active 3\n";
        out
    }
}

type Answer = (u16, &'static str, String);

/// Serves on a port of its own for as long as the process lives.
fn serve(state: &Arc<State>, answer: fn(&State, &str, &str) -> Answer) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let state = Arc::clone(state);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let state = Arc::clone(&state);
            thread::spawn(move || respond(stream, &state, answer));
        }
    });
    port
}

/// Answers one request and closes.
fn respond(mut stream: TcpStream, state: &State, answer: fn(&State, &str, &str) -> Answer) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let Some((path, body)) = request(&mut stream) else { return };
    let (status, media, body) = answer(state, &path, &body);
    let head = format!("HTTP/1.1 {status} demo\r\ncontent-type: {media}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    // A client that has gone is none of the demo's business.
    let _ = stream.write_all((head + &body).as_bytes());
}

/// The path and the body of a request.
fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some((head.split(' ').nth(1)?.to_owned(), body.to_owned()));
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}
