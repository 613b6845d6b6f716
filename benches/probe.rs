//! The probe beside its peers, in one run: curl and blackbox_exporter on the same endpoints, promtool on the same page.
//!
//! `cargo bench --bench probe` starts a server of its own on loopback and prints, for each kind of run, the median time and
//! the most memory, and how long obsgen takes beside each peer that is here. Every endpoint has a port of its own, as services
//! have; `ulimit -n` must allow as many open files. No clock fails anything.
//!
//! Memory is the peak of the process's resident set, the kernel's `VmHWM`, the same for all. That counts what is mapped of the
//! program's file and of its libraries, which others share and the kernel can take back at any time: for obsgen it is most of
//! what four endpoints need.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

mod peak;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Rounds of which the median counts; the peers take turns.
const ROUNDS: usize = 5;
/// Connections that each peer may have open.
const AT_ONCE: usize = 256;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}";

fn main() {
    let ports = serve(10_000);
    println!("Peak memory is VmHWM of /proc, which counts what is mapped of the program's own file.");
    println!("{:<44} {:>11} {:>12} {:>8}", "", "median", "peak memory", "obsgen");
    for count in [1_000, 10_000].into_iter().filter(|count| *count <= ports.len()) {
        endpoints(&ports[..count]);
    }
    four_endpoints(&ports[..4]);
    some_hang(&ports[..1_000]);
    contract();
}

/// A server on so many ports, or on as many as can be had.
fn serve(count: usize) -> Vec<u16> {
    // Below the ports that clients are given.
    let listeners: Vec<TcpListener> = (12_000..32_000).filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok()).take(count).collect();
    let ports = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            for listener in listeners {
                listener.set_nonblocking(true).unwrap();
                tokio::spawn(accept(tokio::net::TcpListener::from_std(listener).unwrap()));
            }
            std::future::pending::<()>().await;
        });
    });
    ports
}

async fn accept(listener: tokio::net::TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream));
    }
}

/// Answers every request of a connection.
async fn answer(mut stream: tokio::net::TcpStream) {
    let mut buffer = [0; 2048];
    let mut end = 0;
    while let Ok(read) = stream.read(&mut buffer[end..]).await {
        end += read;
        if read == 0 {
            return;
        }
        if buffer[..end].ends_with(b"\r\n\r\n") {
            end = 0;
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }
}

/// Ports that accept and never answer: their backlog takes the connections.
fn hung(count: usize) -> Vec<TcpListener> {
    (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect()
}

/// Times and peaks of a contestant.
#[derive(Default)]
struct Runs(Vec<(Duration, u64)>);

impl Runs {
    fn median(&self) -> Duration {
        let mut times: Vec<Duration> = self.0.iter().map(|(time, _)| *time).collect();
        times.sort();
        times[times.len() / 2]
    }

    fn print(&self, name: &str, obsgen: Option<&Self>) {
        let peak = self.0.iter().map(|(_, peak)| *peak).max().unwrap_or(0);
        let peak = if peak == 0 { String::new() } else { format!("{:.1} MB", peak as f64 / 1024.0) };
        let beside = obsgen.map(|obsgen| format!("{:.2}", obsgen.median().as_secs_f64() / self.median().as_secs_f64()));
        println!("{name:<44} {:>11.1?} {peak:>12} {:>8}", self.median(), beside.unwrap_or_default());
    }
}

/// Runs a program to its end: the time, and the most memory that it held, in kilobytes (Linux).
fn run(mut command: Command) -> (Duration, u64) {
    command.stderr(Stdio::null());
    // A probe that finds a fault exits with 1, and is timed all the same.
    let (time, peak, _) = peak::run(&mut command, Duration::from_micros(500));
    (time, peak)
}

fn write_manifest(folder: &Path, ports: impl Iterator<Item = u16>, timeout: &str) {
    let mut text = "apiVersion: obsgen/v1\nservice: { name: bench }\nhealth:\n".to_owned();
    for (i, port) in ports.enumerate() {
        writeln!(text, "  c{i}: {{ url: \"http://127.0.0.1:{port}/\", timeout: {timeout}, expect: {{ json: {{ status: ok }} }} }}")
            .unwrap();
    }
    fs::write(folder.join("obsgen.yaml"), text).unwrap();
}

fn obsgen(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_obsgen"));
    command.current_dir(folder).args(["-q", "probe"]).args(args);
    command
}

fn curl(folder: &Path, ports: impl Iterator<Item = u16>, limit: &str) -> Command {
    let mut lines = String::new();
    for port in ports {
        writeln!(lines, "url = \"http://127.0.0.1:{port}/\"\noutput = \"/dev/null\"").unwrap();
    }
    fs::write(folder.join("urls"), lines).unwrap();
    let mut command = Command::new("curl");
    command.current_dir(folder).args(["-s", "-Z", "--parallel-max", &AT_ONCE.to_string(), "--max-time", limit, "-K", "urls"]);
    command
}

/// The exporter, which ends with its value.
struct Blackbox {
    child: Child,
    port: u16,
}

impl Drop for Blackbox {
    fn drop(&mut self) {
        // One that has ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Blackbox {
    fn start(folder: &Path) -> Option<Self> {
        let module = "modules: { http: { prober: http, timeout: 2s, http: { fail_if_body_not_matches_regexp: ['\"status\":\"ok\"'] } } }\n";
        fs::write(folder.join("blackbox.yml"), module).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("prometheus-blackbox-exporter");
        command.current_dir(folder).args(["--config.file=blackbox.yml", &format!("--web.listen-address=127.0.0.1:{port}")]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let one = Self { child, port };
        let end = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(one)
    }

    /// Has every port probed, so many at a time, as Prometheus would.
    fn probe_all(&self, ports: &[u16]) -> (Duration, u64) {
        let next = AtomicUsize::new(0);
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(64) {
                scope.spawn(|| {
                    while let Some(port) = ports.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
                        write!(stream, "GET /probe?module=http&target=http://127.0.0.1:{port}/ HTTP/1.0\r\n\r\n").unwrap();
                        let mut answer = String::new();
                        stream.read_to_string(&mut answer).unwrap();
                        assert!(answer.contains("\nprobe_success 1"), "{answer}");
                    }
                });
            }
        });
        (start.elapsed(), peak::high_water(self.child.id()).unwrap_or(0))
    }
}

/// Every endpoint answers at once.
fn endpoints(ports: &[u16]) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_manifest(folder, ports.iter().copied(), "10s");
    let blackbox = Blackbox::start(folder);
    let (mut ours, mut curls, mut exporter) = (Runs::default(), Runs::default(), Runs::default());
    for _ in 0..ROUNDS {
        ours.0.push(run(obsgen(folder, &["--concurrency", &AT_ONCE.to_string()])));
        curls.0.push(run(curl(folder, ports.iter().copied(), "10")));
        exporter.0.extend(blackbox.as_ref().map(|blackbox| blackbox.probe_all(ports)));
    }
    println!("{} endpoints, each on a port of its own", ports.len());
    ours.print("  obsgen probe", None);
    curls.print(&format!("  curl -Z --parallel-max {AT_ONCE}"), Some(&ours));
    if !exporter.0.is_empty() {
        exporter.print("  blackbox_exporter, 64 at a time", Some(&ours));
    }
}

