//! Peers that mean no good, and machines that have too little: the right code, in bounded time and memory, and the
//! other checks unharmed.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Run, obsgen, run_in};
use crate::engines::on_path;
use crate::peers::{answer, head, raw, serve, silent};

fn manifest(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("obsgen.yaml"), format!("apiVersion: obsgen/v1\nservice: {{ name: shop }}\n{text}")).expect("a manifest");
    folder
}

fn check(name: &str, port: u16, expect: &str) -> String {
    format!("  {name}: {{ url: \"http://127.0.0.1:{port}/\", timeout: 1s, expect: {{ {expect} }} }}\n")
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

fn check_of<'r>(report: &'r Value, name: &str) -> &'r Value {
    report["checks"].as_array().expect("checks").iter().find(|check| check["name"] == name).expect("a check")
}

/// Says something, and then the same bytes until nobody listens any more.
fn endless(first: &'static str, then: Vec<u8>, pause: Duration) -> u16 {
    serve(move |mut stream| {
        head(&mut stream);
        let _ = stream.write_all(first.as_bytes());
        // Bounded, should nobody hang up.
        for _ in 0..100_000 {
            if stream.write_all(&then).is_err() {
                return;
            }
            thread::sleep(pause);
        }
    })
}

const TENTH: Duration = Duration::from_millis(100);