fn four_endpoints(ports: &[u16]) {
    let folder = tempfile::tempdir().unwrap();
    write_manifest(folder.path(), ports.iter().copied(), "10s");
    let (mut ours, mut curls) = (Runs::default(), Runs::default());
    for _ in 0..ROUNDS * 4 {
        ours.0.push(run(obsgen(folder.path(), &[])));
        curls.0.push(run(curl(folder.path(), ports.iter().copied(), "10")));
    }
    println!("4 endpoints, from the start of the process");
    ours.print("  obsgen probe", None);
    curls.print("  curl -Z", Some(&ours));
}

/// One of ten accepts and never answers.
fn some_hang(ports: &[u16]) {
    let folder = tempfile::tempdir().unwrap();
    let silent = hung(ports.len() / 10);
    let silent_ports = silent.iter().map(|listener| listener.local_addr().unwrap().port());
    let mixed: Vec<u16> =
        ports.chunks(9).zip(silent_ports).flat_map(|(fine, hung)| fine.iter().copied().chain([hung])).take(ports.len()).collect();
    write_manifest(folder.path(), mixed.iter().copied(), "2s");
    let (mut ours, mut curls) = (Runs::default(), Runs::default());
    for _ in 0..3 {
        ours.0.push(run(obsgen(folder.path(), &[])));
        curls.0.push(run(curl(folder.path(), mixed.iter().copied(), "2")));
    }
    println!("{} endpoints of which one in ten hangs, at most 2 s each", mixed.len());
    ours.print("  obsgen probe", None);
    curls.print(&format!("  curl -Z --parallel-max {AT_ONCE}"), Some(&ours));
}

/// A page of 100,000 series in 100 families against its catalogue.
fn contract() {
    let folder = tempfile::tempdir().unwrap();
    let (page, manifest) = page();
    fs::write(folder.path().join("page"), page).unwrap();
    fs::write(folder.path().join("obsgen.yaml"), manifest).unwrap();
    let (mut ours, mut promtools) = (Runs::default(), Runs::default());
    for _ in 0..ROUNDS {
        ours.0.push(run(obsgen(folder.path(), &["--metrics-file", "page"])));
        let mut promtool = Command::new("promtool");
        promtool.args(["check", "metrics"]).stdin(fs::File::open(folder.path().join("page")).unwrap());
        promtools.0.push(run(promtool));
    }
    println!("the contract of a page of 100,000 series in 100 families");
    ours.print("  obsgen probe --metrics-file", None);
    promtools.print("  promtool check metrics, which knows none", Some(&ours));
}

fn page() -> (String, String) {
    let mut page = String::new();
    let mut manifest = "apiVersion: obsgen/v1\nservice: { name: bench }\nmetrics:\n".to_owned();
    for family in 0..100 {
        let (name, kind) =
            if family % 2 == 0 { (format!("work_{family}_total"), "counter") } else { (format!("level_{family}_bytes"), "gauge") };
        writeln!(page, "# HELP {name} Of {family}.\n# TYPE {name} {kind}").unwrap();
        writeln!(
            manifest,
            "  {name}: {{ type: {kind}, help: Of {family}., labels: {{ route: {{ pattern: \"/.*\" }}, code: {{ role: http_status }} }} }}"
        )
        .unwrap();
        for series in 0..1_000 {
            writeln!(page, "{name}{{route=\"/things/{}/of\",code=\"{}\"}} {series}.5", series / 5, 200 + 100 * (series % 4) + series % 5)
                .unwrap();
        }
    }
    (page, manifest)
}