/// A run with the most memory that it held, in kilobytes (Linux).
fn measured(folder: &Path, args: &[&str]) -> (Run, u64) {
    let mut command = obsgen();
    let out = fs::File::create(folder.join("out")).expect("a file");
    let mut child = command.current_dir(folder).args(args).stdout(out).stderr(Stdio::null()).spawn().expect("the program starts");
    let mut peak = 0;
    let status = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let held = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(held.unwrap_or(0));
        if let Some(status) = child.try_wait().expect("an end") {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let stdout = fs::read_to_string(folder.join("out")).expect("text");
    (Run { code: status.code().unwrap_or(-1), stdout, stderr: String::new() }, peak)
}

#[test]
fn hostile_peers_cost_bounded_time_and_memory_and_harm_no_other_check() {
    let ok = "HTTP/1.1 200 OK\r\n";
    let json = "json: { status: ok }";
    let bomb = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    let cases = [
        (
            "endless-body",
            check("endless-body", endless("HTTP/1.1 200 OK\r\n\r\n", vec![b'a'; 65_536], Duration::ZERO), "body: z"),
            "BODY_TOO_LARGE",
        ),
        (
            "endless-json",
            check(
                "endless-json",
                endless("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", vec![b'['; 65_536], Duration::ZERO),
                json,
            ),
            "BODY_TOO_LARGE",
        ),
        (
            "endless-chunks",
            check(
                "endless-chunks",
                endless("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n".repeat(1000), Duration::ZERO),
                "body: z",
            ),
            "BODY_TOO_LARGE",
        ),
        (
            "endless-header",
            check("endless-header", endless("HTTP/1.1 200 OK\r\nx: ", vec![b'a'; 65_536], Duration::ZERO), ""),
            "HEAD_TOO_LARGE",
        ),
        ("large-header", check("large-header", raw(format!("{ok}x: {}\r\n\r\n", "a".repeat(1 << 20))), ""), "HEAD_TOO_LARGE"),
        ("many-headers", check("many-headers", raw(format!("{ok}{}\r\n", "x: y\r\n".repeat(10_000))), ""), "HEAD_TOO_LARGE"),
        ("slow-head", check("slow-head", endless("HTTP/1.1 200 OK\r\nx: ", vec![b'a'], TENTH), ""), "FIRST_BYTE_TIMEOUT"),
        ("slow-body", check("slow-body", endless("HTTP/1.1 200 OK\r\n\r\n", vec![b'a'], TENTH), "body: z"), "BODY_TIMEOUT"),
        ("bomb", check("bomb", answer("200 OK", bomb, &"\u{1f}\u{0}".repeat(4096)), json), "BODY_ENCODED"),
        (
            "bytes",
            check("bytes", raw_bytes(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"status\":\"\xff\xfe\"}"), json),
            "JSON_INVALID",
        ),
        (
            "header-bytes",
            check("header-bytes", raw_bytes(b"HTTP/1.1 200 OK\r\nx: \xff\xfe\r\ncontent-length: 0\r\n\r\n"), "headers: { x: ok }"),
            "HEADER_MISMATCH",
        ),
        ("redirects", check("redirects", answer("302 Found", "location: /again\r\n", ""), ""), "REDIRECT"),
    ];
    // What takes a moment of work is given it, on a busy machine too; only who is slow on purpose is cut short.
    let patient = |line: &String| if line.contains("slow-") { line.clone() } else { line.replace("timeout: 1s", "timeout: 20s") };
    let checks: String = cases.iter().map(|(_, line, _)| patient(line)).collect();
    let folder = manifest(&format!("health:\n{checks}{}", patient(&check("fine", answer("200 OK", "", "ok"), "body: ok"))));
    let start = Instant::now();
    let (run, peak) = measured(folder.path(), &["probe", "--format", "json"]);
    assert!(start.elapsed() < Duration::from_secs(30), "no check may last longer than it is allowed to: {:?}", start.elapsed());
    assert!(peak < 64 * 1024, "{peak} kB");
    let report = report(&run);
    for (name, _, code) in &cases {
        let check = check_of(&report, name);
        let codes: Vec<&Value> = check["failures"].as_array().expect("failures").iter().map(|failure| &failure["code"]).collect();
        assert!(check["status"] == "fail" && codes.contains(&&Value::from(*code)), "{name}: {check}");
    }
    assert_eq!(check_of(&report, "fine")["status"], "pass", "{report}");
    let slow = check_of(&report, "slow-head")["detail"].to_string();
    assert!(slow.contains("the head of the answer did not end"), "{slow}");
}

fn raw_bytes(bytes: &'static [u8]) -> u16 {
    serve(move |mut stream| {
        head(&mut stream);
        let _ = stream.write_all(bytes);
    })
}

#[test]
fn a_hostile_page_of_metrics_costs_no_more_than_the_largest_that_is_read() {
    let text = "content-type: text/plain; version=0.0.4";
    let line = b"a{b=\"c\"} 1\n".repeat(6000);
    let redirected = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&redirected);
    let redirects = serve(move |mut stream| {
        head(&mut stream);
        let next = counter.fetch_add(1, Ordering::SeqCst);
        let _ = write!(stream, "HTTP/1.1 302 Found\r\nlocation: /{next}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    for (name, port, code) in [
        ("endless", endless("HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n\r\n", line, Duration::ZERO), "BODY_TOO_LARGE"),
        ("slow", endless("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n", b"#".to_vec(), TENTH), "BODY_TIMEOUT"),
        ("bytes", raw_bytes(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\na{b=\"\xff\"} 1\n"), "METRICS_SYNTAX"),
        ("bomb", answer("200 OK", &format!("{text}\r\ncontent-encoding: gzip\r\n"), &"\u{1f}\u{0}".repeat(4096)), "BODY_ENCODED"),
        ("redirects", redirects, "REDIRECT_LOOP"),
    ] {
        let timeout = if name == "slow" { "2s" } else { "1m" };
        let folder = manifest(&format!(
            "scrape: {{ targets: [\"127.0.0.1:{port}\"], interval: 1m, timeout: {timeout} }}\nmetrics: {{ a: {{ type: gauge }} }}\n"
        ));
        let (run, peak) = measured(folder.path(), &["probe", "--format", "json"]);
        assert!(peak < 160 * 1024, "{name}: {peak} kB");
        assert_eq!((run.code, &report(&run)["checks"][0]["code"]), (1, &code.into()), "{name}: {}", run.stdout);
    }
    assert!(redirected.load(Ordering::SeqCst) <= 12, "{redirected:?}");
}

/// Runs the program with no more than so many open files.
fn with_files(folder: &Path, files: usize, args: &[&str]) -> Run {
    let mut command = Command::new("sh");
    let line = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
    command.current_dir(folder).args(["-c", &line, env!("CARGO_BIN_EXE_obsgen")]).args(args);
    command.env("NO_COLOR", "1").output().expect("sh").into()
}

#[cfg(unix)]
#[test]
fn a_machine_without_descriptors_is_not_blamed_on_the_target() {
    let hung = silent("");
    let checks: String = (0..40).map(|i| check(&format!("c{i}"), hung, "")).collect();
    let folder = manifest(&format!("health:\n{checks}"));
    let run = with_files(folder.path(), 24, &["probe", "--format", "json", "--concurrency", "40", "--per-host", "40"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let found = report(&run);
    let count = |code: &str| found["checks"].as_array().expect("checks").iter().filter(|check| check["code"] == code).count();
    let (limited, waited) = (count("LOCAL_LIMIT"), count("FIRST_BYTE_TIMEOUT"));
    assert!(limited > 0 && waited > 0 && limited + waited == 40, "{limited} and {waited}: {}", run.stdout);
    let one = found["checks"].as_array().expect("checks").iter().find(|check| check["code"] == "LOCAL_LIMIT").expect("one");
    assert!(one["hint"].as_str().is_some_and(|hint| hint.contains("--concurrency")), "{one}");
    // Left to itself, the program makes no more checks at a time than there is room for.
    let fine = answer("200 OK", "", "");
    let checks: String = (0..200).map(|i| check(&format!("c{i}"), fine, "").replace("1s", "20s")).collect();
    let folder = manifest(&format!("health:\n{checks}"));
    let run = with_files(folder.path(), 64, &["probe", "--format", "json", "--per-host", "200"]);
    assert_eq!((run.code, &report(&run)["summary"]["passed"]), (0, &200.into()), "{}", run.stdout);
}

/// A port whose queue of connections is full, so that nobody gets in any more.
fn full() -> u16 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let listener = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        socket.listen(1).expect("a listener")
    });
    let at = listener.local_addr().expect("an address");
    let in_queue: Vec<TcpStream> = (0..16).map_while(|_| TcpStream::connect_timeout(&at, Duration::from_millis(300)).ok()).collect();
    assert!(in_queue.len() < 16, "the queue has no end");
    // All of it is held until the process ends.
    std::mem::forget((runtime, listener, in_queue));
    at.port()
}

#[cfg(target_os = "linux")]
#[test]
fn a_connection_that_nobody_takes_is_told_from_one_that_is_refused() {
    let folder = manifest(&format!("health:\n{}  away: {{ tcp: \"224.0.0.1:80\", timeout: 1s }}\n", check("full", full(), "")));
    let run = run_in(folder.path(), &["probe", "--format", "json"]);
    let report = report(&run);
    assert_eq!(check_of(&report, "full")["code"], "CONNECT_TIMEOUT", "{report}");
    // TCP to many at once is nothing that the kernel has a way for; it says so without sending anything.
    assert_eq!(check_of(&report, "away")["code"], "UNREACHABLE", "{report}");
}

/// Binds the port of name servers, and says so.
const BOUND: &str =
    "import socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind((\"127.0.0.1\", 53))\nopen(\"ready\", \"w\")\n";

/// Runs the program where the only name server is a program in Python on loopback. `None` where namespaces are not allowed.
fn with_name_server(folder: &Path, server: &str) -> Option<Run> {
    let script = "ip link set lo up && mount --bind resolv.conf /etc/resolv.conf || exit 99\n\
                  rm -f ready; python3 server.py & server=$!\n\
                  for _ in $(seq 100); do [ -e ready ] && break; sleep 0.1; done\n\
                  \"$0\" probe --format json; code=$?; kill $server 2>/dev/null; exit $code";
    fs::write(folder.join("resolv.conf"), "nameserver 127.0.0.1\noptions timeout:20 attempts:1\n").expect("a file");
    fs::write(folder.join("server.py"), server).expect("a program");
    let mut command = Command::new("unshare");
    command.current_dir(folder).args(["--map-root-user", "--mount", "--net", "sh", "-c", script, env!("CARGO_BIN_EXE_obsgen")]);
    let run: Run = command.env("NO_COLOR", "1").output().ok()?.into();
    (!run.stdout.is_empty()).then_some(run)
}

#[cfg(target_os = "linux")]
#[test]
fn a_resolver_that_is_silent_is_told_from_one_that_is_absent() {
    if on_path("unshare").is_none() || on_path("ip").is_none() {
        eprintln!("SKIPPED: without unshare and ip there is no name server that could be silent");
        return;
    }
    let folder = manifest("health:\n  name: { url: \"http://shop.example/\", timeout: 700ms }\n");
    let silent = format!("{BOUND}time.sleep(20)");
    let Some(run) = with_name_server(folder.path(), &silent) else {
        eprintln!("SKIPPED: this machine allows no namespaces, so no name server that could be silent");
        return;
    };
    assert_eq!(report(&run)["checks"][0]["code"], "DNS_TIMEOUT", "{}", run.stdout);
    let run = with_name_server(folder.path(), "open(\"ready\", \"w\")").expect("namespaces");
    assert_eq!(report(&run)["checks"][0]["code"], "DNS_FAIL", "{}", run.stdout);
    // Header and question are given back, with the code that says that the name does not exist.
    let reply = "q[:2] + bytes([0x81, 0x83]) + q[4:6] + bytes(6) + q[12:q.index(0, 12) + 5]";
    let denies = format!("{BOUND}for _ in range(8):\n  q, a = s.recvfrom(512)\n  s.sendto({reply}, a)\n");
    let run = with_name_server(folder.path(), &denies).expect("namespaces");
    assert_eq!(report(&run)["checks"][0]["code"], "DNS_NXDOMAIN", "{}", run.stdout);
}
